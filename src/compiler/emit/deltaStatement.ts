import {
  type Aggregate,
  digitsOf,
  mostDigits,
  type PartRole,
  scaleMark,
  squareOf,
  stateOf,
} from '../delta/aggregates.js'
import { overState, type StateNames, stateAlias } from '../delta/outputs.js'
import { type AggregateShape, rowsColumn, stateColumn, stateColumns } from '../delta/shape.js'
import { looksExact } from '../exactTypes.js'
import type { QueryFacts } from '../facts.js'
import { type Fragment, ident, join, sql, trusted } from '../fragment.js'
import { toSql } from '../parse/parse.js'
import { argumentValue, groupValue } from './delta.js'
import { changeParts, isCancelling } from './deltaChanges.js'
import { slot } from './parts.js'

const weight = ident('tidemark_w')
const state = ident(stateAlias)
const rows = ident('tidemark_rows')

type PartOwner = (index: number, role: PartRole) => number

/** Of parts that are the same, as of a sum and an average of one column, the first is computed: the aggregate that has it. */
function ownersOf(shape: AggregateShape): PartOwner {
  const columns = stateColumns(shape)
  const place = (index: number, role: PartRole): string => `${role} ${stateColumn(columns, index, role)}`
  const first = new Map<string, number>()
  for (const [index, aggregate] of shape.aggregates.entries()) {
    for (const { role } of stateOf(aggregate)) {
      if (!first.has(place(index, role))) first.set(place(index, role), index)
    }
  }
  return (index, role) => first.get(place(index, role)) ?? index
}

/** The roles of the parts that are computed for this aggregate itself. */
function ownRoles(aggregate: Aggregate, index: number, owner: PartOwner): PartRole[] {
  return stateOf(aggregate).flatMap(({ role }) => (owner(index, role) === index ? [role] : []))
}

const namesOf = (owner: PartOwner): StateNames => ({
  group: (index) => `g${index}`,
  part: (index, role) => `${role}_${owner(index, role)}`,
})

const part = (index: number, role: PartRole): Fragment => ident(`${role}_${index}`)

/** Where the terms of the tables that changed are put. */
const terms = slot('terms')

/** Where it is asked whether the log tells everything, unless that has been asked at this very snapshot. */
const guard = slot('guard')

export interface DeltaRequest {
  readonly shape: AggregateShape
  readonly facts: QueryFacts
  readonly storage: Fragment
  /** Text of the query whose rows are kept. */
  readonly whole: Fragment
}

/**
 * WITH queries up to tidemark_fresh and tidemark_old, for the groups that changed: what is kept of each with the change
 * added to it. Where that does not tell (the least value went, or a sum is not a number), the group is computed anew.
 */
export function deltaParts(request: DeltaRequest): Fragment[] {
  const { shape, storage } = request
  return [
    sql`tidemark_guard AS MATERIALIZED (SELECT ${guard} AS blocked)`,
    ...changeParts(shape),
    sql`tidemark_joined AS (${joinedRows(request)})`,
    sql`tidemark_change AS MATERIALIZED (${changeOfGroups(shape)})`,
    sql`tidemark_sums AS (${sums(request)})`,
    sql`tidemark_state AS MATERIALIZED (${newState(request)})`,
    sql`tidemark_fresh AS (${freshGroups(request)})`,
    sql`tidemark_old AS (SELECT o.ctid AS tidemark_tid, o.* FROM tidemark_state t JOIN ${storage} o ON o.ctid = t.tidemark_tid)`,
  ]
}

const hasExtremes = ({ aggregates }: AggregateShape): boolean =>
  aggregates.some(({ kind }) => kind === 'min' || kind === 'max')

/**
 * A joined row that came by one table's change and went by another's was never there: the least value must not see it.
 * Equal values that look different are told apart, since one of them may be gone.
 */
function joinedRows({ shape, facts }: DeltaRequest): Fragment {
  // OFFSET 0: each value is computed once, not wherever it is used.
  if (!hasExtremes(shape)) return sql`SELECT * FROM (${terms}) q OFFSET 0`
  const columns = [
    ...shape.groups.map((_, index) => groupValue(index)),
    ...shape.aggregates.map((_, index) => argumentValue(index)),
  ]
  const looks = shape.aggregates.flatMap((_, index) =>
    isLooseExtreme(shape, facts, index) ? [sql`(${argumentValue(index)}::pg_catalog.text COLLATE "C")`] : [],
  )
  const told = [...columns, ...looks]
  const by = told.length === 0 ? sql`` : sql` GROUP BY ${join(told)}`
  return sql`SELECT ${join([...columns, sql`pg_catalog.sum(${weight}) AS ${weight}`])} FROM (${terms}) q${by} HAVING pg_catalog.sum(${weight}) <> 0`
}

