import type { ReadingOrder } from './limit.js'

/** What is kept of a view, where that is not simply its result, and how its readers get the result from it. */
export interface Kept {
  /** The query whose rows are kept. Its columns are the view's, and after them some that only upkeep or order need. */
  readonly query: string
  /** The view's own columns. */
  readonly visible: readonly string[]
  /** A boolean column that says which of the kept rows belong to the view: those that satisfy HAVING. */
  readonly shown: string | undefined
  readonly reading: ReadingOrder | undefined
  /** Kept so that changes can be added to it. */
  readonly delta: boolean
  /** The user's query without ORDER BY and LIMIT, to compare with. */
  readonly comparable: string
}
