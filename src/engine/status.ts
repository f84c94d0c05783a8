import type { ErrorBody } from '../protocol/errors.js'
import type { ViewState, ViewWarning } from '../protocol/freshness.js'
import { type Queryable, rows } from './database.js'
import { fromEveryView, moreColumn, pendingColumn } from './freshnessSql.js'

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

/** Freshness of every deployed view, by name: what `tidemark.freshness` says, at one look at each log instead of one for each view. */
export async function readStatus(database: Queryable): Promise<ViewStatus[]> {
  return rows<ViewStatus>(
    database,
    `SELECT tidemark.shown_name(v.schema_name, v.view_name) AS view, s.state, f.as_of AS "asOf", f.age AS "stalenessSeconds",
            ${pendingColumn} AS "pendingChanges", s.row_count::double precision AS rows,
            s.last_run_at AS "lastRun", s.last_error AS "lastError", tidemark.warnings(v.id) AS warnings,
            ${moreColumn} AS "morePending"
     ${fromEveryView} ORDER BY 1`,
  )
}
