import { type RelationFacts, relationKey } from '../facts.js'
import { conjuncts } from '../ir/expression.js'
import {
  type BlockItem,
  type FromItem,
  type FunctionItem,
  type ItemColumn,
  type SelectBlock,
  storedName,
  type TableItem,
} from '../ir/types.js'
import { columnOf, type Node, walk } from '../parse/ast.js'
import { impliedConditions, itemColumns } from './implied.js'

/** A join of tables, inner joins only, to which each row of each table contributes by itself. */
export interface FlatJoin {
  readonly block: SelectBlock
  readonly items: readonly FlatItem[]
  /** All that must hold of a joined row (WHERE, ON, and the columns of USING) but what is asked of one table alone. */
  readonly conditions: readonly Node[]
}

export type FlatItem =
  | FlatTable
  | { readonly kind: 'block'; readonly item: BlockItem; readonly inner: FlatJoin }
  | { readonly kind: 'function'; readonly item: FunctionItem }

export interface FlatTable {
  readonly kind: 'table'
  readonly item: TableItem
  /** Columns that the rest of the query reads. */
  readonly columns: readonly string[]
  /** Conditions on this table alone, and the columns that they read. */
  readonly own: readonly Node[]
  readonly ownColumns: readonly string[]
  /** What else must hold of its rows, as it follows from conditions over several tables. */
  readonly implied: readonly Node[]
}

/** The join under a query's aggregates; undefined where a row's contribution depends on more than the row itself. */
export function flatJoin(block: SelectBlock, top = true): FlatJoin | undefined {
  if (block.outerJoins > 0 || block.fullJoins || block.limited || block.distinct !== 'no') return undefined
  if (block.partitions.length > 0 || block.groupingSets || block.subqueryRelations.length > 0) return undefined
  if (!top && block.group !== undefined) return undefined
  if (block.outputs.some(({ expression }) => expression.setReturning || expression.outer || expression.window)) {
    return undefined
  }
  if (looksElsewhere(block)) return undefined
  const alone = new Set(block.conditions.map(({ ast }) => ast))
  const conditions = joinConditions(block).filter((condition) => !alone.has(condition))
  const used = columnsUsed(block, conditions)
  if (used === undefined) return undefined
  const items: FlatItem[] = []
  for (const [index, item] of block.items.entries()) {
    const flat = flatItem(block, index, item, [...(used.get(index) ?? [])])
    if (flat === undefined) return undefined
    items.push(flat)
  }
  return items.length === 0 ? undefined : { block, items, conditions }
}

function flatItem(block: SelectBlock, index: number, item: FromItem, columns: readonly string[]): FlatItem | undefined {
  if (item.kind === 'function') return item.correlatedOutside ? undefined : { kind: 'function', item }
  if (item.kind === 'table') return flatTable(block, index, item, columns)
  if (item.correlated || item.block.kind !== 'select') return undefined
  const inner = flatJoin(item.block, false)
  return inner === undefined ? undefined : { kind: 'block', item, inner }
}

function flatTable(
  block: SelectBlock,
  index: number,
  item: TableItem,
  columns: readonly string[],
): FlatTable | undefined {
  const conditions = block.conditions.filter((condition) => condition.item === index)
  const asked = conditions.flatMap((condition) => condition.columns.map(({ column }) => column))
  const ownColumns = [...new Set(asked)]
  if (!isLogged(item, [...columns, ...ownColumns])) return undefined
  const own = conditions.map(({ ast }) => ast)
  return { kind: 'table', item, columns, own, ownColumns, implied: impliedConditions(block, index) }
}

/** The images of these columns can be logged, and equal images be found. */
function isLogged(item: TableItem, columns: readonly string[]): boolean {
  return columns.every((name) => {
    const stored = storedName(item, name)
    return item.relation.columns.some((facts) => facts.name === stored && !facts.virtual && facts.comparable)
  })
}

/** Into a subquery, or at a table without its children, whose changes are logged all the same. */
function looksElsewhere({ ast }: SelectBlock): boolean {
  let found = false
  walk([ast.targetList, ast.whereClause, ast.havingClause, ast.groupClause, ast.fromClause], (kind, body) => {
    if (kind === 'SubLink' || (kind === 'RangeVar' && !body.inh)) found = true
    return found || kind === 'RangeSubselect' ? false : undefined
  })
  return found
}

