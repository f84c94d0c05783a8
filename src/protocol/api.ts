/** What `/api` answers with, and what its POSTs take. All times are ISO 8601, UTC. */
import type { Alert } from './alert.js'
import type { ErrorBody, ErrorCode } from './errors.js'
import type { Explanation, Maintenance } from './explanation.js'
import type { ViewFreshness, ViewState, ViewWarning } from './freshness.js'

/** GET /api/views */
export interface ViewList {
  readonly views: readonly ViewSummary[]
}

export interface ViewSummary extends ViewFreshness {
  readonly description: string | null
  /** Every table it reads is followed; false: changes of one of them recompute all of it. */
  readonly incremental: boolean
  /** Readers are given the query itself instead of the kept rows. */
  readonly bypassed: boolean
  /** What is not right about who may read it; none to those who may not inspect. */
  readonly warnings: readonly ViewWarning[]
  /** Failed refreshes in a row. */
  readonly failures: number
  /** When a failed refresh is tried again. */
  readonly retryAt: string | null
  /** The last 30, the newest last. */
  readonly recentRuns: readonly RecentRun[]
}

export interface RecentRun {
  readonly at: string
  readonly durationMs: number
  readonly failed: boolean
}

/** GET /api/views/:view */
export interface ViewDetail extends ViewSummary {
  /** The query, as its author wrote it. */
  readonly definition: string
  readonly key: readonly string[]
  readonly columns: readonly ViewColumn[]
  readonly storage: 'table' | 'matview'
  /** As the catalog keeps them, normalised. */
  readonly settings: ViewSettingsBody
  readonly explanation: Explanation
  readonly indexes: readonly ViewIndex[]
  /** Null where the view has no storage yet. */
  readonly sizes: ViewSizes | null
  /** Tables and views that its query reads, and views that read it: names as shown. */
  readonly reads: readonly { readonly name: string; readonly kind: 'table' | 'view' }[]
  readonly readBy: readonly string[]
  readonly createdAt: string
  readonly changedAt: string
}

export interface ViewColumn {
  readonly name: string
  /** As PostgreSQL writes it: `numeric(10,2)`, `text[]`. */
  readonly type: string
  readonly nullable: boolean
}

export interface ViewIndex {
  readonly name: string
  readonly definition: string
  readonly bytes: number
  /** Scans since statistics were last reset; null where they are not to be had. */
  readonly scans: number | null
}

/** Bytes, and PostgreSQL's estimates of rows. */
export interface ViewSizes {
  readonly table: number
  readonly indexes: number
  readonly toast: number
  readonly liveRows: number
  readonly deadRows: number
  readonly lastVacuum: string | null
}

/** What the console shows of a view's settings; the catalog may hold more. */
export interface ViewSettingsBody {
  readonly freshnessMs: number | null
  readonly schedule:
    | { readonly kind: 'interval'; readonly everyMs: number }
    | { readonly kind: 'cron'; readonly cron: string; readonly timeZone: string }
    | null
  readonly onChange: { readonly debounceMs: number; readonly maxWaitMs: number } | null
  readonly reconcile: { readonly cron: string; readonly timeZone: string } | null
  readonly maxRunMs: number
  readonly retry: {
    readonly initialDelayMs: number
    readonly maxDelayMs: number
    readonly quarantineAfter: number | null
  }
}

/** GET /api/views/:view/runs and GET /api/runs: the newest first. */
export interface RunList {
  readonly runs: readonly RunRecord[]
}

export interface RunRecord {
  /** Opaque; `?before=` takes one to page on. */
  readonly id: string
  readonly view: string
  readonly mode: 'incremental' | 'full' | 'failed'
  readonly startedAt: string
  readonly finishedAt: string
  readonly durationMs: number
  readonly slices: number | null
  readonly inserted: number | null
  readonly updated: number | null
  readonly deleted: number | null
  /** The view equals its query as of this time after it; null where it failed. */
  readonly asOf: string | null
  readonly error: ErrorBody | null
  readonly worker: string | null
}

/** POST /api/views/:view/refresh */
export interface RefreshRequest {
  readonly full?: boolean
}

export interface RefreshAnswer {
  readonly view: string
  /** `noop`: nothing was pending. */
  readonly mode: 'incremental' | 'full' | 'noop' | 'skipped' | 'failed'
  /** It was running already, and this call waited for it. */
  readonly joined: boolean
  readonly slices: number | null
  readonly inserted: number | null
  readonly updated: number | null
  readonly deleted: number | null
  readonly durationMs: number
  readonly asOf: string | null
  readonly epoch: string | null
  readonly error: ErrorBody | null
}

/** POST /api/views/:view/pause, resume and bypass (which takes `{ on }`): what the view is now. */
export interface OperationAnswer {
  readonly view: string
  readonly state: ViewState
  readonly bypassed: boolean
}

/** POST /api/views/:view/verify */
export interface VerifyAnswer {
  readonly view: string
  /** Rows of the query that are not kept. */
  readonly missing: number
  /** Kept rows that the query does not return. */
  readonly unexpected: number
  readonly checkedAt: string
}

/** GET /api/lineage */
export interface Lineage {
  readonly nodes: readonly LineageNode[]
  readonly edges: readonly LineageEdge[]
}

export interface LineageNode {
  readonly id: string
  readonly kind: 'table' | 'view'
  readonly name: string
  /** Changes that wait: of a view, for it; of a table, for whoever waits for most of them. Null: not captured. */
  readonly pending: number | null
  /** Than those. */
  readonly morePending: boolean
  /** Of views. */
  readonly state?: ViewState
  readonly rows: number | null
}

/** From what is read to what reads it. */
export interface LineageEdge {
  readonly from: string
  readonly to: string
  readonly maintenance: Maintenance
}

/** GET /api/alerts: the newest first. */
export interface AlertList {
  readonly alerts: readonly (Alert & { readonly id: string })[]
}

/** An error of this API: RFC 9457, with Tidemark's code and hint beside. */
export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly code?: string
  readonly hint?: string
}

/** GET /api/deployment: what is wrong with what was saved last, where `tidemark dev` applies it. */
export interface DeploymentState {
  readonly problems: readonly DeploymentProblem[]
}

export interface DeploymentProblem {
  /** null: nothing is wrong, and it was not applied all the same. */
  readonly code: ErrorCode | null
  readonly message: string
  readonly hint: string | null
  readonly view: string | null
  /** Where it stands, and the lines around it, with a mark below the place. */
  readonly excerpt: readonly string[]
}
