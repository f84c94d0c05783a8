import { clockCondition } from './clock.js'
import { condition } from './conditions.js'
import {
  blurred,
  type Expression,
  expression,
  type Grammar,
  type NamedColumn,
  ofKind,
  type Query,
  type Scope,
  usable,
} from './grammar.js'
import { anyScalar } from './scalars.js'
import { fromClause, type Source } from './sources.js'
import { equality } from './subqueries.js'
import { windowFunction } from './windows.js'

export interface Body {
  readonly scope: Scope
  readonly sql: string
}

/** FROM and WHERE. Within a LATERAL, tied to the columns around it mostly. */
export function body(g: Grammar, outer: Scope | undefined, depth: number): Body {
  const source: Source = fromClause(g, outer, depth)
  const own: Scope = { columns: source.columns, identity: source.identity }
  const scope: Scope = outer === undefined ? own : { ...own, outer }
  const parts: string[] = []
  const tie = outer === undefined ? undefined : equality(g, own, outer)
  if (tie !== undefined && g.random.chance(0.85)) parts.push(tie)
  if (g.random.chance(0.5)) parts.push(condition(g, scope, 2))
  if (g.random.chance(0.15)) parts.push(condition(g, scope, 1))
  const clocked = g.random.chance(0.12) ? clockCondition(g, own) : undefined
  if (clocked !== undefined) parts.push(clocked)
  if (parts.length > 0) g.tag('where')
  return { scope, sql: `FROM ${source.sql}${parts.length > 0 ? ` WHERE ${parts.join(' AND ')}` : ''}` }
}

/** Expressions with names of their own. */
export function output(g: Grammar, list: readonly Expression[]): { sql: string; columns: NamedColumn[] } {
  const columns = list.map(({ kind, faithful }) => ({ name: g.column(kind), kind, faithful }))
  return { sql: list.map(({ sql }, index) => `${sql} AS ${columns[index]?.name}`).join(', '), columns }
}

/** Rows as they come out of FROM and WHERE, with their key mostly. */
export function plainSelect(g: Grammar, outer: Scope | undefined, depth: number): Query {
  g.tag('plain select')
  const { scope, sql } = body(g, outer, depth)
  const identity = scope.identity !== undefined && g.random.chance(0.9) ? scope.identity : undefined
  const list = identity === undefined ? [] : [...identity]
  for (let left = g.random.int(1, 3); left > 0; left--) list.push(anyScalar(g, scope))
  const windows = makeWindows(g, scope)
  const rows = windows.length === 0 && g.random.chance(0.04) ? rowsOf(g, scope) : []
  const made = output(g, [...list, ...windows, ...rows])
  const own = identity?.map((_, place) => made.columns[place]?.name ?? '')
  // A window may number rows that are equal and look different one way or the other.
  const columns = windows.length > 0 ? blurred(made.columns) : made.columns
  return { sql: `SELECT ${made.sql} ${sql}`, columns, identity: rows.length > 0 ? undefined : own }
}

function makeWindows(g: Grammar, scope: Scope): Expression[] {
  if (!g.may(0.2)) return []
  const possible = usable(scope).filter(({ kind }) => kind !== 'json')
  const partition = possible.length > 0 && g.random.chance(0.8) ? [g.random.pick(possible)] : []
  return Array.from({ length: g.random.int(1, 2) }, () => windowFunction(g, scope, partition)).flatMap(
    (made) => made ?? [],
  )
}

/** A function in the select list that returns rows. */
function rowsOf(g: Grammar, scope: Scope): Expression[] {
  const lists = ofKind(scope, 'ints')
  g.tag('rows in select list')
  if (lists.length > 0) return [expression(`unnest(${g.random.pick(lists).sql})`, 'int')]
  return [expression(`generate_series(1, ${g.random.int(1, 2)})`, 'int')]
}

/** DISTINCT, or DISTINCT ON with an order that leaves nothing open. */
export function distinctRows(g: Grammar, outer: Scope | undefined, depth: number): Query {
  const { scope, sql } = body(g, outer, depth)
  const list = Array.from({ length: g.random.int(1, 3) }, () => anyScalar(g, scope, 1)).filter(
    ({ kind }) => kind !== 'noisy',
  )
  const made = output(g, list)
  const columns = blurred(made.columns)
  const names = columns.map(({ name }) => name)
  if (g.random.chance(0.4)) {
    g.tag('distinct on')
    const [first] = names
    const on = list[0]?.sql ?? '1'
    const order = list.map(
      ({ sql: by }, place) => `${by}${place > 0 ? g.random.pick(['', ' DESC', ' NULLS FIRST']) : ''}`,
    )
    // A constant there would be taken for the place of a column.
    if (!list.some(({ sql: by }) => /^-?\d+$/.test(by))) {
      const text = `SELECT DISTINCT ON (${on}) ${made.sql} ${sql} ORDER BY ${order.join(', ')}`
      return { sql: text, columns, identity: first === undefined ? undefined : [first] }
    }
  }
  g.tag('distinct')
  return { sql: `SELECT DISTINCT ${made.sql} ${sql}`, columns, identity: names }
}
