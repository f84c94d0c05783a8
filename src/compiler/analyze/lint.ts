import type { QueryFacts } from '../facts.js'
import type { Block } from '../ir/types.js'
import { type Node, names, sameTree, walk } from '../parse/ast.js'
import { outermost } from '../places/outermost.js'
import { clauseOf, type Place, placeOf } from '../places/place.js'
import { placeOfRelation } from '../places/readers.js'
import { origins } from './origins.js'

/** Something in a query that is legal, and that its author may not have meant. */
export interface Lint {
  readonly code: 'implicit_time_zone' | 'order_dependent' | 'order_ignored' | 'row_security_ignored'
  readonly message: string
  readonly severity?: 'warning'
  readonly place: Place | undefined
}

export function lint(facts: QueryFacts, root: Block): Lint[] {
  const found = [
    ...implicitTimeZone(facts, root),
    ...orderDependent(root),
    ...orderIgnored(root),
    ...rowSecurityIgnored(facts, root),
  ]
  return found.map((item) => ({ ...item, place: item.place && outermost(root, item.place) }))
}

/** A bucket over timestamptz begins where the session's time zone says, which the query does not show. */
function implicitTimeZone(facts: QueryFacts, root: Block): Lint[] {
  return facts.output.flatMap(({ name }): Lint[] => {
    const zoned = origins(root, name).find(({ item, stored, column, expression }) => {
      const type = item.relation.columns.find((candidate) => candidate.name === stored)?.type
      return type === 'timestamp with time zone' && expression !== undefined && truncates(expression, column)
    })
    if (zoned === undefined) return []
    const message =
      `"${name}" is a bucket of a timestamptz that names no time zone: it is cut in the view's own (timeZone, UTC unless ` +
      `set), whatever a session that runs the query by hand has. Write AT TIME ZONE '…' to say it in the query.`
    return [{ code: 'implicit_time_zone', message, place: placeOf(zoned.expression) }]
  })
}

function truncates(expression: Node, column: string): boolean {
  const bare = (node: Node | undefined): boolean =>
    node !== undefined && 'ColumnRef' in node && names(node.ColumnRef.fields).at(-1) === column
  if ('TypeCast' in expression) {
    return names(expression.TypeCast.typeName?.names).at(-1) === 'date' && bare(expression.TypeCast.arg)
  }
  if (!('FuncCall' in expression)) return false
  const args = expression.FuncCall.args ?? []
  return names(expression.FuncCall.funcname).at(-1) === 'date_trunc' && args.length === 2 && bare(args[1])
}

const ordered = new Set(['array_agg', 'string_agg', 'json_agg', 'jsonb_agg', 'json_object_agg', 'xmlagg'])

/** An aggregate whose value depends on the order of its rows, which nothing fixes: each plan may give another. */
function orderDependent(root: Block): Lint[] {
  const found = new Map<string, Place>()
  walk(root.ast, (kind, body) => {
    const name = kind === 'FuncCall' ? (names(body.funcname as readonly Node[]).at(-1) ?? '') : ''
    if (ordered.has(name) && body.agg_order === undefined && !found.has(name)) found.set(name, { node: body })
    return undefined
  })
  return [...found].map(([name, place]) => ({
    code: 'order_dependent',
    place,
    message:
      `${name}(…) without ORDER BY inside it depends on the order in which rows happen to be read, so verify can ` +
      `report a difference where there is none. Write ${name}(… ORDER BY …).`,
  }))
}

function orderIgnored(root: Block): Lint[] {
  if (root.kind === 'opaque' || root.limited || root.ast.sortClause === undefined) return []
  if (root.ast.distinctClause !== undefined && !sameTree(root.ast.distinctClause, [{}])) return []
  return [
    {
      code: 'order_ignored',
      place: clauseOf(root.ast, 'order'),
      message:
        'The rows of a view have no order: its ORDER BY is left out. Order where the view is read; an index in `indexes` makes that cheap.',
    },
  ]
}

/** Whoever computes the rows sees them all, and so does whoever reads them. */
function rowSecurityIgnored(facts: QueryFacts, root: Block): Lint[] {
  return [...facts.relations.values()].flatMap((relation): Lint[] => {
    const { schema, name, rowSecurity } = relation
    if (rowSecurity === undefined || rowSecurity.applies) return []
    const message =
      `Row-level security of ${schema}.${name} does not hold for this view: its rows are computed as ${rowSecurity.role}, ` +
      'which sees all of them, and whoever may read the view sees them all. Grant SELECT on it accordingly, or put ' +
      'policies on the kept rows: docs/guides/roles.md shows how.'
    const place = placeOfRelation(root.ast, relation, facts)
    return [{ code: 'row_security_ignored', message, severity: 'warning', place }]
  })
}
