import type { SourceRange } from './errors.js'

/** How a view is maintained, and why not better: as `explain --json` prints it, and as it travels. */
export interface Explanation {
  readonly view: string
  /** Every table it reads is followed by slices (or deltas). */
  readonly incremental: boolean
  readonly key: readonly string[]
  readonly nodes: readonly {
    readonly id: string
    readonly kind: Maintenance
    readonly key: readonly string[]
  }[]
  readonly sources: readonly SourceExplanation[]
  readonly advice: readonly AdviceGiven[]
}

/** What a change does: recompute the slices it touches, add to what is kept of each group, or recompute everything. */
export type Maintenance = 'slice' | 'delta' | 'full'

export interface AdviceGiven {
  readonly code: string
  readonly message: string
  readonly sql?: string
  /** Of what may be other than its author believes, and not only slower. */
  readonly severity?: 'warning'
  /** The piece of the user's query that it is about. */
  readonly position?: SourceRange
}

export interface SourceExplanation {
  readonly table: string
  readonly maintenance: Maintenance
  readonly key?: readonly string[]
  readonly code?: string
  readonly reason?: string
  /** What change would do it. */
  readonly hint?: string
  /** The piece of the user's query that is the reason. */
  readonly position?: SourceRange
  /** Where it is `slice`: why what changed is not added instead, if the query could be written so that it is. */
  readonly whyNotDelta?: WhyNotDelta
  /** Of a view in pieces: the node that is the reason why it is not followed better. */
  readonly node?: string
}

export interface WhyNotDelta {
  readonly code: string
  readonly reason: string
  readonly hint: string
  readonly position?: SourceRange
}
