import type { Pool } from 'pg'
import type { Mode, Target } from '../../oracle/checks.js'
import type { Taken } from './deploy.js'
import { comparedColumns, comparisonOf } from './oracle.js'

export interface FuzzTarget extends Target {
  readonly taken: Taken
  /** Its columns as they are compared. */
  readonly columns: string
  /** Ways of refreshing that the view, or something below it, has besides the full one. */
  readonly modes: readonly Mode[]
}

interface Row {
  ids: number[]
  batch: boolean
  slices: boolean
  delta: boolean
}

export async function readTarget(pool: Pool, taken: Taken): Promise<FuzzTarget> {
  const { name, query, timeZone } = taken.view
  const found = await pool.query<Row>(
    `SELECT tidemark.upstream(v.id) || v.id AS ids, bool_or(w.statements ->> 'batch' IS NOT NULL) AS batch, bool_or(w.statements ->> 'slices' IS NOT NULL) AS slices,
       bool_or(w.statements ->> 'delta' IS NOT NULL) AS delta
     FROM tidemark.view v JOIN tidemark.view w ON w.id = ANY (tidemark.upstream(v.id) || v.id)
     WHERE v.view_name = $1 AND v.replaces IS NULL GROUP BY v.id`,
    [name],
  )
  const [row] = found.rows
  if (row === undefined) throw new Error(`${name} is not deployed`)
  const columns = await comparedColumns(pool, taken.view)
  const modes: Mode[] = []
  if (row.slices) modes.push('slices')
  if (row.batch) modes.push('batch')
  if (row.delta) modes.push('delta')
  return {
    shape: { name, query, ...(timeZone !== undefined && { timeZone }) },
    name,
    ids: row.ids,
    tables: [],
    comparison: comparisonOf(name, columns),
    columns,
    hasBatch: row.batch,
    hasSlices: row.slices,
    hasDelta: row.delta,
    logs: [],
    taken,
    modes,
  }
}
