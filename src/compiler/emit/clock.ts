import { atMoment, readsClock } from '../clock/reading.js'
import { type Clock, rowAlias, type Window } from '../clock/types.js'
import type { RelationFacts } from '../facts.js'
import { type Fragment, ident, join, sql, trusted } from '../fragment.js'
import { type Node, walk } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'
import { cast } from '../plan/buckets.js'

/** The time by the clock that the kept rows are right for: their as-of, the fourth parameter of every statement. */
const keptMoment: Node = cast({ ParamRef: { number: 4 } }, 'timestamptz')

function now(node: Node): Fragment {
  return trusted(toSql(node))
}

function before(node: Node): Fragment {
  return now(atMoment(node, keptMoment))
}

const differs = (node: Node): Fragment => sql`(${now(node)}) IS DISTINCT FROM (${before(node)})`

/** A condition of the query, asked of rows of now and of then: it has to hold at either time. */
export function atEither(condition: Node): Fragment {
  return readsClock(condition) ? sql`(${now(condition)}) OR (${before(condition)})` : now(condition)
}

/** The tables of which rows can come and go with time alone. */
export function movingRelations({ windows }: Clock): RelationFacts[] {
  return [...new Map(windows.map(({ relation }) => [relation.oid, relation])).values()]
}

/**
 * The present rows of a table for which a condition holds at one of two times, now and that of the kept rows, and not at
 * the other. Its present rows are enough: what else was there is in the log. Undefined for a table without such rows.
 */
export function crossedRows(
  clock: Clock | undefined,
  relation: RelationFacts,
  columns: readonly Fragment[],
): Fragment | undefined {
  const windows = (clock?.windows ?? []).filter((window) => window.relation.oid === relation.oid)
  if (windows.length === 0) return undefined
  const { schema, name } = relation.capture
  const each = [...new Set(windows.map((window) => crosses(window).text))].map((text) => sql`(${trusted(text)})`)
  const selected = columns.length === 0 ? sql`` : sql` ${join(columns)}`
  return sql`SELECT${selected} FROM ${ident(schema, name)} AS ${ident(rowAlias)} WHERE ${join(each, ' OR ')}`
}

/** A column of the rows that `crossedRows` is about. */
export function crossedColumn(name: string): Fragment {
  return ident(rowAlias, name)
}

function crosses({ condition, inputs, range, beside }: Window): Fragment {
  const passed = inputs.length === 0 ? [] : [sql`(${join(inputs.map(differs), ' OR ')})`]
  const between = range === undefined ? [] : [betweenBounds(range.subject, range.bound)]
  const asked = beside.map((other) => sql`(${now(other)})`)
  const rows = [...between, differs(condition)]
  if (asked.length === 0 || !canFail(condition))
    return join([...passed, ...between, ...asked, differs(condition)], ' AND ')
  const guarded = sql`CASE WHEN ${join(asked, ' AND ')} THEN ${join(rows, ' AND ')} END`
  return join([...passed, guarded], ' AND ')
}

function betweenBounds(subject: Node, bound: Node): Fragment {
  const bounds = sql`(${now(bound)}), (${before(bound)})`
  return sql`(${now(subject)}) >= least(${bounds}) AND (${now(subject)}) <= greatest(${bounds})`
}

/** A cast or a function can fail for rows that the query's other conditions keep away from it. */
function canFail(condition: Node): boolean {
  let found = false
  walk(condition, (kind, body) => {
    const applied = kind === 'FuncCall' ? body.args : kind === 'TypeCast' ? body.arg : undefined
    walk(applied, (inner) => {
      if (inner === 'ColumnRef') found = true
      return !found
    })
    return !found
  })
  return found
}

/** True where something that the whole result depends on is another than it was. */
export function stepped(clock: Clock | undefined): Fragment[] {
  const steps = (clock?.steps ?? []).map((step) => differs(step).text)
  return [...new Set(steps)].map(trusted)
}
