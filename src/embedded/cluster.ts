import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { TidemarkError } from '../protocol/errors.js'
import { type Account, canExecute, giveTo, giveTreeTo, serverAccount } from './account.js'

const run = promisify(execFile)

export type ServerSettings = Readonly<Record<string, string | number | boolean>>

/** A data directory that is ready to be started, and what is needed to do so. */
export interface Cluster {
  /** Holds everything of this server, and nothing else: data, socket, log. */
  readonly directory: string
  readonly dataDirectory: string
  readonly binDirectory: string
  readonly account: Account | undefined
  readonly user: string
  readonly password: string
}

export const superuser = 'postgres'

export async function makeServerDirectory(): Promise<string> {
  if (process.platform === 'win32') {
    throw new TidemarkError('EMBEDDED_SERVER', 'The embedded PostgreSQL runs on Linux and macOS only.', {
      hint: 'Name a database of your own.',
    })
  }
  // A socket's path may have 107 bytes, and macOS has long temporary directories: /tmp is short, and open to every user.
  const parent = process.platform === 'darwin' || process.getuid?.() === 0 ? '/tmp' : tmpdir()
  return await mkdtemp(join(parent, 'tidemark-'))
}

/** Runs `initdb` in `directory`, without the fsync that data to be thrown away does not need. */
export async function createCluster(directory: string, binDirectory: string): Promise<Cluster> {
  const account = await serverAccount()
  if (account !== undefined) await giveTo(account, directory)
  const cluster: Cluster = {
    directory,
    dataDirectory: join(directory, 'data'),
    binDirectory: account === undefined ? binDirectory : await reachable(account, binDirectory, directory),
    account,
    user: superuser,
    password: randomBytes(12).toString('hex'),
  }
  await initdb(cluster)
  return cluster
}

/** Appends to postgresql.conf, and not to the command line, so that ALTER SYSTEM still wins. */
export async function writeSettings(cluster: Cluster, settings: ServerSettings): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${settingText(value)}'\n`)
  await appendFile(join(cluster.dataDirectory, 'postgresql.conf'), lines.join(''))
}

function settingText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value).replaceAll("'", "''")
}

async function initdb(cluster: Cluster): Promise<void> {
  const passwordFile = join(cluster.directory, 'password')
  await writeFile(passwordFile, cluster.password, { mode: 0o600 })
  if (cluster.account !== undefined) await giveTo(cluster.account, passwordFile)
  const options = [
    `--pgdata=${cluster.dataDirectory}`,
    `--username=${cluster.user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-locale',
    '--no-sync',
  ]
  try {
    await run(join(cluster.binDirectory, 'initdb'), options, {
      ...cluster.account,
      cwd: cluster.directory,
      env: serverEnvironment(),
    })
  } catch (error) {
    throw new TidemarkError('EMBEDDED_SERVER', `initdb failed: ${outputOf(error)}`, { cause: error })
  } finally {
    await rm(passwordFile, { force: true })
  }
}

function outputOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'stderr' in error) return String(error.stderr).trim()
  return String(error)
}

/** Without the settings that the caller keeps for their own server. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name))
  return { ...Object.fromEntries(kept), LC_ALL: 'C' }
}

/**
 * A checkout below /root is closed to the account that runs the server: then the binaries come along into the
 * server's own directory.
 */
async function reachable(account: Account, binDirectory: string, directory: string): Promise<string> {
  if (await canExecute(account, join(binDirectory, 'postgres'))) return binDirectory
  const copy = join(directory, 'postgresql')
  await cp(dirname(binDirectory), copy, { recursive: true, verbatimSymlinks: true })
  await giveTreeTo(account, copy)
  return join(copy, basename(binDirectory))
}
