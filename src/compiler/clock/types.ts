import type { RelationFacts } from '../facts.js'
import type { SelectBlock } from '../ir/types.js'
import type { Node } from '../parse/ast.js'

/** The alias of the table's row in the expressions of a window. */
export const rowAlias = 'tidemark_row'

/**
 * A condition over one table's row and the clock. With time alone it comes to hold, or ceases to, for some rows: they are
 * to the view as rows that were changed.
 */
export interface Window {
  readonly relation: RelationFacts
  readonly condition: Node
  /** What it reads of the clock, where that changes now and then: while none of these does, the condition does not. */
  readonly inputs: readonly Node[]
  /** Only where `subject` lies between what `bound` is at two times can the condition differ between them. */
  readonly range: WindowRange | undefined
  /** What else the query asks of the row, whatever the time. */
  readonly beside: readonly Node[]
}

export interface WindowRange {
  readonly subject: Node
  readonly bound: Node
  /** The column, stored in the table, that the subject is. */
  readonly column: string | undefined
}

/** Where a window's condition stands in the text. */
export interface WindowPlace {
  readonly condition: Node
  /** The item of that block whose columns it reads, then that of the block within, down to the table. */
  readonly items: readonly number[]
}

/** How the clock goes into a query. */
export interface Clock {
  readonly windows: readonly Window[]
  /** Expressions of nothing but the clock, which change now and then: all is recomputed when one does. */
  readonly steps: readonly Node[]
  readonly places: ReadonlyMap<SelectBlock, readonly WindowPlace[]>
}
