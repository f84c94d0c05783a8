import type { QueryFacts } from '../facts.js'
import { buildQuery } from '../ir/build.js'
import { type Block, type Expression, outputNames, type SelectBlock } from '../ir/types.js'
import { type Node, names } from '../parse/ast.js'
import { isNullable } from './nullable.js'
import { innerColumn } from './sliceable.js'

/** Output columns of a query that are never NULL. One that is not listed may still never be: this errs on that side. */
export function neverNull(facts: QueryFacts): string[] {
  const root = buildQuery(facts)
  return facts.output.map(({ name }) => name).filter((name) => isNeverNull(root, name))
}

function isNeverNull(block: Block, name: string): boolean {
  if (block.kind === 'opaque') return false
  if (block.kind === 'set') {
    const place = block.names.indexOf(name)
    return block.arms.every((arm) => isNeverNull(arm, outputNames(arm)[place] ?? ''))
  }
  const found = block.outputs.filter((output) => output.name === name)
  const [output] = found
  if (output === undefined || found.length > 1) return false
  return isValue(output.expression.ast) || !isNullable(block, name) || isInnerValue(block, output.expression)
}

/** Aggregates and window functions that answer for no rows too. */
const counting = new Set(['count', 'row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist'])

/** A value whatever its columns hold. */
function isValue(ast: Node): boolean {
  if (isConstant(ast) || 'NullTest' in ast || 'BooleanTest' in ast) return true
  if ('SubLink' in ast) return ast.SubLink.subLinkType === 'EXISTS_SUBLINK'
  if ('CoalesceExpr' in ast) return (ast.CoalesceExpr.args ?? []).some(isConstant)
  if (!('FuncCall' in ast)) return false
  // PostgreSQL writes its own functions back without a schema, and all others with one.
  const path = names(ast.FuncCall.funcname)
  return path.length === 1 && counting.has(path[0] ?? '')
}

/** A literal, perhaps with its type: the input of a type gives no NULL, while a conversion between types can. */
function isConstant(ast: Node): boolean {
  if ('A_Const' in ast) return ast.A_Const.isnull !== true
  if (!('TypeCast' in ast)) return false
  const { arg } = ast.TypeCast
  return arg !== undefined && 'A_Const' in arg && arg.A_Const.isnull !== true
}

/** A plain column of a nested query that no outer join can leave out, and that is a value there. */
function isInnerValue(block: SelectBlock, { ast, columns }: Expression): boolean {
  const [column] = columns
  if (!('ColumnRef' in ast) || column === undefined || block.groupingSets) return false
  const item = block.items[column.item]
  if (item?.kind !== 'block' || item.nullableBy.length > 0) return false
  const inner = innerColumn(item.columns, column.column, item.block)
  return inner !== undefined && isNeverNull(item.block, inner)
}
