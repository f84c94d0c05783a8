import { Client, Pool } from 'pg'
import type { PostgresVersion } from '../../../src/embedded/binaries.js'
import { type EmbeddedServer, startEmbeddedServer } from '../../../src/embedded/server.js'
import { migrate } from '../../../src/engine/migrate.js'
import { databaseUrl, dropDatabase, withClient } from '../../kit/names.js'

/** A server for many cases, each of which gets a database of its own. */
export class Workshop {
  #number = 0

  private constructor(
    readonly url: string,
    readonly remove: () => Promise<void>,
  ) {}

  static async open(version: PostgresVersion | undefined): Promise<Workshop> {
    const server: EmbeddedServer = await startEmbeddedServer({
      ...(version && { version }),
      settings: { fsync: false, full_page_writes: false, synchronous_commit: 'off', max_connections: 50 },
    })
    const workshop = new Workshop(server.url, () => server.remove())
    await workshop.#makeTemplate()
    return workshop
  }

  /** On a server that is there, such as that of the tests. */
  static async on(url: string): Promise<Workshop> {
    const workshop = new Workshop(url, async () => {
      await withClient(url, (admin) => dropDatabase(admin, workshop.#template))
    })
    await workshop.#makeTemplate()
    return workshop
  }

  get #template(): string {
    return `fuzz_${process.pid}`
  }

  /** The catalog is made once, and copied with the database. */
  async #makeTemplate(): Promise<void> {
    await withClient(this.url, async (admin) => {
      await admin.query(`CREATE DATABASE ${this.#template} TEMPLATE template0`)
    })
    const pool = new Pool({ connectionString: databaseUrl(this.url, this.#template), max: 2 })
    try {
      await migrate(pool)
    } finally {
      await pool.end()
    }
  }

  async use<Result>(work: (place: Place) => Promise<Result>): Promise<Result> {
    const name = `${this.#template}_${++this.#number}`
    await withClient(this.url, async (admin) => {
      await admin.query(`CREATE DATABASE ${name} TEMPLATE ${this.#template}`)
    })
    const place = new Place(databaseUrl(this.url, name))
    try {
      return await work(place)
    } finally {
      await place.close()
      await withClient(this.url, (admin) => dropDatabase(admin, name))
    }
  }
}

/** The database of one case. */
export class Place {
  readonly pool: Pool
  readonly #sessions = new Map<number, Client>()

  constructor(readonly url: string) {
    this.pool = new Pool({ connectionString: url, max: 4, statement_timeout: 60_000 })
    this.pool.on('error', () => {})
    this.pool.on('connect', (client) => client.on('error', () => {}))
  }

  /** A session by its number. None waits long for another, since all are driven by one hand. */
  async session(number: number): Promise<Client> {
    const known = this.#sessions.get(number)
    if (known !== undefined) return known
    const client = new Client({ connectionString: this.url, lock_timeout: 40, statement_timeout: 20_000 })
    client.on('error', () => {})
    await client.connect()
    this.#sessions.set(number, client)
    return client
  }

  async endTransactions(): Promise<void> {
    for (const client of this.#sessions.values()) await client.query('ROLLBACK')
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((client) => client.end().catch(() => {})))
    await this.pool.end()
  }
}
