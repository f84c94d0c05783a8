import { type Connection, type Database, one } from './database.js'
import { inRefresh, type RefreshOptions, type RefreshResult, sendRefresh } from './refresh.js'

/** A view brought up to date, then recomputed whole at the same snapshot. */
export interface Reconciliation {
  readonly refreshed: RefreshResult
  /** Null when the view could not be brought up to date. */
  readonly recomputed: RefreshResult | null
  /** Whether its rows were not those of its query. */
  readonly drifted: boolean
}

/**
 * Refreshes one view and then recomputes it, so that whatever differs is drift: nothing was pending any more. Rows that
 * differ as sums of floating-point numbers do, by the order in which they are added, are rewritten and are no drift.
 */
export async function reconcileView(
  database: Database,
  name: string,
  options: Omit<RefreshOptions, 'full'> = {},
): Promise<Reconciliation> {
  const outcome = await inRefresh(database, name, options, (connection, begin) => reconcileOn(connection, name, begin))
  return 'refreshed' in outcome ? outcome : { refreshed: outcome, recomputed: null, drifted: false }
}

async function reconcileOn(connection: Connection, name: string, begin: readonly string[]): Promise<Reconciliation> {
  const refreshed = await sendRefresh(connection, name, false, begin)
  if (refreshed.mode === 'failed' || refreshed.mode === 'skipped') {
    await connection.query('COMMIT')
    return { refreshed, recomputed: null, drifted: false }
  }
  await connection.query('SAVEPOINT tidemark_reconcile')
  let recomputed = await sendRefresh(connection, name, true)
  let drifted = false
  if (changedRows(recomputed) > 0) {
    // Whether they count as different is the comparison's business, and it needs the rows as they were.
    await connection.query('ROLLBACK TO SAVEPOINT tidemark_reconcile')
    drifted = await differs(connection, name)
    recomputed = await sendRefresh(connection, name, true)
  }
  await connection.query('COMMIT')
  return { refreshed, recomputed, drifted }
}

function changedRows({ inserted, updated, deleted }: RefreshResult): number {
  return (inserted ?? 0) + (updated ?? 0) + (deleted ?? 0)
}

async function differs(connection: Connection, name: string): Promise<boolean> {
  const { differs: found } = await one<{ differs: boolean }>(
    connection,
    'SELECT missing + unexpected > 0 AS differs FROM tidemark.verify_now(tidemark.find_view($1))',
    [name],
  )
  return found
}
