import { type Database, transaction } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'
import { type Patience, withBriefLock } from './locks.js'

/**
 * Has all who read a view compute its query, or read the kept rows again. It is kept up as before meanwhile, and stays
 * bypassed through later deployments until it is turned off.
 * @throws TidemarkError UNKNOWN_VIEW; LIVE_REFUSED where it is a native materialized view, or has row-level security on its
 * kept rows; LOCK_TIMEOUT.
 */
export async function bypassView(database: Database, name: string, on: boolean, patience?: Patience): Promise<void> {
  try {
    await transaction(database, (connection) =>
      withBriefLock(
        connection,
        async () => {
          await connection.query('SELECT tidemark.bypass($1, $2)', [name, on])
        },
        patience,
      ),
    )
  } catch (error) {
    throw databaseError(error)
  }
}
