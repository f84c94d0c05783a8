import { type Queryable, rows } from '../../engine/database.js'
import { databaseError } from '../../engine/databaseError.js'
import type { GeneratedView } from './viewTypes.js'

/** Deployed views, as PostgreSQL has their columns. */
export async function readGeneratedViews(database: Queryable): Promise<GeneratedView[]> {
  try {
    const found = await rows<{ view: GeneratedView }>(
      database,
      `SELECT tidemark.describe(format('%I.%I', v.schema_name, v.view_name)) AS view FROM tidemark.view v
       WHERE v.replaces IS NULL AND NOT v.hidden`,
    )
    return found.map(({ view }) => view)
  } catch (error) {
    throw databaseError(error)
  }
}
