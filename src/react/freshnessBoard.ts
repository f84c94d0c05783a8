import type { ErrorBody } from '../protocol/errors.js'
import type { AlertRaised, LiveEvent, ViewFailed, ViewRefreshed } from '../protocol/events.js'
import type { ViewFreshness, ViewState } from '../protocol/freshness.js'
import type { ConnectionState } from './connection.js'
import type { ViewRead } from './readView.js'
import type { ServerClock } from './serverClock.js'

/** `offline`: what is shown may be older than is known here. */
export type FreshnessState = 'live' | 'stale' | 'failed' | 'offline'

export interface Freshness {
  readonly state: FreshnessState
  /** Whole seconds; 0 while nothing is pending. Null: not known yet. */
  readonly ageSeconds: number | null
  /** ISO 8601, UTC: the view is known to equal its query as of then. */
  readonly asOf: string | null
  /** Whether changes wait; null: not known. */
  readonly pending: boolean | null
  readonly targetSeconds: number | null
  readonly viewState: ViewState | null
  /** Of the last refresh, where it failed. */
  readonly error: ErrorBody | null
  readonly connection: ConnectionState
}

interface Known {
  /** By the server's clock; it never goes back. */
  asOf: number | null
  pending: boolean | null
  /** Whether it was told, so that it holds until something else is; what was asked for was so then, and no longer. */
  told: boolean
  targetSeconds: number | null
  viewState: ViewState | null
  failed: boolean
  error: ErrorBody | null
  alerted: boolean
}

const tickMs = 1_000

/** The server says something every 5 s: when nothing has come for longer, what was told may not be so any more. */
const holdsMs = 8_000

/** Ages tick with whole seconds: one that ends between two ticks is late already. */
const slackSeconds = 1

/** What is known of how fresh each view is, from reads, events and answers. */
export class FreshnessBoard {
  readonly #clock: ServerClock
  readonly #known = new Map<string, Known>()
  readonly #shown = new Map<string, Freshness>()
  readonly #listeners = new Map<string, Set<() => void>>()
  #connection: ConnectionState = 'idle'
  readonly #heardAgo: () => number
  #timer: ReturnType<typeof setInterval> | undefined

  /** `heardAgo`: for how many milliseconds nothing came from the connection. */
  constructor(clock: ServerClock, heardAgo: () => number) {
    this.#clock = clock
    this.#heardAgo = heardAgo
  }

  /** Called when `show` would return another object. */
  subscribe(view: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(view) ?? new Set()
    this.#listeners.set(view, listeners.add(listener))
    this.#timer ??= setInterval(() => this.#refreshAll(), tickMs)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(view)
      if (this.#listeners.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  /** The same object until something of it changes. */
  show(view: string): Freshness {
    return this.#shown.get(view) ?? this.#refresh(view)
  }

  connectionIs(state: ConnectionState): void {
    if (this.#connection === 'live') this.#endAt(this.#clock.now() - this.#heardAgo())
    this.#connection = state
    this.#refreshAll()
  }

  knows(view: string): boolean {
    return this.#known.has(view)
  }

  /** `at`: when it was read. */
  noteRead(view: string, read: ViewRead, at = this.#clock.now()): void {
    // Rows that were computed say nothing of those that are kept.
    if (read.source === 'live') return
    const known = this.#of(view)
    const age = read.stalenessSeconds
    this.#reach(known, age === null ? time(read.asOf) : at - age * 1_000)
    this.#refresh(view)
  }

  /** An answer, which came now; or, with `at`, an event. */
  noteFreshness(freshness: ViewFreshness, at?: string): void {
    const known = this.#of(freshness.view)
    const when = time(at ?? null) ?? this.#clock.now()
    this.#reach(known, time(freshness.asOf))
    if (freshness.stalenessSeconds !== null) this.#reach(known, when - freshness.stalenessSeconds * 1_000)
    known.told = at !== undefined
    known.pending = pendingOf(freshness)
    known.targetSeconds = freshness.targetSeconds
    known.viewState = freshness.state
    known.failed = freshness.state === 'error' || freshness.state === 'quarantined'
    known.error = known.failed ? freshness.lastError : null
    known.alerted = known.alerted && known.pending !== false
    this.#refresh(freshness.view)
  }

  note(event: LiveEvent): void {
    this.#clock.note(Date.parse(event.at))
    if (event.type === 'refreshed') this.#noteRefresh(event)
    else if (event.type === 'failed') this.#noteFailure(event)
    else if (event.type === 'stale' || event.type === 'alert') this.#noteAlert(event)
    else if (event.type === 'freshness') this.noteFreshness({ ...event.freshness, view: event.view }, event.at)
    else if (event.type === 'unwatched') {
      this.#endAt(Date.parse(event.at))
      this.#refreshAll()
    }
  }

  #noteRefresh({ view, asOf }: Pick<ViewRefreshed, 'view' | 'asOf'>): void {
    const known = this.#of(view)
    this.#reach(known, time(asOf))
    // Where it is not so, that is told behind it.
    if (known.told || known.pending !== null) known.pending = false
    if (known.failed) known.viewState = 'ready'
    known.failed = false
    known.alerted = false
    known.error = null
    this.#refresh(view)
  }

  #noteFailure({ view, error }: ViewFailed): void {
    const known = this.#of(view)
    known.failed = true
    known.error = error
    this.#refresh(view)
  }

  #noteAlert({ view, type, alert }: AlertRaised): void {
    const known = this.#of(view)
    if (type === 'stale') known.alerted = true
    else if (alert.kind === 'recovered') known.alerted = false
    this.#refresh(view)
  }

