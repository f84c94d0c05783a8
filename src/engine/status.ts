import type { ErrorBody } from '../protocol/errors.js'
import type { ViewState, ViewWarning } from '../protocol/freshness.js'
import { type Queryable, rows } from './database.js'

export interface ViewStatus {
  /** `view`, or `schema.view` outside of public. */
  readonly view: string
  readonly state: ViewState
  readonly asOf: Date | null
  /** 0 when nothing is pending. */
  readonly stalenessSeconds: number | null
  /** Pending row images; null where changes are not captured. */
  readonly pendingChanges: number | null
  /** More are pending than those, which is where counting stops. */
  readonly morePending: boolean
  readonly rows: number | null
  readonly lastRun: Date | null
  readonly lastError: ErrorBody | null
  /** What is not right about who may read it. */
  readonly warnings: readonly ViewWarning[]
}

/** Freshness of every deployed view, by name. */
export async function readStatus(database: Queryable): Promise<ViewStatus[]> {
  return rows<ViewStatus>(
    database,
    `SELECT view, state, as_of AS "asOf", staleness_seconds AS "stalenessSeconds",
            pending_changes::double precision AS "pendingChanges", rows::double precision AS rows,
            last_run AS "lastRun", last_error AS "lastError", warnings,
            more_pending AS "morePending"
     FROM tidemark.freshness`,
  )
}
