import { kindOf, type Node, names, readsColumns, stringConstant } from '../parse/ast.js'
import { isAgeOfToday } from './reading.js'

const units = new Set([
  'minute',
  'hour',
  'day',
  'dow',
  'isodow',
  'doy',
  'week',
  'month',
  'quarter',
  'year',
  'isoyear',
  'decade',
  'century',
  'millennium',
])

/**
 * Of the expressions around a reading of the clock, the innermost that changes at most once a minute; undefined when
 * there is none. `ancestors`: from the outermost to what reads the clock itself.
 */
export function stepOf(ancestors: readonly Node[]): Node | undefined {
  const inwards = [...ancestors].reverse()
  const step = inwards.find((node) => isCoarse(node))
  return step !== undefined && isAgeOfToday(step)
    ? { SQLValueFunction: { op: 'SVFOP_CURRENT_DATE', typmod: -1 } }
    : step
}

function isCoarse(node: Node): boolean {
  if (isAgeOfToday(node)) return true
  if (readsColumns(node)) return false
  if ('SQLValueFunction' in node) return node.SQLValueFunction.op === 'SVFOP_CURRENT_DATE'
  if ('TypeCast' in node) return names(node.TypeCast.typeName?.names).at(-1) === 'date'
  if (kindOf(node) !== 'FuncCall' || !('FuncCall' in node)) return false
  const path = names(node.FuncCall.funcname)
  if (path.length > 1 && path[0] !== 'pg_catalog') return false
  const name = path.at(-1) ?? ''
  if (name === 'date') return true
  const unit = stringConstant(node.FuncCall.args?.[0])?.toLowerCase() ?? ''
  return ['date_trunc', 'extract', 'date_part'].includes(name) && units.has(unit)
}
