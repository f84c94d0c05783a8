import { added, extreme } from './aggregates.js'
import { clockCondition } from './clock.js'
import { simpleCondition } from './conditions.js'
import { blurred, type Expression, type Grammar, type Query, type Scope, usable } from './grammar.js'
import { afterwards, havingCondition } from './grouped.js'
import { output } from './plain.js'
import { tableSource } from './sources.js'
import { equality } from './subqueries.js'

/** How many tables a flat join reads, and how much it asks of them. */
export interface FlatWeights {
  readonly places: readonly number[]
  readonly linked: number
  readonly asking: number
  readonly clocked: number
}

export const usualFlat: FlatWeights = { places: [1, 2, 2, 3, 3, 5], linked: 0.5, asking: 0.3, clocked: 0.12 }

/** Counts, sums and extremes over an inner join of tables: what is kept by adding what changed. */
export function flatGroups(g: Grammar, { places, linked, asking, clocked }: FlatWeights = usualFlat): Query {
  let scope: Scope = { columns: [], identity: undefined }
  const from: string[] = []
  const where: string[] = []
  for (let left = g.random.pick(places); left > 0; left--) {
    const source = tableSource(g, scope.columns, linked)
    const tie = equality(g, { columns: source.columns, identity: undefined }, scope)
    if (tie !== undefined) where.push(tie)
    const second = g.random.chance(0.15)
      ? equality(g, { columns: source.columns, identity: undefined }, scope)
      : undefined
    if (second !== undefined) where.push(second)
    from.push(source.sql)
    scope = { columns: [...scope.columns, ...source.columns], identity: undefined }
  }
  if (from.length > 1) g.tag('inner join')
  if (g.random.chance(asking)) where.push(simpleCondition(g, scope, 0))
  const moving = g.random.chance(clocked) ? clockCondition(g, scope) : undefined
  if (moving !== undefined) where.push(moving)
  const groups = chooseColumns(g, usable(scope))
  const aggregates = Array.from({ length: g.random.int(1, 3) }, () =>
    g.random.chance(0.3) ? (extreme(g, scope) ?? added(g, scope)) : added(g, scope),
  )
  g.tag(groups.length > 0 ? 'group by' : 'aggregate over everything')
  const made = output(g, [...groups, ...aggregates])
  const conditions = where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''
  const by = groups.length > 0 ? ` GROUP BY ${groups.map(({ sql }) => sql).join(', ')}` : ''
  const having = g.random.chance(0.25)
    ? ` HAVING ${havingCondition(g, { columns: [...groups.map(afterwards), ...aggregates], identity: undefined })}`
    : ''
  return {
    sql: `SELECT ${made.sql} FROM ${from.join(', ')}${conditions}${by}${having}`,
    columns: blurred(made.columns),
    identity: made.columns.slice(0, groups.length).map(({ name }) => name),
  }
}

function chooseColumns(g: Grammar, columns: readonly Expression[]): Expression[] {
  const chosen = Array.from(
    { length: g.random.pick([0, 1, 1, 1, 2]) },
    () => columns[g.random.int(0, columns.length - 1)],
  )
  return [...new Set(chosen)].filter((column) => column !== undefined)
}
