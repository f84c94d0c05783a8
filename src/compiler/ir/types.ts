import type { SelectStmt, SubLink } from '@pgsql/types'
import type { RelationFacts } from '../facts.js'
import type { Node } from '../parse/ast.js'
import type { Place } from '../places/place.js'

/** A column of one FROM item, the item given by its place in `SelectBlock.items`. */
export interface ItemColumn {
  readonly item: number
  readonly column: string
}

/** A column of a FROM item of this block, or of one around it: `items` is the very list that the item is counted in. */
export interface ScopedColumn extends ItemColumn {
  readonly items: readonly FromItem[]
}

/** A scalar expression, with what the analysis needs to know of it. */
export interface Expression {
  readonly ast: Node
  /** Columns of this block's items that it reads outside of subqueries. */
  readonly columns: readonly ItemColumn[]
  /** Reads columns of an enclosing query, or something that could not be resolved. */
  readonly outer: boolean
  readonly aggregate: boolean
  readonly window: boolean
  readonly subquery: boolean
  readonly setReturning: boolean
  /** Its value can change with time alone. */
  readonly clock: boolean
}

export interface Output {
  readonly name: string
  readonly expression: Expression
}

/** `left = right`, both plain columns. It holds on every row in which all of the outer joins `within` found a match. */
export interface Equality {
  readonly left: ItemColumn
  readonly right: ItemColumn
  readonly within: readonly number[]
}

/**
 * `column = outer`, the latter a column of a block around this one. Every row of this block's FROM satisfies it before
 * anything is grouped, windowed or limited.
 */
export interface Correlation {
  readonly column: ItemColumn
  readonly outer: ScopedColumn
}

/** A query within an expression: EXISTS, IN, ANY, ALL, a scalar or an array. */
export interface Subquery {
  /** The expression: its `SubLink`. */
  readonly ast: SubLink
  readonly block: Block
  /** Outer joins (by number) whose match its value decides on, as that of an item in their place would. */
  readonly within: readonly number[]
  /** Of `x IN (SELECT y …)`: the plain columns on the left, and the places of the output columns they are compared with. */
  readonly compared: readonly { readonly outer: ScopedColumn; readonly position: number }[]
  /** An IN or ANY that stands alone as a condition: a row goes whether it is NULL or false. */
  readonly isCondition: boolean
  /** The same, of EXISTS too: rows stay only where it finds one. */
  readonly isRequired: boolean
  /** Reads columns of a block around it. */
  readonly correlated: boolean
}

/** A condition over the columns of one table alone. It holds where an equality with the same `within` would. */
export interface Condition {
  readonly ast: Node
  readonly item: number
  readonly columns: readonly ItemColumn[]
  readonly within: readonly number[]
}

interface ItemBase {
  readonly alias: string
  /** What stands in FROM. */
  readonly ast: Node
  /** Names of its columns as the rest of the query sees them. */
  readonly columns: readonly string[]
  /** Outer joins (by number) that may fill this item with NULLs. */
  readonly nullableBy: readonly number[]
}

export interface TableItem extends ItemBase {
  readonly kind: 'table'
  readonly relation: RelationFacts
  /** Own names of the columns, in the order of `columns` (they differ under `alias(a, b)`). */
  readonly sourceColumns: readonly string[]
}

/** The name under which a table keeps a column that the query sees under this one. */
export function storedName(item: Pick<TableItem, 'columns' | 'sourceColumns'>, column: string): string {
  return item.sourceColumns[item.columns.indexOf(column)] ?? column
}

export interface BlockItem extends ItemBase {
  readonly kind: 'block'
  readonly block: Block
  /** LATERAL: reads columns of items before it. */
  readonly correlated: boolean
  /** Its text stands by itself: neither it nor a WITH query that it may name reads columns from outside. */
  readonly closed: boolean
}

/** A set-returning function in FROM, such as `jsonb_each(s.lanes)`; or a VALUES list of constants. */
export interface FunctionItem extends ItemBase {
  readonly kind: 'function'
  readonly arguments: readonly ItemColumn[]
  readonly correlatedOutside: boolean
  readonly ordinality: boolean
  readonly functionNames: readonly string[]
  /** Of constants: the sets of columns that tell its rows apart. */
  readonly keys: readonly (readonly string[])[]
}

export type FromItem = TableItem | BlockItem | FunctionItem

export interface SelectBlock {
  readonly kind: 'select'
  /** The very object that stands in the tree of the query, so that an emitted variant can find it. */
  readonly ast: SelectStmt
  readonly items: readonly FromItem[]
  readonly equalities: readonly Equality[]
  readonly conditions: readonly Condition[]
  readonly correlations: readonly Correlation[]
  /** Those of its own expressions, wherever they stand; not those within its FROM items. */
  readonly subqueries: readonly Subquery[]
  readonly outerJoins: number
  readonly fullJoins: boolean
  readonly outputs: readonly Output[]
  /** Absent when nothing is aggregated; empty when everything is. Of GROUPING SETS, what every set groups by. */
  readonly group: readonly Expression[] | undefined
  readonly groupingSets: boolean
  /** The PARTITION BY of each window call. */
  readonly partitions: readonly (readonly Expression[])[]
  readonly distinct: 'no' | 'rows' | readonly Expression[]
  readonly limited: boolean
  /** All relations that are read in subqueries of expressions, found by their text alone. */
  readonly subqueryRelations: readonly RelationFacts[]
  /** WITH queries that its text may name, outermost first. */
  readonly scope: readonly Node[]
}

export interface SetBlock {
  readonly kind: 'set'
  readonly ast: SelectStmt
  readonly operation: 'union' | 'intersect' | 'except'
  readonly all: boolean
  readonly arms: readonly [Block, Block]
  readonly names: readonly string[]
  readonly limited: boolean
  readonly scope: readonly Node[]
}

/** A shape the analysis does not look into. All that is read in it falls to a full refresh, for this reason. */
export interface OpaqueBlock {
  readonly kind: 'opaque'
  readonly ast: SelectStmt
  readonly code: 'recursive' | 'unresolved' | 'values'
  readonly reason: string
  /** What in it that is. */
  readonly place: Place
  readonly relations: readonly RelationFacts[]
  readonly names: readonly string[]
  readonly scope: readonly Node[]
}

export type Block = SelectBlock | SetBlock | OpaqueBlock

export function outputNames(block: Block): readonly string[] {
  return block.kind === 'select' ? block.outputs.map((output) => output.name) : block.names
}
