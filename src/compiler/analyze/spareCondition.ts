import type { ColumnFacts } from '../facts.js'
import { resolveColumn } from '../ir/expression.js'
import type { Condition, FromItem } from '../ir/types.js'
import { functionName, type Node, names, readsColumns } from '../parse/ast.js'
import { storedColumn } from './columnType.js'

/**
 * Whether a condition can be asked of any row of its table, whatever the rest of the query would have kept away from it,
 * and its columns are small enough to be logged for that.
 */
export function canSpare(condition: Condition, items: readonly FromItem[]): boolean {
  const columnFacts = (node: Node): ColumnFacts | undefined => {
    const column = 'ColumnRef' in node ? resolveColumn(node.ColumnRef.fields ?? [], items) : undefined
    return column && storedColumn(items[column.item], column.column)
  }
  return isCondition(condition.ast, columnFacts)
}

type Facts = (column: Node) => ColumnFacts | undefined

const comparisons = new Set(['=', '<>', '<', '>', '<=', '>=', '~~', '!~~'])
const kinds = new Set(['AEXPR_OP', 'AEXPR_OP_ANY', 'AEXPR_DISTINCT', 'AEXPR_NOT_DISTINCT'])

function isCondition(node: Node, facts: Facts): boolean {
  if ('BoolExpr' in node) return (node.BoolExpr.args ?? []).every((part) => isCondition(part, facts))
  if ('NullTest' in node) return isValue(node.NullTest.arg, facts)
  if ('BooleanTest' in node) return isValue(node.BooleanTest.arg, facts)
  if ('ColumnRef' in node) return isValue(node, facts)
  if (!('A_Expr' in node)) return false
  const { kind, name, lexpr, rexpr } = node.A_Expr
  if (!kinds.has(kind ?? '') || names(name).length > 1 || !comparisons.has(names(name)[0] ?? '')) return false
  // What is compared with given values is short, whatever its type.
  const ofAnyType = names(name)[0] === '=' && rexpr !== undefined && !readsColumns(rexpr)
  return isValue(lexpr, facts, ofAnyType) && isValue(rexpr, facts)
}

const short =
  /^(smallint|integer|bigint|boolean|date|real|double precision|uuid|oid|numeric.*|time.*|interval.*|"char"|character( varying)?\((\d|[1-5]\d|6[0-4])\))$/
const large = /^(jsonb|bytea|.*\[\])$/
const whole = /^(smallint|integer|bigint|numeric.*)$/
const widths = new Set(['int4', 'int8', 'numeric', 'float8'])
const texts = new Set(['text', 'varchar', 'bpchar'])
const total = new Set(['lower', 'upper', 'substring', 'left', 'right', 'length', 'btrim'])

function isValue(node: Node | undefined, facts: Facts, ofAnyType = false): boolean {
  if (node === undefined) return false
  if ('ColumnRef' in node) {
    const column = facts(node)
    if (column === undefined || column.virtual || !column.comparable) return false
    return short.test(column.type) || (ofAnyType && !large.test(column.type))
  }
  if (!readsColumns(node)) return true
  if ('TypeCast' in node)
    return isCast(node.TypeCast.arg, names(node.TypeCast.typeName?.names).at(-1), facts, ofAnyType)
  if ('FuncCall' in node) return isTotalCall(node, facts)
  return false
}

/** A cast that no value fails. */
function isCast(arg: Node | undefined, type: string | undefined, facts: Facts, ofAnyType: boolean): boolean {
  if (arg === undefined || type === undefined || !isValue(arg, facts, ofAnyType)) return false
  if (texts.has(type)) return true
  const from = 'ColumnRef' in arg ? facts(arg)?.type : undefined
  return (
    from !== undefined &&
    ((widths.has(type) && isWider(from, type)) || (from === 'date' && type.startsWith('timestamp')))
  )
}

function isWider(from: string, to: string): boolean {
  if (!whole.test(from)) return false
  if (to === 'int4') return from === 'smallint'
  return to === 'int8' ? !from.startsWith('numeric') : to === 'numeric' || !from.startsWith('numeric')
}

/** A function of a text that has a value for each. */
function isTotalCall(node: Node, facts: Facts): boolean {
  if (!('FuncCall' in node) || !total.has(functionName(node) ?? '')) return false
  const { funcname, args = [] } = node.FuncCall
  if (names(funcname).length > 1 && names(funcname)[0] !== 'pg_catalog') return false
  const [first, ...rest] = args
  return isValue(first, facts) && rest.every(isNatural)
}

function isNatural(node: Node): boolean {
  return 'A_Const' in node && node.A_Const.ival !== undefined && (node.A_Const.ival.ival ?? 0) >= 0
}
