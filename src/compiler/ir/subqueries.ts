import type { SubLink } from '@pgsql/types'
import { type Node, names, walk } from '../parse/ast.js'
import { columnFields, namesColumnOf, resolveColumn, resolveEnclosing } from './expression.js'
import type { BuildScope } from './scope.js'
import type { FromItem, ItemColumn, ScopedColumn, Subquery } from './types.js'

/** Where an expression stands. */
export interface Surroundings {
  readonly items: readonly FromItem[]
  readonly scope: BuildScope
  readonly within: readonly number[]
}

/** The subqueries of an expression; not those that stand in them. `isCondition`: rows for which it is not true go. */
export function subqueriesIn(tree: unknown, isCondition: boolean, surroundings: Surroundings): Subquery[] {
  const found: Subquery[] = []
  walk(tree, (kind, body) => {
    if (kind !== 'SubLink') return undefined
    const alone = typeof tree === 'object' && tree !== null && 'SubLink' in tree && tree.SubLink === body
    const subquery = readSubquery(body, isCondition && alone, surroundings)
    if (subquery !== undefined) found.push(subquery)
    found.push(...subqueriesIn(body.testexpr, false, surroundings))
    return false
  })
  return found
}

function readSubquery(link: SubLink, isCondition: boolean, surroundings: Surroundings): Subquery | undefined {
  const { items, scope, within } = surroundings
  const query = link.subselect
  if (query === undefined || !('SelectStmt' in query)) return undefined
  const enclosing = [...scope.enclosing, items]
  return {
    ast: link,
    block: scope.build(query.SelectStmt, { ...scope, enclosing }),
    within,
    compared: comparesEquality(link) ? comparedColumns(link.testexpr, surroundings) : [],
    isCondition: isCondition && link.subLinkType === 'ANY_SUBLINK',
    isRequired: isCondition && (link.subLinkType === 'ANY_SUBLINK' || link.subLinkType === 'EXISTS_SUBLINK'),
    correlated: namesColumnOf(query, enclosing),
  }
}

/** `x IN (…)`, `x = ANY (…)`; and `x <> ALL (…)`, which is `x NOT IN (…)`. */
function comparesEquality({ subLinkType, operName }: SubLink): boolean {
  const operator = names(operName)
  if (operator.length > 1 && operator[0] !== 'pg_catalog') return false
  if (subLinkType === 'ANY_SUBLINK') return operator.length === 0 || operator.at(-1) === '='
  return subLinkType === 'ALL_SUBLINK' && operator.at(-1) === '<>'
}

function comparedColumns(left: Node | undefined, { items, scope }: Surroundings): Subquery['compared'] {
  if (left === undefined) return []
  const sides = 'RowExpr' in left ? (left.RowExpr.args ?? []) : [left]
  return sides.flatMap((side, position) => {
    const fields = columnFields(side)
    const own = fields && resolveColumn(fields, items)
    const outer: ScopedColumn | undefined = own
      ? { ...own, items }
      : fields && resolveEnclosing(fields, scope.enclosing)
    return outer === undefined || !isDeterministic(outer.items, outer) ? [] : [{ outer, position }]
  })
}

/** Equal values of the column are one value, as far as its collation goes. */
export function isDeterministic(items: readonly FromItem[], column: ItemColumn): boolean {
  const item = items[column.item]
  if (item?.kind !== 'table') return true
  const source = item.sourceColumns[item.columns.indexOf(column.column)]
  return !item.relation.columns.some((facts) => facts.name === source && facts.nondeterministic)
}
