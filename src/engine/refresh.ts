import { randomUUID } from 'node:crypto'
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
  /** Cancels the refresh. All it did is undone, and it counts as no failure of the view: its mode is `skipped`. */
  readonly signal?: AbortSignal
}

/** A view brought up to date, then recomputed whole at the same snapshot. */
export interface Reconciliation {
  readonly refreshed: RefreshResult
  /** What it changed had drifted from the query. Null when the view could not be brought up to date. */
  readonly recomputed: RefreshResult | null
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
  const [result] = await runRefreshes(database, name, [options.full ?? false], options)
  return result ?? ended(name, 'skipped', 0)
}

/** Refreshes one view and then recomputes it at the same snapshot, so that any difference is drift. */
export async function reconcileView(
  database: Database,
  name: string,
  options: Omit<RefreshOptions, 'full'> = {},
): Promise<Reconciliation> {
  const [refreshed, recomputed] = await runRefreshes(database, name, [false, true], options)
  return { refreshed: refreshed ?? ended(name, 'skipped', 0), recomputed: recomputed ?? null }
}

/** Refreshes of one view in one transaction, each full or not. Those after one that did not end well are left out. */
async function runRefreshes(
  database: Database,
  name: string,
  fulls: readonly boolean[],
  options: RefreshOptions,
): Promise<RefreshResult[]> {
  if (options.signal?.aborted) return []
  const connection = await database.connect()
  const mark = `tidemark ${randomUUID()}`
  const cancel = (): void => void cancelMarked(database, mark)
  options.signal?.addEventListener('abort', cancel, { once: true })
  const started = new Date()
  let broken = false
  try {
    return await refreshOn(connection, name, fulls, options, mark)
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {
      broken = true
    })
    const failure = databaseError(error)
    if (broken || failure.code !== 'REFRESH_TIMEOUT') throw failure
    if (options.signal?.aborted) return []
    await recordFailure(connection, name, failure.toJSON(), started, options.worker)
    return [{ ...ended(name, 'failed', Date.now() - started.getTime()), error: failure.toJSON() }]
  } finally {
    options.signal?.removeEventListener('abort', cancel)
    connection.release(broken)
  }
}

/**
 * Cancels the refresh that carries this mark, from another connection. By its mark, since a pooler may hide which
 * server process works for a connection. When even that fails, whoever asked finds the refresh still running.
 */
async function cancelMarked(database: Queryable, mark: string): Promise<void> {
  await rows(database, 'SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [mark]).catch(
    () => undefined,
  )
}

/** Who waits longer for a table that is being altered keeps a connection from the views that do not read it. */
const lockMs = 30_000

/** A single refresh is one round trip. SET takes no snapshot, so the snapshot is as late as can be. */
async function refreshOn(
  connection: Connection,
  name: string,
  fulls: readonly boolean[],
  options: RefreshOptions,
  mark: string,
): Promise<RefreshResult[]> {
  const begin = [
    'BEGIN ISOLATION LEVEL REPEATABLE READ',
    sql`SET LOCAL statement_timeout = ${Math.ceil(options.timeoutMs ?? 0)}`.text,
    sql`SET LOCAL lock_timeout = ${lockMs}`.text,
    sql`SET LOCAL ${ident('tidemark', 'worker')} = ${literal(options.worker ?? '')}`.text,
    sql`SET LOCAL application_name = ${literal(mark)}`.text,
  ]
  const done: RefreshResult[] = []
  for (const [index, full] of fulls.entries()) {
    const before = index === 0 ? begin : []
    const last = index === fulls.length - 1
    const refresh = sql`SELECT * FROM tidemark.refresh(${literal(name)}, ${literal(String(full))}::boolean)`.text
    const result = await send(connection, before, refresh, last ? ['COMMIT'] : [])
    done.push(result)
    if (last || result.mode === 'failed' || result.mode === 'skipped') {
      if (!last) await connection.query('COMMIT')
      break
    }
  }
  return done
}

async function send(
  connection: Connection,
  before: readonly string[],
  refresh: string,
  after: readonly string[],
): Promise<RefreshResult> {
  const answer: unknown = await connection.query([...before, refresh, ...after].join('; '))
  const results = (Array.isArray(answer) ? answer : [answer]) as { rows: ResultRow[] }[]
  const row = results[before.length]?.rows[0]
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

function ended(view: string, mode: RefreshMode, durationMs: number): RefreshResult {
  return { view, mode, slices: null, inserted: null, updated: null, deleted: null, durationMs, asOf: null }
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
