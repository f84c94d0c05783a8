import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, Pool } from 'pg'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import { view } from '../../src/define/view.js'
import { applyDeployment } from '../../src/deploy/index.js'
import type { EmbeddedServer } from '../../src/embedded/server.js'
import { refreshView } from '../../src/engine/refresh.js'
import { verifyView } from '../../src/engine/verify.js'

const views = normaliseConfig({
  views: [
    view('totals', { query: 'SELECT g, count(*) AS n, sum(v) AS v FROM entry GROUP BY g', freshness: 1 }),
    view('named', {
      query:
        'SELECT k.name, count(e.id) AS n, max(e.v) AS v FROM kind k LEFT JOIN entry e ON e.g = k.g GROUP BY k.name',
      freshness: 1,
    }),
    view('sizes', { query: 'SELECT n, count(*) AS groups FROM totals GROUP BY n', freshness: 1 }),
  ],
}).views

/** Tables, views over them, and sessions that write whatever happens to the server. */
export class Site {
  readonly pool: Pool
  /** Rows whose commit the server has confirmed; they may never be lost. */
  readonly #confirmed: number[] = []
  #writing: Promise<unknown> = Promise.resolve()
  #stopped = false
  #next = 0

  constructor(readonly server: EmbeddedServer) {
    this.pool = new Pool({ connectionString: server.url, max: 6 })
    this.pool.on('error', () => {})
    this.pool.on('connect', (client) => client.on('error', () => {}))
  }

  async prepare(): Promise<void> {
    await this.pool.query(`CREATE TABLE kind (g integer PRIMARY KEY, name text NOT NULL);
      INSERT INTO kind SELECT i, 'kind ' || i FROM generate_series(0, 40) i;
      CREATE TABLE entry (id integer PRIMARY KEY, g integer, v integer NOT NULL); CREATE INDEX ON entry (g)`)
    await applyDeployment(this.pool, views)
  }

  startWriting(): void {
    this.#writing = Promise.all([0, 1, 2, 3].map(() => this.#write()))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#writing
    await this.pool.end()
  }

  /** Refreshes until told to stop; that the server is gone for a while is no reason to end. */
  async refreshUntil(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      for (const { name } of views) await refreshView(this.pool, name).catch(() => sleep(10))
    }
  }

  /** What is wrong after a crash; empty when nothing is. */
  async problems(): Promise<string[]> {
    const found: string[] = []
    const confirmed = [...this.#confirmed]
    const { rows } = await this.pool.query<{ lost: number }>(
      'SELECT count(*)::int AS lost FROM unnest($1::int[]) c(id) WHERE NOT EXISTS (SELECT FROM entry e WHERE e.id = c.id)',
      [confirmed],
    )
    if (rows[0]?.lost !== 0) found.push(`${rows[0]?.lost} confirmed rows are lost`)
    for (const { name } of views) {
      const { missing, unexpected } = await verifyView(this.pool, name)
      if (missing + unexpected > 0) found.push(`${name}: ${missing} missing, ${unexpected} unexpected`)
    }
    return found
  }

  async #write(): Promise<void> {
    while (!this.#stopped) {
      const client = new Client(this.server.url)
      client.on('error', () => {})
      try {
        await client.connect()
        while (!this.#stopped) await this.#transaction(client)
      } catch {
        await sleep(10) // The server is gone; it will be back.
      } finally {
        await client.end().catch(() => {})
      }
    }
  }

  /** Some rows are new, which are remembered once they are confirmed; older ones change. */
  async #transaction(client: Client): Promise<void> {
    const id = this.#next++
    await client.query('BEGIN')
    await client.query('INSERT INTO entry VALUES ($1, $2, 1)', [id, id % 45])
    await client.query('UPDATE entry SET g = (g + 1) % 45, v = v + 1 WHERE id = $1', [Math.floor(id / 2)])
    await client.query('COMMIT')
    this.#confirmed.push(id)
    await sleep(3)
  }
}

/** Kills a process in the middle of its refreshes. */
export async function killRefresher(site: Site): Promise<void> {
  const script = fileURLToPath(new URL('./refresher.ts', import.meta.url))
  const child: ChildProcess = fork(script, [site.server.url], { execArgv: ['--import', 'tsx'] })
  await once(child, 'message')
  await sleep(20 + Math.random() * 150)
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** Kills PostgreSQL in the middle of refreshes, and starts it again. */
export async function killServer(site: Site): Promise<void> {
  let stopped = false
  const refreshing = site.refreshUntil(() => stopped)
  await sleep(50 + Math.random() * 200)
  await site.server.kill9()
  await site.server.start()
  stopped = true
  await refreshing
}
