import { canSpare } from '../analyze/spareCondition.js'
import { resolveColumn } from '../ir/expression.js'
import { isDeterministic } from '../ir/subqueries.js'
import type { Condition, Equality, FromItem, ItemColumn, SelectBlock, Subquery } from '../ir/types.js'
import { outputNames } from '../ir/types.js'

/** A condition that spares keys: where no row satisfies it, a change touches none. */
export interface Sparing {
  readonly condition: Condition
  /** The items that its text names. */
  readonly scope: readonly FromItem[]
  /** The place of the first of them among all. */
  readonly offset: number
}

/**
 * A block as if what it asks for by EXISTS and IN stood in its FROM, behind its own items: each of its rows goes with a
 * row of theirs at least.
 */
export interface Widened {
  readonly items: readonly FromItem[]
  readonly equalities: readonly Equality[]
  readonly sparing: readonly Sparing[]
}

export function widened(block: SelectBlock): Widened {
  const items = [...block.items]
  const equalities: Equality[] = []
  const sparing = sparingOf(block, 0)
  for (const subquery of block.subqueries) {
    const inner = subquery.block
    if (!subquery.isRequired || subquery.within.length > 0 || !isPlainSearch(inner)) continue
    const offset = items.length
    const moved = ({ item, column }: ItemColumn): ItemColumn => ({ item: item + offset, column })
    items.push(...inner.items)
    for (const { left, right, within } of inner.equalities) {
      equalities.push({ left: moved(left), right: moved(right), within })
    }
    for (const { column, outer } of linked(inner, subquery)) {
      if (isOwn(outer.items, block)) equalities.push({ left: moved(column), right: outer, within: [] })
    }
    sparing.push(...sparingOf(inner, offset))
  }
  return { items, equalities, sparing }
}

/** The list of this block's items, or that which others were put behind. */
function isOwn(items: readonly FromItem[], block: SelectBlock): boolean {
  return items.length > 0 && items.every((item, index) => item === block.items[index])
}

function sparingOf(block: SelectBlock, offset: number): Sparing[] {
  return block.conditions
    .filter((condition) => canSpare(condition, block.items))
    .map((condition) => ({ condition, scope: block.items, offset }))
}

/** It finds a row exactly where its FROM and WHERE do. */
function isPlainSearch(block: Subquery['block']): block is SelectBlock {
  if (block.kind !== 'select' || block.limited || block.group !== undefined || block.outerJoins > 0) return false
  return !block.outputs.some(({ expression }) => expression.setReturning)
}

function linked(block: SelectBlock, { compared }: Subquery) {
  const names = outputNames(block)
  const plain = compared.flatMap(({ outer, position }) => {
    const ast = block.outputs.find(({ name }) => name === names[position])?.expression.ast
    const column = ast && 'ColumnRef' in ast ? resolveColumn(ast.ColumnRef.fields ?? [], block.items) : undefined
    return column === undefined || !isDeterministic(block.items, column) ? [] : [{ column, outer }]
  })
  return [...block.correlations, ...plain]
}
