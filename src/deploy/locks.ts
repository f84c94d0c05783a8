import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'

/** How long to try for a lock in all. */
export interface Patience {
  readonly lockTimeoutMs: number
}

/** How long one attempt waits, during which others queue behind it. */
const attemptMs = 500
const defaultPatience: Patience = { lockTimeoutMs: 60_000 }

/**
 * Runs work that needs a strong lock on a table in use. It waits for the lock only briefly, so that nobody queues long
 * behind it, and tries again later. The work is inside a transaction; each attempt is a savepoint, and what an attempt
 * that failed had locked is free in between.
 * @throws TidemarkError LOCK_TIMEOUT when patience is at its end.
 */
export async function withBriefLock<Result>(
  connection: Connection,
  work: () => Promise<Result>,
  { lockTimeoutMs }: Patience = defaultPatience,
): Promise<Result> {
  const started = performance.now()
  for (let attempt = 1; ; attempt++) {
    await connection.query('SAVEPOINT tidemark_lock')
    await connection.query(`SET LOCAL lock_timeout = '${attemptMs}ms'`)
    try {
      const result = await work()
      await connection.query('SET LOCAL lock_timeout = 0')
      await connection.query('RELEASE SAVEPOINT tidemark_lock')
      return result
    } catch (error) {
      await connection.query('ROLLBACK TO SAVEPOINT tidemark_lock')
      const waited = performance.now() - started
      if (!isContention(error)) throw error
      if (waited > lockTimeoutMs) throw outOfPatience(error, waited, attempt)
    }
    await delay(Math.min(100 * attempt, 1000) * (0.5 + Math.random() / 2))
  }
}

/** A lock that was not to be had, or a deadlock with somebody who takes locks in another order. */
function isContention(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === '40P01' || databaseError(error).code === 'LOCK_TIMEOUT'
}

function outOfPatience(error: unknown, waitedMs: number, attempts: number): TidemarkError {
  const { message } = databaseError(error)
  return new TidemarkError(
    'LOCK_TIMEOUT',
    `A lock was not to be had in ${Math.round(waitedMs / 1000)} s and ${attempts} attempts: ${message}.`,
    {
      hint: 'A transaction that stays open holds it: SELECT pid, state, xact_start, query FROM pg_stat_activity ORDER BY xact_start. End it, then apply again.',
      cause: error,
    },
  )
}
