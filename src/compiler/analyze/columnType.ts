import { isExactType } from '../exactTypes.js'
import type { ColumnFacts } from '../facts.js'
import { resolveColumn } from '../ir/expression.js'
import type { Block, FromItem } from '../ir/types.js'
import { innerColumn } from './sliceable.js'

/** What is known of the table's column that a column of a FROM item is; undefined when it is not one plainly. */
export function storedColumn(item: FromItem | undefined, column: string): ColumnFacts | undefined {
  if (item?.kind === 'table') {
    const stored = item.sourceColumns[item.columns.indexOf(column)]
    return item.relation.columns.find((facts) => facts.name === stored)
  }
  if (item?.kind !== 'block') return undefined
  const inner = innerColumn(item.columns, column, item.block)
  return inner === undefined ? undefined : storedOutput(item.block, inner)
}

/** The same of an output column. */
export function storedOutput(block: Block, name: string): ColumnFacts | undefined {
  if (block.kind !== 'select') return undefined
  const ast = block.outputs.find((output) => output.name === name)?.expression.ast
  if (ast === undefined || !('ColumnRef' in ast)) return undefined
  const column = resolveColumn(ast.ColumnRef.fields ?? [], block.items)
  return column && storedColumn(block.items[column.item], column.column)
}

const whole = /^(smallint|integer|bigint)$/

/**
 * How much alike equal values of two columns are. `same`: to the bit, so that one can stand for the other anywhere;
 * `number`: the same whole number, perhaps of another width; `equal`: no more than that, as 1.0 and 1.00.
 */
export function likeness(
  left: readonly [FromItem | undefined, string],
  right: readonly [FromItem | undefined, string],
): 'same' | 'number' | 'equal' {
  const [one, other] = [storedColumn(...left), storedColumn(...right)]
  if (one === undefined || other === undefined) return 'equal'
  if (one.type === other.type && isExactType(one) && isExactType(other)) return 'same'
  return whole.test(one.type) && whole.test(other.type) ? 'number' : 'equal'
}
