import { type RelationFacts, relationKey } from '../facts.js'
import { resolveColumn } from '../ir/expression.js'
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

/** A join of tables, inner joins only, to which each row of each table contributes by itself. */
export interface FlatJoin {
  readonly block: SelectBlock
  readonly items: readonly FlatItem[]
  /** All that must hold of a joined row: WHERE, ON, and the columns of USING. */
  readonly conditions: readonly Node[]
}

export type FlatItem =
  | { readonly kind: 'table'; readonly item: TableItem; readonly columns: readonly string[] }
  | { readonly kind: 'block'; readonly item: BlockItem; readonly inner: FlatJoin }
  | { readonly kind: 'function'; readonly item: FunctionItem }

/** The join under a query's aggregates; undefined where a row's contribution depends on more than the row itself. */
export function flatJoin(block: SelectBlock, top = true): FlatJoin | undefined {
  if (block.outerJoins > 0 || block.fullJoins || block.limited || block.distinct !== 'no') return undefined
  if (block.partitions.length > 0 || block.groupingSets || block.subqueryRelations.length > 0) return undefined
  if (!top && block.group !== undefined) return undefined
  if (block.outputs.some(({ expression }) => expression.setReturning || expression.outer || expression.window)) {
    return undefined
  }
  if (looksElsewhere(block)) return undefined
  const used = columnsUsed(block)
  if (used === undefined) return undefined
  const items: FlatItem[] = []
  for (const [index, item] of block.items.entries()) {
    const flat = flatItem(item, [...(used.get(index) ?? [])])
    if (flat === undefined) return undefined
    items.push(flat)
  }
  return items.length === 0 ? undefined : { block, items, conditions: joinConditions(block) }
}

function flatItem(item: FromItem, columns: readonly string[]): FlatItem | undefined {
  if (item.kind === 'function') return item.correlatedOutside ? undefined : { kind: 'function', item }
  if (item.kind === 'table') return isLogged(item, columns) ? { kind: 'table', item, columns } : undefined
  if (item.correlated || item.block.kind !== 'select') return undefined
  const inner = flatJoin(item.block, false)
  return inner === undefined ? undefined : { kind: 'block', item, inner }
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

/** The columns of each item that the block itself reads; undefined where a reference is to something else. */
function columnsUsed(block: SelectBlock): Map<number, Set<string>> | undefined {
  const used = new Map<number, Set<string>>()
  let resolved = true
  const note = (item: number, column: string): void => {
    used.set(item, (used.get(item) ?? new Set()).add(column))
  }
  const { targetList, whereClause, havingClause, groupClause, fromClause } = block.ast
  walk([targetList, whereClause, havingClause, groupClause, fromClause], (kind, body) => {
    if (kind === 'RangeSubselect') return false
    if (kind !== 'ColumnRef') return undefined
    const column = resolveColumn((body.fields ?? []) as readonly Node[], block.items)
    if (column === undefined) resolved = false
    else note(column.item, column.column)
    return false
  })
  for (const { left, right } of block.equalities) {
    note(left.item, left.column)
    note(right.item, right.column)
  }
  return resolved ? used : undefined
}

function joinConditions(block: SelectBlock): Node[] {
  const found: Node[] = []
  let using = false
  walk(block.ast.fromClause, (kind, body) => {
    if (kind === 'RangeSubselect') return false
    if (kind === 'JoinExpr') {
      if (body.quals !== undefined) found.push(body.quals as Node)
      using ||= body.usingClause !== undefined
    }
    return undefined
  })
  if (block.ast.whereClause !== undefined) found.push(block.ast.whereClause)
  if (using) found.push(...block.equalities.map(({ left, right }) => equality(block, left, right)))
  return found
}

function equality(block: SelectBlock, left: ItemColumn, right: ItemColumn): Node {
  const reference = ({ item, column }: ItemColumn): Node => columnOf(block.items[item]?.alias ?? '', column)
  return {
    A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: '=' } }], lexpr: reference(left), rexpr: reference(right) },
  } as Node
}

/** Every place in a flat join at which a table is read, in the order in which they are numbered. */
export function tablesOf(join: FlatJoin): readonly (FlatItem & { kind: 'table' })[] {
  return join.items.flatMap((item) => {
    if (item.kind === 'table') return [item]
    return item.kind === 'block' ? tablesOf(item.inner) : []
  })
}

/** The tables of a flat join, each once. */
export function relationsOf(flat: FlatJoin): RelationFacts[] {
  return [...new Map(tablesOf(flat).map(({ item }) => [item.relation.oid, item.relation])).values()]
}

/** The stored columns of each table that a flat join reads, by `schema.name`. */
export function columnsRead(flat: FlatJoin): Map<string, readonly string[]> {
  const read = new Map<string, Set<string>>()
  for (const { item, columns } of tablesOf(flat)) {
    const name = relationKey(item.relation.schema, item.relation.name)
    const known = read.get(name) ?? new Set<string>()
    for (const column of columns) known.add(storedName(item, column))
    read.set(name, known)
  }
  return new Map([...read].map(([name, columns]) => [name, [...columns].sort()]))
}
