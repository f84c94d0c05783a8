import { randomUUID } from 'node:crypto'
import { ident, literal, sql } from '../compiler/fragment.js'
import type { ErrorBody } from '../protocol/errors.js'
import type { Connection, Database, Queryable } from './database.js'
import { connectionOf, rows } from './database.js'
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
  /** What cancels it. Default: another connection of the same database, which may have none left. */
  readonly cancelBy?: Queryable | undefined
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
  return inRefresh(database, name, options, (connection, begin) =>
    sendRefresh(connection, name, options.full ?? false, begin, ['COMMIT']),
  )
}

/**
 * Work on one view on a connection of its own, which can be cancelled. `begin` opens the transaction for it.
 * @returns what the work does, or how it ended otherwise: cancelled, or after too long.
 */
export async function inRefresh<Result>(
  database: Database,
  name: string,
  options: RefreshOptions,
  work: (connection: Connection, begin: readonly string[]) => Promise<Result>,
): Promise<Result | RefreshResult> {
  const { signal, cancelBy = database } = options
  if (signal?.aborted) return ended(name, 'skipped', 0)
  const connection = await connectionOf(database)
  const mark = `tidemark ${randomUUID()}`
  const stopCancelling = cancelWhenAsked(cancelBy, mark, signal)
  const started = new Date()
  let broken = false
  try {
    return await work(connection, beginning(options, mark))
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {
      broken = true
    })
    const failure = databaseError(error)
    if (broken || failure.code !== 'REFRESH_TIMEOUT') throw failure
    const elapsedMs = Date.now() - started.getTime()
    if (signal?.aborted) return ended(name, 'skipped', elapsedMs)
    await recordFailure(connection, name, failure.toJSON(), started, options.worker)
    return { ...ended(name, 'failed', elapsedMs), error: failure.toJSON() }
  } finally {
    stopCancelling()
    connection.release(broken)
  }
}

/**
 * Cancels what carries the mark, from another connection, until it is gone. By its mark, since a pooler may hide which
 * server process works for a connection. When even that fails, whoever asked finds the refresh still running.
 */
export function cancelWhenAsked(database: Queryable, mark: string, signal: AbortSignal | undefined): () => void {
  let timer: NodeJS.Timeout | undefined
  const cancel = (): void => {
    const text = 'SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = $1'
    rows(database, text, [mark]).catch(() => undefined)
  }
  const start = (): void => {
    cancel()
    // It may not have begun yet.
    timer = setInterval(cancel, 500)
  }
  if (signal?.aborted) start()
  signal?.addEventListener('abort', start, { once: true })
  return () => {
    signal?.removeEventListener('abort', start)
    clearInterval(timer)
  }
}

/** Who waits longer for a table that is being altered keeps a connection from the views that do not read it. */
const lockMs = 30_000

/** SET takes no snapshot, so the snapshot is as late as can be. */
function beginning(options: RefreshOptions, mark: string): readonly string[] {
  return [
    'BEGIN ISOLATION LEVEL REPEATABLE READ',
    sql`SET LOCAL statement_timeout = ${Math.ceil(options.timeoutMs ?? 0)}`.text,
    sql`SET LOCAL lock_timeout = ${lockMs}`.text,
    sql`SET LOCAL ${ident('tidemark', 'worker')} = ${literal(options.worker ?? '')}`.text,
    sql`SET LOCAL application_name = ${literal(mark)}`.text,
  ]
}

/** One round trip, with what comes before and after it. */
export async function sendRefresh(
  connection: Connection,
  name: string,
  full: boolean,
  before: readonly string[] = [],
  after: readonly string[] = [],
): Promise<RefreshResult> {
  const refresh = sql`SELECT * FROM tidemark.refresh(${literal(name)}, ${literal(String(full))}::boolean)`.text
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
