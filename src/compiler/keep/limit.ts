import type { SelectStmt } from '@pgsql/types'
import { type Block, outputNames } from '../ir/types.js'
import { type Node, sameTree, walk } from '../parse/ast.js'
import { hiddenColumn } from './hidden.js'

/** One column of the order in which a limited view is read. */
export interface OrderColumn {
  readonly column: string
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** ORDER BY … LIMIT, left to the reading of the kept rows. */
export interface ReadingOrder {
  readonly order: readonly OrderColumn[]
  readonly count: Node | undefined
  readonly offset: Node | undefined
  readonly withTies: boolean
}

export interface WithoutLimit {
  readonly ast: SelectStmt
  readonly reading: ReadingOrder
}

/**
 * A query without its LIMIT, and what has to be done when it is read instead. What it sorts by is kept with each row:
 * where that is no output column, one that readers do not see is added. Undefined where the limit cannot be left to the
 * reader.
 */
export function withoutLimit(root: Block): WithoutLimit | undefined {
  if (root.kind === 'opaque' || !root.limited) return undefined
  const { limitCount, limitOffset, limitOption, sortClause, ...rest } = root.ast
  if (hasSubquery([limitCount, limitOffset])) return undefined
  const added: Node[] = []
  const order: OrderColumn[] = []
  for (const node of sortClause ?? []) {
    if (!('SortBy' in node) || node.SortBy.node === undefined || node.SortBy.sortby_dir === 'SORTBY_USING') {
      return undefined
    }
    const { node: expression, sortby_dir: direction, sortby_nulls: nulls } = node.SortBy
    let column = outputOf(root, expression)
    if (column === undefined) {
      if (root.kind === 'set' || root.distinct !== 'no') return undefined
      column = hiddenColumn(`sort_${added.length}`)
      added.push({ ResTarget: { name: column, val: expression } })
    }
    const descending = direction === 'SORTBY_DESC'
    order.push({ column, descending, nullsFirst: nullsFirst(nulls, descending) })
  }
  // Which row of several DISTINCT ON returns is told by the order.
  const sorted = root.kind === 'select' && typeof root.distinct !== 'string' ? { sortClause } : {}
  const targets = added.length === 0 ? {} : { targetList: [...(rest.targetList ?? []), ...added] }
  return {
    ast: { ...rest, ...sorted, ...targets, limitOption: 'LIMIT_OPTION_DEFAULT' } as SelectStmt,
    reading: { order, count: limitCount, offset: limitOffset, withTies: limitOption === 'LIMIT_OPTION_WITH_TIES' },
  }
}

function nullsFirst(nulls: string | undefined, descending: boolean): boolean {
  if (nulls === 'SORTBY_NULLS_FIRST') return true
  return nulls === 'SORTBY_NULLS_LAST' ? false : descending
}

function outputOf(root: Block, expression: Node): string | undefined {
  const names = outputNames(root)
  if ('A_Const' in expression && expression.A_Const.ival !== undefined) {
    return names[(expression.A_Const.ival.ival ?? 0) - 1]
  }
  if (root.kind === 'select') {
    return root.outputs.find((output) => sameTree(output.expression.ast, expression))?.name
  }
  const fields = 'ColumnRef' in expression ? (expression.ColumnRef.fields ?? []) : []
  const [only] = fields
  const name = fields.length === 1 && only !== undefined && 'String' in only ? only.String.sval : undefined
  return names.find((candidate) => candidate === name)
}

function hasSubquery(tree: unknown): boolean {
  let found = false
  walk(tree, (kind) => {
    if (kind === 'SubLink') found = true
    return undefined
  })
  return found
}
