import type { SelectStmt } from '@pgsql/types'
import { type QueryFacts, type RelationFacts, relationKey } from '../facts.js'
import { type Node, names, walk } from '../parse/ast.js'
import { parseSelect } from '../parse/parse.js'
import { constantRows, valuesColumns } from './constants.js'
import { conjuncts, namesColumnOf, readExpression } from './expression.js'
import { FromBuilder } from './from.js'
import { groupedInEverySet } from './groupingSets.js'
import { withMergedColumns } from './merged.js'
import { type BuildScope, type CteBinding, Unresolved } from './scope.js'
import { subqueriesIn } from './subqueries.js'
import type { Block, Expression, Output, SelectBlock } from './types.js'
import { windowCalls } from './windows.js'

/** What takes a query apart asks for its IR again and again. */
const built = new WeakMap<QueryFacts, Block>()

/** The IR of a canonical query. */
export function buildQuery(facts: QueryFacts): Block {
  const block = built.get(facts) ?? buildAnew(facts)
  built.set(facts, block)
  return block
}

function buildAnew(facts: QueryFacts): Block {
  return buildBlock(withMergedColumns(parseSelect(facts.canonical)), {
    facts,
    ctes: new Map(),
    with: [],
    expanding: [],
    enclosing: [],
    build: buildBlock,
  })
}

function buildBlock(ast: SelectStmt, outer: BuildScope): Block {
  let scope = outer
  try {
    scope = bindCtes(ast, outer)
    if (ast.op !== undefined && ast.op !== 'SETOP_NONE') return buildSet(ast, scope)
    if (ast.valuesLists !== undefined && ast.valuesLists.length > 0) {
      throw new Unresolved('values', 'a VALUES list')
    }
    return buildSelect(ast, scope)
  } catch (error) {
    if (!(error instanceof Unresolved)) throw error
    return {
      kind: 'opaque',
      ast,
      code: error.code,
      reason: error.message,
      place: error.place ?? { node: ast },
      relations: relationsIn(ast, scope),
      names: namesOf(ast),
      scope: scope.with,
    }
  }
}

function namesOf(ast: SelectStmt): string[] {
  const rows = constantRows(ast)
  if (rows !== undefined) return valuesColumns(rows)
  return (ast.targetList ?? []).map((target) => ('ResTarget' in target ? outputName(target.ResTarget) : ''))
}

function bindCtes(ast: SelectStmt, outer: BuildScope): BuildScope {
  if (ast.withClause === undefined) return outer
  const ctes = new Map(outer.ctes)
  const visible = [...outer.with]
  for (const node of ast.withClause.ctes ?? []) {
    if (!('CommonTableExpr' in node)) continue
    const cte = node.CommonTableExpr
    const name = cte.ctename ?? ''
    const query = cte.ctequery
    const select = query !== undefined && 'SelectStmt' in query ? query.SelectStmt : undefined
    const binding: CteBinding = {
      select,
      columns: names(cte.aliascolnames),
      scope: { ...outer, ctes: new Map(ctes), with: [...visible] },
      open: namesColumnOf(query, outer.enclosing),
      place: { node: cte },
      recursive: (ast.withClause.recursive ?? false) && mentions(query, name),
    }
    ctes.set(name, binding)
    visible.push(node)
  }
  return { ...outer, ctes, with: visible }
}

function mentions(tree: unknown, relation: string): boolean {
  let found = false
  walk(tree, (kind, body) => {
    if (kind === 'RangeVar' && body.schemaname === undefined && body.relname === relation) found = true
    return found ? false : undefined
  })
  return found
}

function buildSet(ast: SelectStmt, scope: BuildScope): Block {
  if (ast.larg === undefined || ast.rarg === undefined) throw new Unresolved('unresolved', 'a set operation')
  if (relationsInSubqueries({ ...ast, targetList: [] }, scope).length > 0) {
    throw new Unresolved('unresolved', 'a set operation with a subquery in its LIMIT')
  }
  const left = buildBlock(ast.larg, scope)
  const right = buildBlock(ast.rarg, scope)
  const operation =
    ast.op === 'SETOP_UNION' ? 'union' : ast.op === 'SETOP_INTERSECT' ? 'intersect' : ('except' as const)
  return {
    kind: 'set',
    ast,
    operation,
    all: ast.all ?? false,
    arms: [left, right],
    names: left.kind === 'select' ? left.outputs.map((output) => output.name) : left.names,
    limited: isLimited(ast),
    scope: scope.with,
  }
}

function isLimited(ast: SelectStmt): boolean {
  return ast.limitCount !== undefined || ast.limitOffset !== undefined
}

