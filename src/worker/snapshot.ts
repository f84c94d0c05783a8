import type { RefreshMode, RefreshResult } from '../engine/refresh.js'
import type { ViewState } from '../protocol/freshness.js'
import type { Board } from './board.js'
import type { Reason } from './when.js'

/** What the worker is doing, for metrics and status pages. Plain JSON. */
export interface WorkerSnapshot {
  readonly name: string
  readonly online: boolean
  /** Wake-ups come in. */
  readonly listening: boolean
  /** Of several workers, this one empties the logs and tells of stale views. */
  readonly leads: boolean
  readonly stopping: boolean
  readonly counters: WorkerCounters
  readonly views: readonly ViewSnapshot[]
}

export interface WorkerCounters {
  /** Refreshes that ended, by how. */
  readonly refreshes: Readonly<Record<RefreshMode, number>>
  readonly polls: number
  readonly wakeUps: number
  readonly alerts: number
  /** Alerts that a webhook did not take. */
  readonly undelivered: number
}

export interface ViewSnapshot {
  readonly view: string
  readonly state: ViewState
  readonly running: boolean
  /** ISO 8601, UTC; since when changes are waiting. */
  readonly pendingSince: string | null
  readonly nextAt: string | null
  readonly nextReason: Reason | null
  readonly lastResult: RefreshResult | null
}

export function describeViews(board: Board): ViewSnapshot[] {
  return [...board.entries].map((entry) => {
    const due = board.due(entry)
    return {
      view: entry.view.name,
      state: entry.status.state,
      running: entry.run !== null,
      pendingSince: isoTime(entry.pending?.first),
      nextAt: isoTime(due?.at),
      nextReason: due?.reason ?? null,
      lastResult: entry.lastResult,
    }
  })
}

/** Infinite and other impossible times are no times. */
function isoTime(ms: number | undefined): string | null {
  if (ms === undefined || !(Math.abs(ms) <= 8.64e15)) return null
  return new Date(ms).toISOString()
}