  #of(view: string): Known {
    const found = this.#known.get(view)
    if (found !== undefined) return found
    const known: Known = {
      asOf: null,
      pending: null,
      told: false,
      targetSeconds: null,
      viewState: null,
      failed: false,
      error: null,
      alerted: false,
    }
    this.#known.set(view, known)
    return known
  }

  #reach(known: Known, asOf: number | null): void {
    if (asOf !== null && (known.asOf === null || asOf > known.asOf)) known.asOf = asOf
  }

  /** Until then, changes would have been told; from then on, nobody knows. */
  #endAt(when: number): void {
    for (const known of this.#known.values()) {
      if (known.told && known.pending === false) this.#reach(known, when)
      known.told = false
    }
  }

  #refreshAll(): void {
    for (const view of this.#known.keys()) this.#refresh(view)
    for (const view of this.#listeners.keys()) if (!this.#known.has(view)) this.#refresh(view)
  }

  #refresh(view: string): Freshness {
    const before = this.#shown.get(view)
    const now = this.#derive(this.#of(view))
    if (before !== undefined && same(before, now)) return before
    this.#shown.set(view, now)
    for (const listener of this.#listeners.get(view) ?? []) listener()
    return now
  }

  #derive(known: Known): Freshness {
    const ageSeconds = this.#age(known)
    const { pending, targetSeconds, viewState, error } = known
    const late = targetSeconds !== null && ageSeconds !== null && ageSeconds > targetSeconds + slackSeconds
    const offline = this.#connection === 'offline'
    const state = offline ? 'offline' : known.failed ? 'failed' : late || known.alerted ? 'stale' : 'live'
    const asOf = known.asOf === null ? null : new Date(known.asOf).toISOString()
    return { state, ageSeconds, asOf, pending, targetSeconds, viewState, error, connection: this.#connection }
  }

  #age({ asOf, pending, told }: Known): number | null {
    if (pending === false && told && this.#connection === 'live') {
      const silentMs = this.#heardAgo()
      return silentMs < holdsMs ? 0 : Math.floor(silentMs / 1_000)
    }
    return asOf === null ? null : Math.max(0, Math.floor((this.#clock.now() - asOf) / 1_000))
  }
}

/** Whether changes wait; null where nobody can tell, or it is old for another reason. */
function pendingOf({ stalenessSeconds, pendingChanges }: ViewFreshness): boolean | null {
  if (stalenessSeconds === 0) return false
  return pendingChanges !== null && pendingChanges > 0 ? true : null
}

function time(text: string | null): number | null {
  if (text === null) return null
  const parsed = Date.parse(text)
  return Number.isNaN(parsed) ? null : parsed
}

function same(one: Freshness, other: Freshness): boolean {
  return (Object.keys(one) as (keyof Freshness)[]).every((key) => one[key] === other[key])
}
