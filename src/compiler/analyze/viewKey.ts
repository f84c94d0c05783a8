import type { RelationFacts } from '../facts.js'
import { equalitySides, resolveColumn } from '../ir/expression.js'
import type { Block, Expression, FromItem, ItemColumn, SelectBlock } from '../ir/types.js'
import { outputNames } from '../ir/types.js'
import { sameTree } from '../parse/ast.js'
import { EqualityClasses } from './equalityClasses.js'
import { isNullable } from './nullable.js'

/** The unique keys of a table, or those that are counted on. */
export type TableKeys = (relation: RelationFacts) => readonly (readonly string[])[]

const allKeys: TableKeys = ({ keys }) => keys

/** The output columns that tell a query's rows apart by its own structure; undefined when that cannot be seen. */
export function findKey(block: Block, tables: TableKeys = allKeys): readonly string[] | undefined {
  if (block.kind === 'opaque') return undefined
  if (block.kind === 'set') {
    return block.operation === 'union' && block.all ? undefined : block.all ? undefined : outputNames(block)
  }
  if (block.groupingSets || block.outputs.some((output) => output.expression.setReturning)) return undefined
  if (typeof block.distinct !== 'string') return namesOf(block, block.distinct)
  if (block.group !== undefined) {
    const key = namesOf(block, block.group)
    if (key !== undefined) return key
  } else {
    const key = keyOfJoin(block, tables) ?? keyOfFullJoin(block, tables)
    if (key !== undefined) return key
  }
  return block.distinct === 'rows' ? outputNames(block) : undefined
}

function namesOf(block: SelectBlock, expressions: readonly Expression[]): string[] | undefined {
  const found = expressions.map((expression) => outputOf(block, expression))
  return found.includes(undefined) ? undefined : [...new Set(found as string[])]
}

function outputOf(block: SelectBlock, expression: Expression): string | undefined {
  return block.outputs.find((output) => sameTree(output.expression.ast, expression.ast))?.name
}

/** The keys of the joined items, less those of items that the others determine. */
function keyOfJoin(block: SelectBlock, tables: TableKeys): string[] | undefined {
  const keys = keysOfItems(block, tables)
  const columns: string[] = []
  for (const index of retainedItems(block, keys)) {
    const named = (keys[index] ?? [])
      .map((key) => key.map((column) => outputOfColumn(block, { item: index, column })))
      .find((names) => !names.includes(undefined))
    if (named === undefined) return undefined
    columns.push(...(named as string[]))
  }
  return [...new Set(columns)]
}

/** Of each item of FROM, the keys that tell its rows apart. */
export function keysOfItems(block: SelectBlock, tables: TableKeys = allKeys): (readonly (readonly string[])[])[] {
  return block.items.map((item) => itemKeys(item, tables).filter((key) => !block.fullJoins || isPresent(item, key)))
}

/** `coalesce(l.k, r.k)` of a FULL JOIN along keys of both sides that are never NULL: each of them is there once. */
function keyOfFullJoin(block: SelectBlock, tables: TableKeys): string[] | undefined {
  if (!block.fullJoins || block.items.length !== 2 || !comparesOnePair(block)) return undefined
  const isKey = ({ item: index, column }: ItemColumn): boolean => {
    const item = block.items[index]
    return (
      item !== undefined && itemKeys(item, tables).some((key) => sameColumns(key, [column]) && isPresent(item, key))
    )
  }
  const found = block.outputs.find(({ expression: { ast } }) => {
    if (!('CoalesceExpr' in ast)) return false
    const args = (ast.CoalesceExpr.args ?? []).map((arg) =>
      'ColumnRef' in arg ? resolveColumn(arg.ColumnRef.fields ?? [], block.items) : undefined,
    )
    const [one, other, ...more] = args
    if (one === undefined || other === undefined || more.length > 0 || !isKey(one) || !isKey(other)) return false
    return block.equalities.some(
      ({ left, right }) => (isSame(left, one) && isSame(right, other)) || (isSame(left, other) && isSame(right, one)),
    )
  })
  return found && [found.name]
}

