import type { SelectStmt } from '@pgsql/types'
import { isAggregate } from '../delta/shape.js'
import type { QueryFacts } from '../facts.js'
import { buildQuery } from '../ir/build.js'
import type { Block, SelectBlock } from '../ir/types.js'
import { keepQuery } from '../keep/keep.js'
import { columnOf, type Node, readsColumns, rewrite } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'
import { type Draft, factsOfPiece, withQuery } from './draft.js'
import { aggregateCalls, partsOfGroups, Replacements } from './groups.js'
import { NodeColumns } from './nodeColumns.js'
import { scalarsIn } from './scalars.js'
import { standalone } from './standalone.js'
import { freshName, isOwn, queriesIn, replaceQueries } from './tree.js'

/**
 * Puts groups into a nested query of their own, and what is asked of them in HAVING into a WHERE over it: where they are
 * compared with a subquery that is the same for all of them, or a window looks at all of them, each can be maintained by
 * itself then; and of nested groups that are kept by adding what changed, all are kept anyway.
 */
export function groupsInside(draft: Draft): Draft {
  const root = buildQuery(draft.facts)
  const present = queriesIn(root.ast)
  const replaced = new Map<SelectStmt, SelectStmt>()
  const replace = (block: SelectBlock): void => {
    const ast = overGroups(block, root.ast, draft.facts)
    if (ast !== undefined) replaced.set(block.ast, ast)
  }
  const visit = (block: Block): void => {
    if (block.kind === 'set') for (const arm of block.arms) visit(arm)
    if (block.kind !== 'select') return
    for (const item of block.items) {
      if (item.kind !== 'block' || !isOwn(item) || !present.has(item.block.ast)) continue
      if (item.block.kind === 'select' && keepsAllGroups(item.block, draft)) replace(item.block)
      else visit(item.block)
    }
  }
  if (root.kind === 'select' && (comparesGroups(root, draft.facts) || looksAtAllGroups(root, draft))) replace(root)
  else visit(root)
  return replaced.size === 0 ? draft : withQuery(draft, replaceQueries(root.ast, replaced))
}

/** What an aggregate compares with a subquery, in its FILTER say, it asks of rows, not of groups. */
function comparesGroups(block: SelectBlock, facts: QueryFacts): boolean {
  const asked = rewrite([block.ast.targetList, block.ast.havingClause], (value) => {
    if ('SubLink' in value) return value
    return isAggregate(value as Node, facts) ? { A_Const: { isnull: true } } : undefined
  })
  return scalarsIn(block, asked).length > 0
}

/** A window or a limit over all groups, which are few, is computed again of those that are kept. */
function looksAtAllGroups(block: SelectBlock, { asIs, hidden }: Draft): boolean {
  return asIs === 0 && (block.partitions.length > 0 || (hidden && block.limited))
}

function keepsAllGroups(block: SelectBlock, { facts }: Draft): boolean {
  const ast = block.ast.havingClause === undefined || block.limited ? undefined : standalone(block)
  return (
    ast !== undefined && keepQuery(factsOfPiece(facts, toSql(ast)), { delta: true, reading: false })?.delta === true
  )
}

/** A grouped query as one over its groups; `tree` is the whole that it stands in. */
function overGroups(block: SelectBlock, tree: SelectStmt, facts: QueryFacts): SelectStmt | undefined {
  const { group } = block
  if (group === undefined || block.groupingSets || !group.every(({ ast }) => readsColumns(ast))) return undefined
  const parts = partsOfGroups(block)
  const alias = freshName(tree, 'grouped')
  const columns = new NodeColumns(block)
  const replacements = new Replacements()
  const expressions = [...group.map(({ ast }) => ast), ...aggregateCalls(parts, facts)]
  for (const expression of expressions) replacements.set(expression, columnOf(alias, columns.add(expression, 'a')))
  const written = replacements.apply(parts, block)
  if (written === undefined) return undefined
  const { fromClause, whereClause, groupClause: _, havingClause: __, ...rest } = block.ast
  const groups: SelectStmt = {
    targetList: columns.targets,
    ...(group.length > 0 && { groupClause: group.map(({ ast }) => ast) }),
    limitOption: 'LIMIT_OPTION_DEFAULT',
    ...(fromClause && { fromClause }),
    ...(whereClause && { whereClause }),
  }
  const { havingClause, ...others } = written
  return {
    ...rest,
    ...defined(others),
    fromClause: [{ RangeSubselect: { subquery: { SelectStmt: groups }, alias: { aliasname: alias } } }],
    ...(havingClause && { whereClause: havingClause }),
  }
}

/** Without the parts that the query does not have. */
export function defined<T extends object>(parts: T): Partial<T> {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Partial<T>
}
