import type { SelectStmt } from '@pgsql/types'
import { mayFail } from '../analyze/mayFail.js'
import { buildQuery } from '../ir/build.js'
import type { Block, SelectBlock, Subquery } from '../ir/types.js'
import { columnOf, type Node, rewrite, walk } from '../parse/ast.js'
import { addNode, type Draft, nodeSchema, withQuery } from './draft.js'
import { standalone } from './standalone.js'
import { freshName, isOwn, queriesIn, relation, target } from './tree.js'

/**
 * Makes a node of one row of each scalar subquery that is an aggregate over all its rows and the same for every row
 * around it. It stands in FROM then, so that what is compared with it can be told from its changes.
 */
export function splitScalars(draft: Draft): Draft {
  const root = buildQuery(draft.facts)
  const present = queriesIn(root.ast)
  const references = new Map<SelectStmt, Node>()
  const joined = new Map<SelectStmt, Node[]>()
  let current = draft
  const aliases: string[] = []
  const column = freshName(root.ast, 'value')
  const take = (block: SelectBlock, { block: scalar }: Subquery): void => {
    // The query may never come to compute it.
    if (scalar.kind !== 'select' || mayFail(scalar.ast, scalar.items)) return
    const ast = standalone(scalar)
    const [only] = ast?.targetList ?? []
    if (ast === undefined || only === undefined || !('ResTarget' in only) || only.ResTarget.val === undefined) return
    const added = addNode(current, { ...ast, targetList: [target(only.ResTarget.val, column)] })
    if (added === undefined) return
    const alias = freshName([root.ast, aliases], 'scalar')
    current = added.draft
    references.set(scalar.ast, columnOf(alias, column))
    joined.set(block.ast, [...(joined.get(block.ast) ?? []), relation(nodeSchema, added.node.name, alias)])
    aliases.push(alias)
  }
  for (const block of blocksOf(root)) {
    if (!present.has(block.ast)) continue
    for (const scalar of scalarsOf(block)) if (!references.has(scalar.block.ast)) take(block, scalar)
  }
  return references.size === 0 ? draft : withQuery(current, replaced(root.ast, references, joined))
}

/** The queries of FROM, the outermost first, that read nothing of the rows around them. */
function blocksOf(block: Block): SelectBlock[] {
  if (block.kind === 'opaque') return []
  if (block.kind === 'set') return block.arms.flatMap(blocksOf)
  const nested = block.items.flatMap((item) => (item.kind === 'block' && isOwn(item) ? blocksOf(item.block) : []))
  return [block, ...nested]
}

/** Those of WHERE, and of what is returned where that is not grouped. */
function scalarsOf(block: SelectBlock): Subquery[] {
  const { whereClause, targetList } = block.ast
  return scalarsIn(block, block.group === undefined ? [whereClause, targetList] : [whereClause])
}

/** The scalar subqueries of this text that always return one row, the same for every row of the block. */
export function scalarsIn(block: SelectBlock, tree: unknown): Subquery[] {
  const found: Subquery[] = []
  walk(tree, (kind, body) => {
    if (kind !== 'SubLink') return undefined
    const query = body.subselect as Node | undefined
    const ast = query !== undefined && 'SelectStmt' in query ? query.SelectStmt : undefined
    const subquery = block.subqueries.find((candidate) => candidate.block.ast === ast)
    const scalar = body.subLinkType === 'EXPR_SUBLINK' && subquery !== undefined
    if (scalar && !subquery.correlated && isOneRow(subquery.block)) found.push(subquery)
    return false
  })
  return found
}

function isOneRow(block: Block): boolean {
  return (
    block.kind === 'select' &&
    block.group?.length === 0 &&
    block.ast.havingClause === undefined &&
    !block.groupingSets &&
    !block.limited &&
    block.distinct === 'no' &&
    block.partitions.length === 0 &&
    block.outputs.length === 1 &&
    block.outputs.every(({ expression }) => !expression.setReturning)
  )
}

function replaced(
  ast: SelectStmt,
  references: ReadonlyMap<SelectStmt, Node>,
  joined: ReadonlyMap<SelectStmt, readonly Node[]>,
): SelectStmt {
  const replace = (value: object): object | undefined => {
    if ('SubLink' in value) {
      const { subselect } = value.SubLink as { subselect?: Node }
      const query = subselect !== undefined && 'SelectStmt' in subselect ? subselect.SelectStmt : undefined
      return query && references.get(query)
    }
    const added = joined.get(value as SelectStmt)
    if (added === undefined) return undefined
    // Its own parts are looked through, and not itself again.
    const { fromClause = [], ...rest } = value as SelectStmt
    return { ...rewrite(rest, replace), fromClause: [...rewrite(fromClause, replace), ...added] }
  }
  return rewrite(ast, replace)
}
