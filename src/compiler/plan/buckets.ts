import { functionName, type Node, names, sameTree, stringConstant } from '../parse/ast.js'
import { expressionOf, toSql } from '../parse/parse.js'

/**
 * A bucketed key, `date_trunc('day', ts) = k`, cannot use an index on ts; the range of ts that it implies can. The
 * range may be wider than the bucket (the equality stands beside it), never narrower.
 */
export interface Range {
  readonly low: (key: Node) => Node
  readonly high: (key: Node) => Node
}

/** The column under the bucket, and under which time zone the query runs. */
export interface TimeColumn {
  readonly ast: Node
  readonly type: string
  /** The session's time zone is one without jumps. */
  readonly utc: boolean
}

/** The range of `column` that `expression = key` implies; undefined when no such range is known. */
export function impliedRange(expression: Node, { ast, type, utc }: TimeColumn): Range | undefined {
  // Of intervals, which are cut towards zero, and of text nothing is known.
  if (!/^(date|timestamp(\(\d\))? with(out)? time zone)$/.test(type)) return undefined
  const column = { ast, type: type.replace(/\(\d\)/, ''), utc }
  if ('TypeCast' in expression) return castRange(expression.TypeCast, column)
  if (!('FuncCall' in expression)) return undefined
  const args = expression.FuncCall.args ?? []
  switch (functionName(expression)) {
    case 'date_trunc':
      return truncRange(args, column)
    case 'date_bin':
      return args[0] && args[1] && widen(args[1], column, (key) => key, plus(args[0]))
    case 'extract':
    case 'date_part':
      return yearRange(args, column)
    default:
      return undefined
  }
}

const units = new Map([
  ['microseconds', '1 microsecond'],
  ['milliseconds', '1 millisecond'],
  ['second', '1 second'],
  ['minute', '1 minute'],
  ['hour', '1 hour'],
  ['day', '1 day'],
  ['week', '1 week'],
  ['month', '1 month'],
  ['quarter', '3 months'],
  ['year', '1 year'],
  ['decade', '10 years'],
  ['century', '100 years'],
  ['millennium', '1000 years'],
])

function truncRange(args: readonly Node[], column: TimeColumn): Range | undefined {
  const length = units.get(stringConstant(args[0])?.toLowerCase() ?? '')
  if (length === undefined || args[1] === undefined) return undefined
  return widen(args[1], column, (key) => key, plus(expressionOf(`'${length}'::interval`)), args.length > 2)
}

function castRange(cast: { arg?: Node; typeName?: { names?: Node[] } }, column: TimeColumn): Range | undefined {
  if (names(cast.typeName?.names).at(-1) !== 'date' || cast.arg === undefined) return undefined
  return widen(cast.arg, column, (key) => key, plus(expressionOf("'1 day'::interval")))
}

function yearRange(args: readonly Node[], column: TimeColumn): Range | undefined {
  if (stringConstant(args[0])?.toLowerCase() !== 'year' || args[1] === undefined) return undefined
  return widen(args[1], column, yearBound(0, '-infinity'), yearBound(1, 'infinity'))
}

/** The first of January; no bound for what make_date does not take: years before Christ, and that of infinity. */
function yearBound(later: number, otherwise: string): (key: Node) => Node {
  return (key) => {
    const year = toSql(key)
    return expressionOf(
      `CASE WHEN ${year} BETWEEN 1 AND 9999 THEN pg_catalog.make_date(${year}::integer + ${later}, 1, 1) ELSE '${otherwise}'::date END`,
    )
  }
}

/**
 * Turns bounds of what is bucketed into bounds of the column. `ts AT TIME ZONE zone` is undone with the same zone;
 * where a zone's clock jumps the two are not quite inverse, so there the range gets a day more on either side.
 */
function widen(
  bucketed: Node,
  column: TimeColumn,
  low: (key: Node) => Node,
  high: (key: Node) => Node,
  ownZone = false,
): Range | undefined {
  if (sameTree(bucketed, column.ast)) {
    const jumps = column.type === 'timestamp with time zone' && (ownZone || !column.utc)
    return jumps ? { low: margin(low, '-'), high: margin(high, '+') } : { low, high }
  }
  if (functionName(bucketed) !== 'timezone' || !('FuncCall' in bucketed)) return undefined
  const [zone, inner] = bucketed.FuncCall.args ?? []
  if (zone === undefined || inner === undefined || !sameTree(inner, column.ast)) return undefined
  if (column.type !== 'timestamp with time zone') return undefined
  const back =
    (bound: (key: Node) => Node) =>
    (key: Node): Node =>
      call('timezone', [zone, cast(bound(key), 'timestamp')])
  if (stringConstant(zone)?.toUpperCase() === 'UTC') return { low: back(low), high: back(high) }
  return { low: margin(back(low), '-'), high: margin(back(high), '+') }
}

function margin(bound: (key: Node) => Node, operator: '+' | '-'): (key: Node) => Node {
  return (key) => operate(operator, bound(key), expressionOf("'1 day'::interval"))
}

function plus(length: Node): (key: Node) => Node {
  return (key) => operate('+', key, length)
}

export function operate(operator: string, left: Node, right: Node): Node {
  return { A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: operator } }], lexpr: left, rexpr: right } }
}

function call(name: string, args: Node[]): Node {
  const funcname = ['pg_catalog', name].map((part): Node => ({ String: { sval: part } }))
  return { FuncCall: { funcname, args, funcformat: 'COERCE_EXPLICIT_CALL' } }
}

/** A cast to one of PostgreSQL's own types. */
export function cast(arg: Node, type: string): Node {
  const typeNames = ['pg_catalog', type].map((part): Node => ({ String: { sval: part } }))
  return { TypeCast: { arg, typeName: { names: typeNames, typemod: -1 } } }
}
