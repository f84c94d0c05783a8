import type { Node } from '../parse/ast.js'
import { sameTree } from '../parse/ast.js'

/** What rows are grouped by whichever of the grouping sets they are grouped for; all of GROUP BY where there are none. */
export function groupedInEverySet(nodes: readonly Node[]): readonly Node[] {
  return nodes.flatMap((node) => inEverySet(node))
}

function inEverySet(node: Node): readonly Node[] {
  if ('RowExpr' in node && node.RowExpr.row_format === 'COERCE_IMPLICIT_CAST') return node.RowExpr.args ?? []
  if (!('GroupingSet' in node)) return [node]
  const { kind, content } = node.GroupingSet
  if (kind === 'GROUPING_SET_SIMPLE') return content ?? []
  // ROLLUP and CUBE have a set without any column.
  if (kind !== 'GROUPING_SET_SETS') return []
  const [first, ...others] = (content ?? []).map(inEverySet)
  return (first ?? []).filter((candidate) => others.every((set) => set.some((other) => sameTree(other, candidate))))
}
