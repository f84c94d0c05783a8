import { isExactColumn } from '../exactTypes.js'
import { type Fragment, ident, join, sql, trusted } from '../fragment.js'
import { outputNames } from '../ir/types.js'
import { columnOf, type Node, names as namesOf } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'
import { coveredByIndex } from '../plan/branches.js'
import type { Changed, JoinStep, KeyPath } from '../plan/types.js'
import { type CarriedColumn, CarriedColumns, rowAlias } from './carried.js'
import { atEither } from './clock.js'
import type { SourceNames } from './names.js'
import { blockQuery } from './query.js'

/** Name of a key column in the queries that find keys. */
export function keyName(index: number): Fragment {
  return ident(`k${index}`)
}

/** The query for every distinct key that the logged changes touch: one column `k0`, `k1`, … for each key column. */
export function keysQuery(paths: readonly KeyPath[], types: readonly string[], names: SourceNames): Fragment {
  const columns = join(types.map((_, index) => keyName(index)))
  return sql`SELECT DISTINCT ${columns} FROM (${unionOf(paths, types, names, false)}) tidemark_touched`
}

function unionOf(
  paths: readonly KeyPath[],
  types: readonly (string | undefined)[],
  names: SourceNames,
  nested = true,
): Fragment {
  const texts = new Set(paths.map((path) => pathQuery(path, types, names, nested).text))
  return join([...texts].map(trusted), ' UNION ALL ')
}

function pathQuery(
  path: KeyPath,
  types: readonly (string | undefined)[],
  names: SourceNames,
  nested: boolean,
): Fragment {
  const steps = [...path.joins, ...path.searches]
  const rows = sql`${changedRows(path.changed, path.alias, names)}${where(path, path.alias)}`
  if (steps.length === 0) {
    const distinct = nested && areExact(path, path.outputs) ? sql`DISTINCT ` : sql``
    return sql`SELECT ${distinct}${outputList(path.outputs, types)} FROM ${rows}`
  }
  const columns = new CarriedColumns(path)
  const first = columns.of(path.alias)
  const read = first.map(({ alias, column }) => columnOf(alias, column))
  const distinct = areExact(path, read) ? sql`DISTINCT ` : sql``
  const parts = [sql`${stepName(0)} AS (SELECT ${distinct}${carriedList(first)} FROM ${rows})`]
  steps.forEach((step, index) => {
    const joined = stepJoins(step, columns, names).map(
      (text) =>
        sql`SELECT ${ident(rowAlias)}.*${followed(carriedList(columns.of(step.alias)))} FROM ${stepName(index)} AS ${ident(rowAlias)}${text}${where(path, step.alias)}`,
    )
    parts.push(sql`${stepName(index + 1)} AS (${join(joined, ' UNION ALL ')})`)
  })
  const outputs = path.outputs.map((output) => columns.rewrite(output))
  return sql`(WITH ${join(parts)} SELECT ${outputList(outputs, types)} FROM ${stepName(steps.length)} AS ${ident(rowAlias)})`
}

function stepName(index: number): Fragment {
  return ident(`tidemark_step_${index}`)
}

function outputList(outputs: readonly Node[], types: readonly (string | undefined)[]): Fragment {
  return join(outputs.map((output, index) => sql`${outputText(output, types[index])} AS ${keyName(index)}`))
}

function carriedList(columns: readonly CarriedColumn[]): Fragment {
  return join(columns.map(({ alias, column, carried }) => sql`${ident(alias, column)} AS ${ident(carried)}`))
}

function followed(list: Fragment): Fragment {
  return list.text === '' ? list : sql`, ${list}`
}

/** Whether equal values of these expressions over the changed rows are the same, so that one of them is enough. */
function areExact({ alias, changed }: KeyPath, expressions: readonly Node[]): boolean {
  if (changed.kind !== 'table' || expressions.length === 0) return false
  const exact = new Set(
    changed.columns
      .filter(({ stored }) => changed.relation.columns.some((facts) => facts.name === stored && isExactColumn(facts)))
      .map(({ name }) => name),
  )
  return expressions.every((expression) => {
    if (!('ColumnRef' in expression)) return false
    const [own, column] = namesOf(expression.ColumnRef.fields)
    return own === alias && column !== undefined && exact.has(column)
  })
}

function where(path: KeyPath, alias: string): Fragment {
  const filters = path.filters.filter((filter) => filter.alias === alias)
  if (filters.length === 0) return sql``
  return sql` WHERE ${join(
    filters.map(({ ast }) => sql`(${atEither(ast)})`),
    ' AND ',
  )}`
}

