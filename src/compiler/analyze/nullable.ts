import { conjuncts, resolveColumn } from '../ir/expression.js'
import { type Block, type Expression, type ItemColumn, outputNames, type SelectBlock } from '../ir/types.js'
import { functionName } from '../parse/ast.js'
import { innerColumn } from './sliceable.js'

/** Whether an output column can be NULL. Says yes when it is not sure. */
export function isNullable(block: Block, name: string): boolean {
  if (block.kind === 'opaque') return true
  if (block.kind === 'set') {
    const index = block.names.indexOf(name)
    return block.arms.some((arm) => isNullable(arm, outputNames(arm)[index] ?? ''))
  }
  const expression = block.outputs.find((output) => output.name === name)?.expression
  return expression === undefined || block.groupingSets || isNullableExpression(block, expression)
}

/** Functions that give NULL only for NULL, of the types below. (The month of infinity is NULL.) */
const strict = new Set(['date_trunc', 'date_bin', 'timezone', 'lower', 'upper'])

/** Not of all types: the lower bound of a range and a number in JSON can be NULL where the value itself is not. */
const plainType =
  /^(smallint|integer|bigint|numeric|real|double|text|character|timestamp|date|time|interval|uuid|boolean)/

function isNullableExpression(block: SelectBlock, expression: Expression): boolean {
  const { ast, columns } = expression
  if ('ColumnRef' in ast) {
    const column = columns[0]
    return column === undefined || isNullableColumn(block, column)
  }
  const simple = 'TypeCast' in ast || strict.has(functionName(ast) ?? '')
  if (!simple || !onlySimple(ast)) return true
  return columns.length === 0 || columns.some((column) => !isPlain(block, column) || isNullableColumn(block, column))
}

function isPlain(block: SelectBlock, column: ItemColumn): boolean {
  const item = block.items[column.item]
  if (item?.kind !== 'table') return false
  const stored = item.sourceColumns[item.columns.indexOf(column.column)]
  return item.relation.columns.some((facts) => facts.name === stored && plainType.test(facts.type))
}

function onlySimple(ast: unknown): boolean {
  if (typeof ast !== 'object' || ast === null) return true
  const text = JSON.stringify(ast)
  return !/"(CaseExpr|CoalesceExpr|MinMaxExpr|SubLink|A_Expr|A_Indirection|BoolExpr|NullTest)"/.test(text)
}

export function isNullableColumn(block: SelectBlock, column: ItemColumn): boolean {
  if (isComparedEverywhere(block, column)) return false
  const item = block.items[column.item]
  if (item === undefined || item.nullableBy.length > 0) return true
  if (item.kind === 'table') {
    const stored = item.sourceColumns[item.columns.indexOf(column.column)]
    return !item.relation.columns.some((facts) => facts.name === stored && facts.notNull)
  }
  if (item.kind === 'function') return true
  const inner = innerColumn(item.columns, column.column, item.block)
  return inner === undefined || isNullable(item.block, inner)
}

/** A row in which an inner join compares this column, or in which WHERE asks for it, has it. */
function isComparedEverywhere(block: SelectBlock, column: ItemColumn): boolean {
  const same = (other: ItemColumn | undefined): boolean => other?.item === column.item && other.column === column.column
  if (block.equalities.some(({ within, left, right }) => within.length === 0 && (same(left) || same(right)))) {
    return true
  }
  return conjuncts(block.ast.whereClause).some((condition) => {
    if (!('NullTest' in condition) || condition.NullTest.nulltesttype !== 'IS_NOT_NULL') return false
    const tested = condition.NullTest.arg
    if (tested === undefined || !('ColumnRef' in tested)) return false
    return same(resolveColumn(tested.ColumnRef.fields ?? [], block.items))
  })
}
