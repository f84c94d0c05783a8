import { conjuncts, resolveColumn } from '../ir/expression.js'
import type { FromItem, ItemColumn, SelectBlock } from '../ir/types.js'
import { type Node, walk } from '../parse/ast.js'

/** The columns of these items that a tree reads outside of queries in FROM; undefined where it reads anything else. */
export function itemColumns(tree: unknown, items: readonly FromItem[]): ItemColumn[] | undefined {
  const found: ItemColumn[] = []
  let resolved = true
  walk(tree, (kind, body) => {
    if (kind === 'RangeSubselect') return false
    if (kind === 'SubLink') resolved = false
    if (kind !== 'ColumnRef') return resolved
    const column = resolveColumn((body.fields ?? []) as readonly Node[], items)
    if (column === undefined) resolved = false
    else found.push(column)
    return false
  })
  return resolved ? found : undefined
}

/**
 * What the conditions over several tables ask of one of them: of `(a.x = 1 AND b.y = 2) OR (a.x = 3 AND b.y = 4)` that
 * `a.x = 1 OR a.x = 3`. PostgreSQL sees that too, of tables, and not of the changes of one.
 */
export function impliedConditions(block: SelectBlock, item: number): Node[] {
  return conjuncts(block.ast.whereClause).flatMap((condition) => {
    if (!('BoolExpr' in condition) || condition.BoolExpr.boolop !== 'OR_EXPR') return []
    const arms = (condition.BoolExpr.args ?? []).map((arm) => conjuncts(arm).filter((part) => isOf(part, block, item)))
    if (arms.some((parts) => parts.length === 0)) return []
    const all = arms.map((parts): Node => combined('AND_EXPR', parts))
    return isOf(condition, block, item) ? [] : [combined('OR_EXPR', all)]
  })
}

function isOf(condition: Node, block: SelectBlock, item: number): boolean {
  const columns = itemColumns(condition, block.items)
  return columns !== undefined && columns.length > 0 && columns.every((column) => column.item === item)
}

function combined(boolop: 'AND_EXPR' | 'OR_EXPR', args: readonly Node[]): Node {
  const [only] = args
  return args.length === 1 && only !== undefined ? only : { BoolExpr: { boolop, args: [...args] } }
}
