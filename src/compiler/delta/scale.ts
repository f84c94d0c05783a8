import { storedColumn } from '../analyze/columnType.js'
import { resolveColumn } from '../ir/expression.js'
import type { FromItem } from '../ir/types.js'
import { functionName, type Node, names, stringConstant } from '../parse/ast.js'

/** How many digits after the point the values of an expression have: all of them as many. */
interface Scale {
  readonly digits: number
  /** Its type is one of whole numbers: dividing by another of them gives a whole number too. */
  readonly whole: boolean
}

const whole: Scale = { digits: 0, whole: true }

/** Functions whose result is a whole number, whatever they are called with. */
const counting =
  /^(count|row_number|rank|dense_rank|length|char_length|character_length|octet_length|bit_length|strpos|ascii|cardinality|array_length)$/

/** Parts of a time that are whole numbers, of type numeric. */
const wholeParts =
  /^(millennium|century|decade|year|isoyear|quarter|month|week|day|doy|dow|isodow|hour|minute|timezone|timezone_hour|timezone_minute)$/

/**
 * Whether every value of a numeric expression has the same number of digits after the point, as far as its text and the
 * columns that it reads tell. A sum then has it too, whatever comes and goes.
 */
export function hasFixedScale(ast: Node, items: readonly FromItem[]): boolean {
  return scaleOf(ast, items) !== undefined
}

function scaleOf(ast: Node, items: readonly FromItem[]): Scale | undefined {
  const scale = (node: Node | undefined): Scale | undefined => (node === undefined ? undefined : scaleOf(node, items))
  if ('ColumnRef' in ast) {
    const column = resolveColumn(ast.ColumnRef.fields ?? [], items)
    return column && scaleOfColumn(items[column.item], column.column)
  }
  if ('A_Const' in ast) return scaleOfConstant(ast.A_Const)
  if ('TypeCast' in ast) return scaleOfCast(ast.TypeCast, scale(ast.TypeCast.arg))
  if ('A_Expr' in ast && ast.A_Expr.kind === 'AEXPR_OP') {
    const left = ast.A_Expr.lexpr === undefined ? whole : scale(ast.A_Expr.lexpr)
    return operated(names(ast.A_Expr.name).at(-1) ?? '', left, scale(ast.A_Expr.rexpr))
  }
  if ('CoalesceExpr' in ast) return same((ast.CoalesceExpr.args ?? []).map(scale))
  if ('CaseExpr' in ast) {
    const { args = [], defresult } = ast.CaseExpr
    const results = args.map((arm) => ('CaseWhen' in arm ? arm.CaseWhen.result : undefined))
    return same([...results, ...(defresult === undefined ? [] : [defresult])].filter(isPresent).map(scale))
  }
  return scaleOfCall(ast, scale)
}

function scaleOfColumn(item: FromItem | undefined, column: string): Scale | undefined {
  const stored = storedColumn(item, column)
  if (stored !== undefined) return scaleOfType(stored.type)
  if (item?.kind !== 'block' || item.block.kind !== 'select') return undefined
  const expression = item.block.outputs[item.columns.indexOf(column)]?.expression
  return expression && scaleOf(expression.ast, item.block.items)
}

/** NULL is no value: nothing is added for it. */
function isPresent(node: Node | undefined): boolean {
  if (node !== undefined && 'TypeCast' in node) return isPresent(node.TypeCast.arg)
  return !(node !== undefined && 'A_Const' in node && node.A_Const.isnull === true)
}

function same(scales: readonly (Scale | undefined)[]): Scale | undefined {
  const [first, ...others] = scales
  if (first === undefined || others.some((other) => other?.digits !== first.digits)) return undefined
  return { digits: first.digits, whole: scales.every((scale) => scale?.whole) }
}

function operated(operator: string, left: Scale | undefined, right: Scale | undefined): Scale | undefined {
  if (left === undefined || right === undefined) return undefined
  const both = left.whole && right.whole
  switch (operator) {
    case '+':
    case '-':
    case '%':
      return { digits: Math.max(left.digits, right.digits), whole: both }
    case '*':
      return { digits: left.digits + right.digits, whole: both }
    case '/':
      return both ? whole : undefined
    default:
      return undefined
  }
}

function scaleOfType(type: string | undefined): Scale | undefined {
  if (type === undefined) return undefined
  if (/^(smallint|integer|bigint)$/.test(type)) return whole
  const declared = /^numeric\(\d+,(-?\d+)\)$/.exec(type)
  return declared === null ? undefined : { digits: Math.max(0, Number(declared[1])), whole: false }
}

type Constant = Extract<Node, { A_Const: unknown }>['A_Const']

function scaleOfConstant({ ival, fval }: Constant): Scale | undefined {
  if (ival !== undefined) return whole
  return written(fval?.fval)
}

function written(number: string | undefined): Scale | undefined {
  const digits = /^-?\d*(?:\.(\d*))?$/.exec(number ?? 'none')
  return digits === null ? undefined : { digits: digits[1]?.length ?? 0, whole: false }
}

type Cast = Extract<Node, { TypeCast: unknown }>['TypeCast']

function scaleOfCast({ arg, typeName }: Cast, scale: Scale | undefined): Scale | undefined {
  const name = names(typeName?.names).at(-1) ?? ''
  if ((typeName?.arrayBounds ?? []).length > 0) return undefined
  if (/^int[248]$/.test(name)) return whole
  if (name !== 'numeric') return undefined
  const digits = (typeName?.typmods ?? []).map((node) =>
    'A_Const' in node ? (node.A_Const.ival?.ival ?? 0) : Number.NaN,
  )
  if (digits.length === 0) {
    const quoted = arg !== undefined && 'A_Const' in arg ? arg.A_Const.sval?.sval : undefined
    if (quoted !== undefined) return written(quoted)
    return scale && { ...scale, whole: false }
  }
  const [, declared = 0] = digits
  return Number.isNaN(declared) ? undefined : { digits: Math.max(0, declared), whole: false }
}

function scaleOfCall(ast: Node, scale: (node: Node | undefined) => Scale | undefined): Scale | undefined {
  if (!('FuncCall' in ast)) return undefined
  const path = names(ast.FuncCall.funcname)
  if (path.length > 1 && path[0] !== 'pg_catalog') return undefined
  const [first, second] = ast.FuncCall.args ?? []
  const name = functionName(ast) ?? ''
  if (counting.test(name)) return whole
  if (name === 'extract')
    return wholeParts.test(stringConstant(first)?.toLowerCase() ?? '') ? { digits: 0, whole: false } : undefined
  if (name === 'abs') return scale(first)
  if (name !== 'round' && name !== 'trunc') return undefined
  if (second === undefined) return { digits: 0, whole: false }
  const digits = 'A_Const' in second ? second.A_Const.ival : undefined
  return digits === undefined ? undefined : { digits: Math.max(0, digits.ival ?? 0), whole: false }
}