/** A least or greatest value that others can equal and not look like, as 1.0 and 1.00. */
function isLooseExtreme(shape: AggregateShape, facts: QueryFacts, index: number): boolean {
  const { kind } = shape.aggregates[index] ?? {}
  if (kind !== 'min' && kind !== 'max') return false
  const name = stateColumn(stateColumns(shape), index, 'extreme')
  const column = facts.output.find((output) => output.name === name)
  return column === undefined || !looksExact(column)
}

function changeOfGroups(shape: AggregateShape): Fragment {
  const { groups, aggregates } = shape
  const owner = ownersOf(shape)
  const parts = aggregates.flatMap((aggregate, index) =>
    changeOfAggregate(aggregate, index, ownRoles(aggregate, index, owner), isCancelling(shape)),
  )
  const keys = groups.map((_, index) => groupValue(index))
  const by = keys.length === 0 ? sql`` : sql` GROUP BY ${join(keys)}`
  const all = [...keys, sql`coalesce(pg_catalog.sum(${weight}), 0) AS ${rows}`, ...parts]
  return sql`SELECT ${join(all)} FROM tidemark_joined${by}`
}

function changeOfAggregate(
  aggregate: Aggregate,
  index: number,
  roles: readonly PartRole[],
  weighted: boolean,
): Fragment[] {
  const { kind } = aggregate
  const value = argumentValue(index)
  if (kind === 'min' || kind === 'max') {
    const extreme = trusted(`pg_catalog.${kind}`)
    return [
      sql`${extreme}(${value}) FILTER (WHERE ${weight} > 0) AS ${ident(`came_${index}`)}`,
      sql`${extreme}(${value}) FILTER (WHERE ${weight} < 0) AS ${ident(`went_${index}`)}`,
    ]
  }
  const total = (added: Fragment, filter: Fragment, as: Fragment): Fragment =>
    sql`coalesce(pg_catalog.sum(${added}) FILTER (WHERE ${filter}), 0) AS ${as}`
  const present = sql`${value} IS NOT NULL`
  return roles.map((role) => {
    if (role === 'count') return total(weight, present, part(index, role))
    if (role === 'true') return total(weight, value, part(index, role))
    const added = summand(aggregate, role, value)
    const sum = weighted ? weightedSum : difference
    return sql`${sum(added, role === 'sum' ? sql`` : present)} AS ${part(index, role)}`
  })
}

/** What one row adds to a sum. */
function summand({ fixedScale }: Aggregate, role: PartRole, value: Fragment): Fragment {
  if (role === 'square') return sql`(${trusted(squareOf(value.text, fixedScale))})`
  return role === 'scale' ? sql`(${trusted(scaleMark(value.text))})` : value
}

const weightedSum = (value: Fragment, filter: Fragment): Fragment =>
  sql`coalesce(pg_catalog.sum(${value} * ${weight})${filter.text === '' ? sql`` : sql` FILTER (WHERE ${filter})`}, 0)`

/** Where each weight is 1 or -1, which saves a multiplication for each row. */
function difference(value: Fragment, filter: Fragment): Fragment {
  const all = filter.text === '' ? sql`` : sql` AND ${filter}`
  const sum = (which: Fragment): Fragment =>
    sql`coalesce(pg_catalog.sum(${value}) FILTER (WHERE ${weight} ${which} 0${all}), 0)`
  return sql`${sum(sql`>`)} - ${sum(sql`<`)}`
}

/** Counts and sums with the change added, beside what else the change says. */
function sums({ shape, storage, facts }: DeltaRequest): Fragment {
  const { groups, aggregates } = shape
  const columns = stateColumns(shape)
  const owner = ownersOf(shape)
  const kept = (name: string): Fragment => ident('o', columns.get(name)?.name ?? name)
  const added = aggregates.flatMap((aggregate, index) =>
    ownRoles(aggregate, index, owner).flatMap((role) => {
      const old = ident('o', stateColumn(columns, index, role))
      const own = part(index, role)
      if (role !== 'extreme') return [sql`coalesce(${old}, 0) + c.${own} AS ${own}`]
      return [
        sql`${old} AS ${own}`,
        sql`c.${ident(`came_${index}`)} AS ${ident(`came_${index}`)}`,
        sql`c.${ident(`went_${index}`)} AS ${ident(`went_${index}`)}`,
      ]
    }),
  )
  const keys = groups.map((_, index) => sql`c.${groupValue(index)}`)
  const total = sql`coalesce(${kept(rowsColumn)}, 0) + c.${rows} AS ${rows}`
  const same = sameGroup(shape, facts, 'c', 'o')
  return sql`SELECT ${join([...keys, sql`o.ctid AS tidemark_tid`, total, ...added])} FROM tidemark_change c LEFT JOIN ${storage} o ON ${same}`
}

