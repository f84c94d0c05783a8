import { setTimeout as delay } from 'node:timers/promises'
import { type Connection, connectionOf, type Database, one } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'

const deployLock = 1953064303

async function tryLock(connection: Connection): Promise<boolean> {
  const { held } = await one<{ held: boolean }>(connection, 'SELECT pg_catalog.pg_try_advisory_lock($1) AS held', [
    deployLock,
  ])
  return held
}

/** Only one deployment at a time; a second one waits for the first. */
export async function alone<Result>(database: Database, work: () => Promise<Result>): Promise<Result> {
  const connection = await connectionOf(database)
  let broken = false
  try {
    // Asking again and again: a query that waits holds a snapshot, which the deployment in front may wait for in turn.
    for (let attempt = 1; !(await tryLock(connection)); attempt++) await delay(Math.min(50 * attempt, 500))
    return await work()
  } catch (error) {
    throw databaseError(error)
  } finally {
    await connection.query('SELECT pg_catalog.pg_advisory_unlock($1)', [deployLock]).catch(() => {
      broken = true
    })
    connection.release(broken)
  }
}
