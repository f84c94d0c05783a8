import { conjuncts } from '../ir/expression.js'
import { type Block, type SelectBlock, type Subquery, storedName } from '../ir/types.js'
import { columnOf, type Node, walk } from '../parse/ast.js'
import { coveredByIndex } from '../plan/branches.js'

/**
 * `x NOT IN (SELECT y …)` for one `x` at a time: written as it stands, PostgreSQL reads all of the subquery's rows for it. In
 * its place, by the node that it is: no row with that `y`, which an index finds; and what NULL makes of it on either side.
 * Only where rows for which it is NULL go as if it were false.
 */
export function notInLookups(root: Block): ReadonlyMap<object, Node> {
  const found = new Map<object, Node>()
  collect(root, found)
  return found
}

function collect(block: Block, found: Map<object, Node>): void {
  if (block.kind === 'opaque') return
  if (block.kind === 'set') {
    for (const arm of block.arms) collect(arm, found)
    return
  }
  for (const condition of conjuncts(block.ast.whereClause)) {
    const lookup = lookupOf(block, condition)
    if (lookup !== undefined) found.set(condition, lookup)
  }
  for (const item of block.items) if (item.kind === 'block') collect(item.block, found)
}

function lookupOf(block: SelectBlock, condition: Node): Node | undefined {
  const link = notIn(condition)
  const subquery = block.subqueries.find(({ ast }) => ast === link)
  const outer = subquery && comparedColumn(block, subquery)
  if (subquery === undefined || outer === undefined) return undefined
  const inner = lookedUpColumn(subquery)
  if (inner === undefined || subquery.block.kind !== 'select' || aliasesIn(link).has(outer.alias)) return undefined
  const { ast } = subquery.block
  const none = (...asked: readonly Node[]): Node => {
    const args = [...(ast.whereClause === undefined ? [] : [ast.whereClause]), ...asked]
    const whereClause = args.length === 1 ? args[0] : every(args)
    const subselect: Node = { SelectStmt: { ...ast, ...(args.length > 0 && whereClause && { whereClause }) } }
    return { BoolExpr: { boolop: 'NOT_EXPR', args: [{ SubLink: { subLinkType: 'EXISTS_SUBLINK', subselect } }] } }
  }
  const [x, y] = [columnOf(outer.alias, outer.column), inner]
  const equal: Node = { A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: '=' } }], lexpr: y, rexpr: x } }
  const told = every([isNull(x, false), none(equal), none(isNull(y, true))])
  return { BoolExpr: { boolop: 'OR_EXPR', args: [told, none()] } }
}

/** The subquery of `NOT (x IN (…))` or `x <> ALL (…)`. */
function notIn(condition: Node): Subquery['ast'] | undefined {
  if ('SubLink' in condition) {
    return condition.SubLink.subLinkType === 'ALL_SUBLINK' ? condition.SubLink : undefined
  }
  if (!('BoolExpr' in condition) || condition.BoolExpr.boolop !== 'NOT_EXPR') return undefined
  const [only] = condition.BoolExpr.args ?? []
  if (only === undefined || !('SubLink' in only)) return undefined
  return only.SubLink.subLinkType === 'ANY_SUBLINK' ? only.SubLink : undefined
}

/** The one column of the block itself that is compared, as it can be named in the subquery. */
function comparedColumn(block: SelectBlock, subquery: Subquery): { alias: string; column: string } | undefined {
  const [only, ...more] = subquery.compared
  const { testexpr } = subquery.ast
  if (only === undefined || more.length > 0 || testexpr === undefined || !('ColumnRef' in testexpr)) return undefined
  const { items, item, column } = only.outer
  const facts = block.items[item]
  if (items !== block.items || facts?.kind !== 'table' || facts.nullableBy.length > 0) return undefined
  return facts.alias === '' ? undefined : { alias: facts.alias, column }
}

/** The column that the subquery returns, where it is one of a table that an index finds rows by, and each row is its own. */
function lookedUpColumn({ block }: Subquery): Node | undefined {
  if (block.kind !== 'select' || block.group !== undefined || block.groupingSets || block.limited) return undefined
  if (block.distinct !== 'no' || block.partitions.length > 0) return undefined
  const [output, ...more] = block.outputs
  const column = output?.expression.columns[0]
  const item = column && block.items[column.item]
  if (output === undefined || more.length > 0 || item?.kind !== 'table' || !('ColumnRef' in output.expression.ast)) {
    return undefined
  }
  const indexed = coveredByIndex(item.relation, [storedName(item, column?.column ?? '')])
  return indexed.length > 0 ? output.expression.ast : undefined
}

/** Every name that could stand for another table within it. */
function aliasesIn(tree: unknown): ReadonlySet<string> {
  const found = new Set<string>()
  walk(tree, (_, body) => {
    const { alias, relname, ctename } = body as { alias?: { aliasname?: string }; relname?: string; ctename?: string }
    for (const name of [alias?.aliasname, relname, ctename]) if (name !== undefined) found.add(name)
    return undefined
  })
  return found
}

function every(args: Node[]): Node {
  return { BoolExpr: { boolop: 'AND_EXPR', args } }
}

function isNull(arg: Node, yes: boolean): Node {
  return { NullTest: { arg, nulltesttype: yes ? 'IS_NULL' : 'IS_NOT_NULL' } }
}