/** A group's values on both sides; one that can be NULL is looked up in two ways, so that an index serves both. */
function sameGroup({ groups }: AggregateShape, facts: QueryFacts, values: string, stored: string): Fragment {
  if (groups.length === 0) return sql`true`
  const each = groups.map(({ column }, index) => {
    const [left, right] = [ident(stored, column), sql`${ident(values)}.${groupValue(index)}`]
    const builtin = facts.output.some((output) => output.name === column && output.builtinEquality)
    if (!builtin) return sql`ROW(${left})::record = ROW(${right})::record`
    return sql`(${left} = ${right} OR (${left} IS NULL AND ${right} IS NULL))`
  })
  return join(each, ' AND ')
}

/** NaN and infinity, once added, cannot be taken away again. */
const notNumbers = sql`('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric)`

function newState({ shape, facts }: DeltaRequest): Fragment {
  const { groups, aggregates } = shape
  const columns = stateColumns(shape)
  const typed = (name: string, value: Fragment): Fragment => {
    const type = facts.output.find((output) => output.name === name)?.type
    return type === undefined ? value : sql`(${value})::${trusted(type)}`
  }
  const doubts: Fragment[] = [sql`${rows} < 0`]
  const owner = ownersOf(shape)
  const parts = aggregates.flatMap((aggregate, index) =>
    ownRoles(aggregate, index, owner).map((role) => {
      const own = part(index, role)
      const as = (value: Fragment): Fragment => sql`${typed(stateColumn(columns, index, role), value)} AS ${own}`
      if (role === 'sum' || role === 'square') {
        doubts.push(sql`${own} IN ${notNumbers}`)
        const there = sql`${part(owner(index, 'count'), 'count')} <> 0 AND ${own} NOT IN ${notNumbers}`
        return as(sql`CASE WHEN ${there} THEN ${rounded(aggregate, own, role, digits(owner(index, 'scale')))} END`)
      }
      if (role === 'scale') doubts.push(sql`${digits(index)} >= ${mostDigits}`)
      if (role !== 'extreme') return as(own)
      const [came, went] = [ident(`came_${index}`), ident(`went_${index}`)]
      const [choose, beyond] = aggregate.kind === 'min' ? [sql`least`, sql`<=`] : [sql`greatest`, sql`>=`]
      doubts.push(sql`${went} IS NOT NULL AND (${own} IS NULL OR ${went} ${beyond} ${own})`)
      if (isLooseExtreme(shape, facts, index)) {
        doubts.push(sql`${came} = ${own} AND ${came}::pg_catalog.text <> ${own}::pg_catalog.text`)
      }
      return as(sql`${choose}(${own}, ${came})`)
    }),
  )
  const keys = groups.map((_, index) => groupValue(index))
  const there = groups.length === 0 ? sql`true` : sql`${rows} <> 0`
  const doubt = sql`(${there} AND (${join(doubts, ' OR ')})) IS TRUE AS tidemark_doubt`
  const total = sql`${typed(columns.get(rowsColumn)?.name ?? '', rows)} AS ${rows}`
  return sql`SELECT ${join([...keys, sql`tidemark_tid`, total, ...parts, doubt])} FROM tidemark_sums`
}

const digits = (index: number): Fragment => trusted(digitsOf(part(index, 'scale').text))

/** A sum with as many digits after the point as the longest of its numbers has, and not as one that is gone had. */
function rounded({ fixedScale }: Aggregate, own: Fragment, role: PartRole, places: Fragment): Fragment {
  if (fixedScale) return own
  return sql`pg_catalog.round(${own}::numeric, ${places}${role === 'square' ? sql` * 2` : sql``})`
}

function freshGroups({ shape, facts, whole }: DeltaRequest): Fragment {
  const { groups, block } = shape
  const columns = stateColumns(shape)
  const owner = ownersOf(shape)
  const names = namesOf(owner)
  const stateValue = (name: string): Fragment | undefined => {
    if (columns.get(rowsColumn)?.name === name) return sql`${state}.${rows}`
    const found = shape.aggregates.flatMap((aggregate, index) =>
      stateOf(aggregate).flatMap(({ role }) =>
        stateColumn(columns, index, role) === name ? [sql`${state}.${part(owner(index, role), role)}`] : [],
      ),
    )
    return found[0]
  }
  const computed = (name: string): Fragment => {
    const output = block.outputs.find((candidate) => candidate.name === name)
    const value = output && overState(output, shape, names)
    if (value === undefined) throw new TypeError(`"${name}" cannot be computed from what is kept`)
    return trusted(toSql(value))
  }
  const outputs = facts.output.map(
    ({ name, type }) => sql`(${stateValue(name) ?? computed(name)})::${trusted(type)} AS ${ident(name)}`,
  )
  const filled = groups.length === 0 ? sql`` : sql` AND ${state}.${rows} <> 0`
  const told = sql`SELECT ${join(outputs)} FROM tidemark_state ${state} WHERE NOT ${state}.tidemark_doubt${filled}`
  const same = sameGroup(shape, facts, 'k', 'q')
  const anew = sql`SELECT q.* FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k CROSS JOIN LATERAL (SELECT q.* FROM (${whole}) q WHERE ${same} OFFSET 0) q`
  return sql`${told} UNION ALL ${anew}`
}
