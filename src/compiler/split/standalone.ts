import type { SelectStmt } from '@pgsql/types'
import { distinctAsGroups } from '../delta/distinct.js'
import { type Block, outputNames } from '../ir/types.js'
import { type Node, walk } from '../parse/ast.js'

/**
 * A nested query by itself, with the WITH queries that it reads, each of its columns under its own name. Undefined where
 * two of those have one name, and so need a level each.
 */
export function standalone(block: Block): SelectStmt | undefined {
  const own = block.ast.withClause?.ctes ?? []
  const around = block.scope.filter((node) => !own.includes(node))
  const all = [...around, ...own]
  if (new Set(all.map(cteName)).size < all.length) return undefined
  const { withClause: _, ...rest } = block.ast
  const named: SelectStmt = { ...rest, ...namedTargets(block) }
  return withReadCtes(block.kind === 'select' ? distinctAsGroups(block, named) : named, all)
}

/** The same query with those of the WITH queries that it reads, directly or through each other, and no others. */
export function withReadCtes(ast: SelectStmt, ctes: readonly Node[]): SelectStmt {
  const read = new Set<string>()
  note(ast, read)
  const needed: Node[] = []
  for (const cte of [...ctes].reverse()) {
    if (!read.has(cteName(cte))) continue
    note(cte, read)
    needed.unshift(cte)
  }
  return needed.length === 0 ? ast : { ...ast, withClause: { ctes: needed } }
}

function note(tree: unknown, read: Set<string>): void {
  walk(tree, (kind, body) => {
    if (kind === 'RangeVar' && body.schemaname === undefined) read.add(String(body.relname))
    return undefined
  })
}

function cteName(node: Node): string {
  return 'CommonTableExpr' in node ? (node.CommonTableExpr.ctename ?? '') : ''
}

/** The columns that a query returns, each under its name, so that it keeps it whatever its expression becomes. */
export function namedTargets(block: Block): Partial<SelectStmt> {
  if (block.kind === 'set' && block.ast.larg !== undefined) {
    return { larg: { ...block.ast.larg, ...namedTargets(block.arms[0]) } }
  }
  if (block.kind !== 'select') return {}
  const names = outputNames(block)
  const targetList = (block.ast.targetList ?? []).map((target, index): Node => {
    const name = names[index]
    return 'ResTarget' in target && name !== undefined ? { ResTarget: { ...target.ResTarget, name } } : target
  })
  return { targetList }
}
