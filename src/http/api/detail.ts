import type { ViewSettings } from '../../define/types.js'
import type { ViewColumn, ViewDetail, ViewIndex, ViewSettingsBody, ViewSizes } from '../../protocol/api.js'
import type { Explanation } from '../../protocol/explanation.js'
import { ask } from '../ask.js'
import type { HttpContext } from '../context.js'
import { Problem } from '../problem.js'
import type { ServedView } from '../views.js'
import { readSummaries, summaryOf } from './freshness.js'
import { isoTime } from './times.js'

interface SizesRow extends Omit<ViewSizes, 'lastVacuum'> {
  /** Milliseconds since 1970. */
  readonly lastVacuum: number | null
}

interface DetailRow {
  readonly definition: string
  readonly key: readonly string[]
  readonly columns: readonly ViewColumn[]
  readonly storage: 'table' | 'matview'
  readonly settings: ViewSettings
  readonly explanation: Explanation
  readonly indexes: readonly ViewIndex[]
  readonly sizes: SizesRow | null
  readonly deployed: readonly string[]
  readonly readBy: readonly string[]
  readonly createdAt: Date
  readonly changedAt: Date
}

/** The relation that people read, and the one that holds the rows: of a native materialized view, the same. */
const detailText = `SELECT v.definition, v.key_columns AS key, v.storage, v.settings, v.explanation,
  v.created_at AS "createdAt", v.changed_at AS "changedAt",
  coalesce((SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'nullable', a.attname <> ALL (v.not_null)) ORDER BY a.attnum)
    FROM pg_attribute a WHERE a.attrelid = read.relation AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns,
  coalesce((SELECT jsonb_agg(jsonb_build_object('name', c.relname, 'definition', pg_get_indexdef(c.oid),
      'bytes', pg_relation_size(c.oid), 'scans', pg_stat_get_numscans(c.oid)) ORDER BY c.relname)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = kept.relation), '[]') AS indexes,
  (SELECT jsonb_build_object('table', pg_relation_size(kept.relation), 'indexes', pg_indexes_size(kept.relation),
      'toast', coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0),
      'liveRows', pg_stat_get_live_tuples(c.oid), 'deadRows', pg_stat_get_dead_tuples(c.oid),
      'lastVacuum', extract(epoch FROM greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid))) * 1000)
    FROM pg_class c WHERE c.oid = kept.relation) AS sizes,
  ARRAY(SELECT tidemark.shown_name(o.schema_name, o.view_name) FROM tidemark.view o WHERE o.replaces IS NULL AND NOT o.hidden) AS deployed,
  ARRAY(SELECT tidemark.shown_name(o.schema_name, o.view_name) FROM tidemark.view o WHERE o.replaces IS NULL AND NOT o.hidden AND o.id <> v.id
    AND o.explanation -> 'sources' @> jsonb_build_array(jsonb_build_object('table', tidemark.shown_name(v.schema_name, v.view_name))) ORDER BY 1) AS "readBy"
  FROM tidemark.view v
  CROSS JOIN LATERAL (SELECT to_regclass(format('%I.%I', v.schema_name, v.view_name))) AS read (relation)
  CROSS JOIN LATERAL (SELECT CASE WHEN v.storage = 'matview' THEN read.relation
    ELSE to_regclass(format('tidemark_data.%I', v.storage_name)) END) AS kept (relation)
  WHERE v.id = $1`

export async function readDetail(context: HttpContext, view: ServedView): Promise<ViewDetail> {
  const [summary] = await readSummaries(context, [view.id])
  const [row] = await ask<DetailRow>(context, detailText, [view.id])
  if (summary === undefined || row === undefined)
    throw new Problem('UNKNOWN_VIEW', `There is no view named "${view.name}".`)
  const deployed = new Set(row.deployed)
  return {
    ...summaryOf(summary, true),
    definition: row.definition,
    key: row.key,
    columns: row.columns,
    storage: row.storage,
    settings: settingsBody(row.settings),
    explanation: row.explanation,
    indexes: row.indexes,
    sizes: row.sizes === null ? null : sizesOf(row.sizes),
    reads: row.explanation.sources.map(({ table }) => ({ name: table, kind: deployed.has(table) ? 'view' : 'table' })),
    readBy: row.readBy,
    createdAt: isoTime(row.createdAt),
    changedAt: isoTime(row.changedAt),
  }
}

function sizesOf({ lastVacuum, ...sizes }: SizesRow): ViewSizes {
  return { ...sizes, lastVacuum: lastVacuum === null ? null : new Date(lastVacuum).toISOString() }
}

function settingsBody(settings: ViewSettings): ViewSettingsBody {
  const { freshnessMs, schedule, onChange, reconcile, maxRunMs, retry } = settings
  return {
    freshnessMs,
    schedule:
      schedule?.kind === 'cron' ? { kind: 'cron', cron: schedule.expression, timeZone: schedule.timeZone } : schedule,
    onChange,
    reconcile: reconcile === null ? null : { cron: reconcile.expression, timeZone: reconcile.timeZone },
    maxRunMs,
    retry,
  }
}
