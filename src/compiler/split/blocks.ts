import type { SelectStmt } from '@pgsql/types'
import { buildQuery } from '../ir/build.js'
import { type Block, outputNames } from '../ir/types.js'
import { columnOf } from '../parse/ast.js'
import { addNode, type Draft, nodeSchema, withQuery } from './draft.js'
import { isAboutAsLarge } from './size.js'
import { standalone } from './standalone.js'
import { isOwn, isPlain, queriesIn, relation, replaceQueries, target } from './tree.js'

/**
 * Makes nodes of the nested queries in FROM, and of those that UNION puts together, that group, window or leave out rows. A WITH query that is read twice is one
 * node. Where the whole can be cut into slices anyway, only those are that have far fewer rows than their tables.
 */
export function splitBlocks(draft: Draft): Draft {
  const root = buildQuery(draft.facts)
  const present = queriesIn(root.ast)
  const replaced = new Map<SelectStmt, SelectStmt>()
  let current = draft
  const visit = (block: Block): void => {
    if (block.kind === 'set') {
      for (const arm of block.arms) {
        if (arm.kind === 'select' && arm.ast.withClause === undefined) visitQuery(arm)
        else visit(arm)
      }
    }
    if (block.kind !== 'select') return
    for (const item of block.items) {
      if (item.kind === 'block' && isOwn(item) && present.has(item.block.ast)) visitQuery(item.block)
    }
  }
  const visitQuery = (block: Block): void => {
    if (replaced.has(block.ast)) return
    const ast = isWorthANode(block, draft) ? standalone(block) : undefined
    const added = ast && addNode(current, ast)
    if (added === undefined) {
      visit(block)
      return
    }
    current = added.draft
    replaced.set(block.ast, readNode(added.node.name, outputNames(block)))
  }
  visit(root)
  return replaced.size === 0 ? draft : withQuery(current, replaceQueries(root.ast, replaced))
}

function readNode(name: string, columns: readonly string[]): SelectStmt {
  const targetList = columns.map((column) => target(columnOf(name, column), column))
  return { targetList, fromClause: [relation(nodeSchema, name, name)], limitOption: 'LIMIT_OPTION_DEFAULT' }
}

function isWorthANode(block: Block, { asIs }: Draft): boolean {
  if (block.kind === 'opaque') return false
  if (block.kind === 'set') return !block.all && !block.limited
  return !isPlain(block) && (asIs < 2 || !isAboutAsLarge(block))
}
