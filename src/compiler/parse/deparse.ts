import { Deparser } from 'pgsql-deparser'
import { kindOf, type Node } from './ast.js'

/** Expressions that need brackets to be an operand of something that may bind tighter. */
const compound = new Set(['A_Expr', 'BoolExpr', 'NullTest', 'BooleanTest', 'SubLink'])
/** Here the package thinks of it. */
const careful: ReadonlySet<string | undefined> = new Set(['AEXPR_OP', 'AEXPR_DISTINCT', 'AEXPR_NOT_DISTINCT'])
/** What it brackets itself under a subscript or a field, or what needs none there. */
const subscripted = new Set(['TypeCast', 'SubLink', 'A_Expr', 'FuncCall', 'A_Indirection', 'ColumnRef', 'RowExpr'])
const subscripts = new Set(['A_Indices', 'String', 'A_Star', 'A_Const', 'ParamRef'])

type Context = Parameters<Deparser['visit']>[1]

/**
 * The package leaves out brackets that are needed, as in `(a AND b) IS NULL`, `a * (b / c)` or `(a = b) IS TRUE`: then the
 * text means something else, or nothing. Here every operand that is itself made of operands gets its own.
 */
class CarefulDeparser extends Deparser {
  readonly #above: Node[] = []

  override visit(node: Node, context?: Context): string {
    const parent = this.#above.at(-1)
    this.#above.push(node)
    try {
      const text = super.visit(node, context)
      return parent !== undefined && needsBrackets(node, parent) ? `(${text})` : text
    } finally {
      this.#above.pop()
    }
  }
}

function needsBrackets(node: Node, parent: Node): boolean {
  const kind = kindOf(node) ?? ''
  if ('A_Indirection' in parent) return !subscripted.has(kind) && !subscripts.has(kind)
  // A subquery brings its own, unless something is compared with it.
  if (!compound.has(kind) || ('SubLink' in node && node.SubLink.testexpr === undefined)) return false
  if ('A_Expr' in parent) return !careful.has(parent.A_Expr.kind)
  // Connected conditions are bracketed there, but for NOT.
  if ('BooleanTest' in parent) return !('BoolExpr' in node) || node.BoolExpr.boolop === 'NOT_EXPR'
  if ('CollateClause' in parent) return kind !== 'A_Expr' && kind !== 'SubLink'
  return 'NullTest' in parent || 'SubLink' in parent
}

/** SQL text of a whole tree. */
export function textOf(node: Node): string {
  return new CarefulDeparser(node, { pretty: false }).deparseQuery()
}