/** The join asks for nothing more: else rows of both sides can have one key, and no match. */
function comparesOnePair({ ast: { fromClause = [] } }: SelectBlock): boolean {
  const [join, ...others] = fromClause
  if (join === undefined || others.length > 0 || !('JoinExpr' in join)) return false
  const { quals, usingClause = [] } = join.JoinExpr
  return quals === undefined ? usingClause.length === 1 : equalitySides(quals) !== undefined
}

function sameColumns(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((column, index) => column === right[index])
}

function isSame(left: ItemColumn, right: ItemColumn): boolean {
  return left.item === right.item && left.column === right.column
}

/** The items of FROM whose keys together tell the joined rows apart: those that others determine are not among them. */
export function retainedItems(block: SelectBlock, keys: readonly (readonly (readonly string[])[])[]): Set<number> {
  const retained = new Set(block.items.keys())
  for (const index of [...retained].reverse()) {
    if (isDetermined(block, index, keys[index] ?? [], retained)) retained.delete(index)
  }
  return retained
}

/** A FULL JOIN can fill all keys with NULL: one that may be NULL by itself would not tell such rows apart. */
function isPresent(item: FromItem, key: readonly string[]): boolean {
  if (item.kind !== 'block') return true
  const names = outputNames(item.block)
  return key.some((column) => !isNullable(item.block, names[item.columns.indexOf(column)] ?? ''))
}

/** Set-returning functions whose first column never repeats for one argument. */
const uniqueFirstColumn = new Set(['jsonb_each', 'jsonb_each_text', 'jsonb_object_keys', 'generate_series'])

/** The sets of columns that tell the rows of one item apart. */
export function itemKeys(item: FromItem, tables: TableKeys = allKeys): readonly (readonly string[])[] {
  if (item.kind === 'table') {
    // A key of a table does not hold for its children by inheritance.
    if (item.relation.hasChildren && item.relation.kind !== 'partitioned') return []
    return tables(item.relation).map((key) =>
      key.map((stored) => item.columns[item.sourceColumns.indexOf(stored)] ?? ''),
    )
  }
  if (item.kind === 'block') {
    if (item.block.kind === 'select' && item.block.items.length === 0 && item.block.group === undefined) return [[]]
    const inner = findKey(item.block, tables)
    const names = outputNames(item.block)
    return inner === undefined ? [] : [inner.map((name) => item.columns[names.indexOf(name)] ?? '')]
  }
  if (item.keys.length > 0) return item.keys
  const last = item.columns.at(-1)
  if (item.ordinality) return last === undefined ? [] : [[last]]
  const [only, ...others] = item.functionNames
  const first = item.columns[0]
  const unique = only !== undefined && others.length === 0 && uniqueFirstColumn.has(only)
  return unique && first !== undefined ? [[first]] : []
}

function isDetermined(
  block: SelectBlock,
  index: number,
  keys: readonly (readonly string[])[],
  retained: ReadonlySet<number>,
): boolean {
  const own = block.items[index]?.nullableBy ?? []
  const usable = block.equalities.filter((equality) => equality.within.every((join) => own.includes(join)))
  return keys.some((key) =>
    key.every((column) =>
      usable.some(({ left, right }) => {
        const [mine, other] = left.item === index ? [left, right] : [right, left]
        return mine.item === index && mine.column === column && other.item !== index && retained.has(other.item)
      }),
    ),
  )
}

/** The output column that always has the value of this one. */
export function outputOfColumn(block: SelectBlock, column: ItemColumn): string | undefined {
  const always = new EqualityClasses(block.equalities.filter((equality) => equality.within.length === 0))
  const equal = always.equals(column)
  return block.outputs.find((output) => {
    const { ast } = output.expression
    if (!('ColumnRef' in ast)) return false
    const found = resolveColumn(ast.ColumnRef.fields ?? [], block.items)
    return equal.some((candidate) => candidate.item === found?.item && candidate.column === found.column)
  })?.name
}
