import type { SelectStmt } from '@pgsql/types'
import { isNullable } from '../analyze/nullable.js'
import { type Aggregate, ignoresRepeats, readAggregate } from '../delta/aggregates.js'
import { buildQuery } from '../ir/build.js'
import type { SelectBlock } from '../ir/types.js'
import { columnOf, fingerprint, type Node, readsColumns } from '../parse/ast.js'
import { expressionOf, toSql } from '../parse/parse.js'
import { type Draft, withQuery } from './draft.js'
import { aggregateCalls, partsOfGroups, Replacements } from './groups.js'
import { defined } from './having.js'
import { NodeColumns } from './nodeColumns.js'
import { sumType } from './numberType.js'
import { readsWholeRows } from './rows.js'
import { freshName } from './tree.js'

/** An aggregate over one of each value of `value`, and the same one over all rows where each value is there once. */
interface Repeated {
  readonly call: Node
  readonly value: Node
  readonly once: (value: Node) => Node
}

/**
 * A grouped query with `count(DISTINCT x)` as one over groups by x as well, which can be kept by counting their rows.
 * Undefined where there is none, or where what else is aggregated cannot be told from such groups.
 */
export function distinctInside(draft: Draft): Draft | undefined {
  const root = buildQuery(draft.facts)
  if (root.kind !== 'select' || root.group === undefined || root.groupingSets || readsWholeRows(root.ast))
    return undefined
  if (root.partitions.length > 0 || root.distinct !== 'no') return undefined
  if (!root.group.every(({ ast }) => readsColumns(ast))) return undefined
  const calls = aggregateCalls(partsOfGroups(root), draft.facts)
  const repeated = calls.flatMap((call) => readRepeated(call) ?? [])
  const values = new Map(repeated.map(({ value }) => [fingerprint(value), value]))
  if ([...values.values()].some((value) => !readsColumns(value))) return undefined
  const others = calls.filter((call) => !repeated.some((one) => one.call === call))
  const ast =
    values.size === 1
      ? overValues(root, repeated, others)
      : values.size > 1
        ? sideBySide(root, calls, repeated)
        : undefined
  return ast && withQuery(draft, ast)
}

function readRepeated(node: Node): Repeated | undefined {
  if (!('FuncCall' in node) || !node.FuncCall.agg_distinct || (node.FuncCall.agg_order ?? []).length > 0)
    return undefined
  const { agg_distinct: _, agg_filter: filter, ...rest } = node.FuncCall
  const aggregate = readAggregate({ FuncCall: rest })
  if (aggregate?.argument === undefined || ignoresRepeats(aggregate.kind)) return undefined
  const { argument } = aggregate
  const value: Node =
    filter === undefined ? argument : { CaseExpr: { args: [{ CaseWhen: { expr: filter, result: argument } }] } }
  return { call: node, value, once: (column) => ({ FuncCall: { ...rest, args: [column] } }) }
}

/** The groups of a query, in FROM under another name, and what stands for each of its expressions above them. */
function overValues(
  block: SelectBlock,
  repeated: readonly Repeated[],
  others: readonly Node[],
): SelectStmt | undefined {
  const alias = freshName(block.ast, 'each')
  const columns = new NodeColumns(block)
  const replacements = new Replacements()
  const groups = (block.group ?? []).map(({ ast }) => {
    const reference = columnOf(alias, columns.add(ast, 'g'))
    replacements.set(ast, reference)
    return reference
  })
  for (const { call, value, once } of repeated) replacements.set(call, once(columnOf(alias, columns.add(value, 'x'))))
  const grouped = columns.asts
  for (const call of others) {
    const aggregate = readAggregate(call)
    const column = (ast: Node): string => toSql(columnOf(alias, columns.add(ast, 'a')))
    const above = aggregate && ofParts(aggregate, block, column)
    if (above === undefined) return undefined
    replacements.set(call, above)
  }
  const written = replacements.apply(partsOfGroups(block), block)
  if (written === undefined) return undefined
  const { fromClause: _, whereClause: __, groupClause: ___, havingClause: ____, ...rest } = block.ast
  return {
    ...rest,
    ...defined(written),
    ...(groups.length > 0 && { groupClause: groups }),
    fromClause: [subselect(groupedBy(block, columns.targets, grouped), alias)],
  }
}

