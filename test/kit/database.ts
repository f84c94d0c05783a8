import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Pool, type QueryResult, type QueryResultRow } from 'pg'
import { afterAll, inject } from 'vitest'
import { databaseUrl, dropDatabase, quoted, withClient } from './names.js'
import type { TemplateName } from './templates.js'

export interface TestDatabaseOptions {
  readonly template?: TemplateName
  /** How long `drop()` waits for connections to be gone. */
  readonly graceMilliseconds?: number
}

/**
 * A connection that is closed is still listed for a moment, and on a busy machine for a long one. Only what leaks takes all of
 * this time.
 */
const graceMilliseconds = 15_000

/** Clones a template into a database of its own. Who calls it must call `drop()`; `useTestDatabase` does. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const serverUrl = inject('serverUrl')
  const prefix = inject('databasePrefix')
  const name = prefix + randomBytes(6).toString('hex')
  await withClient(serverUrl, async (admin) => {
    await admin.query(`CREATE DATABASE ${quoted(name)} TEMPLATE ${quoted(prefix + (options.template ?? 'empty'))}`)
  })
  return new TestDatabase(serverUrl, name, options.graceMilliseconds)
}

/**
 * The database of a test file, dropped after its last test with the check for leaks. Call it at the top level of the
 * file: `const db = await useTestDatabase()`.
 */
export async function useTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const database = await createTestDatabase(options)
  afterAll(() => database.drop())
  return database
}

export class TestDatabase {
  readonly url: string
  /** For code under test that takes a Pool. What is checked out at the end counts as a leak. */
  readonly pool: Pool
  readonly #serverUrl: string
  readonly #clients: Client[] = []

  constructor(
    serverUrl: string,
    readonly name: string,
    private readonly graceMs = graceMilliseconds,
  ) {
    this.#serverUrl = serverUrl
    this.url = databaseUrl(serverUrl, name)
    this.pool = new Pool({ connectionString: this.url, max: 10 })
    // A connection that breaks, as in drop(), is told by the next query on it; it must not end the test process.
    this.pool.on('error', () => {})
    this.pool.on('connect', (client) => client.on('error', () => {}))
  }

  async query<Row extends QueryResultRow = QueryResultRow>(
    text: string,
    values?: unknown[],
  ): Promise<QueryResult<Row>> {
    return await this.pool.query<Row>(text, values)
  }

  /** The rows alone. */
  async rows<Row extends QueryResultRow = QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    return (await this.query<Row>(text, values)).rows
  }

  /** A session of its own, for what must run in one. It is the test's, not a leak, and closed by `drop()`. */
  async connect(): Promise<Client> {
    const client = new Client(this.url)
    client.on('error', () => {})
    await client.connect()
    this.#clients.push(client)
    return client
  }

  /** Drops the database; throws, after doing so, when somebody else is still connected to it. */
  async drop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end().catch(() => {})))
    const checkedOut = await this.#endPool()
    await withClient(this.#serverUrl, async (admin) => {
      const leaks = await this.#leaks(admin)
      await dropDatabase(admin, this.name)
      if (checkedOut > 0) leaks.push(`${checkedOut} client(s) of the test's pool, never released`)
      if (leaks.length > 0) throw new Error(`Connections to ${this.name} leaked:\n${leaks.join('\n')}`)
    })
  }

  /** `Pool.end()` waits for clients that nobody releases: how many they are, after a moment of patience. */
  async #endPool(): Promise<number> {
    const ended = this.pool.end().then(() => true)
    const patience = new AbortController()
    const done = await Promise.race([ended, sleep(this.graceMs, false, { signal: patience.signal })])
    patience.abort()
    return done ? 0 : this.pool.totalCount - this.pool.idleCount
  }

  async #leaks(admin: Client): Promise<string[]> {
    const deadline = Date.now() + this.graceMs
    for (;;) {
      const { rows } = await admin.query<{ leak: string }>(
        `SELECT format('pid %s, application %L, %s, last query: %s', pid, application_name, state, query) AS leak
           FROM pg_stat_activity
          WHERE datname = $1 AND backend_type = 'client backend'`,
        [this.name],
      )
      if (rows.length === 0 || Date.now() > deadline) return rows.map((row) => row.leak)
      await sleep(20)
    }
  }
}
