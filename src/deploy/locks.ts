import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'

/** How long one attempt waits for a lock, during which others queue behind it; and how many attempts there are. */
const attemptMs = 500
const mostAttempts = 60

/**
 * Runs work that needs a strong lock on a table in use. It waits for the lock only briefly, so that nobody queues long
 * behind it, and tries again later. The work is inside a transaction; each attempt is a savepoint.
 * @throws TidemarkError LOCK_TIMEOUT after about a minute.
 */
export async function withBriefLock<Result>(connection: Connection, work: () => Promise<Result>): Promise<Result> {
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
      if (databaseError(error).code !== 'LOCK_TIMEOUT' || attempt === mostAttempts) throw error
    }
    await delay(Math.min(100 * attempt, 1000) * (0.5 + Math.random() / 2))
  }
}
