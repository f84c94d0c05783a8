import type { ErrorBody } from './errors.js'

/** What can be worth an alert. */
export const alertKinds = ['failed', 'slow', 'stale', 'quarantined', 'recovered', 'drift', 'warning'] as const

export type AlertKind = (typeof alertKinds)[number]

/** One alert, as the hook receives it and as it is posted to a webhook (JSON). */
export interface Alert {
  readonly kind: AlertKind
  /** The view it is about: its name, with its schema where that is not `public`. */
  readonly view: string
  /** One sentence for a person. */
  readonly message: string
  /** When it was raised: ISO 8601, UTC. */
  readonly at: string
  /** How long the run took, in milliseconds (`slow`, and `failed` where it is known). */
  readonly durationMs?: number
  /** How old the view's contents are (`stale`). */
  readonly stalenessSeconds?: number
  /** The limit that was passed, in milliseconds (`slow`, `stale`). */
  readonly limitMs?: number
  /** Failures in a row so far (`failed`, `quarantined`), or that came before (`recovered`). */
  readonly failures?: number
  /** What may be done about it (`warning`). */
  readonly hint?: string
  /** What went wrong (`failed`, `quarantined`). */
  readonly error?: ErrorBody
  /** Rows that a reconcile had to mend, though nothing was pending (`drift`). */
  readonly drift?: { readonly inserted: number; readonly updated: number; readonly deleted: number }
}
