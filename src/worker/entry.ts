import type { ViewSettings } from '../define/types.js'
import type { RefreshResult } from '../engine/refresh.js'
import type { ViewState } from '../protocol/freshness.js'
import { Backoff } from './backoff.js'
import type { CatalogView, ViewStatusRow } from './catalog.js'
import type { Pending, RefreshRequest, ViewFacts } from './when.js'

/** A refresh that this worker runs. */
export interface Run {
  readonly startedAt: number
}

const runsRemembered = 5

/**
 * What the worker knows of one view, and remembers while it runs. Nothing of it is needed after a restart. It is itself
 * what decides when the view is due: that is asked of hundreds of views many times, and making copies would show.
 */
export class Entry implements ViewFacts {
  pending: Pending | null = null
  request: RefreshRequest | null = null
  suspect = false
  heldUntil = 0
  reconciledAt: number | null = null
  run: Run | null = null
  /** Alerts that were raised and hold still. */
  toldStale = false
  failedWhileStale = false
  slow = false
  /** Refreshes that failed without the database's noting it, in a row. */
  readonly unrecorded = new Backoff(1_000, 300_000)
  readonly skips = new Backoff(100, 2_000)
  readonly disconnects = new Backoff(250, 30_000)
  lastResult: RefreshResult | null = null
  /** By the local count of polls: what an earlier poll saw, this run has perhaps answered. */
  finishedAtPoll = 0
  /** The median of the last few: one refresh that was held up must not slow the next ones down. */
  expectedMs = 0
  #durations: number[] = []

  constructor(
    public view: CatalogView,
    public status: ViewStatusRow,
    private readonly find: (id: number) => Entry | undefined,
  ) {}

  get settings(): ViewSettings {
    return this.view.settings
  }

  get moves(): boolean {
    return this.view.moves
  }

  get native(): boolean {
    return this.view.native
  }

  get state(): ViewState {
    return this.status.state
  }

  /** A native materialized view has no cursor. */
  get empty(): boolean {
    return this.status.empty && !this.view.native
  }

  get asOf(): number | null {
    return this.status.asOf
  }

  get lastRunAt(): number | null {
    return this.status.lastRunAt
  }

  get lastFullAt(): number | null {
    return this.status.lastFullAt
  }

  get retryAt(): number | null {
    return this.status.retryAt
  }

  get failures(): number {
    return this.status.failures
  }

  get upstreamFailedAt(): number | null {
    let latest: number | null = null
    if (this.view.closure.size === 1) return latest
    for (const id of this.view.closure) {
      const status = id === this.view.id ? undefined : this.find(id)?.status
      if (status === undefined || status.state === 'paused') continue
      // Before its first build has ended, there is nothing to read.
      if (status.state === 'building') return Number.POSITIVE_INFINITY
      if (status.failures > 0 || status.state !== 'ready') latest = Math.max(latest ?? 0, status.lastRunAt ?? 0)
    }
    return latest
  }

  took(ms: number): void {
    this.#durations = [...this.#durations.slice(1 - runsRemembered), ms]
    const sorted = [...this.#durations].sort((left, right) => left - right)
    this.expectedMs = sorted[sorted.length >> 1] ?? ms
  }

  /** Something that was seen at `at` has perhaps changed it. */
  changed(at: number): void {
    this.pending = { first: this.pending?.first ?? at, last: at }
  }

  /** Takes over what the database says, and drops what that makes obsolete. */
  update(status: ViewStatusRow): void {
    this.status = status
    this.failedWhileStale ||= this.toldStale && status.failures > 0
    if (this.pending !== null && status.asOf !== null && status.asOf > this.pending.last) this.pending = null
  }

  hold(until: number): void {
    this.heldUntil = Math.max(this.heldUntil, until)
  }
}
