import type { SelectStmt } from '@pgsql/types'
import { kindOf, type Node, names, walk } from '../parse/ast.js'

/** What stands in the user's text, as the bodies of nodes in its tree. */
export interface Written {
  readonly kind: string
  readonly body: object
}

/**
 * Goes through PostgreSQL's own text of a query and the user's side by side, and finds for nodes of the one what they
 * are in the other. PostgreSQL writes out stars, names and casts, and says some things in other words; but each query
 * keeps its clauses, each FROM its items, and each clause its calls and subqueries in their order. What does not fit is
 * left out, and with it all below.
 */
export function align(own: SelectStmt, written: SelectStmt): ReadonlyMap<object, Written> {
  const pairs = new Map<object, Written>()
  alignSelect(own, written, pairs)
  return pairs
}

type Pairs = Map<object, Written>

function alignSelect(own: SelectStmt, written: SelectStmt, pairs: Pairs): void {
  if (isSet(own) !== isSet(written)) return
  pairs.set(own, { kind: 'SelectStmt', body: written })
  alignCtes(own, written, pairs)
  if (own.larg !== undefined && own.rarg !== undefined && written.larg !== undefined && written.rarg !== undefined) {
    if (own.op !== written.op) return
    alignSelect(own.larg, written.larg, pairs)
    alignSelect(own.rarg, written.rarg, pairs)
    return
  }
  const [from, writtenFrom] = [own.fromClause ?? [], written.fromClause ?? []]
  for (const [index, item] of writtenFrom.entries()) alignFrom(from[index], item, pairs)
  alignLists(own.targetList, written.targetList, pairs)
  alignLists(own.groupClause, written.groupClause, pairs)
  alignCalls([own.whereClause], [written.whereClause], pairs)
  alignCalls([own.havingClause], [written.havingClause], pairs)
  alignCalls([own.windowClause], [written.windowClause], pairs)
  alignCalls([own.sortClause, own.distinctClause], [written.sortClause, written.distinctClause], pairs)
  alignCalls([own.limitCount, own.limitOffset], [written.limitCount, written.limitOffset], pairs)
  alignCalls([own.valuesLists], [written.valuesLists], pairs)
}

function isSet({ op }: SelectStmt): boolean {
  return op !== undefined && op !== 'SETOP_NONE'
}

function alignCtes(own: SelectStmt, written: SelectStmt, pairs: Pairs): void {
  const ctes = own.withClause?.ctes ?? []
  for (const other of written.withClause?.ctes ?? []) {
    if (!('CommonTableExpr' in other)) continue
    const name = other.CommonTableExpr.ctename
    const cte = ctes.find((node) => 'CommonTableExpr' in node && node.CommonTableExpr.ctename === name)
    if (cte === undefined || !('CommonTableExpr' in cte)) continue
    pairs.set(cte.CommonTableExpr, { kind: 'CommonTableExpr', body: other.CommonTableExpr })
    alignQueries(cte.CommonTableExpr.ctequery, other.CommonTableExpr.ctequery, pairs)
  }
}

function alignQueries(own: Node | undefined, written: Node | undefined, pairs: Pairs): void {
  if (own === undefined || written === undefined || !('SelectStmt' in own) || !('SelectStmt' in written)) return
  alignSelect(own.SelectStmt, written.SelectStmt, pairs)
}

function alignFrom(own: Node | undefined, written: Node, pairs: Pairs): void {
  if (own === undefined || kindOf(own) !== kindOf(written)) return
  if ('JoinExpr' in own && 'JoinExpr' in written) {
    const [join, other] = [own.JoinExpr, written.JoinExpr]
    if (join.larg !== undefined && other.larg !== undefined) alignFrom(join.larg, other.larg, pairs)
    if (join.rarg !== undefined && other.rarg !== undefined) alignFrom(join.rarg, other.rarg, pairs)
    alignCalls([join.quals], [other.quals], pairs)
    return
  }
  if (relationName(own) !== relationName(written)) return
  note(own, written, pairs)
  if ('RangeSubselect' in own && 'RangeSubselect' in written) {
    alignQueries(own.RangeSubselect.subquery, written.RangeSubselect.subquery, pairs)
  } else {
    alignCalls([own], [written], pairs)
  }
}

