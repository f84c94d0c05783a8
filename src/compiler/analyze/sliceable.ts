import type { Block, Expression, ItemColumn, SelectBlock } from '../ir/types.js'
import { sameTree } from '../parse/ast.js'

/**
 * Whether the rows of a block that share a value of this output column depend on nothing outside the input rows with
 * that value. Only such a column can be part of a slice key, and only its values can be told from a change alone.
 */
export function isSliceable(block: Block, column: string): boolean {
  switch (block.kind) {
    case 'opaque':
      return false
    case 'set':
      return (
        !block.limited &&
        block.arms.every((arm) => {
          const name = armColumn(block.names, column, arm)
          return isConstant(arm) || (name !== undefined && isSliceable(arm, name))
        }) &&
        !block.arms.every(isConstant)
      )
    case 'select':
      return isSliceableOutput(block, column)
  }
}

/** Reads nothing: what its rows are never changes. */
function isConstant(block: Block): boolean {
  if (block.kind === 'opaque') return block.code === 'values' && block.relations.length === 0
  if (block.kind === 'set') return block.arms.every(isConstant)
  return (
    block.items.length === 0 &&
    block.group === undefined &&
    block.subqueries.length === 0 &&
    block.subqueryRelations.length === 0
  )
}

/** The name under which an arm of a set operation returns a column of the whole: the one at the same place. */
export function armColumn(outer: readonly string[], column: string, arm: Block): string | undefined {
  const index = outer.indexOf(column)
  return arm.kind === 'select' ? arm.outputs[index]?.name : arm.names[index]
}

function isSliceableOutput(block: SelectBlock, column: string): boolean {
  const output = block.outputs.find((candidate) => candidate.name === column)
  if (output === undefined || block.limited) return false
  const { expression } = output
  if (!isPlainInput(expression)) return false
  if (block.group !== undefined && !includesTree(block.group, expression)) return false
  if (!block.partitions.every((partition) => includesTree(partition, expression))) return false
  if (typeof block.distinct !== 'string' && !includesTree(block.distinct, expression)) return false
  return expression.columns.every((input) => isSliceableInput(block, input))
}

/** Made of nothing but columns of this block's own items, and of their values alone. */
function isPlainInput(expression: Expression): boolean {
  const { aggregate, window, subquery, setReturning, outer, clock, columns } = expression
  return !aggregate && !window && !subquery && !setReturning && !outer && !clock && columns.length > 0
}

function includesTree(list: readonly Expression[], expression: Expression): boolean {
  return list.some((candidate) => sameTree(candidate.ast, expression.ast))
}

/** A column that comes from a nested query must be sliceable there too. */
function isSliceableInput(block: SelectBlock, input: ItemColumn): boolean {
  const item = block.items[input.item]
  if (item === undefined) return false
  if (item.kind === 'block') {
    if (item.correlated) return false
    const inner = innerColumn(item.columns, input.column, item.block)
    return inner !== undefined && isSliceable(item.block, inner)
  }
  return item.kind === 'table' || !item.correlatedOutside
}

/** The name that a nested query itself gives to a column that its surroundings may have renamed. */
export function innerColumn(columns: readonly string[], column: string, block: Block): string | undefined {
  const index = columns.indexOf(column)
  if (index < 0) return undefined
  return block.kind === 'select' ? block.outputs[index]?.name : block.names[index]
}

/** Whether any of the values comes out of a set-returning function in FROM, and not out of a table's own column. */
export function comesFromFunction(block: Block, column: string): boolean {
  if (block.kind === 'opaque') return false
  if (block.kind === 'set') {
    return block.arms.some((arm) => {
      const name = armColumn(block.names, column, arm)
      return name !== undefined && comesFromFunction(arm, name)
    })
  }
  const output = block.outputs.find((candidate) => candidate.name === column)
  return (output?.expression.columns ?? []).some((input) => {
    const item = block.items[input.item]
    if (item?.kind === 'function') return true
    if (item?.kind !== 'block') return false
    const inner = innerColumn(item.columns, input.column, item.block)
    return inner !== undefined && comesFromFunction(item.block, inner)
  })
}
