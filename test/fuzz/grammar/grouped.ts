import { looksTheSame } from '../kinds.js'
import { aggregate } from './aggregates.js'
import { condition } from './conditions.js'
import { blurred, type Expression, type Grammar, type Query, type Scope, usable } from './grammar.js'
import { body, output } from './plain.js'
import { scalar } from './scalars.js'
import { windowFunction } from './windows.js'

/** Aggregates, by groups or over everything. `last`: nothing is made of it but rows to be looked at. */
export function grouped(g: Grammar, outer: Scope | undefined, depth: number, last: boolean): Query {
  const { scope, sql } = body(g, outer, depth)
  const groups = chooseGroups(g, scope)
  const aggregates = Array.from({ length: g.random.int(groups.length > 0 ? 0 : 1, 3) }, () => aggregate(g, scope, last))
  const exact = aggregates.filter(({ kind }) => kind !== 'noisy')
  const after: Scope = {
    columns: [...groups.map(afterwards), ...exact],
    identity: groups.length > 0 ? groups : undefined,
  }
  const list = [...groups.map(afterwards), ...aggregates, ...overAggregates(g, after)]
  const having = g.random.chance(0.2) && after.columns.length > 0 ? ` HAVING ${havingCondition(g, after)}` : ''
  if (groups.length === 0) {
    g.tag('aggregate over everything')
    const made = output(g, list)
    return { sql: `SELECT ${made.sql} ${sql}${having}`, columns: made.columns, identity: [] }
  }
  g.tag('group by')
  const sets = g.may(0.12) ? groupingSets(g, groups) : undefined
  const made = output(g, [...list, ...(sets?.level ?? [])])
  const names = made.columns.slice(0, groups.length).map(({ name }) => name)
  const level = sets === undefined ? [] : made.columns.slice(-1).map(({ name }) => name)
  const by = sets?.sql ?? groups.map(({ sql: by }) => by).join(', ')
  return {
    sql: `SELECT ${made.sql} ${sql} GROUP BY ${by}${having}`,
    columns: blurred(made.columns),
    identity: [...names, ...level],
  }
}

/** Constants are no groups: they would be taken for the place of a column. */
function chooseGroups(g: Grammar, scope: Scope): Expression[] {
  if (g.random.chance(0.12)) return []
  const groups: Expression[] = []
  for (let left = g.random.int(1, 2); left > 0; left--) {
    const columns = usable(scope)
    if (columns.length === 0) break
    const chosen = g.random.pick(columns)
    const made = g.random.chance(0.3)
      ? scalar(g, { columns: scope.columns, identity: undefined }, chosen.kind, 1)
      : chosen
    const computed = /\(|::/.test(made.sql)
    if (computed && !columns.some(({ sql }) => made.sql.includes(sql))) continue
    if (!computed && !columns.includes(made)) continue
    if (/SELECT/.test(made.sql) || groups.some(({ sql }) => sql === made.sql)) continue
    if (computed) g.tag('group by expression')
    groups.push(made)
  }
  return groups
}

export function afterwards(group: Expression): Expression {
  return { ...group, faithful: looksTheSame(group.kind) }
}

/** Expressions and windows over what was aggregated. */
function overAggregates(g: Grammar, after: Scope): Expression[] {
  const made: Expression[] = []
  const kinds = usable(after).map(({ kind }) => kind)
  if (kinds.length > 0 && g.random.chance(0.25)) {
    g.tag('expression over aggregates')
    made.push(scalar(g, after, g.random.pick(kinds), 1))
  }
  if (g.may(0.1)) {
    const partition = (after.identity ?? []).slice(0, g.random.int(0, 1))
    const window = windowFunction(g, after, partition)
    if (window !== undefined) {
      g.tag('window over aggregates')
      made.push(window)
    }
  }
  return made
}

export function havingCondition(g: Grammar, after: Scope): string {
  g.tag('having')
  return condition(g, after, 1)
}

function groupingSets(g: Grammar, groups: readonly Expression[]): { sql: string; level: Expression[] } {
  g.tag('grouping sets')
  const all = groups.map(({ sql }) => sql)
  const list = all.join(', ')
  const [first = '1', ...rest] = all
  const sql = g.random.pick([
    `ROLLUP (${list})`,
    `CUBE (${list})`,
    `GROUPING SETS ((${list}), (${first}))`,
    ...(rest.length > 0
      ? [`${first}, ROLLUP (${rest.join(', ')})`, `GROUPING SETS ((${first}), (${rest.join(', ')}))`]
      : []),
    `GROUPING SETS ((${list}), ())`,
  ])
  return { sql, level: [{ sql: `grouping(${list})`, kind: 'int', faithful: true }] }
}