/** What a FROM item is called: a table by its own name, anything else by its alias. */
function relationName(node: Node): string {
  if ('RangeVar' in node) return node.RangeVar.relname ?? ''
  const body = Object.values(node)[0] as { alias?: { aliasname?: string } } | undefined
  return body?.alias?.aliasname ?? ''
}

/** Lists in which each entry stays at its place, unless there are stars. Ours may have more entries at the end. */
function alignLists(own: readonly Node[] = [], written: readonly Node[] = [], pairs: Pairs): void {
  if (own.length < written.length || written.some(isStar)) {
    alignCalls([own], [written], pairs)
    return
  }
  for (const [index, other] of written.entries()) {
    const node = own[index]
    if (node === undefined) continue
    note(node, other, pairs)
    note(value(node), value(other), pairs)
    alignCalls([node], [other], pairs)
  }
}

function value(node: Node): Node | undefined {
  return 'ResTarget' in node ? node.ResTarget.val : undefined
}

function isStar(node: Node): boolean {
  const target = value(node)
  return (
    target !== undefined && 'ColumnRef' in target && (target.ColumnRef.fields ?? []).some((part) => 'A_Star' in part)
  )
}

function note(own: Node | undefined, written: Node | undefined, pairs: Pairs): void {
  const [body] = own === undefined ? [] : Object.values(own)
  const kind = kindOf(written)
  if (kind === undefined || typeof body !== 'object' || body === null || written === undefined) return
  const [other] = Object.values(written)
  if (typeof other === 'object' && other !== null) pairs.set(body, { kind, body: other })
}

/** The calls and subqueries in two pieces of text: those of one name, where there are as many, one after the other. */
function alignCalls(own: readonly unknown[], written: readonly unknown[], pairs: Pairs): void {
  const theirs = callsIn(written)
  for (const [name, calls] of callsIn(own)) {
    const others = theirs.get(name) ?? []
    for (const [index, call] of calls.entries()) {
      // What is written once may be there twice: `x BETWEEN a AND b` is `x >= a AND x <= b`.
      const other = others.length === 1 ? others[0] : others.length === calls.length ? others[index] : undefined
      if (other === undefined) continue
      pairs.set(call.body, other)
      const [query, otherQuery] = [call.body, other.body].map((body) => (body as { subselect?: Node }).subselect)
      alignQueries(query, otherQuery, pairs)
    }
  }
}

/** By name, in the order of the text; not those within the subqueries. */
function callsIn(trees: readonly unknown[]): Map<string, Written[]> {
  const found: { name: string; location: number; call: Written }[] = []
  const visit = (tree: unknown): void =>
    walk(tree, (kind, body) => {
      const name = callName(kind, body)
      if (name !== undefined) {
        found.push({ name, location: Number(body.location ?? 0), call: { kind, body } })
      }
      if (kind !== 'SubLink') return undefined
      visit(body.testexpr)
      return false
    })
  for (const tree of trees) visit(tree)
  const byName = new Map<string, Written[]>()
  for (const { name, call } of found.sort((left, right) => left.location - right.location)) {
    byName.set(name, [...(byName.get(name) ?? []), call])
  }
  return byName
}

/** What tells calls apart, in whatever words PostgreSQL says the rest. */
export function callName(kind: string, body: { readonly [key: string]: unknown }): string | undefined {
  switch (kind) {
    case 'SubLink':
    case 'GroupingSet':
      return kind
    case 'SQLValueFunction':
      return `${kind} ${String(body.op)}`
    case 'FuncCall':
      return `${kind} ${names(body.funcname as readonly Node[]).at(-1)}`
    default:
      return undefined
  }
}
