import type { RefreshResult } from '../engine/refresh.js'
import { Backoff } from './backoff.js'
import type { CatalogView, ViewStatusRow } from './catalog.js'
import type { Pending, RefreshRequest } from './when.js'

/** A refresh that this worker runs. */
export interface Run {
  readonly startedAt: number
}

const runsRemembered = 5

/** What the worker knows of one view, and remembers while it runs. Nothing of it is needed after a restart. */
export class Entry {
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
  #durations: number[] = []

  constructor(
    public view: CatalogView,
    public status: ViewStatusRow,
  ) {}

  /** The median of the last few: one refresh that was held up must not slow the next ones down. */
  get expectedMs(): number {
    const sorted = [...this.#durations].sort((left, right) => left - right)
    return sorted[sorted.length >> 1] ?? 0
  }

  took(ms: number): void {
    this.#durations = [...this.#durations.slice(1 - runsRemembered), ms]
  }

  /** Something that was seen at `at` has perhaps changed it. */
  changed(at: number): void {
    this.pending = { first: this.pending?.first ?? at, last: at }
  }

  /** Takes over what the database says, and drops what that makes obsolete. */
  update(status: ViewStatusRow): void {
    this.status = status
    if (this.pending !== null && status.asOf !== null && status.asOf > this.pending.last) this.pending = null
  }

  hold(until: number): void {
    this.heldUntil = Math.max(this.heldUntil, until)
  }
}
