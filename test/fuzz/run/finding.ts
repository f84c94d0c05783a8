/** What a case showed to be wrong. */
export interface Finding {
  readonly view: string
  readonly kind: FindingKind
  /** Of the round after which it was seen; undefined while the views were deployed. */
  readonly round?: number
  readonly detail: string
}

export type FindingKind =
  /** The view is not what its query gives. */
  | 'different'
  /** A refresh failed or was left out, where the query can be computed. */
  | 'refresh'
  /** A view cannot be compiled or built, for no documented reason. */
  | 'deploy'
  /** A write failed because of Tidemark. */
  | 'write'
  /** The case could not be run to its end. */
  | 'crash'

/** How a view came to be maintained, or why not. */
export interface Fate {
  readonly view: string
  readonly outcome: 'invalid' | 'fails' | 'refused' | 'full' | 'slice' | 'delta' | 'pieces'
  /** Reasons of what is recomputed, or the code of the refusal. */
  readonly codes: readonly string[]
}

export interface CaseResult {
  readonly fates: readonly Fate[]
  readonly findings: readonly Finding[]
  readonly comparisons: number
}
