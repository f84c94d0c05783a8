import type { Aggregate } from '../delta/aggregates.js'
import { columnsRead, type FlatItem, type FlatJoin, relationsOf, tablesOf } from '../delta/flat.js'
import type { AggregateShape } from '../delta/shape.js'
import { isExactType } from '../exactTypes.js'
import { type RelationFacts, relationKey } from '../facts.js'
import { type Fragment, ident, join, sql, trusted } from '../fragment.js'
import { storedName } from '../ir/types.js'
import type { Node } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'
import { functionText } from './keys.js'
import { logTable, pendingIn } from './names.js'

const weight = 'tidemark_w'

/** Name of the column that holds a group's value, or an aggregate's argument, in the rows that came or went. */
export const groupValue = (index: number): Fragment => ident(`g${index}`)
export const argumentValue = (index: number): Fragment => ident(`x${index}`)

/** Names the changes of each table of a flat join. */
class ChangeNames {
  private readonly numbers: ReadonlyMap<number, number>

  constructor(flat: FlatJoin) {
    this.numbers = new Map(relationsOf(flat).map(({ oid }, index) => [oid, index]))
  }

  numberOf({ oid }: Pick<RelationFacts, 'oid'>): number {
    return this.numbers.get(oid) ?? 0
  }

  of({ oid }: RelationFacts): Fragment {
    return ident(`tidemark_changes_${this.numberOf({ oid })}`)
  }
}

/**
 * WITH queries for what came and went in each table: an image that did as often as it came is left out, so that a row
 * updated a hundred times counts twice. Images are told apart to the bit.
 */
export function changeParts(flat: FlatJoin): Fragment[] {
  const names = new ChangeNames(flat)
  const read = columnsRead(flat)
  return relationsOf(flat).map((relation) => {
    const columns = read.get(relationKey(relation.schema, relation.name)) ?? []
    const images = columns.map((name) => ident('l', name))
    const facts = (name: string) => relation.columns.find((column) => column.name === name)
    const bits = columns.flatMap((name) => {
      const column = facts(name)
      return column !== undefined && isExactType(column)
        ? []
        : [sql`(${ident('l', name)}::pg_catalog.text COLLATE "C")`]
    })
    const grouped = [...images, ...bits]
    const group = grouped.length === 0 ? sql`` : sql` GROUP BY ${join(grouped)}`
    const log = sql`${logTable(relation)} AS l WHERE ${pendingIn(relation, 'l')} AND l.sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)`
    const count = sql`pg_catalog.sum(l.sign)`
    const selected = join([...images, sql`${count} AS ${ident(weight)}`])
    return sql`${names.of(relation)} AS MATERIALIZED (SELECT ${selected} FROM ${log}${group} HAVING ${count} <> 0)`
  })
}

/**
 * True where the log does not tell the change exactly: a table was emptied, or rows were logged by this transaction or
 * by the one that stored the cursor, of which some may have been counted already.
 */
export function inexact(flat: FlatJoin): Fragment {
  const each = relationsOf(flat).map((relation) => {
    const own =
      relation.kind === 'maintained'
        ? sql``
        : sql` OR l.xid IS NOT DISTINCT FROM pg_catalog.pg_current_xact_id_if_assigned() OR l.xid IS NOT DISTINCT FROM $2::pg_catalog.xid8`
    return sql`EXISTS (SELECT FROM ${logTable(relation)} AS l WHERE ${pendingIn(relation, 'l')} AND (l.sign IS NULL${own}))`
  })
  return join(each, ' OR ')
}

/**
 * The rows that the join gained and lost, with their weights, where some of its tables changed: a query with places for
 * what each table gives, of which `tidemark.delta_statement` makes a UNION ALL. Where few tables changed, that is by
 * inclusion and exclusion: `ΔR⋈S + R⋈ΔS − ΔR⋈ΔS`, all tables as they are now, so that each part starts at a few rows and
 * finds the others by an index. Where many did, each in turn gives its changes, joined to those before it as they are
 * now, and to those after it as they were.
 */
