import type { RelationFacts } from '../facts.js'
import { resolveColumn } from '../ir/expression.js'
import { type Block, type ItemColumn, outputNames, type SelectBlock } from '../ir/types.js'

/** A table, and its columns by which a subquery finds the rows that go with a row around it. */
export interface Searched {
  readonly relation: RelationFacts
  readonly columns: readonly string[]
}

/** The tables that subqueries and LATERAL queries search, once for each row around them. */
export function searchedTables(block: Block): Searched[] {
  if (block.kind === 'opaque') return []
  if (block.kind === 'set') return block.arms.flatMap((arm) => searchedTables(arm))
  const inItems = block.items.flatMap((item) => {
    if (item.kind !== 'block') return []
    return [...(item.correlated ? searchedBy(item.block, []) : []), ...searchedTables(item.block)]
  })
  const inSubqueries = block.subqueries.flatMap(({ block: inner, compared, isCondition }) => {
    // Any other IN is answered by a table of all its values.
    const places = isCondition ? compared.map(({ position }) => position) : []
    return [...searchedBy(inner, places), ...searchedTables(inner)]
  })
  return [...inItems, ...inSubqueries]
}

function searchedBy(block: Block, places: readonly number[]): Searched[] {
  if (block.kind === 'opaque') return []
  if (block.kind === 'set') return block.arms.flatMap((arm) => searchedBy(arm, places))
  const compared = places.flatMap((place) => plainOutput(block, outputNames(block)[place] ?? ''))
  const columns = [...block.correlations.map(({ column }) => column), ...compared]
  return block.items.flatMap((item, index) => {
    if (item.kind !== 'table') return []
    const own = columns.filter((column) => column.item === index)
    const stored = own.map(({ column }) => item.sourceColumns[item.columns.indexOf(column)] ?? column)
    return stored.length === 0 ? [] : [{ relation: item.relation, columns: [...new Set(stored)] }]
  })
}

function plainOutput(block: SelectBlock, name: string): ItemColumn[] {
  const ast = block.outputs.find((output) => output.name === name)?.expression.ast
  if (ast === undefined || !('ColumnRef' in ast)) return []
  const column = resolveColumn(ast.ColumnRef.fields ?? [], block.items)
  return column === undefined ? [] : [column]
}
