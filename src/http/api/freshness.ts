import { moreColumn, pendingColumn } from '../../engine/freshnessSql.js'
import type { ViewSummary } from '../../protocol/api.js'
import type { ErrorBody } from '../../protocol/errors.js'
import type { ViewFreshness, ViewState, ViewWarning } from '../../protocol/freshness.js'
import { type AskContext, ask } from '../ask.js'
import { shownError, withoutDetails } from '../visible.js'
import { isoTime } from './times.js'

export interface FreshnessRow {
  readonly id: number
  readonly view: string
  readonly state: ViewState
  readonly epoch: string
  readonly asOf: Date | null
  readonly stalenessSeconds: number | null
  readonly pendingChanges: number | null
  readonly morePending: boolean
  readonly targetSeconds: number | null
  readonly rows: number | null
  readonly lastRun: Date | null
  readonly lastError: ErrorBody | null
  /** When all this was so, by the database's clock. */
  readonly now: Date
}

export interface SummaryRow extends FreshnessRow {
  readonly description: string | null
  readonly incremental: boolean
  readonly bypassed: boolean
  readonly warnings: readonly ViewWarning[]
  readonly failures: number
  readonly retryAt: Date | null
  readonly recentRuns: readonly { readonly at: number; readonly durationMs: number; readonly failed: boolean }[]
}

/** As old as reads say that it is: a view over others is as old as the oldest of them. */
const freshnessColumns = `v.id, tidemark.shown_name(v.schema_name, v.view_name) AS view, s.state, v.id || '-' || s.epoch AS epoch, f.as_of AS "asOf",
  f.age AS "stalenessSeconds", clock_timestamp() AS now, ${pendingColumn} AS "pendingChanges", ${moreColumn} AS "morePending",
  (v.settings ->> 'freshnessMs')::double precision / 1000 AS "targetSeconds", s.row_count::double precision AS rows,
  s.last_run_at AS "lastRun", s.last_error AS "lastError"`

const summaryColumns = `${freshnessColumns}, v.description, coalesce((v.explanation ->> 'incremental')::boolean, false) AS incremental,
  v.bypassed, tidemark.warnings(v.id) AS warnings, s.failures, s.retry_at AS "retryAt", coalesce((
    SELECT jsonb_agg(jsonb_build_object('at', extract(epoch FROM r.finished_at) * 1000, 'durationMs', r.duration_ms,
      'failed', r.mode = 'failed') ORDER BY r.id)
    FROM (SELECT * FROM tidemark.run r WHERE r.view_id = v.id ORDER BY r.id DESC LIMIT 30) r), '[]') AS "recentRuns"`

/** Of the views that are wanted alone, at one look for all of them: `tidemark.freshness` looks for each by itself. */
const from = `FROM tidemark.freshness_of($1::integer[]) AS f
  JOIN tidemark.view v ON v.id = f.view_id AND v.replaces IS NULL AND NOT v.hidden JOIN tidemark.state s ON s.view_id = v.id ORDER BY 2`

export function readFreshness(context: AskContext, views: readonly number[]): Promise<FreshnessRow[]> {
  return ask<FreshnessRow>(context, `SELECT ${freshnessColumns} ${from}`, [views])
}

export function readSummaries(context: AskContext, views: readonly number[]): Promise<SummaryRow[]> {
  return ask<SummaryRow>(context, `SELECT ${summaryColumns} ${from}`, [views])
}

/** @param detailed whether whoever asks may see what an error quotes. */
export function freshnessOf(row: FreshnessRow, detailed: boolean): ViewFreshness {
  const { lastError } = row
  return {
    view: row.view,
    state: row.state,
    epoch: row.epoch,
    asOf: isoTime(row.asOf),
    stalenessSeconds: row.stalenessSeconds,
    pendingChanges: row.pendingChanges,
    morePending: row.morePending,
    targetSeconds: row.targetSeconds,
    rows: row.rows,
    lastRun: isoTime(row.lastRun),
    lastError: lastError === null ? null : detailed ? shownError(lastError) : withoutDetails(lastError),
  }
}

export function summaryOf(row: SummaryRow, detailed: boolean): ViewSummary {
  return {
    ...freshnessOf(row, detailed),
    description: row.description,
    incremental: row.incremental,
    bypassed: row.bypassed,
    warnings: detailed ? row.warnings : [],
    failures: row.failures,
    retryAt: isoTime(row.retryAt),
    recentRuns: row.recentRuns.map(({ at, ...run }) => ({ at: new Date(at).toISOString(), ...run })),
  }
}