export function changedJoinRows({ join: flat, groups, aggregates }: AggregateShape): DeltaJoin {
  const outputs = [
    ...groups.map(({ ast }, index) => sql`${expression(ast)} AS ${groupValue(index)}`),
    ...aggregates.map((aggregate, index) => sql`${argumentOf(aggregate)} AS ${argumentValue(index)}`),
  ]
  const names = new ChangeNames(flat)
  const items = tablesOf(flat).map((item) => placedTable(item, names))
  return { join: selectJoin(flat, outputs, { next: 0 }, trusted(signMark)).text, items }
}

/** For each table, a query for whether it changed. */
export function changedTables(flat: FlatJoin): string[] {
  return relationsOf(flat).map(
    (relation) => sql`SELECT EXISTS (SELECT FROM ${logTable(relation)} AS l WHERE ${pendingIn(relation, 'l')})`.text,
  )
}

/** Of what is counted, whether it is there is all that matters. */
function argumentOf({ kind, argument, filter }: Aggregate): Fragment {
  let value = argument === undefined ? sql`true` : expression(argument)
  if (kind === 'count' && argument !== undefined) value = sql`CASE WHEN ${value} IS NOT NULL THEN true END`
  return filter === undefined ? value : sql`CASE WHEN ${expression(filter)} THEN ${value} END`
}

function expression(ast: Node): Fragment {
  return trusted(toSql(ast))
}

export interface DeltaJoin {
  // Holds a comment `tidemark item N` for each place at which a table is read, and `tidemark sign` before the weight.
  readonly join: string
  readonly items: readonly PlacedTable[]
}

/** One place at which a table is read, and the queries that can stand there. */
export interface PlacedTable {
  /** Number of the table. */
  readonly table: number
  readonly now: string
  readonly delta: string
  readonly before: string
}

const signMark = '/*tidemark sign*/'

function selectJoin(
  flat: FlatJoin,
  outputs: readonly Fragment[],
  place: { next: number },
  sign: Fragment = sql``,
): Fragment {
  const relations: Fragment[] = []
  const weights: Fragment[] = []
  for (const item of flat.items) {
    relations.push(itemText(item, place))
    if (item.kind !== 'function') weights.push(sql`${ident(item.item.alias)}.${ident(weight)}`)
  }
  const conditions = flat.conditions.map((condition) => sql`(${expression(condition)})`)
  const where = conditions.length === 0 ? sql`` : sql` WHERE ${join(conditions, ' AND ')}`
  const product = sql`${sign}${join(weights, ' * ')} AS ${ident(weight)}`
  return sql`SELECT ${join([...outputs, product])} FROM ${join(relations)}${where}`
}

function itemText(flatItem: FlatItem, place: { next: number }): Fragment {
  const alias = ident(flatItem.item.alias)
  if (flatItem.kind === 'function') {
    const { ast, columns } = flatItem.item
    return sql`LATERAL ${functionText(ast, flatItem.item.alias, columns)}`
  }
  if (flatItem.kind === 'table') return sql`(/*tidemark item ${place.next++}*/) AS ${alias}`
  const { item, inner } = flatItem
  const outputs = inner.block.outputs.map(({ expression: { ast } }, index) => {
    const name = item.columns[index] ?? ''
    return sql`${expression(ast)} AS ${ident(name)}`
  })
  return sql`(${selectJoin(inner, outputs, place)}) AS ${alias}`
}

function placedTable({ item, columns }: FlatItem & { kind: 'table' }, names: ChangeNames): PlacedTable {
  const changes = names.of(item.relation)
  const named = columns.map((name) => sql`${ident(storedName(item, name))} AS ${ident(name)}`)
  const { schema, name } = item.relation.capture
  const own = ident(weight)
  const select = (weighed: Fragment, from: Fragment): Fragment => sql`SELECT ${join([...named, weighed])} FROM ${from}`
  const now = select(sql`1::pg_catalog.numeric AS ${own}`, ident(schema, name))
  return {
    table: names.numberOf(item.relation),
    now: now.text,
    delta: select(own, changes).text,
    before: sql`${now} UNION ALL ${select(sql`- ${own} AS ${own}`, changes)}`.text,
  }
}
