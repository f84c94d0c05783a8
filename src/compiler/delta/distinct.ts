import type { SelectStmt } from '@pgsql/types'
import type { SelectBlock } from '../ir/types.js'
import { readsColumns } from '../parse/ast.js'

/**
 * The text of a query whose DISTINCT is written as the GROUP BY that means the same, and that can be kept by adding what
 * changed; the same text where it has none.
 */
export function distinctAsGroups(block: SelectBlock, ast: SelectStmt = block.ast): SelectStmt {
  if (block.distinct !== 'rows' || block.group !== undefined) return ast
  const expressions = block.outputs.map(({ expression }) => expression)
  if (expressions.some(({ window, setReturning }) => window || setReturning)) return ast
  const groups = expressions.filter((expression) => readsColumns(expression.ast))
  if (groups.length === 0) return ast
  const { distinctClause: _, ...rest } = ast
  return { ...rest, groupClause: groups.map((expression) => expression.ast) }
}
