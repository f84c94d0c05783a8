import type { SelectStmt } from '@pgsql/types'
import { buildQuery } from '../ir/build.js'
import { readsColumns } from '../parse/ast.js'
import { type Draft, withQuery } from './draft.js'
import { aggregateCalls, partsOfGroups, Replacements } from './groups.js'
import { NodeColumns } from './nodeColumns.js'
import { scalarsIn } from './scalars.js'
import { columnOf, freshName } from './tree.js'

/**
 * Where groups are compared with a subquery that is the same for all of them, as in HAVING: the groups become a nested
 * query, and the comparison a WHERE over it. Each can be maintained by itself then.
 */
export function groupsInside(draft: Draft): Draft {
  const root = buildQuery(draft.facts)
  if (root.kind !== 'select' || root.group === undefined || root.groupingSets) return draft
  if (!root.group.every(({ ast }) => readsColumns(ast))) return draft
  const parts = partsOfGroups(root)
  if (scalarsIn(root, [parts.targetList, parts.havingClause]).length === 0) return draft
  const alias = freshName(root.ast, 'grouped')
  const columns = new NodeColumns(root)
  const replacements = new Replacements()
  const expressions = [...root.group.map(({ ast }) => ast), ...aggregateCalls(parts, draft.facts)]
  for (const expression of expressions) replacements.set(expression, columnOf(alias, columns.add(expression, 'a')))
  const written = replacements.apply(parts, root)
  if (written === undefined) return draft
  const { fromClause, whereClause, withClause, groupClause: _, ...rest } = root.ast
  const groups: SelectStmt = {
    targetList: columns.targets,
    ...(root.group.length > 0 && { groupClause: root.group.map(({ ast }) => ast) }),
    limitOption: 'LIMIT_OPTION_DEFAULT',
    ...(fromClause && { fromClause }),
    ...(whereClause && { whereClause }),
  }
  const { havingClause, ...others } = written
  const { havingClause: __, ...plain } = rest
  const ast: SelectStmt = {
    ...plain,
    ...defined(others),
    ...(withClause && { withClause }),
    fromClause: [{ RangeSubselect: { subquery: { SelectStmt: groups }, alias: { aliasname: alias } } }],
    ...(havingClause && { whereClause: havingClause }),
  }
  return withQuery(draft, ast)
}

/** Without the parts that the query does not have. */
export function defined<T extends object>(parts: T): Partial<T> {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Partial<T>
}
