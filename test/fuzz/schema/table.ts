import type { Kind } from '../kinds.js'

export interface Column {
  readonly name: string
  readonly kind: Kind
  readonly notNull: boolean
  /** Computed from others: never written. */
  readonly generated?: string
}

/** A foreign key; of several columns where the other table's key is. */
export interface Reference {
  readonly columns: readonly string[]
  readonly table: string
  readonly targets: readonly string[]
  readonly actions: string
}

export type Shape = 'plain' | 'partitioned' | 'inherited'

export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
  readonly key: readonly string[]
  readonly references: readonly Reference[]
  readonly shape: Shape
  /** The key holds for all rows that a query of the table sees: not where others inherit from it. */
  readonly unique: boolean
  /** Other names under which rows of it are written, with the columns that only those have. */
  readonly parts: readonly string[]
  /** How many of the times that are written to it lie about the present. */
  readonly present: number
  readonly sql: readonly string[]
}
