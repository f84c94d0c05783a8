import { kinds } from '../kinds.js'
import { blurred, type Expression, expression, type Grammar, type Query, type Relation, type Scope } from './grammar.js'
import { body, output } from './plain.js'
import { query } from './query.js'
import { castTo, scalar } from './scalars.js'

/** UNION and its like, of two or three queries with the same kinds of columns. */
export function setOperation(g: Grammar, outer: Scope | undefined, depth: number): Query {
  const operator = g.random.pick([
    'UNION ALL',
    'UNION ALL',
    'UNION',
    'INTERSECT',
    'EXCEPT',
    'INTERSECT ALL',
    'EXCEPT ALL',
  ])
  g.tag(operator.toLowerCase())
  const first = arm(g, outer, depth - 1, undefined, operator === 'UNION ALL' ? 1 : undefined)
  const shared = first.columns.map(({ kind }) => kind)
  const arms = [first.sql]
  for (let left = g.random.pick([1, 1, 2]); left > 0; left--) {
    arms.push(arm(g, outer, depth - 1, shared, operator === 'UNION ALL' ? arms.length + 1 : undefined).sql)
  }
  const columns = blurred(first.columns)
  const apart = !operator.endsWith(' ALL') || (operator === 'UNION ALL' && first.identity !== undefined)
  return {
    sql: arms.map((sql) => `(${sql})`).join(` ${operator} `),
    columns,
    identity: apart ? columns.map(({ name }) => name) : undefined,
  }
}

/** The arms of a UNION ALL are numbered, so that they have a key together. */
function arm(
  g: Grammar,
  outer: Scope | undefined,
  depth: number,
  wanted: readonly Expression['kind'][] | undefined,
  number: number | undefined,
): Query {
  const { scope, sql } = body(g, outer, depth)
  const kindsWanted =
    wanted?.slice(number === undefined ? 0 : 1) ??
    Array.from({ length: g.random.int(1, 2) }, () => g.random.pick(['int', 'text', 'money', 'date', 'bool'] as const))
  const whole = wanted === undefined ? scope.identity !== undefined : true
  const key =
    number === undefined || wanted !== undefined ? [] : (scope.identity ?? []).filter(({ kind }) => kind === 'int')
  const list = [
    ...(number === undefined ? [] : [expression(`${number}`, 'int')]),
    ...key,
    ...kindsWanted.map((kind) => scalar(g, scope, kind, 1)),
  ]
  const typed = list.map((item) => ({ ...item, sql: item.kind in kinds ? castTo(item.kind, item.sql) : item.sql }))
  const made = output(g, typed)
  return {
    sql: `SELECT ${made.sql} ${sql}`,
    columns: made.columns,
    identity: whole ? made.columns.map(({ name }) => name) : undefined,
  }
}

/** WITH: a query that is read once or several times. */
export function withClause(g: Grammar, outer: Scope | undefined, depth: number): Query {
  const inner = query(g, undefined, depth - 1)
  const name = g.alias()
  g.tag('with')
  const relation: Relation = {
    name,
    columns: blurred(inner.columns),
    identity: inner.identity,
    construct: 'with',
    references: [],
    parent: false,
  }
  // Named often, so that it is read at all, and sometimes twice.
  const within = g.reading([...g.relations, relation, relation, relation, relation])
  const made = query(within, outer, depth - 1)
  const materialized = g.random.pick(['', '', 'MATERIALIZED ', 'NOT MATERIALIZED '])
  if (materialized === 'MATERIALIZED ') g.tag('materialized')
  return { ...made, sql: beforeQuery(`${name} AS ${materialized}(${inner.sql})`, made.sql, false) }
}

/** Puts one query more before those that a query begins with. */
export function beforeQuery(named: string, sql: string, recursive: boolean): string {
  const [start = ''] = /^WITH (RECURSIVE )?/.exec(sql) ?? []
  const word = recursive || start.endsWith('RECURSIVE ') ? 'WITH RECURSIVE ' : 'WITH '
  return `${word}${named}${start === '' ? ' ' : ', '}${sql.slice(start.length)}`
}
