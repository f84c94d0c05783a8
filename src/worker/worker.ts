/** Decides when each view is refreshed, and tells what came of it. All that has to be remembered is in the database. */
import { EventEmitter } from 'node:events'
import { hostname } from 'node:os'
import type { AlertChannels, WorkerSettings } from '../define/types.js'
import type { Database } from '../engine/database.js'
import type { RefreshMode } from '../engine/refresh.js'
import type { Alarm } from './alarms.js'
import { watchDuration, watchStaleness } from './alarmWatch.js'
import { Board } from './board.js'
import { AlertSender } from './channels.js'
import { DatabaseClock } from './clock.js'
import { rememberingCron } from './cronMemo.js'
import type { Entry } from './entry.js'
import { type Emit, emitTo, type Log, type WorkerEvents } from './events.js'
import { type Emitter, guarded } from './guard.js'
import { Link } from './link.js'
import { type Candidate, choose } from './order.js'
import { Runner, shortMs } from './runner.js'
import { describeViews, type WorkerSnapshot } from './snapshot.js'
import type { ListenSource } from './standing.js'
import { Tasks } from './tasks.js'
import { Upkeep } from './upkeep.js'
import { WatchConnection } from './watch.js'

export interface WorkerOptions {
  /** A `pg.Pool`, or what is shaped like one, with room for `settings.concurrency` connections and two more. */
  readonly database: Database
  /** For the connection that wake-ups come in on. Without it, or with `settings.listen` off, the worker only polls. */
  readonly listen?: ListenSource
  readonly settings: WorkerSettings
  readonly alerts: AlertChannels
  readonly log: Log
  /** Stops the worker, as `stop()` does. */
  readonly signal?: AbortSignal
}

export interface Worker {
  readonly name: string
  readonly events: EventEmitter<WorkerEvents>
  /** Lets the refreshes in flight end, for as long as the settings say; then they are cancelled, and leave no trace. */
  stop(): Promise<void>
  /** Fulfilled when it has stopped. It never rejects: while the database is away, the worker waits for it. */
  readonly done: Promise<void>
  snapshot(): WorkerSnapshot
}

/** Starts at once, and needs nothing to be there yet: neither the server nor a deployment. */
export function startWorker(options: WorkerOptions): Worker {
  const worker = new RunningWorker(options)
  options.signal?.addEventListener('abort', () => void worker.stop(), { once: true })
  if (options.signal?.aborted) void worker.stop()
  else worker.start()
  return worker
}

/** What cancelled refreshes are given to end, and alerts to arrive. */
const lastMs = 5_000
/** Longer than this without its own connection, a worker no longer waits for it to say who leads. */
const leaderlessMs = 30_000
const longestSleepMs = 60_000

