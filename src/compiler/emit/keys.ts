import { type Fragment, ident, join, sql, trusted } from '../fragment.js'
import { outputNames } from '../ir/types.js'
import type { Node } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'
import type { AliasedColumn, Changed, JoinStep, KeyPath } from '../plan/types.js'
import type { SourceNames } from './names.js'
import { blockQuery } from './query.js'

/** Name of a key column in the queries that find keys. */
export function keyName(index: number): Fragment {
  return ident(`k${index}`)
}

/** The query for every distinct key that the logged changes touch: one column `k0`, `k1`, … for each key column. */
export function keysQuery(paths: readonly KeyPath[], types: readonly string[], names: SourceNames): Fragment {
  const columns = join(types.map((_, index) => keyName(index)))
  return sql`SELECT DISTINCT ${columns} FROM (${unionOf(paths, types, names)}) tidemark_touched`
}

function unionOf(paths: readonly KeyPath[], types: readonly (string | undefined)[], names: SourceNames): Fragment {
  const texts = new Set(paths.map((path) => pathQuery(path, types, names).text))
  return join([...texts].map(trusted), ' UNION ALL ')
}

function pathQuery(path: KeyPath, types: readonly (string | undefined)[], names: SourceNames): Fragment {
  const outputs = path.outputs.map((output, index) => sql`${outputText(output, types[index])} AS ${keyName(index)}`)
  const joins = path.joins.map((step) => joinText(step, names))
  const filters = path.filters.map((filter) => sql`(${trusted(toSql(filter))})`)
  const where = filters.length === 0 ? sql`` : sql` WHERE ${join(filters, ' AND ')}`
  return sql`SELECT ${join(outputs)} FROM ${changedRows(path.changed, path.alias, names)}${join(joins, '')}${where}`
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

function joinText(step: JoinStep, names: SourceNames): Fragment {
  const { source } = step
  const alias = ident(step.alias)
  if (source.kind === 'function') {
    return sql` CROSS JOIN LATERAL ${functionText(source.ast, step.alias, source.columns)}`
  }
  const columns = join(source.columns.map(({ name, stored }) => sql`${ident(stored)} AS ${ident(name)}`))
  const where = (qualifier: string): Fragment =>
    conditions(
      step.on,
      (own) => sql`${ident(qualifier, source.columns.find((column) => column.name === own)?.stored ?? own)}`,
    )
  if (source.kind === 'table') {
    const { capture } = source.relation
    const now = sql`SELECT ${columns} FROM ${ident(capture.schema, capture.name)} AS n${where('n')}`
    const before = sql`SELECT ${columns} FROM ${names.delta(source.relation)} AS n${where('n')}`
    return sql` CROSS JOIN LATERAL (${now} UNION ALL ${before}) AS ${alias}`
  }
  const inner = columnList(outputNames(source.block))
  const now = sql`SELECT ${columns} FROM (${blockQuery(source.block)}) AS n${inner}${where('n')} OFFSET 0`
  if (source.before.length === 0) return sql` CROSS JOIN LATERAL (${now}) AS ${alias}`
  const types = source.columns.map(() => undefined)
  const stored = columnList(source.columns.map((column) => column.stored))
  const before = sql`SELECT ${columns} FROM (${unionOf(source.before, types, names)}) AS n${stored}${where('n')}`
  return sql` CROSS JOIN LATERAL ((${now}) UNION ALL ${before}) AS ${alias}`
}

/** The names of an alias's columns; an empty list cannot be written. */
function columnList(columns: readonly string[]): Fragment {
  return columns.length === 0 ? sql`` : sql`(${join(columns.map((name) => ident(name)))})`
}

function conditions(on: JoinStep['on'], own: (column: string) => Fragment): Fragment {
  if (on.length === 0) return sql``
  return sql` WHERE ${join(
    on.map((pair) => sql`${own(pair.own)} = ${reference(pair.other)}`),
    ' AND ',
  )}`
}

function reference({ alias, column }: AliasedColumn): Fragment {
  return ident(alias, column)
}

export function functionText(ast: Node, alias: string, columns: readonly string[]): Fragment {
  if (!('RangeFunction' in ast)) throw new TypeError('not a function in FROM')
  const colnames = columns.map((name): Node => ({ String: { sval: name } }))
  const { lateral: _, ...range } = ast.RangeFunction
  return trusted(toSql({ RangeFunction: { ...range, alias: { aliasname: alias, colnames } } }))
}
