import type { Pool } from 'pg'
import type { Connection, Database } from '../../engine/database.js'
import type { Session } from '../session.js'

/** The first read on a new connection takes tens of milliseconds, and there are more readers again in a moment. */
const kept = { idleTimeoutMillis: 5 * 60_000 }

/**
 * Connections on which PostgreSQL ends what takes too long, by a setting that each begins with: so no statement has to
 * be told. Some poolers take no settings; there it goes on without, and a read sets its limit in a transaction.
 */
export class LimitedPool implements Database {
  #refused = false

  private constructor(
    private readonly limited: Pool,
    private readonly plain: Pool,
  ) {}

  static async open(session: Session, connections: number, statementTimeoutMs: number): Promise<LimitedPool> {
    const limited = await session.openAnotherPool(connections, { ...kept, statement_timeout: statementTimeoutMs })
    const pool = new LimitedPool(limited, await session.openAnotherPool(connections, kept))
    // To know before the first request, which would be the one that nothing ends. The database need not be there yet.
    pool.connect().then(
      (connection) => connection.release(),
      () => undefined,
    )
    return pool
  }

  get options(): Pool['options'] {
    return this.#refused ? this.plain.options : this.limited.options
  }

  async query<Row extends object>(text: string, values?: readonly unknown[]) {
    const connection = await this.connect()
    try {
      return await connection.query<Row>(text, values)
    } finally {
      connection.release()
    }
  }

  async connect(): Promise<Connection> {
    if (this.#refused) return this.plain.connect()
    try {
      return await this.limited.connect()
    } catch (error) {
      if (!refusesSettings(error)) throw error
      this.#refused = true
      return this.plain.connect()
    }
  }
}

/** PgBouncer's "unsupported startup parameter". */
function refusesSettings(error: unknown): boolean {
  return (error as { code?: unknown }).code === '08P01'
}
