/** What is told live, over server-sent events. The type is the event's name, and the rest its data as JSON. */
import type { Alert } from './alert.js'
import type { ErrorBody } from './errors.js'
import type { ViewFreshness } from './freshness.js'

/** A refresh ended. Rows changed where `epoch` is another one than before. */
export interface ViewRefreshed {
  readonly type: 'refreshed'
  readonly view: string
  readonly epoch: string
  readonly asOf: string
  readonly mode: 'incremental' | 'full'
  readonly slices: number | null
  readonly inserted: number | null
  readonly updated: number | null
  readonly deleted: number | null
  readonly durationMs: number
  /** When it ended: ISO 8601, UTC, as all times. */
  readonly at: string
}

export interface ViewFailed {
  readonly type: 'failed'
  readonly view: string
  readonly error: ErrorBody
  readonly durationMs: number
  readonly at: string
}

/**
 * How fresh a view is: of each view that was asked for when a connection begins, and again when changes begin to wait for
 * it. `refreshed` says when they no longer do; where they still do, or nobody can tell, this follows. So what was told
 * with `stalenessSeconds` 0 holds until an event of that view, or `unwatched`, says otherwise, or the server falls silent.
 */
export interface FreshnessTold {
  readonly type: 'freshness'
  readonly view: string
  readonly freshness: ViewFreshness
  readonly at: string
}

/** `stale`: contents older than the view's rules allow; `alert`: any other kind. */
export interface AlertRaised {
  readonly type: 'stale' | 'alert'
  readonly view: string
  readonly alert: Alert
  readonly at: string
}

/** Views came, went, were paused or are defined otherwise: lists of them have to be read again. */
export interface ViewsChanged {
  readonly type: 'views'
  readonly at: string
}

/**
 * Since then the server could not see whether changes wait: what was told with `stalenessSeconds` 0 held until then. How
 * fresh each view is, is told again when it can.
 */
export interface FreshnessUnwatched {
  readonly type: 'unwatched'
  readonly at: string
}

/** What was saved could not be applied, or now it could: `/api/deployment` says. Told to those who may inspect. */
export interface DeploymentTried {
  readonly type: 'deployment'
  readonly at: string
}

/** Events may have been missed, and cannot be told any more: all that is shown has to be read again. */
export interface EventsMissed {
  readonly type: 'reset'
  readonly at: string
}

export type LiveEvent =
  | ViewRefreshed
  | ViewFailed
  | FreshnessTold
  | FreshnessUnwatched
  | AlertRaised
  | ViewsChanged
  | DeploymentTried
  | EventsMissed
