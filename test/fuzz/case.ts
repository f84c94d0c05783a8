import type { Mode } from '../oracle/checks.js'

/** Tables, views and a history of writes: all that is needed to see a view come out different from its query. */
export interface Case {
  /** What was wrong, in a sentence: for the regressions that are kept. */
  readonly was?: string
  readonly schema: readonly string[]
  /** Writes before the views are built. */
  readonly data: readonly string[]
  readonly views: readonly CaseView[]
  readonly rounds: readonly Round[]
}

export interface CaseView {
  readonly name: string
  readonly query: string
  /** Tried in this order, until Tidemark takes one. */
  readonly keys: readonly (readonly string[] | null)[]
  readonly timeZone?: string
  /** Kept as a materialized view of PostgreSQL's own. */
  readonly storage?: 'matview'
  /** Columns whose values have to look the same too, as 1.0 and 1.00 do not. */
  readonly exact?: readonly string[]
  /** What it is made of, for the summary. */
  readonly tags?: readonly string[]
}

/** Writes, in several sessions whose transactions may go on; then every view is refreshed and compared. */
export interface Round {
  readonly steps: readonly Step[]
  /** In which the refresh is committed; all modes that the view has are tried before. */
  readonly mode: Mode
}

export interface Step {
  readonly session: number
  readonly sql: string
}
