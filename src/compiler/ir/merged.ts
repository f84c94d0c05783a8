import type { JoinExpr, SelectStmt } from '@pgsql/types'
import { columnOf, type Node, names, rewrite, walk } from '../parse/ast.js'

/**
 * A query in which the columns that `FULL JOIN … USING` puts together are written as what they are: `coalesce(l.k, r.k)`.
 * They have no table's name before them, and belong to both.
 */
export function withMergedColumns<T extends object>(tree: T): T {
  return rewrite(tree, (value) => {
    const { fromClause } = value as SelectStmt
    if (!Array.isArray(fromClause)) return undefined
    const merged = mergedColumns(fromClause)
    return merged.size === 0 ? undefined : replaced(value as SelectStmt, merged)
  })
}

function mergedColumns(fromClause: readonly Node[]): Map<string, Node> {
  const found = new Map<string, Node>()
  walk(fromClause, (kind, body) => {
    if (kind === 'RangeSubselect' || kind === 'SubLink') return false
    const { jointype, usingClause, larg, rarg } = body as JoinExpr
    if (kind !== 'JoinExpr' || jointype !== 'JOIN_FULL') return undefined
    const [left, right] = [aliasOf(larg), aliasOf(rarg)]
    for (const column of names(usingClause)) {
      // Of a join of more than two, which column it is depends on what has been put together before.
      if (left === undefined || right === undefined || found.has(column)) found.delete(column)
      else found.set(column, { CoalesceExpr: { args: [columnOf(left, column), columnOf(right, column)] } })
    }
    return undefined
  })
  return found
}

function aliasOf(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined
  if ('RangeVar' in node) return node.RangeVar.alias?.aliasname ?? node.RangeVar.relname
  return 'RangeSubselect' in node ? node.RangeSubselect.alias?.aliasname : undefined
}

function replaced(ast: SelectStmt, merged: ReadonlyMap<string, Node>): SelectStmt {
  const meaning = (node: object): Node | undefined => {
    const fields = 'ColumnRef' in node ? (node.ColumnRef as { fields?: readonly Node[] }).fields : undefined
    return fields?.length === 1 ? merged.get(names(fields)[0] ?? '') : undefined
  }
  return rewrite({ ...ast }, (value) => {
    // Another query has names of its own.
    if ('RangeSubselect' in value || 'SubLink' in value || 'CommonTableExpr' in value) {
      const [kind, body] = Object.entries(value)[0] ?? []
      return kind === undefined ? undefined : { [kind]: withMergedColumns(body as object) }
    }
    if ('ResTarget' in value) {
      const { name, val } = value.ResTarget as { name?: string; val?: Node }
      const own = val && meaning(val)
      const shown = val !== undefined && 'ColumnRef' in val ? names(val.ColumnRef.fields).at(-1) : undefined
      return own && { ResTarget: { name: name ?? shown, val: own } }
    }
    return meaning(value)
  })
}
