import type { Database, Queryable } from '../engine/database.js'
import { databaseError, serverError } from '../engine/databaseError.js'
import { reconcileView } from '../engine/reconcile.js'
import { type RefreshOptions, type RefreshResult, refreshView } from '../engine/refresh.js'
import { type ErrorCode, TidemarkError } from '../protocol/errors.js'
import { type Alarm, alarmOf, drift, errorOf, recoveredFrom, slow, unrecorded } from './alarms.js'
import type { Board } from './board.js'
import { readStates, takeAlarms, type ViewStatusRow } from './catalog.js'
import type { DatabaseClock } from './clock.js'
import type { Entry } from './entry.js'
import type { Emit, Log } from './events.js'
import type { Due } from './when.js'

export interface Surroundings {
  readonly board: Board
  readonly clock: DatabaseClock
  readonly log: Log
  readonly emit: Emit
  raise(alarm: Alarm): void
  /** The pool, on which nothing takes longer than this. */
  database(limitMs: number): Database
  /** For what must not wait for a connection of the pool. */
  aside(): Queryable
  /** As the run history shows it. */
  readonly name: string
  /** No refresh begins any more. */
  readonly halt: AbortSignal
  /** Ends the refreshes in flight. */
  readonly cancel: AbortSignal
  /** A connection was refused or lost. */
  unreachable(error: unknown): void
}

/** For statements that take no time. */
export const shortMs = 20_000
/** What a connection may be late after the server's own limit has ended a refresh. */
const graceMs = 30_000

/** Refreshes one view. Never throws: whatever happens is told to those whom it concerns. */
export class Runner {
  constructor(private readonly around: Surroundings) {}

  /** @returns how it went; undefined when it came to nothing. */
  async run(entry: Entry): Promise<RefreshResult | undefined> {
    try {
      const ready = await this.#look(entry)
      if (ready === undefined) return undefined
      const result = await this.#refresh(entry, ready.due, ready.before)
      entry.lastResult = result
      entry.unrecorded.reset()
      entry.disconnects.reset()
      return result
    } catch (error) {
      this.#fail(entry, error)
      return undefined
    }
  }

