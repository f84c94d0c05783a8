import type { SelectStmt } from '@pgsql/types'
import { type Fragment, trusted } from '../fragment.js'
import type { Block } from '../ir/types.js'
import { type Node, rewrite } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'

/** A condition to add to the WHERE of one query level. */
export interface Addition {
  readonly ast: SelectStmt
  readonly condition: Node
}

/** Text of the query with conditions added at the levels they are for, and others in the place of some of its nodes. */
export function queryWith(
  root: Block,
  additions: readonly Addition[],
  instead: ReadonlyMap<object, Node> = new Map(),
): Fragment {
  const byLevel = new Map<SelectStmt, Node[]>()
  for (const { ast, condition } of additions) byLevel.set(ast, [...(byLevel.get(ast) ?? []), condition])
  const add = (value: object): object | undefined => {
    const conditions = byLevel.get(value as SelectStmt)
    if (conditions === undefined) return instead.get(value)
    byLevel.delete(value as SelectStmt)
    const inner = rewrite(value, add) as SelectStmt
    const args = inner.whereClause === undefined ? conditions : [inner.whereClause, ...conditions]
    return { ...inner, whereClause: args.length === 1 ? args[0] : { BoolExpr: { boolop: 'AND_EXPR', args } } }
  }
  return trusted(toSql(inlineCtes(withoutUselessOrder(rewrite(root.ast, add)))))
}

/** A sort of the whole result serves no one when rows go to a table. */
function withoutUselessOrder(ast: SelectStmt): SelectStmt {
  const matters = ast.limitCount !== undefined || ast.limitOffset !== undefined || ast.distinctClause !== undefined
  if (ast.sortClause === undefined || matters) return ast
  const { sortClause: _, ...rest } = ast
  return rest
}

/**
 * WITH queries as if they were written in place, so that a condition from outside reaches the tables in them. The
 * user's MATERIALIZED is a hint for plans of the whole query; it does not change what the query means.
 */
function inlineCtes<T>(ast: T): T {
  return rewrite(ast, (value) => {
    if (!('CommonTableExpr' in value)) return undefined
    const cte = value.CommonTableExpr as { ctequery?: Node }
    return { CommonTableExpr: { ...cte, ctequery: inlineCtes(cte.ctequery), ctematerialized: 'CTEMaterializeNever' } }
  })
}

/** Text of one nested query alone, with the WITH queries that it may name. */
export function blockQuery(block: Block): Fragment {
  const text = toSql(inlineCtes(block.ast))
  const own = new Set(block.ast.withClause?.ctes)
  const ctes = block.scope.flatMap((node) => ('CommonTableExpr' in node && !own.has(node) ? [node] : []))
  const names = new Set(ctes.map((node) => node.CommonTableExpr.ctename))
  const written = ctes.map((node) => toSql(inlineCtes(node)))
  if (ctes.length === 0) return trusted(text)
  if (names.size === ctes.length) {
    return trusted(`WITH ${written.join(', ')} SELECT * FROM (${text}) tidemark_block`)
  }
  // One hides another of its name, and may read it: each gets a level of its own.
  return trusted(written.reduceRight((inner, cte) => `WITH ${cte} SELECT * FROM (${inner}) tidemark_block`, text))
}
