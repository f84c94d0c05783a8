import type { Alert } from '../../protocol/alert.js'
import type { AlertList, RunList, RunRecord } from '../../protocol/api.js'
import type { ErrorBody } from '../../protocol/errors.js'
import { ask } from '../ask.js'
import type { HttpContext } from '../context.js'
import { shownError } from '../visible.js'
import { isoTime } from './times.js'

export interface Page {
  readonly limit: number
  /** Only what is older than this one. */
  readonly before: string | null
}

interface RunRow {
  readonly id: string
  readonly view: string
  readonly mode: RunRecord['mode']
  readonly startedAt: Date
  readonly finishedAt: Date
  readonly durationMs: number
  readonly slices: number | null
  readonly inserted: number | null
  readonly updated: number | null
  readonly deleted: number | null
  readonly asOf: Date | null
  readonly error: ErrorBody | null
  readonly worker: string | null
}

const runsText = `SELECT r.id::text, tidemark.shown_name(v.schema_name, v.view_name) AS view,
    r.mode, r.started_at AS "startedAt", r.finished_at AS "finishedAt", r.duration_ms AS "durationMs",
    r.slices::double precision, r.inserted::double precision, r.updated::double precision, r.deleted::double precision,
    r.as_of AS "asOf", r.error, r.worker
  FROM tidemark.run r JOIN tidemark.view v ON v.id = r.view_id
  WHERE NOT v.hidden AND v.replaces IS NULL AND ($1::integer IS NULL OR r.view_id = $1) AND ($2::bigint IS NULL OR r.id < $2)
  ORDER BY r.id DESC LIMIT $3`

/** @param view null: of all views. */
export async function readRuns(context: HttpContext, view: number | null, { limit, before }: Page): Promise<RunList> {
  const runs = await ask<RunRow>(context, runsText, [view, before, limit])
  return {
    runs: runs.map(({ startedAt, finishedAt, asOf, error, ...run }) => ({
      ...run,
      startedAt: isoTime(startedAt),
      finishedAt: isoTime(finishedAt),
      asOf: isoTime(asOf),
      error: error === null ? null : shownError(error),
    })),
  }
}

export async function readAlerts(context: HttpContext, { limit, before }: Page): Promise<AlertList> {
  const found = await ask<{ id: string; alert: Alert }>(
    context,
    'SELECT a.id::text, a.alert FROM tidemark.alert a WHERE $1::bigint IS NULL OR a.id < $1 ORDER BY a.id DESC LIMIT $2',
    [before, limit],
  )
  return { alerts: found.map(({ id, alert }) => ({ ...alert, id })) }
}
