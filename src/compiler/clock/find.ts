import type { SelectBlock } from '../ir/types.js'
import { kindOf, type Node } from '../parse/ast.js'
import { clockRead } from './reading.js'

/** Each reading of the clock, as the nodes around it from the outermost, and itself the last. */
export type Reading = readonly [...Node[], Node]

/** All in a piece of text, whatever stands in it. */
export function readingsIn(tree: unknown): Reading[] {
  return collect(tree, [], () => false)
}

/** Those in a block's own text: not in the queries within it, each of which is a block. */
export function ownReadings({ ast }: Pick<SelectBlock, 'ast'>): Reading[] {
  const { targetList, fromClause, whereClause, groupClause, havingClause, windowClause } = ast
  const { sortClause, distinctClause, limitCount, limitOffset } = ast
  const parts = [targetList, fromClause, whereClause, groupClause, havingClause, windowClause]
  return readingsOutsideQueries([...parts, sortClause, distinctClause, limitCount, limitOffset])
}

export function readingsOutsideQueries(tree: unknown): Reading[] {
  return collect(tree, [], (kind) => kind === 'RangeSubselect' || kind === 'SelectStmt')
}

function collect(tree: unknown, above: readonly Node[], leaveOut: (kind: string) => boolean): Reading[] {
  if (typeof tree !== 'object' || tree === null) return []
  if (Array.isArray(tree)) return tree.flatMap((item) => collect(item, above, leaveOut))
  const kind = kindOf(tree)
  if (kind !== undefined && leaveOut(kind)) return []
  const here = kind === undefined ? above : [...above, tree as Node]
  if (clockRead(tree) !== undefined) return [[...above, tree as Node]]
  return Object.values(tree).flatMap((value) => collect(value, here, leaveOut))
}