class RunningWorker implements Worker {
  readonly name: string
  readonly events = new EventEmitter<WorkerEvents>()
  readonly done: Promise<void>
  #ended: () => void = () => undefined
  #stopping: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #kicked = false
  #disconnectedAt: number
  /** Who does not lead leaves the leader this much time, so that they do not all start the same refresh. */
  readonly #handicapMs = 25 + 50 * Math.random()
  readonly #modes: Record<RefreshMode, number> = {
    incremental: 0,
    full: 0,
    noop: 0,
    skipped: 0,
    failed: 0,
    requested: 0,
  }
  readonly #pool: Emitter
  readonly #ignore = (): void => this.#link.doubt()
  readonly #tasks = new Tasks(() => this.#kick())
  readonly #running = new Map<Entry, Candidate>()
  readonly #halt = new AbortController()
  readonly #cancel = new AbortController()
  readonly #abandon = new AbortController()
  readonly #clock = new DatabaseClock()
  readonly #board = new Board(rememberingCron())
  readonly #emit: Emit
  readonly #alerts: AlertSender
  readonly #watch: WatchConnection | undefined
  readonly #link: Link
  readonly #upkeep: Upkeep
  readonly #runner: Runner

  constructor(private readonly options: WorkerOptions) {
    const { settings, log, listen } = options
    this.name = settings.name ?? `${hostname()}:${process.pid}`
    this.done = new Promise((resolve) => {
      this.#ended = resolve
    })
    this.#disconnectedAt = this.#clock.now()
    this.#pool = options.database as Emitter
    this.#emit = emitTo(this.events, log)
    this.#alerts = new AlertSender(options.alerts, log, this.#emit, (alert) =>
      this.#database(shortMs).query('INSERT INTO tidemark.alert (alert) VALUES ($1)', [JSON.stringify(alert)]),
    )
    this.#watch = settings.listen && listen !== undefined ? this.#makeWatch(listen) : undefined
    const common = {
      board: this.#board,
      clock: this.#clock,
      log,
      emit: this.#emit,
      database: (limitMs: number) => this.#database(limitMs),
    }
    this.#upkeep = new Upkeep({
      ...common,
      leads: () => this.#leads(),
      lead: async () => (await this.#watch?.lead()) ?? false,
      raise: (alarm) => this.#raise(alarm),
    })
    this.#link = new Link({
      ...common,
      watch: this.#watch,
      pollIntervalMs: settings.pollIntervalMs,
      noticed: (what) => (what === 'changes' ? this.#upkeep.noteWrites() : this.#upkeep.noteSomething()),
    })
    this.#runner = new Runner({
      ...common,
      name: this.name,
      halt: this.#halt.signal,
      cancel: this.#cancel.signal,
      raise: (alarm) => this.#raise(alarm),
      aside: () => this.#watch?.channel ?? this.#database(shortMs),
      unreachable: () => this.#link.doubt(),
    })
  }

  start(): void {
    // A pool tells of connections that break while they idle; where nobody listens, that ends the process.
    this.#pool.on?.('error', this.#ignore)
    this.options.log.info({ worker: this.name }, 'worker started')
    this.#watch?.open()
    this.#kick()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  snapshot(): WorkerSnapshot {
    return {
      name: this.name,
      online: this.#link.online,
      listening: this.#watch?.connected ?? false,
      leads: this.#leads() === true,
      stopping: this.#stopping !== undefined,
      counters: {
        refreshes: { ...this.#modes },
        polls: this.#link.polls,
        wakeUps: this.#link.wakeUps,
        alerts: this.#alerts.sent,
        undelivered: this.#alerts.undelivered,
      },
      views: describeViews(this.#board),
    }
  }

  #makeWatch(listen: ListenSource): WatchConnection {
    const events = {
      onWake: (requested: boolean) => {
        this.#link.wake(requested)
        this.#kick()
      },
      onChange: () => {
        if (this.#watch?.connected === false) this.#disconnectedAt = this.#clock.now()
        this.#link.doubt()
        this.#kick()
      },
    }
    return new WatchConnection(listen, events, this.options.log)
  }

  #database(limitMs: number): Database {
    return guarded(this.options.database, { limitMs, abandon: this.#abandon.signal })
  }

  /** Whether this worker does what one of several is enough for; null when it may try to become that one. */
  #leads(): boolean | null {
    if (this.#watch === undefined) return true
    if (this.#watch.connected) return this.#watch.leads ? true : null
    return this.#clock.now() - this.#disconnectedAt > leaderlessMs
  }

  #raise(alarm: Alarm): void {
    this.#alerts.send({ ...alarm, at: new Date(this.#clock.now()).toISOString() })
  }

  /** A round comes as soon as what is happening now is done. */
  #kick(): void {
    if (this.#kicked || this.#stopping !== undefined) return
    this.#kicked = true
    setImmediate(() => {
      this.#kicked = false
      if (this.#stopping === undefined) this.#round()
    })
  }

  /** Starts all that is due, and sleeps until something is. One timer for everything. */
  #round(): void {
    const now = this.#clock.now()
    let next = this.#link.at
    if (next <= now) {
      this.#tasks.start(this.#link.ask())
      next = Number.POSITIVE_INFINITY
    }
    if (this.#link.online) {
      next = Math.min(next, this.#startRefreshes(now), this.#lookForAlarms(now))
      if (this.#upkeep.at <= now) this.#tasks.start(this.#upkeep.run())
      next = Math.min(next, this.#upkeep.at)
    }
    clearTimeout(this.#timer)
    const sleepMs = Math.min(Math.max(Math.ceil(next - this.#clock.now()), 1), longestSleepMs)
    this.#timer = setTimeout(() => this.#kick(), sleepMs)
  }

  /** @returns when the next view is due. */
  #startRefreshes(now: number): number {
    let next = Number.POSITIVE_INFINITY
    const due: Candidate[] = []
    const handicapMs = this.#watch?.leads === true ? 0 : this.#handicapMs
    for (const entry of this.#board.entries) {
      const wish = entry.run === null ? this.#board.due(entry) : null
      if (wish === null) continue
      if (wish.at + handicapMs > now) next = Math.min(next, wish.at + handicapMs)
      else due.push(candidate(entry, wish))
    }
    // What is due and cannot start waits for a refresh to end, which makes another round.
    for (const chosen of choose(due, [...this.#running.values()], this.options.settings.concurrency)) {
      const entry = this.#board.get(chosen.id)
      if (entry !== undefined) this.#startRefresh(entry, chosen, now)
    }
    return next
  }

  #startRefresh(entry: Entry, chosen: Candidate, now: number): void {
    entry.run = { startedAt: now }
    this.#running.set(entry, chosen)
    this.#tasks.start(
      this.#runner.run(entry).then((result) => {
        entry.run = null
        entry.finishedAtPoll = this.#link.polls
        this.#running.delete(entry)
        if (result === undefined) return
        this.#modes[result.mode]++
        if (result.mode === 'incremental' || result.mode === 'full') this.#upkeep.noteWrites()
      }),
    )
  }

  #lookForAlarms(now: number): number {
    const leads = this.#leads() === true
    let next = Number.POSITIVE_INFINITY
    for (const entry of this.#board.entries) {
      const raise = (alarm: Alarm): void => this.#raise(alarm)
      next = Math.min(next, watchDuration(entry, now, raise))
      next = Math.min(next, watchStaleness(entry, now, leads, raise))
    }
    return next
  }

  async #stop(): Promise<void> {
    const { log, settings } = this.options
    clearTimeout(this.#timer)
    this.#halt.abort()
    log.info({ refreshing: this.#running.size }, 'worker stops')
    if (!(await this.#tasks.end(settings.shutdownTimeoutMs))) {
      log.warn({ refreshing: this.#running.size }, 'cancelling the refreshes in flight')
      this.#cancel.abort()
      if (!(await this.#tasks.end(lastMs))) {
        this.#abandon.abort()
        await this.#tasks.end(lastMs)
      }
    }
    await Promise.all([this.#watch?.close(), this.#alerts.close(lastMs)])
    this.#pool.removeListener?.('error', this.#ignore)
    log.info({}, 'worker stopped')
    this.#ended()
  }
}

function candidate(entry: Entry, due: { at: number; reason: Candidate['reason']; full: boolean }): Candidate {
  const { id, claims, settings } = entry.view
  return {
    id,
    ...due,
    closure: claims,
    expectedMs: entry.expectedMs,
    patienceMs: settings.freshnessMs ?? Number.POSITIVE_INFINITY,
  }
}
