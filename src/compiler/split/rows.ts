import type { SelectStmt } from '@pgsql/types'
import { EqualityClasses } from '../analyze/equalityClasses.js'
import { type Aggregate, collectAggregates } from '../delta/aggregates.js'
import { isAggregate } from '../delta/shape.js'
import { buildQuery } from '../ir/build.js'
import { readExpression } from '../ir/expression.js'
import type { Block, ItemColumn, SelectBlock } from '../ir/types.js'
import { columnOf, type Node, readsColumns, walk } from '../parse/ast.js'
import { addNode, type Draft, nodeSchema, withQuery } from './draft.js'
import { Exposed } from './exposed.js'
import { aggregateCalls, partsOfGroups, Replacements } from './groups.js'
import { defined } from './having.js'
import { NodeColumns } from './nodeColumns.js'
import { withReadCtes } from './standalone.js'
import { freshName, queriesIn, relation } from './tree.js'

/**
 * Makes a node of the rows that an aggregate query aggregates, where these are no mere join of tables: they are kept by
 * slices, and the groups by adding what changed of them. Undefined where that is not possible; and, where the whole can
 * be cut into slices anyway, where no condition leaves any of its tables' rows out.
 */
export function splitRows(draft: Draft): Draft | undefined {
  const root = buildQuery(draft.facts)
  if (root.kind !== 'select' || root.group === undefined || root.groupingSets) return undefined
  if (root.partitions.length > 0 || root.distinct !== 'no' || readsWholeRows(root.ast)) return undefined
  if (draft.asIs >= 2 && !leavesOutRows({ ...root, group: undefined })) return undefined
  const parts = partsOfGroups(root)
  const calls = aggregateCalls(parts, draft.facts)
  if (!root.group.every(({ ast }) => readsColumns(ast))) return undefined
  const aggregates = collectAggregates(calls, (node) => isAggregate(node, draft.facts))
  if (aggregates === undefined || calls.some(isOrdered)) return undefined
  const exposed = new Exposed(root.ast, queriesIn(root.ast))
  const keys = exposed.keys(root)
  if (keys === undefined) return undefined
  const columns = new NodeColumns(root)
  const alias = freshName(root.ast, 'joined')
  const replacements = new Replacements()
  const groups = root.group.map(({ ast }) => {
    const reference = columnOf(alias, columns.add(ast, 'g'))
    replacements.set(ast, reference)
    return reference
  })
  for (const aggregate of aggregates) {
    replacements.set(
      aggregate.call,
      overColumns(aggregate, (ast) => columnOf(alias, columns.add(ast, 'x'))),
    )
  }
  if (columns.asts.some((ast) => isUnknown(root, ast, draft))) return undefined
  for (const column of distinctColumns(root, [...keys, ...exposed.links(root)])) {
    columns.add(columnOf(root.items[column.item]?.alias ?? '', column.column), 'k')
  }
  const written = replacements.apply(parts, root)
  const ast = exposed.written(rowsOf(root, columns))
  const added = written && addNode(draft, ast)
  if (written === undefined || added === undefined) return undefined
  const { fromClause, whereClause, withClause, ...rest } = root.ast
  return withQuery(added.draft, {
    ...rest,
    ...defined(written),
    ...(groups.length > 0 && { groupClause: groups }),
    fromClause: [relation(nodeSchema, added.node.name, alias)],
  })
}

/**
 * The aggregate over a column of what it aggregates. Its FILTER goes into that column: what it keeps away from the
 * argument, such as a division by zero, must not be computed for the node either.
 */
function overColumns({ call, argument, filter }: Aggregate, column: (ast: Node) => Node): Node {
  if (!('FuncCall' in call)) return call
  const { agg_filter: _, ...rest } = call.FuncCall
  if (argument === undefined) {
    return { FuncCall: filter === undefined ? rest : { ...rest, agg_filter: column(filter) } }
  }
  if (filter !== undefined) {
    const guarded: Node = { CaseExpr: { args: [{ CaseWhen: { expr: filter, result: argument } }] } }
    return { FuncCall: { ...rest, args: [column(guarded)] } }
  }
  return { FuncCall: { ...rest, args: [readsColumns(argument) ? column(argument) : argument] } }
}

function isOrdered(call: Node): boolean {
  return 'FuncCall' in call && (call.FuncCall.agg_order ?? []).length > 0
}

function rowsOf({ ast }: SelectBlock, columns: NodeColumns): SelectStmt {
  const { fromClause, whereClause, withClause } = ast
  const rows: SelectStmt = {
    targetList: columns.targets,
    ...(fromClause && { fromClause }),
    ...(whereClause && { whereClause }),
    limitOption: 'LIMIT_OPTION_DEFAULT',
  }
  return withReadCtes(rows, withClause?.ctes ?? [])
}

/** Of columns that are always equal, the first. */
function distinctColumns(block: SelectBlock, columns: readonly ItemColumn[]): ItemColumn[] {
  const always = new EqualityClasses(block.equalities.filter(({ within }) => within.length === 0))
  const seen = new Set<string>()
  return columns.filter((column) => {
    const same = [column, ...always.equals(column)].map((other) => `${other.item} ${other.column}`)
    const known = same.some((place) => seen.has(place))
    for (const place of same) seen.add(place)
    return !known
  })
}

function isUnknown(root: SelectBlock, ast: Node, { facts }: Draft): boolean {
  const { outer, aggregate, window, setReturning } = readExpression(ast, { items: root.items, facts })
  return outer || aggregate || window || setReturning
}

function leavesOutRows(block: Block): boolean {
  if (block.kind !== 'select' || block.group !== undefined) return false
  if (block.ast.whereClause !== undefined) return true
  return block.items.some((item) => item.kind === 'block' && leavesOutRows(item.block))
}

export function readsWholeRows(ast: SelectStmt): boolean {
  let found = false
  walk(ast, (kind) => {
    if (kind === 'A_Star') found = true
    return !found
  })
  return found
}