/** An aggregate of all rows, from what it is of some of them each. */
function ofParts(aggregate: Aggregate, { items }: SelectBlock, column: (ast: Node) => string): Node | undefined {
  const { kind, call, argument, filter } = aggregate
  const part = (name: string): string => column(partCall(name, argument, filter))
  switch (kind) {
    case 'count':
      return expressionOf(`coalesce(sum(${column(call)}), 0)::bigint`)
    case 'min':
    case 'max':
    case 'bool_and':
    case 'bool_or':
      return expressionOf(`${kind}(${part(kind)})`)
    case 'sum':
    case 'avg': {
      const type = argument && sumType(argument, items)
      if (type === undefined) return undefined
      if (kind === 'sum') return expressionOf(`sum(${part('sum')})::${type}`)
      return expressionOf(`(sum(${part('sum')}) / nullif(sum(${part('count')}), 0))`)
    }
    default:
      return undefined
  }
}

function partCall(name: string, argument: Node | undefined, filter: Node | undefined): Node {
  return {
    FuncCall: {
      funcname: [{ String: { sval: name } }],
      args: argument === undefined ? [] : [argument],
      ...(filter === undefined ? {} : { agg_filter: filter }),
      funcformat: 'COERCE_EXPLICIT_CALL',
    },
  }
}

/**
 * Several different values, each counted by itself, and the groups put together again: by their keys, of which none may be
 * NULL; those of a query without GROUP BY are one row each.
 */
function sideBySide(block: SelectBlock, calls: readonly Node[], repeated: readonly Repeated[]): SelectStmt | undefined {
  const keys = block.group ?? []
  if (!keys.every(({ ast }) => isNeverNull(block, ast))) return undefined
  const replacements = new Replacements()
  const byValue = new Map<string, Node[]>([['', []]])
  for (const call of calls) {
    const value = repeated.find((one) => one.call === call)?.value
    const place = value === undefined ? '' : fingerprint(value)
    byValue.set(place, [...(byValue.get(place) ?? []), call])
  }
  const fromClause: Node[] = []
  const conditions: Node[] = []
  const first: Node[] = []
  for (const [place, own] of byValue) {
    if (place === '' && own.length === 0) continue
    const alias = freshName([block.ast, fromClause], 'counted')
    const columns = new NodeColumns(block)
    for (const [index, { ast }] of keys.entries()) {
      const reference = columnOf(alias, columns.add(ast, 'g'))
      const known = first[index]
      if (known === undefined) {
        first.push(reference)
        replacements.set(ast, reference)
      } else {
        const name = [{ String: { sval: '=' } }]
        conditions.push({ A_Expr: { kind: 'AEXPR_OP', name, lexpr: known, rexpr: reference } })
      }
    }
    for (const call of own) replacements.set(call, columnOf(alias, columns.add(call, 'a')))
    fromClause.push(
      subselect(
        groupedBy(
          block,
          columns.targets,
          keys.map(({ ast }) => ast),
        ),
        alias,
      ),
    )
  }
  const written = replacements.apply(partsOfGroups(block), block)
  if (written === undefined) return undefined
  const { whereClause: _, groupClause: __, havingClause: ___, ...rest } = block.ast
  const { havingClause, ...others } = written
  const all = havingClause === undefined ? conditions : [...conditions, havingClause]
  return {
    ...rest,
    ...defined(others),
    fromClause,
    ...(all.length > 0 && { whereClause: { BoolExpr: { boolop: 'AND_EXPR', args: all } } }),
  }
}

function isNeverNull(block: SelectBlock, ast: Node): boolean {
  const shown = block.outputs.find(({ expression }) => fingerprint(expression.ast) === fingerprint(ast))
  return shown !== undefined && !isNullable(block, shown.name)
}

function groupedBy({ ast }: SelectBlock, targetList: Node[], groups: readonly Node[]): SelectStmt {
  return {
    targetList,
    ...(groups.length > 0 && { groupClause: [...groups] }),
    ...(ast.fromClause && { fromClause: ast.fromClause }),
    ...(ast.whereClause && { whereClause: ast.whereClause }),
    limitOption: 'LIMIT_OPTION_DEFAULT',
  }
}

function subselect(query: SelectStmt, aliasname: string): Node {
  return { RangeSubselect: { subquery: { SelectStmt: query }, alias: { aliasname } } }
}
