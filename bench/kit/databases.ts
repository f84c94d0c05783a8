import { randomBytes } from 'node:crypto'
import { totalmem } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { ServerSettings } from '../../src/embedded/cluster.js'
import { type EmbeddedServer, startEmbeddedServer } from '../../src/embedded/server.js'
import type { BenchOptions } from './options.js'

/**
 * As a careful user has it: durable, with room in memory. No autovacuum, which would hit whoever is being measured at
 * the time: tables are vacuumed between measurements instead.
 */
export const serverSettings: ServerSettings = {
  // A quarter of the memory, as PostgreSQL's manual advises for a server.
  shared_buffers: `${Math.min(4096, Math.round(totalmem() / 2 ** 22))}MB`,
  max_wal_size: '4GB',
  checkpoint_timeout: '30min',
  autovacuum: false,
  max_connections: 100,
}

/** What the reports say about the server. */
const toldSettings = ['shared_buffers', 'max_wal_size', 'autovacuum', 'fsync', 'synchronous_commit', 'wal_level']

/** The server that a benchmark runs on, and the databases that it makes there. */
export class BenchServer {
  readonly #made = new Map<string, pg.Pool>()

  private constructor(
    readonly url: string,
    readonly embedded: EmbeddedServer | undefined,
  ) {}

  static async open(options: BenchOptions): Promise<BenchServer> {
    if (options.database !== undefined) return new BenchServer(options.database, undefined)
    const server = await startEmbeddedServer({ version: options.postgres, settings: serverSettings })
    return new BenchServer(server.url, server)
  }

  /**
   * A new database, empty or a copy. Its sessions have no JIT, which compiles for longer than these queries run.
   * What is copied must be idle: its pool's connections are ended for it.
   */
  async createDatabase(copied?: BenchDatabase): Promise<BenchDatabase> {
    const name = `tidemark_bench_${randomBytes(4).toString('hex')}`
    await this.#asAdmin(async (admin) => {
      if (copied !== undefined) await endSessions(admin, copied.name)
      await admin.query(`create database ${name} template ${copied?.name ?? 'template0'}`)
      await admin.query(`alter database ${name} set jit = off`)
    })
    const url = new URL(this.url)
    url.pathname = `/${name}`
    const pool = new pg.Pool({ connectionString: url.href, max: 12 })
    pool.on('error', () => {}) // A connection that breaks is told by the next query on it.
    this.#made.set(name, pool)
    return { name, url: url.href, pool, drop: () => this.#drop(name) }
  }

  /** Settings that make a difference, as the server has them. */
  async settings(): Promise<Record<string, string>> {
    return await this.#asAdmin(async (admin) => {
      const { rows } = await admin.query<{ name: string; setting: string }>(
        'select name, current_setting(name) as setting from pg_settings where name = any ($1)',
        [toldSettings],
      )
      return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
    })
  }

  /** So that none falls into the next measurement. */
  async checkpoint(): Promise<void> {
    await this.#asAdmin((admin) => admin.query('checkpoint'))
  }

  async version(): Promise<string> {
    return await this.#asAdmin(async (admin) => {
      const { rows } = await admin.query<{ server_version: string }>('show server_version')
      return rows[0]?.server_version ?? 'unknown'
    })
  }

  /** For an interruption: whatever still runs there is cut off. */
  async abandon(): Promise<void> {
    if (this.embedded !== undefined) return await this.embedded.remove()
    for (const name of this.#made.keys()) {
      await this.#asAdmin((admin) => admin.query(`drop database if exists ${name} with (force)`))
    }
  }

  async close(): Promise<void> {
    for (const name of [...this.#made.keys()]) await this.#drop(name)
    await this.embedded?.remove()
  }

  async #drop(name: string): Promise<void> {
    const pool = this.#made.get(name)
    this.#made.delete(name)
    await pool?.end()
    // What the embedded server holds goes with it.
    if (this.embedded === undefined || this.#made.size > 0) {
      await this.#asAdmin((admin) => admin.query(`drop database if exists ${name} with (force)`))
    }
  }

  async #asAdmin<Value>(use: (admin: pg.Client) => Promise<Value>): Promise<Value> {
    const admin = new pg.Client(this.url)
    await admin.connect()
    try {
      return await use(admin)
    } finally {
      await admin.end()
    }
  }
}

/** Waits until they are gone: a database is copied only when nobody is connected to it. */
async function endSessions(admin: pg.Client, database: string): Promise<void> {
  for (;;) {
    const { rows } = await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      database,
    ])
    if (rows.length === 0) return
    await delay(50)
  }
}

export interface BenchDatabase {
  readonly name: string
  readonly url: string
  readonly pool: pg.Pool
  drop(): Promise<void>
}
