import type { Kind } from '../kinds.js'

export interface Column {
  readonly name: string
  readonly kind: Kind
  readonly notNull: boolean
  /** Computed from others: never written. */
  readonly generated?: string
}

export interface Reference {
  readonly column: string
  readonly table: string
  readonly target: string
  readonly actions: string
}

export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
  readonly key: readonly string[]
  readonly references: readonly Reference[]
  /** The key holds for all rows that a query of the table sees: not where others inherit from it. */
  readonly unique: boolean
  /** Other names under which rows of it are written, with the columns that only those have. */
  readonly parts: readonly string[]
  readonly sql: readonly string[]
}