function outputText(output: Node, type: string | undefined): Fragment {
  const text = trusted(toSql(output))
  const untypedNull = 'A_Const' in output && output.A_Const.isnull === true
  return untypedNull && type !== undefined ? sql`${text}::${trusted(type)}` : text
}

function changedRows(changed: Changed, alias: string, names: SourceNames): Fragment {
  if (changed.kind === 'table') {
    const columns = changed.columns.map(({ name, stored }) => sql`${ident(stored)} AS ${ident(name)}`)
    return sql`(SELECT ${join(columns)} FROM ${names.delta(changed.relation)}) AS ${ident(alias)}`
  }
  const types = changed.columns.map(() => undefined)
  return sql`(${unionOf(changed.paths, types, names)}) AS ${ident(alias)}${columnList(changed.columns)}`
}

/** What a step joins, as it is now and as it was. */
function stepJoins(step: JoinStep, columns: CarriedColumns, names: SourceNames): Fragment[] {
  const { source } = step
  if (source.kind === 'function') {
    const text = functionText(columns.rewrite(source.ast), step.alias, source.columns)
    const on = step.on.map(({ own, other }): [Fragment, Fragment] => [ident(step.alias, own), columns.reference(other)])
    const constant = 'RangeSubselect' in source.ast && on.length > 0
    return [constant ? sql` JOIN ${text} ON ${conditions(on)}` : sql` CROSS JOIN LATERAL ${text}`]
  }
  const alias = ident(step.alias)
  const read = join(source.columns.map(({ name, stored }) => sql`${ident('n', stored)} AS ${ident(name)}`))
  const stored = (own: string): string => source.columns.find((column) => column.name === own)?.stored ?? own
  const within = conditions(step.on.map(({ own, other }) => [ident('n', stored(own)), columns.reference(other)]))
  const beside = conditions(step.on.map(({ own, other }) => [ident(step.alias, own), columns.reference(other)]))
  if (source.kind === 'table') {
    const { capture } = source.relation
    const now = sql`SELECT ${read} FROM ${ident(capture.schema, capture.name)} AS n`
    const before = sql` JOIN (SELECT ${read} FROM ${names.delta(source.relation)} AS n) AS ${alias} ON ${beside}`
    // The planner is told to use an index: it thinks that reading all of a table is cheaper from some hundreds of rows on.
    // Whether it is large is not asked: what is deployed would change with its statistics.
    const compared = step.on.map(({ own }) => stored(own))
    if (coveredByIndex(source.relation, compared).length === 0)
      return [sql` JOIN (${now}) AS ${alias} ON ${beside}`, before]
    return [sql` CROSS JOIN LATERAL (${now} WHERE ${within} OFFSET 0) AS ${alias}`, before]
  }
  const inner = columnList(outputNames(source.block))
  const now = sql` CROSS JOIN LATERAL (SELECT ${read} FROM (${blockQuery(source.block)}) AS n${inner} WHERE ${within} OFFSET 0) AS ${alias}`
  if (source.before.length === 0) return [now]
  const types = source.columns.map(() => undefined)
  const given = columnList(source.columns.map(({ name }) => name))
  return [now, sql` JOIN (${unionOf(source.before, types, names)}) AS ${alias}${given} ON ${beside}`]
}

/** The names of an alias's columns; an empty list cannot be written. */
function columnList(columns: readonly string[]): Fragment {
  return columns.length === 0 ? sql`` : sql`(${join(columns.map((name) => ident(name)))})`
}

function conditions(pairs: readonly (readonly [Fragment, Fragment])[]): Fragment {
  if (pairs.length === 0) return sql`true`
  return join(
    pairs.map(([own, other]) => sql`${own} = ${other}`),
    ' AND ',
  )
}

export function functionText(ast: Node, alias: string, columns: readonly string[]): Fragment {
  const colnames = columns.map((name): Node => ({ String: { sval: name } }))
  if ('RangeSubselect' in ast) {
    const { subquery } = ast.RangeSubselect
    return trusted(toSql({ RangeSubselect: { ...(subquery && { subquery }), alias: { aliasname: alias, colnames } } }))
  }
  if (!('RangeFunction' in ast)) throw new TypeError('not a function in FROM')
  const { lateral: _, ...range } = ast.RangeFunction
  return trusted(toSql({ RangeFunction: { ...range, alias: { aliasname: alias, colnames } } }))
}
