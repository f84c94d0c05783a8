import { type Kind, literal } from '../kinds.js'
import { added } from './aggregates.js'
import { clockCondition } from './clock.js'
import { blurred, type Expression, type Grammar, type Query, type Scope, usable } from './grammar.js'
import { afterwards } from './grouped.js'
import { output } from './plain.js'
import { anyScalar } from './scalars.js'
import { type Source, tableSource } from './sources.js'
import { equality, subqueryCondition } from './subqueries.js'

const words = ['LEFT JOIN', 'LEFT JOIN', 'LEFT JOIN', 'JOIN', 'JOIN', 'JOIN', 'RIGHT JOIN', 'FULL JOIN'] as const

/**
 * Rows with those that they refer to or are referred to by, and plain conditions of each, in ON and in WHERE. As they are, or
 * in groups by a key.
 * @param clocked how many of them compare a time with the clock.
 */
export function linkedRows(g: Grammar, clocked: number): Query {
  const base = keyedSource(g)
  let scope: Scope = { columns: base.columns, identity: base.identity }
  let from = base.sql
  for (let left = g.random.pick([0, 1, 1, 2, 2, 3]); left > 0; left--) {
    const right = tableSource(g, scope.columns, 0.9)
    const word = g.random.pick(words)
    const tie = equality(g, { columns: right.columns, identity: undefined }, scope)
    if (tie === undefined) continue
    const more = word !== 'FULL JOIN' && g.random.chance(0.45)
    const asked = more ? ` AND ${plainCondition(g, g.random.pick([scope.columns, right.columns]))}` : ''
    g.tag(word.toLowerCase())
    from += ` ${word} ${right.sql} ON ${tie}${asked}`
    const identity = scope.identity && right.identity && [...scope.identity, ...right.identity]
    scope = { columns: [...scope.columns, ...right.columns], identity }
  }
  const where = Array.from({ length: g.random.pick([0, 1, 1, 2]) }, () => plainCondition(g, scope.columns))
  const nested = g.random.chance(0.15) ? subqueryCondition(g, scope) : undefined
  const moving = g.random.chance(clocked) ? clockCondition(g, scope) : undefined
  where.push(...[nested, moving].filter((made) => made !== undefined))
  const text = `FROM ${from}${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''}`
  const key = g.random.pick([scope.identity ?? [], base.identity ?? [], [g.random.pick(usable(scope))]])
  return key.length === 0 || g.random.chance(0.4) ? groupsOf(g, scope, key, text) : rowsOf(g, scope, text)
}

/** A table whose rows a key tells apart, where there is one. */
function keyedSource(g: Grammar): Source {
  const keyed = g.relations.filter(({ identity }) => identity !== undefined)
  return tableSource(keyed.length > 0 ? g.reading(keyed) : g, undefined)
}

const compared: readonly Kind[] = ['int', 'big', 'money', 'small', 'bool', 'date', 'mood', 'uuid', 'text', 'ctext']

/** Of one column and a value, of which about half of the rows are. */
function plainCondition(g: Grammar, columns: readonly Expression[]): string {
  const possible = columns.filter(({ kind, sql }) => compared.includes(kind) && !/id"?$/.test(sql))
  if (possible.length === 0) return 'true'
  const { sql, kind } = g.random.pick(possible)
  const value = (): string => literal(g.random, kind)
  if (g.random.chance(0.15)) return `${sql} IS ${g.random.chance(0.5) ? 'NOT ' : ''}NULL`
  if (kind === 'bool') return g.random.pick([sql, `NOT ${sql}`, `${sql} IS NOT TRUE`])
  return g.random.pick([
    `${sql} >= ${value()}`,
    `${sql} < ${value()}`,
    `${sql} <> ${value()}`,
    `${sql} IN (${value()}, ${value()})`,
    `(${sql} = ${value()} OR ${sql} = ${value()})`,
  ])
}

function rowsOf(g: Grammar, scope: Scope, text: string): Query {
  g.tag('plain select')
  const list = [...(scope.identity ?? []), anyScalar(g, scope), ...(g.random.chance(0.5) ? [anyScalar(g, scope)] : [])]
  const made = output(g, list)
  const identity = scope.identity?.map((_, place) => made.columns[place]?.name ?? '')
  return { sql: `SELECT ${made.sql} ${text}`, columns: made.columns, identity }
}

function groupsOf(g: Grammar, scope: Scope, key: readonly Expression[], text: string): Query {
  g.tag(key.length > 0 ? 'group by' : 'aggregate over everything')
  const made = output(g, [...key.map(afterwards), added(g, scope), added(g, scope)])
  const by = key.length > 0 ? ` GROUP BY ${key.map(({ sql }) => sql).join(', ')}` : ''
  const identity = made.columns.slice(0, key.length).map(({ name }) => name)
  return { sql: `SELECT ${made.sql} ${text}${by}`, columns: blurred(made.columns), identity }
}