/** The columns of each item that the block itself reads, given its conditions; undefined where a reference is to something else. */
function columnsUsed(block: SelectBlock, conditions: readonly Node[]): Map<number, Set<string>> | undefined {
  const used = new Map<number, Set<string>>()
  const { targetList, havingClause, groupClause } = block.ast
  const read = itemColumns([targetList, havingClause, groupClause, conditions, functionCalls(block)], block.items)
  const equal = block.equalities.flatMap(({ left, right }) => [left, right])
  for (const { item, column } of [...(read ?? []), ...equal]) used.set(item, (used.get(item) ?? new Set()).add(column))
  return read && used
}

function functionCalls({ ast }: SelectBlock): unknown[] {
  const found: unknown[] = []
  walk(ast.fromClause, (kind, body) => {
    if (kind === 'RangeFunction') found.push(body)
    return kind === 'RangeFunction' || kind === 'RangeSubselect' ? false : undefined
  })
  return found
}

function joinConditions(block: SelectBlock): Node[] {
  const found: Node[] = []
  let using = false
  walk(block.ast.fromClause, (kind, body) => {
    if (kind === 'RangeSubselect') return false
    if (kind === 'JoinExpr') {
      found.push(...conjuncts(body.quals as Node | undefined))
      using ||= body.usingClause !== undefined
    }
    return undefined
  })
  found.push(...conjuncts(block.ast.whereClause))
  if (using) found.push(...block.equalities.map(({ left, right }) => equality(block, left, right)))
  return found
}

function equality(block: SelectBlock, left: ItemColumn, right: ItemColumn): Node {
  const reference = ({ item, column }: ItemColumn): Node => columnOf(block.items[item]?.alias ?? '', column)
  return {
    A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: '=' } }], lexpr: reference(left), rexpr: reference(right) },
  } as Node
}

/** Two tables of one FROM clause, and what it asks of the two of them: an equality of columns among it. */
export interface LinkedTables {
  readonly first: FlatTable
  readonly second: FlatTable
  readonly conditions: readonly Node[]
  /** The columns that are set equal, as the query names them. */
  readonly equal: readonly { readonly first: string; readonly second: string }[]
}

export function linkedTables({ block, items, conditions }: FlatJoin): LinkedTables[] {
  const equalColumns = (one: number, other: number): LinkedTables['equal'] =>
    block.equalities.flatMap(({ left, right }) => {
      if (left.item === one && right.item === other) return [{ first: left.column, second: right.column }]
      return left.item === other && right.item === one ? [{ first: right.column, second: left.column }] : []
    })
  const within = items.flatMap((item) => (item.kind === 'block' ? linkedTables(item.inner) : []))
  const own = items.flatMap((first, one) =>
    items.flatMap((second, other): LinkedTables[] => {
      if (first.kind !== 'table' || second.kind !== 'table' || one >= other) return []
      const equal = equalColumns(one, other)
      if (equal.length === 0) return []
      const pair = conditions.filter((condition) => {
        const places = itemColumns(condition, block.items)?.map(({ item }) => item)
        return places?.includes(one) && places.every((place) => place === one || place === other)
      })
      return [{ first, second, conditions: pair, equal }]
    }),
  )
  return [...own, ...within]
}

/** Every place in a flat join at which a table is read, in the order in which they are numbered. */
export function tablesOf(join: FlatJoin): readonly FlatTable[] {
  return join.items.flatMap((item) => {
    if (item.kind === 'table') return [item]
    return item.kind === 'block' ? tablesOf(item.inner) : []
  })
}

/** The tables of a flat join, each once. */
export function relationsOf(flat: FlatJoin): RelationFacts[] {
  return [...new Map(tablesOf(flat).map(({ item }) => [item.relation.oid, item.relation])).values()]
}

/** All columns that a query reads of a table at one place, as the query names them. */
export function columnsOfTable({ columns, ownColumns }: FlatTable): string[] {
  return [...new Set([...columns, ...ownColumns])]
}

/** The stored columns of each table that a flat join reads, by `schema.name`. */
export function columnsRead(flat: FlatJoin): Map<string, readonly string[]> {
  const read = new Map<string, Set<string>>()
  for (const table of tablesOf(flat)) {
    const { item } = table
    const name = relationKey(item.relation.schema, item.relation.name)
    const known = read.get(name) ?? new Set<string>()
    for (const column of columnsOfTable(table)) known.add(storedName(item, column))
    read.set(name, known)
  }
  return new Map([...read].map(([name, columns]) => [name, [...columns].sort()]))
}