function buildSelect(ast: SelectStmt, scope: BuildScope): SelectBlock {
  const from = new FromBuilder(scope)
  for (const node of ast.fromClause ?? []) from.add(node, [])
  for (const condition of conjuncts(ast.whereClause)) from.addCondition(condition, [])
  const columnScope = { items: from.items, facts: scope.facts }
  const read = (node: Node): Expression => readExpression(node, columnScope)
  const outputs = (ast.targetList ?? []).map((target, index, targets): Output => {
    if (!('ResTarget' in target) || target.ResTarget.val === undefined) {
      throw new Unresolved('unresolved', 'an output column without an expression')
    }
    const name = outputName(target.ResTarget)
    // A nested query may give two columns one name: here they are told apart by it.
    const known = targets.slice(0, index).some((other) => 'ResTarget' in other && outputName(other.ResTarget) === name)
    return { name: known ? `${name} ${index}` : name, expression: read(target.ResTarget.val) }
  })
  const groupNodes = ast.groupClause ?? []
  const groupingSets = groupNodes.some((node) => 'GroupingSet' in node)
  const aggregates = outputs.some((output) => output.expression.aggregate) || ast.havingClause !== undefined
  const grouped = groupNodes.length > 0 || aggregates
  const surroundings = { items: from.items, scope, within: [] }
  const { targetList, groupClause, sortClause, windowClause, distinctClause, limitCount, limitOffset } = ast
  const elsewhere = [targetList, groupClause, sortClause, windowClause, distinctClause, limitCount, limitOffset]
  return {
    kind: 'select',
    ast,
    items: from.items,
    equalities: from.equalities,
    conditions: from.conditions,
    correlations: from.correlations,
    subqueries: [
      ...from.subqueries,
      ...conjuncts(ast.havingClause).flatMap((condition) => subqueriesIn(condition, true, surroundings)),
      ...subqueriesIn(elsewhere, false, surroundings),
    ],
    outerJoins: from.outerJoins,
    fullJoins: from.fullJoins,
    outputs,
    group: grouped ? groupedInEverySet(groupNodes).map((node) => read(positional(node, outputs))) : undefined,
    groupingSets,
    partitions: windowPartitions(ast, read),
    distinct: distinctOf(ast, outputs, read),
    limited: isLimited(ast),
    subqueryRelations: relationsInSubqueries(ast, scope),
    scope: scope.with,
  }
}

/** `GROUP BY 2` and `DISTINCT ON (1)` name an output column by its number. */
function positional(node: Node, outputs: readonly Output[]): Node {
  if ('A_Const' in node && node.A_Const.ival !== undefined) {
    return outputs[(node.A_Const.ival.ival ?? 0) - 1]?.expression.ast ?? node
  }
  return node
}

function distinctOf(ast: SelectStmt, outputs: readonly Output[], read: (node: Node) => Expression) {
  if (ast.distinctClause === undefined || ast.distinctClause.length === 0) return 'no' as const
  const on = ast.distinctClause.filter((node) => Object.keys(node).length > 0)
  return on.length === 0 ? ('rows' as const) : on.map((node) => read(positional(node, outputs)))
}

/** The PARTITION BY of every window call, named windows looked up. */
function windowPartitions(ast: SelectStmt, read: (node: Node) => Expression): Expression[][] {
  const named = new Map<string, { partition: readonly Node[]; base: string | undefined }>()
  for (const node of ast.windowClause ?? []) {
    if ('WindowDef' in node) {
      const { name, refname, partitionClause } = node.WindowDef
      named.set(name ?? '', { partition: partitionClause ?? [], base: refname })
    }
  }
  const lookUp = (name: string | undefined): readonly Node[] => {
    const window = named.get(name ?? '')
    if (window === undefined) return []
    return window.partition.length > 0 ? window.partition : lookUp(window.base)
  }
  return windowCalls(ast).map(({ over }) => {
    const own = over?.partitionClause ?? []
    return (own.length > 0 ? own : lookUp(over?.name ?? over?.refname)).map(read)
  })
}

function relationsInSubqueries(ast: SelectStmt, scope: BuildScope): RelationFacts[] {
  const found: RelationFacts[] = []
  const collect = (tree: unknown): void =>
    walk(tree, (kind, body) => {
      if (kind === 'SubLink') {
        found.push(...relationsIn(body, scope))
        return false
      }
      return kind === 'RangeSubselect' || kind === 'CommonTableExpr' ? false : undefined
    })
  collect([ast.targetList, ast.whereClause, ast.havingClause, ast.fromClause, ast.groupClause, ast.sortClause])
  collect([ast.limitCount, ast.limitOffset, ast.windowClause, ast.distinctClause])
  return found
}

/** Every base relation that a piece of tree reads, through WITH queries and ordinary views. */
function relationsIn(tree: unknown, scope: BuildScope): RelationFacts[] {
  const found = new Map<number, RelationFacts>()
  const seen = new Set<unknown>()
  const visit = (piece: unknown, within: BuildScope): void => {
    if (seen.has(piece)) return
    seen.add(piece)
    walk(piece, (kind, body) => {
      if (kind !== 'RangeVar') return undefined
      const name = String(body.relname)
      const cte = body.schemaname === undefined ? within.ctes.get(name) : undefined
      if (cte !== undefined) {
        visit(cte.select, cte.scope)
        return false
      }
      const relation = within.facts.relations.get(relationKey(String(body.schemaname ?? 'pg_catalog'), name))
      if (relation?.kind === 'view' && relation.definition !== undefined) {
        visit(parseSelect(relation.definition), { ...within, ctes: new Map(), with: [] })
      } else if (relation !== undefined) {
        found.set(relation.oid, relation)
      }
      return false
    })
  }
  visit(tree, scope)
  return [...found.values()]
}

/** PostgreSQL's own rule for a column that was given no name, as far as the canonical form needs it. */
function outputName(target: { name?: string; val?: Node }): string {
  if (target.name !== undefined) return target.name
  const value = target.val
  if (value === undefined) return ''
  if ('ColumnRef' in value) return names(value.ColumnRef.fields).at(-1) ?? ''
  if ('FuncCall' in value) return names(value.FuncCall.funcname).at(-1) ?? ''
  return ''
}
