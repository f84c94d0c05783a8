import { displayName } from '../define/names.js'
import { defaultReading, noAlerts } from '../define/normalise-view.js'
import type { RetryPolicy, ViewSettings } from '../define/types.js'
import { type Queryable, rows } from '../engine/database.js'
import type { ErrorBody } from '../protocol/errors.js'
import type { ViewWarning } from '../protocol/freshness.js'
import type { ViewStatus } from './when.js'

/** What changes only when views are deployed. */
export interface CatalogView {
  readonly id: number
  /** As people write it. */
  readonly name: string
  /** `schema.view`, which is never ambiguous. */
  readonly qualified: string
  readonly native: boolean
  readonly moves: boolean
  /** Every refresh computes all of it, for want of another way. */
  readonly whole: boolean
  readonly settings: ViewSettings
  readonly changedAt: number
  /** Numbers of the logs with what can change its contents: those of its own sources, and of all that it reads. */
  readonly sources: ReadonlySet<number>
  /** Itself and every view that it reads, directly or not. */
  readonly closure: ReadonlySet<number>
  /** The same with the pieces that they are made of: whoever refreshes it holds all of them. */
  readonly claims: ReadonlySet<number>
}

export interface CatalogSource {
  readonly id: number
  readonly log: string
  /** The view whose rows it holds, when it is a maintained view's storage. */
  readonly keptBy: number | null
}

export interface Catalog {
  readonly version: string
  readonly views: readonly CatalogView[]
  readonly sources: readonly CatalogSource[]
}

/** What each refresh changes. */
export interface ViewStatusRow extends ViewStatus {
  readonly id: number
  readonly lastError: ErrorBody | null
  /** How long recomputing it takes. */
  readonly fullMs: number | null
}

/** An expression that differs when views, their settings, dependencies or sources do. */
export const catalogVersion = `(SELECT concat_ws('/', count(*), max(v.id), extract(epoch FROM max(v.changed_at)))
    FROM tidemark.view v WHERE v.replaces IS NULL) || '/' ||
  (SELECT concat_ws('/', count(*), sum(d.view_id * 1000003::bigint + d.upstream_id)) FROM tidemark.view_dependency d) || '/' ||
  (SELECT concat_ws('/', count(*), sum(s.view_id * 1000003::bigint + s.source_id)) FROM tidemark.view_source s)`

interface ViewRow {
  readonly id: number
  readonly schema: string
  readonly name: string
  readonly native: boolean
  readonly hidden: boolean
  readonly moves: boolean
  readonly whole: boolean
  readonly settings: Partial<ViewSettings>
  readonly changedAt: number
  readonly sources: readonly number[]
  readonly upstream: readonly number[]
}

interface CatalogRow {
  readonly version: string
  readonly views: readonly ViewRow[]
  readonly sources: readonly CatalogSource[]
}

/** One statement, and so one snapshot. */
const readCatalogText = `SELECT ${catalogVersion} AS version,
  (SELECT coalesce(json_agg(json_build_object(
      'id', v.id, 'schema', v.schema_name, 'name', v.view_name, 'native', v.storage = 'matview', 'hidden', v.hidden, 'moves', v.moves,
      'whole', v.moves AND v.statements ->> 'slices' IS NULL AND v.statements ->> 'delta' IS NULL,
      'settings', v.settings, 'changedAt', extract(epoch FROM v.changed_at) * 1000,
      'sources', ARRAY(SELECT vs.source_id FROM tidemark.view_source vs WHERE vs.view_id = v.id),
      'upstream', ARRAY(SELECT d.upstream_id FROM tidemark.view_dependency d WHERE d.view_id = v.id)
    ) ORDER BY v.id), '[]') FROM tidemark.view v WHERE v.replaces IS NULL) AS views,
  (SELECT coalesce(json_agg(json_build_object('id', s.id, 'log', s.log_name, 'keptBy', (
      SELECT v.id FROM tidemark.view v
      WHERE s.schema_name = 'tidemark_data' AND v.storage = 'table' AND NOT v.hidden AND v.storage_name = s.table_name AND v.replaces IS NULL)
    ) ORDER BY s.id), '[]') FROM tidemark.source s
    -- What is written to the pieces of views is written by the refreshes of those views alone.
    WHERE NOT EXISTS (SELECT FROM tidemark.view h WHERE s.schema_name = 'tidemark_data' AND h.storage_name = s.table_name AND h.hidden)
    ) AS sources`

