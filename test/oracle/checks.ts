import type { Pool, QueryResult } from 'pg'
import { identifier } from './library.js'
import type { Shape } from './shapes/index.js'

/** What a test needs to know of one deployed view to refresh it and to compare it. */
export interface Target {
  readonly shape: Shape
  /** As `tidemark.refresh` takes it. */
  readonly name: string
  /** Numbers of the view and of those that it reads. */
  readonly ids: readonly number[]
  /** Base tables that it reads, through whatever views, by the names of `tables`. */
  readonly tables: readonly string[]
  /** Compares the public view with the query of the test's own; independent of what Tidemark says of itself. */
  readonly comparison: string
  readonly hasBatch: boolean
  readonly hasSlices: boolean
  readonly hasDelta: boolean
  /** Logs of the base tables that it reads, quoted. */
  readonly logs: readonly string[]
}

const baseTables = `
WITH RECURSIVE read (oid) AS (
  SELECT ('oracle.' || quote_ident($1))::regclass::oid
  UNION
  SELECT d.refobjid FROM read r JOIN pg_rewrite w ON w.ev_class = r.oid
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
      AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.oid
)
SELECT array_agg(DISTINCT c.oid::regclass::text) AS tables FROM read r JOIN pg_class c ON c.oid = r.oid
WHERE c.relkind IN ('r', 'p')`

export async function readTargets(pool: Pool, shapes: readonly Shape[]): Promise<Target[]> {
  const targets: Target[] = []
  for (const shape of shapes) targets.push(await readTarget(pool, shape))
  return targets
}

async function readTarget(pool: Pool, shape: Shape): Promise<Target> {
  const found = await pool.query<{ ids: number[]; batch: boolean; slices: boolean; delta: boolean; logs: string[] }>(
    `SELECT tidemark.upstream(id) || id AS ids, statements ->> 'batch' IS NOT NULL AS batch,
       statements ->> 'slices' IS NOT NULL AS slices, statements ->> 'delta' IS NOT NULL AS delta,
       ARRAY(SELECT DISTINCT format('tidemark_log.%I', s.log_name) FROM tidemark.view_source vs
         JOIN tidemark.source s ON s.id = vs.source_id AND s.schema_name <> 'tidemark_data'
         WHERE vs.view_id = ANY (tidemark.upstream(v.id) || v.id)) AS logs
     FROM tidemark.view v WHERE view_name = $1 AND replaces IS NULL`,
    [shape.name],
  )
  const [view] = found.rows
  if (view === undefined) throw new Error(`${shape.name} is not deployed`)
  const read = await pool.query<{ tables: string[] | null }>(baseTables, [shape.name])
  const columns = await comparedColumns(pool, shape.name)
  const name = identifier(shape.name)
  const [mine, kept] = [`SELECT ${columns} FROM oracle.${name}`, `SELECT ${columns} FROM public.${name}`]
  return {
    shape,
    name: shape.name,
    ids: view.ids,
    tables: (read.rows[0]?.tables ?? []).flatMap((table) => alsoWritten[table] ?? [table]),
    comparison: `SELECT (SELECT count(*)::int FROM (${mine} EXCEPT ALL ${kept}) q) AS missing,
      (SELECT count(*)::int FROM (${kept} EXCEPT ALL ${mine}) q) AS unexpected`,
    hasBatch: view.batch,
    hasSlices: view.slices,
    hasDelta: view.delta,
    logs: view.logs,
  }
}

/** Tables through which the rows of another one are written as well. */
const alsoWritten: Readonly<Record<string, readonly string[]>> = { inh: ['inh', 'inh_child'], p: ['p', 'p_south'] }

/** Columns of a view in schema `oracle`, as they can be compared. */
export async function comparedColumns(pool: Pool, name: string): Promise<string> {
  const found = await pool.query<{ column: string; type: string }>(
    `SELECT quote_ident(attname) AS column, atttypid::regtype::text AS type FROM pg_attribute
     WHERE attrelid = ('oracle.' || quote_ident($1))::regclass AND attnum > 0 ORDER BY attnum`,
    [name],
  )
  return found.rows.map(({ column, type }) => (type === 'json' ? `${column}::text` : column)).join(', ')
}

/**
 * A refresh does not add what its own transaction wrote: part of that could have been added before. Whoever writes and
 * refreshes in one transaction makes the log look like that of others.
 */
export function asOfOthers({ logs }: Target): string[] {
  const later = '(pg_current_xact_id()::text::bigint + 1000000)::text::xid8'
  return logs.map((log) => `UPDATE ${log} SET tidemark_xid = ${later} WHERE tidemark_xid = pg_current_xact_id()`)
}

export function emptyLogs({ logs }: Target): string[] {
  return logs.map((log) => `DELETE FROM ${log}`)
}

/** Which way of refreshing is to be taken. `own`: what Tidemark would choose. */
export type Mode = 'own' | 'slices' | 'batch' | 'delta' | 'full'

/** Pretends to have measured what makes Tidemark choose this mode, for a view and all that it reads. */
export function chooseMode(target: Pick<Target, 'ids'>, mode: Mode): string {
  const measured = {
    own: 'slice_ms = NULL, batch_ms = NULL, full_ms = NULL',
    slices: 'slice_ms = 0.000001, batch_ms = 1e9, full_ms = 1e9, row_count = 1000000',
    batch: 'slice_ms = 1e9, batch_ms = 1, full_ms = 1e9, row_count = 1000000, slice_totals = NULL, full_pending = NULL',
    delta: 'delta_ms = 0, slice_ms = 0.000001, batch_ms = 1e9, full_ms = 1e9',
    full: 'slice_ms = 1e9, batch_ms = 1e9, delta_ms = 1e9, full_ms = 0.000001',
  }[mode]
  return `UPDATE tidemark.state SET ${measured} WHERE view_id IN (${target.ids.join(', ')})`
}

export interface Outcome {
  readonly mode: string
  readonly failure?: string
}

interface RefreshRow {
  mode: string
  error: { code: string; message: string } | null
}

/** Statements that refresh a view and compare it at the same snapshot; their results are read by `outcome`. */
export function refreshAndCompare(target: Target, full = false): string[] {
  return [
    `SELECT mode, error FROM tidemark.refresh('${target.name.replaceAll("'", "''")}', ${full})`,
    `SET LOCAL TimeZone = '${target.shape.timeZone ?? 'UTC'}'`,
    target.comparison,
  ]
}

export function outcome(results: readonly QueryResult[], start: number): Outcome {
  const refreshed = results[start]?.rows[0] as RefreshRow | undefined
  const compared = results[start + 2]?.rows[0] as { missing: number; unexpected: number } | undefined
  if (refreshed === undefined || compared === undefined) return { mode: 'none', failure: 'no result' }
  const { mode, error } = refreshed
  if (mode === 'failed') return { mode, failure: `refresh failed: ${error?.code} ${error?.message}` }
  if (mode === 'skipped' || mode === 'requested') return { mode }
  if (compared.missing + compared.unexpected === 0) return { mode }
  return { mode, failure: `after ${mode}: ${compared.missing} missing, ${compared.unexpected} unexpected` }
}
