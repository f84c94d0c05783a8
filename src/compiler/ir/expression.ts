import { clockRead } from '../clock/reading.js'
import type { QueryFacts } from '../facts.js'
import { kindOf, type Node, names, walk } from '../parse/ast.js'
import type { Expression, FromItem, ItemColumn, ScopedColumn } from './types.js'

/** What a column reference can mean inside one block. */
export interface ColumnScope {
  readonly items: readonly FromItem[]
  readonly facts: QueryFacts
}

/** Resolves a reference such as `s.agent_id`; undefined when it belongs to an enclosing query or names a whole row. */
export function resolveColumn(fields: readonly Node[], items: readonly FromItem[]): ItemColumn | undefined {
  if (fields.some((field) => 'A_Star' in field)) return undefined
  const parts = names(fields)
  const column = parts.at(-1)
  if (column === undefined) return undefined
  if (parts.length > 1) {
    const alias = parts.at(-2)
    const item = items.findIndex((candidate) => candidate.alias === alias)
    return item >= 0 && hasColumn(items[item], column) ? { item, column } : undefined
  }
  const holders = items.flatMap((item, index) => (item.columns.includes(column) ? [index] : []))
  const only = holders[0]
  return holders.length === 1 && only !== undefined ? { item: only, column } : undefined
}

/**
 * Resolves a reference to a column of a query around this one, the nearest first. PostgreSQL writes those with their
 * alias, and gives every alias of a query a name that none around it has.
 */
export function resolveEnclosing(
  fields: readonly Node[],
  enclosing: readonly (readonly FromItem[])[],
): ScopedColumn | undefined {
  if (fields.length < 2) return undefined
  for (const items of [...enclosing].reverse()) {
    const found = resolveColumn(fields, items)
    if (found !== undefined) return { ...found, items }
  }
  return undefined
}

/** Whether text names a column (or a whole row) of these items; one without an alias may be anyone's. */
export function namesColumnOf(text: unknown, lists: readonly (readonly FromItem[])[]): boolean {
  if (lists.every((items) => items.length === 0)) return false
  let found = false
  walk(text, (kind, body) => {
    if (kind !== 'ColumnRef') return undefined
    const parts = (body.fields ?? []) as readonly Node[]
    const alias = names(parts).at(-2)
    found ||= parts.length < 2 || lists.some((items) => items.some((item) => item.alias === alias))
    return undefined
  })
  return found
}

function hasColumn(item: FromItem | undefined, column: string): boolean {
  return item?.columns.includes(column) ?? false
}

/** Reads an expression once, for everything that the analysis asks of it. */
export function readExpression(ast: Node, scope: ColumnScope): Expression {
  const columns: ItemColumn[] = []
  let outer = false
  let aggregate = false
  let window = false
  let subquery = false
  let setReturning = false
  let clock = false
  walk(ast, (kind, body) => {
    clock ||= clockRead({ [kind]: body }) !== undefined
    if (kind === 'SubLink') {
      subquery = true
      return false
    }
    if (kind === 'ColumnRef') {
      const found = resolveColumn((body.fields ?? []) as readonly Node[], scope.items)
      if (found === undefined) outer = true
      else if (!columns.some((column) => column.item === found.item && column.column === found.column)) {
        columns.push(found)
      }
      return false
    }
    if (kind === 'FuncCall') {
      if (body.over !== undefined) window = true
      else if (isAggregateCall(body, scope.facts)) aggregate = true
      if (functionsOf(body, scope.facts).some((candidate) => candidate.returnsSet)) setReturning = true
    }
    if (kind === 'GroupingFunc') aggregate = true
    return undefined
  })
  return { ast, columns, outer, aggregate, window, subquery, setReturning, clock }
}

type CallBody = { readonly [key: string]: unknown }

function functionsOf(body: CallBody, facts: QueryFacts) {
  const name = names(body.funcname as readonly Node[]).at(-1) ?? ''
  return facts.functions.get(name) ?? []
}

/** Whether a call, given by its body, is one of an aggregate; not as a window. */
export function isAggregateCall(body: CallBody, facts: QueryFacts): boolean {
  if (body.over !== undefined) return false
  if (body.agg_star || body.agg_distinct || body.agg_within_group || body.agg_filter || body.agg_order) return true
  return functionsOf(body, facts).some((candidate) => candidate.aggregate)
}

/** The conjuncts of a condition. */
export function conjuncts(condition: Node | undefined): readonly Node[] {
  if (condition === undefined) return []
  if ('BoolExpr' in condition && condition.BoolExpr.boolop === 'AND_EXPR') {
    return (condition.BoolExpr.args ?? []).flatMap((part) => conjuncts(part))
  }
  return [condition]
}

/** Both sides of `a = b`, when the condition is one. */
export function equalitySides(condition: Node): readonly [Node, Node] | undefined {
  if (!('A_Expr' in condition)) return undefined
  const { kind, name, lexpr, rexpr } = condition.A_Expr
  if (kind !== 'AEXPR_OP' || lexpr === undefined || rexpr === undefined) return undefined
  const operator = names(name)
  const builtIn = operator.length === 1 || operator[0] === 'pg_catalog'
  return builtIn && operator.at(-1) === '=' ? [lexpr, rexpr] : undefined
}

export function columnFields(node: Node): readonly Node[] | undefined {
  return kindOf(node) === 'ColumnRef' && 'ColumnRef' in node ? (node.ColumnRef.fields ?? []) : undefined
}
