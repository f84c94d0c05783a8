import { ident, literal, sql } from '../compiler/fragment.js'
import type { ErrorBody } from '../protocol/errors.js'
import type { Connection, Database, Queryable } from './database.js'
import { rows } from './database.js'
import { databaseError } from './databaseError.js'

export type RefreshMode = 'incremental' | 'full' | 'noop' | 'skipped' | 'failed' | 'requested'

export interface RefreshResult {
  readonly view: string
  readonly mode: RefreshMode
  readonly slices: number | null
  readonly inserted: number | null
  readonly updated: number | null
  readonly deleted: number | null
  readonly durationMs: number
  readonly asOf: Date | null
  readonly error?: ErrorBody
}

export interface RefreshOptions {
  readonly full?: boolean
  /** Ends the refresh when it runs longer; it is then recorded as failed with REFRESH_TIMEOUT. */
  readonly timeoutMs?: number
  /** Who refreshes, as the run history shows it. */
  readonly worker?: string
}

interface ResultRow {
  view: string
  mode: RefreshMode
  slices: string | null
  inserted: string | null
  updated: string | null
  deleted: string | null
  duration_ms: number
  as_of: Date | null
  error: ErrorBody | null
}

/**
 * Refreshes one view, and before it the views that it reads, at one snapshot. A refresh that fails is recorded in the
 * database and returned with mode `failed`; only trouble with the connection throws.
 * @param name as `tidemark.freshness` shows it: `view`, or `schema.view`.
 */
export async function refreshView(
  database: Database,
  name: string,
  options: RefreshOptions = {},
): Promise<RefreshResult> {
  const connection = await database.connect()
  let broken = false
  try {
    return await refreshOn(connection, name, options)
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {
      broken = true
    })
    const failure = databaseError(error)
    if (broken || failure.code !== 'REFRESH_TIMEOUT') throw failure
    const started = Date.now() - (options.timeoutMs ?? 0)
    await recordFailure(connection, name, failure.toJSON(), new Date(started), options.worker)
    return failed(name, failure.toJSON(), options.timeoutMs ?? 0)
  } finally {
    connection.release(broken)
  }
}

/** One round trip. SET takes no snapshot, so the snapshot is as late as can be. */
async function refreshOn(connection: Connection, name: string, options: RefreshOptions): Promise<RefreshResult> {
  const settings = [
    'BEGIN ISOLATION LEVEL REPEATABLE READ',
    sql`SET LOCAL statement_timeout = ${Math.ceil(options.timeoutMs ?? 0)}`.text,
    sql`SET LOCAL ${ident('tidemark', 'worker')} = ${literal(options.worker ?? '')}`.text,
    sql`SELECT * FROM tidemark.refresh(${literal(name)}, ${sql`${literal(String(options.full ?? false))}::boolean`})`.text,
    'COMMIT',
  ]
  const results = (await connection.query(settings.join('; '))) as unknown as { rows: ResultRow[] }[]
  const row = results[3]?.rows[0]
  if (row === undefined) throw new Error('tidemark.refresh returned nothing')
  return fromRow(row)
}

function fromRow(row: ResultRow): RefreshResult {
  const number = (value: string | null): number | null => (value === null ? null : Number(value))
  return {
    view: row.view,
    mode: row.mode,
    slices: number(row.slices),
    inserted: number(row.inserted),
    updated: number(row.updated),
    deleted: number(row.deleted),
    durationMs: row.duration_ms,
    asOf: row.as_of,
    ...(row.error === null ? {} : { error: row.error }),
  }
}

function failed(view: string, error: ErrorBody, durationMs: number): RefreshResult {
  return { view, mode: 'failed', slices: null, inserted: null, updated: null, deleted: null, durationMs, asOf: null, error }
}

/** Notes a failure that the database itself could not, because the statement was cancelled. */
export async function recordFailure(
  database: Queryable,
  name: string,
  error: ErrorBody,
  started: Date,
  worker?: string,
): Promise<void> {
  await rows(database, 'SELECT tidemark.record_failure(tidemark.find_view($1), $2::jsonb, $3, $4)', [
    name,
    JSON.stringify(error),
    started,
    worker ?? null,
  ])
}
