import type { ErrorBody } from './errors.js'

export const viewStates = ['building', 'ready', 'error', 'quarantined', 'paused'] as const

export type ViewState = (typeof viewStates)[number]

export const viewWarnings = ['row_security_ignored', 'policies_not_asked', 'readers_refused'] as const

/** What is not right about who may read a view, though its refreshes go on. */
export interface ViewWarning {
  readonly code: (typeof viewWarnings)[number]
  readonly message: string
  readonly hint: string
}

/** How fresh one view is, as it travels. Times are ISO 8601, UTC. */
export interface ViewFreshness {
  /** `view`, or `schema.view` outside of public. */
  readonly view: string
  readonly state: ViewState
  /** Another one whenever rows changed; equal ones mean equal rows. Opaque. */
  readonly epoch: string
  /** The view equals its query as of this time, and, where nothing is pending, as of now. */
  readonly asOf: string | null
  /** 0 when nothing is pending. */
  readonly stalenessSeconds: number | null
  /** Pending row images; null where changes are not captured. */
  readonly pendingChanges: number | null
  /** More are pending than those, which is where counting stops. */
  readonly morePending: boolean
  /** How old its contents may be; null: no target. */
  readonly targetSeconds: number | null
  readonly rows: number | null
  readonly lastRun: string | null
  readonly lastError: ErrorBody | null
}
