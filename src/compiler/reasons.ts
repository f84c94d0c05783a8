import type { Place } from './places/place.js'

/** Why a table's changes make the whole view be recomputed. `docs/reference/reasons.md` explains each. */
export type ReasonCode =
  | 'no_slice_key'
  | 'key_not_derivable'
  | 'subquery'
  | 'uncorrelated_subquery'
  | 'nullable_comparison'
  | 'lateral_subquery'
  | 'recursive'
  | 'limit'
  | 'aggregate_over_everything'
  | 'window_over_everything'
  | 'grouping_sets'
  | 'clock'
  | 'volatile_function'
  | 'opaque_function'
  | 'unresolved'
  | 'values'
  | 'foreign_table'
  | 'uncaptured_relation'
  | 'row_security'

/** Why the slices that a change touches are computed again, and not added to. Explained there as well. */
export type SliceReasonCode =
  | 'outer_join_groups'
  | 'nested_groups'
  | 'aggregate_not_added'
  | 'inexact_sum'
  | 'inexact_values'
  | 'moving_groups'

export interface Reason<Code extends string = ReasonCode> {
  readonly code: Code
  readonly reason: string
  /** What change of the query, or of the tables, would do it. SQL in it stands between backticks. */
  readonly hint: string
  /** The piece of the query that it is about. */
  readonly place: Place | undefined
}

export type SliceReason = Reason<SliceReasonCode>
