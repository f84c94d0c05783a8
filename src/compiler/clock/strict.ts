import { kindOf, type Node, names } from '../parse/ast.js'

const strict = new Set(['date_trunc', 'timezone', 'extract', 'date_part', 'date', 'date_bin', 'lower', 'upper'])

/** Whether a condition is NULL, whatever the time, where all columns that it reads are. Says no when it is not sure. */
export function isNullWithoutRow(condition: Node): boolean {
  return 'A_Expr' in condition && condition.A_Expr.kind === 'AEXPR_OP' && isNullWithNull(condition)
}

function isNullWithNull(node: Node | undefined): boolean {
  if (node === undefined) return false
  if (kindOf(node) === 'ColumnRef') return true
  if ('TypeCast' in node) return isNullWithNull(node.TypeCast.arg)
  if ('FuncCall' in node) {
    const path = names(node.FuncCall.funcname)
    const own = path.length === 1 || path[0] === 'pg_catalog'
    return own && strict.has(path.at(-1) ?? '') && (node.FuncCall.args ?? []).some(isNullWithNull)
  }
  if (!('A_Expr' in node) || node.A_Expr.kind !== 'AEXPR_OP' || (node.A_Expr.name ?? []).length !== 1) return false
  return isNullWithNull(node.A_Expr.lexpr) || isNullWithNull(node.A_Expr.rexpr)
}
