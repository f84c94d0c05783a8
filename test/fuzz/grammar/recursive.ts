import { beforeQuery } from './compound.js'
import { simpleCondition } from './conditions.js'
import { type Grammar, type NamedColumn, ofKind, type Query, type Relation, type Scope } from './grammar.js'
import { query } from './query.js'
import { tableSource } from './sources.js'

/**
 * WITH RECURSIVE: from rows of a table on to those that refer to them. Nothing new is computed on the way, or the steps
 * are counted, so that it ends.
 */
export function recursive(g: Grammar, outer: Scope | undefined, depth: number): Query | undefined {
  const start = tableSource(g, undefined)
  const step = tableSource(g, start.columns)
  const [from, next] = [
    ofKind({ columns: start.columns, identity: undefined }, 'int'),
    ofKind({ columns: step.columns, identity: undefined }, 'int'),
  ]
  if (from.length === 0 || next.length === 0) return undefined
  g.tag('recursive')
  const [name, reached, carried, steps] = [g.alias(), g.column('int'), g.column('int'), g.column('int')]
  const counted = g.random.chance(0.4)
  const columns = [reached, carried, ...(counted ? [steps] : [])].map(
    (column): NamedColumn => ({ name: column, kind: 'int', faithful: true }),
  )
  const own = g.alias()
  const where = g.random.chance(0.5)
    ? ` WHERE ${simpleCondition(g, { columns: start.columns, identity: undefined }, 0)}`
    : ''
  const first = `SELECT ${g.random.pick(from).sql}, ${g.random.pick(from).sql}${counted ? ', 1' : ''} FROM ${start.sql}${where}`
  const tie = `${g.random.pick(next).sql} = ${own}.${g.random.pick([reached, reached, carried])}`
  const kept = g.random.pick([`${own}.${carried}`, g.random.pick(next).sql])
  const bound = counted ? ` AND ${own}.${steps} < 3` : ''
  const then = `SELECT ${g.random.pick(next).sql}, ${kept}${counted ? `, ${own}.${steps} + 1` : ''} FROM ${name} ${own} JOIN ${step.sql} ON ${tie}${bound}`
  const union = counted && g.random.chance(0.3) ? 'UNION ALL' : 'UNION'
  const names = columns.map((column) => column.name)
  const relation: Relation = {
    name,
    columns,
    identity: union === 'UNION' ? names : undefined,
    construct: 'recursive',
    references: [],
    parent: false,
  }
  const within = g.reading([...g.relations, relation, relation, relation, relation, relation])
  const made = query(within, outer, depth - 1)
  return { ...made, sql: beforeQuery(`${name} (${names.join(', ')}) AS (${first} ${union} ${then})`, made.sql, true) }
}
