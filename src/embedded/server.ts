import { type ChildProcess, spawn } from 'node:child_process'
import { open, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TidemarkError } from '../protocol/errors.js'
import { newestPostgres, type PostgresVersion, requireBinaries } from './binaries.js'
import {
  type Cluster,
  createCluster,
  makeServerDirectory,
  type ServerSettings,
  serverEnvironment,
  writeSettings,
} from './cluster.js'
import { childrenOf, hasExited, signal, waitForExit, waitUntilDead } from './processes.js'
import { startWatchdog, type Watchdog } from './watchdog.js'

export interface EmbeddedServerOptions {
  /** Major version; the newest by default. Ignored when `binDirectory` is given. */
  readonly version?: PostgresVersion
  /** Directory with `initdb` and `postgres`, instead of the ones that `version` finds. */
  readonly binDirectory?: string
  /** Lines of postgresql.conf; everything that is not named is stock. */
  readonly settings?: ServerSettings
}

const startTimeout = 60_000
const stopTimeout = 30_000

/** Makes a new, empty server on a free port of the loopback, and starts it. Its files live until `remove()`. */
export async function startEmbeddedServer(options: EmbeddedServerOptions = {}): Promise<EmbeddedServer> {
  const binDirectory = options.binDirectory ?? (await requireBinaries(options.version ?? newestPostgres))
  const directory = await makeServerDirectory()
  const watchdog = startWatchdog(directory)
  try {
    const cluster = await createCluster(directory, binDirectory)
    const port = await freePort()
    await writeSettings(cluster, {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: directory,
      ...options.settings,
    })
    const server = new EmbeddedServer(cluster, port, watchdog)
    await server.start()
    return server
  } catch (error) {
    watchdog.release()
    throw error
  }
}

/** A private PostgreSQL of this process. It ends, and its files go, when this process ends in whatever way. */
export class EmbeddedServer {
  readonly host = '127.0.0.1'
  readonly #cluster: Cluster
  readonly #watchdog: Watchdog
  #child: ChildProcess | undefined

  constructor(
    cluster: Cluster,
    readonly port: number,
    watchdog: Watchdog,
  ) {
    this.#cluster = cluster
    this.#watchdog = watchdog
  }

  /** Connects a superuser to the database `postgres`. */
  get url(): string {
    return this.urlOf('postgres')
  }

  urlOf(database: string): string {
    const { user, password } = this.#cluster
    return `postgresql://${user}:${password}@${this.host}:${this.port}/${encodeURIComponent(database)}`
  }

  /** Process id of the postmaster; undefined while the server does not run. */
  get pid(): number | undefined {
    return this.#child === undefined || hasExited(this.#child) ? undefined : this.#child.pid
  }

  get dataDirectory(): string {
    return this.#cluster.dataDirectory
  }

  /** Starts the server, after a crash as well, and waits until it takes connections. */
  async start(): Promise<void> {
    if (this.pid !== undefined) return
    const { account, binDirectory, dataDirectory, directory } = this.#cluster
    const log = await open(join(directory, 'server.log'), 'a')
    try {
      this.#child = spawn(join(binDirectory, 'postgres'), ['-D', dataDirectory], {
        ...account,
        cwd: directory,
        // Its own process group: Ctrl-C is for our process, which has its reasons to stop the server last.
        detached: true,
        env: serverEnvironment(),
        stdio: ['ignore', log.fd, log.fd],
      })
    } finally {
      await log.close()
    }
    this.#child.unref()
    this.#watchdog.guard(this.#child.pid)
    await this.#ready(this.#child)
  }

  /** A fast shutdown: open transactions are rolled back, the data is kept. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined || hasExited(child)) return
    signal(child.pid, 'SIGINT')
    if (!(await waitForExit(child, stopTimeout))) {
      signal(child.pid, 'SIGQUIT')
      await waitForExit(child, stopTimeout)
    }
    this.#watchdog.guard(undefined)
  }

  /** Stops and starts on the same port; new `settings` are kept from then on. */
  async restart(settings: ServerSettings = {}): Promise<void> {
    await this.stop()
    await writeSettings(this.#cluster, settings)
    await this.start()
  }

  /**
   * A crash: the postmaster and every backend end at once, with no chance to write anything. `start()` recovers.
   * Killing the postmaster alone would let busy backends go on, and commit, until they next look up.
   */
  async kill9(): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined || hasExited(child)) return
    signal(child.pid, 'SIGSTOP') // It must not fork one more while its children are counted.
    const backends = await childrenOf(child.pid)
    signal(child.pid, 'SIGKILL')
    await waitForExit(child, stopTimeout)
    for (const pid of backends) signal(pid, 'SIGKILL')
    await waitUntilDead(backends, stopTimeout)
    this.#watchdog.guard(undefined)
  }

  /** Stops the server and deletes its data. */
  async remove(): Promise<void> {
    await this.stop()
    await rm(this.#cluster.directory, { recursive: true, force: true })
    this.#watchdog.release()
  }

  /** What the server wrote to its log so far. */
  async log(): Promise<string> {
    return await readFile(join(this.#cluster.directory, 'server.log'), 'utf8')
  }

  async #ready(child: ChildProcess): Promise<void> {
    let failure: Error | undefined
    child.once('error', (error) => {
      failure = error
    })
    const deadline = Date.now() + startTimeout
    while (!(await this.#isReady(child.pid))) {
      if (failure === undefined && !hasExited(child) && Date.now() < deadline) {
        await sleep(10)
        continue
      }
      const tail = (await this.log()).trim().split('\n').slice(-8).join('\n')
      throw new TidemarkError('EMBEDDED_SERVER', `PostgreSQL did not start: ${failure?.message ?? tail}`, {
        cause: failure,
      })
    }
  }

  /** Line 1 of postmaster.pid is the process, line 8 its state. After a crash the file of the last one still lies there. */
  async #isReady(pid: number | undefined): Promise<boolean> {
    const text = await readFile(join(this.dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')
    const lines = text.split('\n')
    return lines[0] === String(pid) && lines[7]?.trim() === 'ready'
  }
}

/** A port that was free a moment ago: the system hands out another one each time, so that two rarely meet. */
async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}
