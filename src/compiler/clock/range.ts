import { kindOf, type Node, names, readsColumns, stringConstant, walk } from '../parse/ast.js'
import { expressionOf } from '../parse/parse.js'
import { operate } from '../plan/buckets.js'
import { clockRead, readsClock } from './reading.js'

/** What is compared with the clock, and what of the clock it is compared with. */
export interface Comparison {
  readonly subject: Node
  readonly bound: Node
}

const comparisons = new Set(['=', '<>', '<', '<=', '>', '>='])
const others = new Set(['@>', '<@', '&&', '<<', '>>', '-|-'])

/** A condition in the form of an operator: the place at which what is true changes with the clock. */
export function isCondition(node: Node): boolean {
  if (!('A_Expr' in node)) return false
  const { kind, name } = node.A_Expr
  const path = names(name)
  const operator = path.length === 1 || path[0] === 'pg_catalog' ? (path.at(-1) ?? '') : ''
  if (kind === 'AEXPR_DISTINCT' || kind === 'AEXPR_NOT_DISTINCT') return true
  if (kind !== 'AEXPR_OP' && kind !== 'AEXPR_OP_ANY' && kind !== 'AEXPR_OP_ALL' && kind !== 'AEXPR_IN') return false
  return comparisons.has(operator) || others.has(operator)
}

/** Both sides of a comparison by order, when one is the clock's and the other a row's. `utc`: no day has another length. */
export function comparisonWithClock(condition: Node, utc: boolean): Comparison | undefined {
  if (!('A_Expr' in condition)) return undefined
  const { kind, name, lexpr, rexpr } = condition.A_Expr
  if (kind !== 'AEXPR_OP' || lexpr === undefined || rexpr === undefined) return undefined
  if (!comparisons.has(names(name).at(-1) ?? '')) return undefined
  for (const [own, other] of [
    [lexpr, rexpr],
    [rexpr, lexpr],
  ] as const) {
    if (!readsClock(own) && isOfRow(own) && isOfClock(other)) return shifted(own, other, utc)
  }
  return elapsed(lexpr, rexpr, utc) ?? elapsed(rexpr, lexpr, utc)
}

function isOfRow(node: Node): boolean {
  return readsColumns(node) && kindOf(node) !== 'RowExpr'
}

/** Of the clock and constants alone, and never NULL. */
function isOfClock(node: Node): boolean {
  return readsClock(node) && isNeverNull(node)
}

const neverNull = new Set(['date_trunc', 'timezone', 'extract', 'date_part', 'date', 'make_interval', 'date_bin'])

function isNeverNull(node: Node): boolean {
  if (clockRead(node) === 'moment') return !readsColumns(node)
  if ('A_Const' in node) return node.A_Const.isnull !== true
  if ('TypeCast' in node) return node.TypeCast.arg !== undefined && isNeverNull(node.TypeCast.arg)
  if ('FuncCall' in node) {
    const path = names(node.FuncCall.funcname)
    const known = neverNull.has(path.at(-1) ?? '') && (path.length === 1 || path[0] === 'pg_catalog')
    return known && (node.FuncCall.args ?? []).every(isArgumentNeverNull)
  }
  return sum(node) !== undefined && sides(node).every(isNeverNull)
}

function isArgumentNeverNull(node: Node): boolean {
  return 'NamedArgExpr' in node
    ? node.NamedArgExpr.arg !== undefined && isNeverNull(node.NamedArgExpr.arg)
    : isNeverNull(node)
}

/** The operator of a sum, a difference or a product. */
function sum(node: Node): string | undefined {
  if (!('A_Expr' in node) || node.A_Expr.kind !== 'AEXPR_OP') return undefined
  const [name, ...more] = names(node.A_Expr.name)
  return more.length === 0 && ['+', '-', '*'].includes(name ?? '') ? name : undefined
}

function sides(node: Node): readonly Node[] {
  if (!('A_Expr' in node)) return []
  const { lexpr, rexpr } = node.A_Expr
  return [lexpr, rexpr].flatMap((side) => (side === undefined ? [] : [side]))
}

/** `ts + '1 day' > clock` is `ts > clock - '1 day'`, for which an index can be had, where days are all of one length. */
function shifted(subject: Node, bound: Node, utc: boolean): Comparison {
  const operator = sum(subject)
  const [column, length] = sides(subject)
  if (!utc || readsTimeOfDay(bound) || (operator !== '+' && operator !== '-')) return { subject, bound }
  if (column === undefined || length === undefined || !('ColumnRef' in column)) return { subject, bound }
  const constant = intervalConstant(length)
  if (constant === undefined) return { subject, bound }
  return { subject: column, bound: operate(operator === '+' ? '-' : '+', bound, length) }
}

/** `clock - ts < '1 day'`: the time that has passed, in days of 24 hours whatever the zone, so `ts > clock - '24 hours'`. */
function elapsed(difference: Node, length: Node, utc: boolean): Comparison | undefined {
  if (sum(difference) !== '-') return undefined
  const [bound, subject] = sides(difference)
  const constant = intervalConstant(length)
  if (bound === undefined || subject === undefined || constant === undefined) return undefined
  if (readsClock(subject) || !isOfRow(subject) || !isOfClock(bound)) return undefined
  // Elsewhere an hour can be missing between a date, or a time without a zone, and a moment.
  if (readsTimeOfDay(bound) || !(utc || isMoment(bound))) return undefined
  const { days, time } = constant
  const lengths = [...(days === 0 ? [] : [`${days * 24} hours`]), ...(time === undefined ? [] : [time])]
  const back = (from: Node, passed: string): Node => operate('-', from, expressionOf(`'${passed}'::interval`))
  return { subject, bound: lengths.reduce(back, bound) }
}

function isMoment(bound: Node): boolean {
  if (clockRead(bound) !== 'moment') return false
  return 'FuncCall' in bound || ('SQLValueFunction' in bound && bound.SQLValueFunction.op === 'SVFOP_CURRENT_TIMESTAMP')
}

/** Times of day begin again at midnight: what is added to one side of a comparison cannot be taken from the other. */
function readsTimeOfDay(bound: Node): boolean {
  let found = false
  walk(bound, (kind, body) => {
    if (kind === 'SQLValueFunction' && /_(CURRENT|LOCAL)_?TIME$/.test(String(body.op))) found = true
    const type = kind === 'TypeCast' ? names((body.typeName as { names?: Node[] }).names).at(-1) : undefined
    if (type === 'time' || type === 'timetz') found = true
    return !found
  })
  return found
}

/** Days and time of day of a constant interval without months, as PostgreSQL writes it. */
function intervalConstant(node: Node): { days: number; time: string | undefined } | undefined {
  if (!('TypeCast' in node) || names(node.TypeCast.typeName?.names).at(-1) !== 'interval') return undefined
  const text = stringConstant(node)
  const [all, days, time] = /^(?:(-?\d+) days? ?)?([-+]?\d+:\d\d:\d\d(?:\.\d+)?)?$/.exec(text ?? '') ?? []
  return all === undefined || all === '' ? undefined : { days: Number(days ?? 0), time }
}
