import type { Database } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'

const deployLock = 1953064303

/** Only one deployment at a time; a second one waits for the first. */
export async function alone<Result>(database: Database, work: () => Promise<Result>): Promise<Result> {
  const connection = await database.connect()
  let broken = false
  try {
    await connection.query('SELECT pg_catalog.pg_advisory_lock($1)', [deployLock])
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