export async function readCatalog(database: Queryable): Promise<Catalog> {
  const [row] = await rows<CatalogRow>(database, readCatalogText)
  if (row === undefined) throw new Error('the catalog could not be read')
  const byId = new Map(row.views.map((view) => [view.id, view]))
  const listed = new Set(row.sources.map(({ id }) => id))
  const shown = row.views.filter(({ hidden }) => !hidden)
  const views = shown.map((view): CatalogView => {
    const all = closureOf(view.id, byId)
    const closure = new Set([...all].filter((id) => byId.get(id)?.hidden !== true))
    return {
      id: view.id,
      name: displayName(view),
      qualified: `${view.schema}.${view.name}`,
      native: view.native,
      moves: [...all].some((id) => byId.get(id)?.moves ?? false),
      whole: view.whole,
      settings: completeSettings(view.settings),
      changedAt: view.changedAt,
      sources: new Set([...all].flatMap((id) => byId.get(id)?.sources ?? []).filter((id) => listed.has(id))),
      closure,
      claims: all,
    }
  })
  return { version: row.version, views, sources: row.sources }
}

function closureOf(start: number, views: ReadonlyMap<number, ViewRow>): ReadonlySet<number> {
  const found = new Set([start])
  // A set that grows while it is walked is walked to its end.
  for (const id of found) for (const above of views.get(id)?.upstream ?? []) if (views.has(above)) found.add(above)
  return found
}

const noRetry: RetryPolicy = { initialDelayMs: 1_000, maxDelayMs: 300_000, quarantineAfter: 10 }
/** Settings that an older version wrote can lack what this one knows. */
function completeSettings(settings: Partial<ViewSettings>): ViewSettings {
  return {
    freshnessMs: settings.freshnessMs ?? null,
    schedule: settings.schedule ?? null,
    onChange: settings.onChange ?? null,
    reconcile: settings.reconcile ?? null,
    maxRunMs: settings.maxRunMs ?? 600_000,
    retry: { ...noRetry, ...settings.retry },
    alerts: { ...noAlerts, ...settings.alerts },
    read: { ...defaultReading, ...settings.read },
  }
}

const milliseconds = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::double precision`

/** Restored in another cluster, its cursor means nothing: it is as one that was never filled. */
const isEmpty = `cursor IS NULL OR system_identifier IS DISTINCT FROM (SELECT c.system_identifier FROM pg_control_system() c)`

const readStatesText = `SELECT view_id AS id, state, ${isEmpty} AS empty, ${milliseconds('as_of')} AS "asOf",
  ${milliseconds('last_run_at')} AS "lastRunAt", ${milliseconds('last_full_at')} AS "lastFullAt",
  ${milliseconds('retry_at')} AS "retryAt", failures, last_error AS "lastError", full_ms AS "fullMs"
  FROM tidemark.state`

/** The states of some views, or of all. */
export async function readStates(database: Queryable, ids?: Iterable<number>): Promise<ViewStatusRow[]> {
  if (ids === undefined) return rows<ViewStatusRow>(database, readStatesText)
  return rows<ViewStatusRow>(database, `${readStatesText} WHERE view_id = ANY ($1)`, [[...ids]])
}

/** What became of a view, and was told to nobody yet. */
export interface TakenAlarm {
  readonly id: number
  readonly kind: 'failed' | 'quarantined' | 'recovered'
  /** In a row; of one that recovered, before that. */
  readonly failures: number
}

/** Takes over what is to be told of views: no other worker is given the same. */
export async function takeAlarms(database: Queryable, ids: Iterable<number>): Promise<TakenAlarm[]> {
  return rows<TakenAlarm>(database, 'SELECT id, kind, failures FROM tidemark.take_alarms($1)', [[...ids]])
}

/** Views whose next refresh is going to find that a table under them is not what it was. */
export async function readSuspects(database: Queryable): Promise<number[]> {
  const found = await rows<{ id: number }>(database, 'SELECT id FROM tidemark.suspects() AS id')
  return found.map(({ id }) => id)
}

/** What is not right about who may read views, and was not told yet. It counts as told from then on. */
export async function readNewWarnings(database: Queryable): Promise<(ViewWarning & { readonly id: number })[]> {
  return rows(database, 'SELECT view_id AS id, code, message, hint FROM tidemark.new_warnings()')
}
