import { storedColumn } from '../analyze/columnType.js'
import { resolveColumn } from '../ir/expression.js'
import type { FromItem } from '../ir/types.js'
import { type Node, names } from '../parse/ast.js'

const types = ['integer', 'bigint', 'numeric'] as const
type NumberType = (typeof types)[number]

/** The type of a sum of an expression's values, where the expression alone tells it: that of whole or decimal numbers. */
export function sumType(ast: Node, items: readonly FromItem[]): 'bigint' | 'numeric' | undefined {
  const type = numberType(ast, items)
  return type === undefined ? undefined : type === 'integer' ? 'bigint' : 'numeric'
}

function numberType(ast: Node, items: readonly FromItem[]): NumberType | undefined {
  if ('ColumnRef' in ast) {
    const column = resolveColumn(ast.ColumnRef.fields ?? [], items)
    return column && named(storedColumn(items[column.item], column.column)?.type ?? '')
  }
  if ('A_Const' in ast) {
    if (ast.A_Const.ival !== undefined) return 'integer'
    return ast.A_Const.fval === undefined ? undefined : 'numeric'
  }
  if ('TypeCast' in ast) {
    const { names: path, arrayBounds = [] } = ast.TypeCast.typeName ?? {}
    return arrayBounds.length > 0 ? undefined : named(names(path).at(-1) ?? '')
  }
  if ('A_Expr' in ast && ast.A_Expr.kind === 'AEXPR_OP') {
    if (!['+', '-', '*', '/', '%'].includes(names(ast.A_Expr.name).at(-1) ?? '')) return undefined
    return widest([ast.A_Expr.lexpr, ast.A_Expr.rexpr], items)
  }
  if ('CoalesceExpr' in ast) return widest(ast.CoalesceExpr.args ?? [], items)
  if ('CaseExpr' in ast) {
    const { args = [], defresult } = ast.CaseExpr
    return widest([...args.map((arm) => ('CaseWhen' in arm ? arm.CaseWhen.result : undefined)), defresult], items)
  }
  return undefined
}

function widest(asts: readonly (Node | undefined)[], items: readonly FromItem[]): NumberType | undefined {
  const present = asts.filter((ast) => ast !== undefined).filter((ast) => !isNull(ast))
  const found = present.map((ast) => numberType(ast, items))
  if (found.includes(undefined)) return undefined
  return [...types].reverse().find((type) => found.includes(type))
}

function isNull(ast: Node): boolean {
  if ('TypeCast' in ast) return ast.TypeCast.arg !== undefined && isNull(ast.TypeCast.arg)
  return 'A_Const' in ast && ast.A_Const.isnull === true
}

function named(type: string): NumberType | undefined {
  if (/^(smallint|integer|int[24])$/.test(type)) return 'integer'
  if (/^(bigint|int8)$/.test(type)) return 'bigint'
  return /^numeric/.test(type) ? 'numeric' : undefined
}
