import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { literal, sql } from '../compiler/fragment.js'
import { TidemarkError } from '../protocol/errors.js'
import { type Connection, connectionOf, type Database, one, type Queryable } from './database.js'
import { databaseError } from './databaseError.js'
import { cancelWhenAsked } from './refresh.js'

export interface Verification {
  readonly view: string
  /** Rows of the query that are not kept. */
  readonly missing: number
  /** Kept rows that the query does not return. */
  readonly unexpected: number
  readonly checkedAt: Date
}

export interface VerifyOptions {
  /** Opens the transaction: with limits of its own, say. */
  readonly begin?: string
  /** Cancels it: it then throws, and nothing of it stays. */
  readonly signal?: AbortSignal
  /** What cancels it. Default: another connection of the same database, which may have none left. */
  readonly cancelBy?: Queryable | undefined
}

const attempts = 40
const defaultBegin = 'BEGIN ISOLATION LEVEL REPEATABLE READ'

/**
 * Brings a view up to the snapshot of one transaction, and compares it with its query in that same snapshot. When a
 * worker holds the view, waits for it.
 */
export async function verifyView(
  database: Database,
  name: string,
  { begin = defaultBegin, signal, cancelBy = database }: VerifyOptions = {},
): Promise<Verification> {
  const mark = `tidemark ${randomUUID()}`
  const marked = `${begin}; ${sql`SET LOCAL application_name = ${literal(mark)}`.text}`
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    const connection = await connectionOf(database)
    const stopCancelling = cancelWhenAsked(cancelBy, mark, signal)
    let broken = false
    try {
      const result = await verifyOn(connection, name, marked)
      await connection.query(result === undefined ? 'ROLLBACK' : 'COMMIT')
      if (result !== undefined) return result
    } catch (error) {
      await connection.query('ROLLBACK').catch(() => {
        broken = true
      })
      if (!isSerializationFailure(error)) throw databaseError(error)
    } finally {
      stopCancelling()
      connection.release(broken)
    }
    if (attempt === attempts) {
      throw new TidemarkError('LOCK_TIMEOUT', `"${name}" is being refreshed all the time.`, {
        hint: 'Try again when its refresh is done; tidemark status shows the state.',
        view: name,
      })
    }
    await delay(50 * Math.min(attempt, 10))
  }
}

async function verifyOn(connection: Connection, name: string, begin: string): Promise<Verification | undefined> {
  await connection.query(begin)
  const refreshed = await one<{ mode: string; error: { code: string; message: string } | null }>(
    connection,
    'SELECT mode, error FROM tidemark.refresh($1)',
    [name],
  )
  if (refreshed.mode === 'skipped') return undefined
  if (refreshed.mode === 'failed') {
    await connection.query('COMMIT')
    await connection.query('BEGIN')
    throw new TidemarkError('REFRESH_FAILED', `"${name}" could not be refreshed: ${refreshed.error?.message ?? ''}`, {
      hint: 'tidemark status shows the last error of each view.',
      view: name,
    })
  }
  const { view, missing, unexpected, at } = await one<{ view: string; missing: string; unexpected: string; at: Date }>(
    connection,
    `SELECT $1::text AS view, missing, unexpected, now() AS at FROM tidemark.verify_now(tidemark.find_view($1))`,
    [name],
  )
  return { view, missing: Number(missing), unexpected: Number(unexpected), checkedAt: at }
}

function isSerializationFailure(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '40001'
}
