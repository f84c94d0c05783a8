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

export interface Reason {
  readonly code: ReasonCode
  readonly reason: string
  /** What change of the query, or of the tables, would do it. SQL in it stands between backticks. */
  readonly hint: string
  /** The piece of the query that it is about. */
  readonly place: Place | undefined
}