  /** Another worker, or somebody by hand, may have been faster; a view may have been paused a moment ago. */
  async #look(entry: Entry): Promise<{ due: Due; before: ReadonlyMap<number, ViewStatusRow> } | undefined> {
    const { board, clock, halt } = this.around
    const before = await this.#states(entry)
    const due = board.due(entry)
    if (halt.aborted || due === null || due.at > clock.now()) return undefined
    return { due, before }
  }

  async #states(entry: Entry): Promise<ReadonlyMap<number, ViewStatusRow>> {
    const states = await readStates(this.around.database(shortMs), entry.view.closure)
    this.around.board.update(states)
    return new Map(states.map((state) => [state.id, state]))
  }

  async #refresh(entry: Entry, due: Due, before: ReadonlyMap<number, ViewStatusRow>): Promise<RefreshResult> {
    const started = performance.now()
    const startedAt = this.around.clock.now()
    const noticed = entry.pending?.last
    const result = await this.#call(entry, due, startedAt)
    const elapsedMs = performance.now() - started
    if (result.mode === 'skipped') {
      this.#skipped(entry, due)
      return result
    }
    await this.#settle(entry, before)
    if (result.mode === 'failed') return result
    // What had been noticed before it began it has seen, whatever the clocks say.
    if (entry.pending?.last === noticed) entry.pending = null
    this.#succeeded(entry, due, result, elapsedMs)
    return result
  }

  async #call(entry: Entry, due: Due, startedAt: number): Promise<RefreshResult> {
    const options = this.#options(entry)
    const pool = this.around.database(options.timeoutMs + graceMs)
    // Besides the connection that it works on, a refresh asks for one only to cancel itself: all others may be in use then.
    const database: Database = {
      connect: () => pool.connect(),
      query: (text, values) => this.around.aside().query(text, values),
    }
    if (due.reason !== 'reconcile') {
      return refreshView(database, entry.view.qualified, { ...options, full: due.full })
    }
    const before = entry.reconciledAt
    entry.reconciledAt = startedAt
    const result = await this.#reconcile(database, entry, options)
    // Who had the view then was only refreshing it.
    if (result.mode === 'skipped') entry.reconciledAt = before
    return result
  }

  /** Recomputing tells of drift only where not every refresh does. */
  async #reconcile(database: Database, { view }: Entry, options: RefreshOptions): Promise<RefreshResult> {
    if (view.whole) return refreshView(database, view.qualified, { ...options, full: true })
    const { refreshed, recomputed, drifted } = await reconcileView(database, view.qualified, options)
    if (recomputed === null) return refreshed
    if (drifted) {
      const alarm = drift(view.name, recomputed)
      this.around.log.error({ view: view.name, drift: alarm.drift }, 'a reconcile mended drift')
      if (view.settings.alerts.onFailure) this.around.raise(alarm)
    }
    return recomputed
  }

  #options({ view }: Entry): RefreshOptions & { timeoutMs: number } {
    // It can take as long as the slowest of those that it brings up to date on its way.
    const limits = [...view.closure].map((id) => this.around.board.get(id)?.view.settings.maxRunMs ?? 0)
    return { timeoutMs: Math.max(...limits, 1), worker: this.around.name, signal: this.around.cancel }
  }

  #skipped(entry: Entry, { reason }: Due): void {
    const { cancel, clock, emit, log } = this.around
    if (cancel.aborted) return
    entry.hold(clock.now() + entry.skips.next())
    log.debug({ view: entry.view.name }, 'another session is refreshing it')
    emit('skipped', { view: entry.view.name, reason })
  }

  /** Looks at what became of the view and of those that it reads, and tells of what failed or recovered. */
  async #settle(entry: Entry, before: ReadonlyMap<number, ViewStatusRow>): Promise<void> {
    const { board, emit, log } = this.around
    entry.skips.reset()
    const now = await this.#states(entry)
    for (const [id, after] of now) {
      const earlier = before.get(id)
      const view = board.get(id)?.view
      if (earlier === undefined || view === undefined) continue
      if (after.failures > earlier.failures) {
        const error = errorOf(after)
        log.warn({ view: view.name, error, failures: after.failures }, 'a refresh failed')
        emit('failed', { view: view.name, error, failures: after.failures })
      }
    }
    const failed = [...before.values(), ...now.values()].some(({ failures }) => failures > 0)
    if (failed) await this.#tell(entry)
  }

  /** Whichever worker it was that failed or brought it up to date: one of them tells. */
  async #tell(entry: Entry): Promise<void> {
    const { board, raise } = this.around
    const taken = await takeAlarms(this.around.database(shortMs), entry.view.closure)
    const states = taken.length === 0 ? undefined : await this.#states(entry)
    for (const alarm of taken) {
      const view = board.get(alarm.id)?.view
      const status = states?.get(alarm.id)
      if (view === undefined || status === undefined) continue
      const raised = alarmOf(view.name, view.settings.alerts, alarm, status)
      if (raised !== undefined) raise(raised)
    }
  }

  #succeeded(entry: Entry, due: Due, result: RefreshResult, elapsedMs: number): void {
    const { board, emit, log, raise } = this.around
    const { view } = entry
    const { slowerThanMs, onRecovery } = view.settings.alerts
    if (entry.unrecorded.failures > 0 && onRecovery) raise(recoveredFrom(view.name, entry.unrecorded.failures))
    entry.request = null
    for (const id of view.closure) {
      const checked = board.get(id)
      if (checked !== undefined) checked.suspect = false
    }
    if (result.mode !== 'noop') {
      if (!due.full) entry.took(elapsedMs)
      if (slowerThanMs !== null && elapsedMs > slowerThanMs && !entry.slow) {
        raise(slow(view.name, elapsedMs, slowerThanMs, false))
      }
      entry.slow = slowerThanMs !== null && elapsedMs > slowerThanMs
      const { mode, slices, inserted, updated, deleted } = result
      const details = { view: view.name, reason: due.reason, mode, slices, inserted, updated, deleted }
      log.debug({ ...details, ms: Math.round(elapsedMs) }, 'refreshed')
    }
    emit('refreshed', { view: view.name, reason: due.reason, result })
  }

  /** What the database could not note: a connection that broke is no fault of the view; anything else is told once. */
  #fail(entry: Entry, error: unknown): void {
    const { cancel, clock, emit, log, raise, unreachable } = this.around
    if (cancel.aborted) return
    const { view } = entry
    const body = databaseError(error).toJSON()
    const sqlState = serverError(error instanceof TidemarkError ? error.cause : error).code ?? ''
    if (connectionCodes.has(body.code) || catalogGone.has(sqlState)) {
      entry.hold(clock.now() + entry.disconnects.next())
      unreachable(error)
      return
    }
    entry.hold(clock.now() + entry.unrecorded.next())
    const failures = entry.unrecorded.failures
    log.warn({ view: view.name, error: body, failures }, 'a refresh failed, and the database could not note it')
    emit('failed', { view: view.name, error: body, failures })
    if (failures === 1 && view.settings.alerts.onFailure) raise(unrecorded(view.name, body))
  }
}

const connectionCodes: ReadonlySet<ErrorCode> = new Set(['DATABASE_UNREACHABLE', 'DATABASE_AUTHENTICATION'])

/** The view, or all of Tidemark, was dropped a moment ago. */
const catalogGone: ReadonlySet<string> = new Set(['TM001', '42P01', '3F000', '42883'])
