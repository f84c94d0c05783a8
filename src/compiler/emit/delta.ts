import type { Clock } from '../clock/types.js'
import type { Aggregate } from '../delta/aggregates.js'
import {
  columnsOfTable,
  type FlatItem,
  type FlatJoin,
  type FlatTable,
  linkedTables,
  relationsOf,
  tablesOf,
} from '../delta/flat.js'
import type { AggregateShape } from '../delta/shape.js'
import { isExactColumn } from '../exactTypes.js'
import type { RelationFacts } from '../facts.js'
import { type Fragment, ident, join, sql, trusted } from '../fragment.js'
import { storedName } from '../ir/types.js'
import type { Node } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'
import { stepped } from './clock.js'
import { functionText } from './keys.js'
import { logTable, pendingIn } from './names.js'
import { partsOf, slot } from './parts.js'

const weight = 'tidemark_w'

/** Name of the column that holds a group's value, or an aggregate's argument, in the rows that came or went. */
export const groupValue = (index: number): Fragment => ident(`g${index}`)
export const argumentValue = (index: number): Fragment => ident(`x${index}`)

/** The changes that each place of a join reads, as a WITH query: places that ask for the same share it. */
interface ChangeSet {
  readonly name: Fragment
  readonly query: Fragment
}

/**
 * WITH queries for what came and went in each table, as far as the conditions on that table let it through. Where it has
 * to be joined, an image that did as often as it came is left out, so that a row updated a hundred times counts twice.
 */
export function changeParts(shape: AggregateShape): Fragment[] {
  return [...new Set(changeSets(shape).values())].map(({ name, query }) => sql`${name} AS MATERIALIZED (${query})`)
}

function changeSets(shape: AggregateShape): ReadonlyMap<FlatTable, ChangeSet> {
  const cancelling = isCancelling(shape)
  const byText = new Map<string, ChangeSet>()
  const setOf = (table: FlatTable): ChangeSet => {
    const query = changesOf(table, cancelling)
    const set = byText.get(query.text) ?? { name: ident(`tidemark_changes_${byText.size}`), query }
    byText.set(query.text, set)
    return set
  }
  return new Map(tablesOf(shape.join).map((table) => [table, setOf(table)]))
}

/** A sum over one table can take a row and its going as they come. */
export function isCancelling({ join: flat, aggregates }: AggregateShape): boolean {
  const alone = flat.items.length === 1 && flat.items[0]?.kind === 'table'
  return !alone || aggregates.some(({ kind }) => kind === 'min' || kind === 'max')
}

function changesOf(table: FlatTable, cancelling: boolean): Fragment {
  const { item, columns, own, implied } = table
  const { relation } = item
  const facts = (name: string) => relation.columns.find((column) => column.name === storedName(item, name))
  const pending = sql`${logTable(relation)} AS l WHERE ${pendingIn(relation, 'l')} AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)`
  const conditions = [...own, ...implied]
  const images = columnsOfTable(table).map((name) => sql`${ident('l', storedName(item, name))} AS ${ident(name)}`)
  const log = sql`(SELECT ${join([...images, sql`l.tidemark_sign AS ${ident(weight)}`])} FROM ${pending}) AS ${ident(item.alias)}`
  const where = conditions.length === 0 ? sql`` : sql` WHERE ${conjunction(conditions)}`
  const named = columns.map((name) => ident(item.alias, name))
  const signed = ident(item.alias, weight)
  if (!cancelling) return sql`SELECT ${join([...named, signed])} FROM ${log}${where}`
  // Images are told apart to the bit.
  const bits = columns.flatMap((name) => {
    const column = facts(name)
    return column !== undefined && isExactColumn(column)
      ? []
      : [sql`(${ident(item.alias, name)}::pg_catalog.text COLLATE "C")`]
  })
  const grouped = [...named, ...bits]
  const group = grouped.length === 0 ? sql`` : sql` GROUP BY ${join(grouped)}`
  const count = sql`pg_catalog.sum(${signed})`
  // As a number of any size: the least of all integers, multiplied by it, has no counterpart of its own type.
  return sql`SELECT ${join([...named, sql`${count}::pg_catalog.numeric AS ${ident(weight)}`])} FROM ${log}${where}${group} HAVING ${count} <> 0`
}

/**
 * True where the log does not tell the change exactly: a table was emptied, or rows were logged by this transaction or
 * by the one that stored the cursor, of which some may have been counted already.
 */
export function inexact(flat: FlatJoin, clock: Clock | undefined): Fragment {
  const each = relationsOf(flat).map(
    (relation) =>
      sql`EXISTS (SELECT FROM ${logTable(relation)} AS l WHERE ${pendingIn(relation, 'l')} AND (${untold(relation)}))`,
  )
  return join([...each, ...stepped(clock)], ' OR ')
}

function untold({ kind }: RelationFacts): Fragment {
  if (kind === 'maintained') return sql`l.tidemark_sign IS NULL`
  return sql`l.tidemark_sign IS NULL OR l.tidemark_xid IS NOT DISTINCT FROM pg_catalog.pg_current_xact_id_if_assigned() OR l.tidemark_xid IS NOT DISTINCT FROM $2::pg_catalog.xid8`
}

/** One look at what is pending: how many rows of each table, and whether something is there that the log does not tell. */
export function pendingChanges(flat: FlatJoin, clock: Clock | undefined): Fragment {
  const counts = relationsOf(flat).map((_, index) => sql`${ident(`c${index}`)}.pending`)
  const untolds = relationsOf(flat).map((_, index) => sql`${ident(`c${index}`)}.untold`)
  const looks = relationsOf(flat).map((relation, index) => {
    const rows = sql`SELECT (${untold(relation)}) AS untold FROM ${logTable(relation)} AS l WHERE ${pendingIn(relation, 'l')}`
    return sql`(SELECT pg_catalog.count(*) AS pending, coalesce(pg_catalog.bool_or(q.untold), false) AS untold FROM (${rows}) q) AS ${ident(`c${index}`)}`
  })
  return sql`SELECT ARRAY[${join(counts)}] AS pending, ${join([...untolds, ...stepped(clock)], ' OR ')} AS untold FROM ${join(looks)}`
}

/**
 * The rows that the join gained and lost, with their weights, where some of its tables changed: a query with places for
 * what each table gives, of which `tidemark.delta_statement` makes a UNION ALL. Where few tables changed, that is by
 * inclusion and exclusion: `ΔR⋈S + R⋈ΔS − ΔR⋈ΔS`, all tables as they are now, so that each part starts at a few rows and
 * finds the others by an index. Where many did, each in turn gives its changes, joined to those before it as they are
 * now, and to those after it as they were.
 */
export function changedJoinRows(shape: AggregateShape): DeltaJoin {
  const { join: flat, groups, aggregates } = shape
  const outputs = [
    ...groups.map(({ ast }, index) => sql`${expression(ast)} AS ${groupValue(index)}`),
    ...aggregates.map((aggregate, index) => sql`${argumentOf(aggregate)} AS ${argumentValue(index)}`),
  ]
  const numbers = relationsOf(flat).map(({ oid }) => oid)
  const items = [...changeSets(shape)].map(([table, { name }]) =>
    placedTable(table, numbers.indexOf(table.item.relation.oid), name),
  )
  const places: Places = { tables: 0, conditions: [] }
  const text = selectJoin(flat, outputs, places, signMark).text
  const conditions = places.conditions.map((condition) => conjunction([condition]).text)
  return { parts: partsOf(text), items, conditions, pairs: pairsOf(flat, items, places.conditions) }
}

/**
 * Where two tables that are joined to each other both changed, their changes are joined first: of what they amount to the
 * planner knows too little not to go through all of the ones for each of the others.
 */
function pairsOf(flat: FlatJoin, items: readonly PlacedTable[], numbered: readonly Node[]): DeltaPair[] {
  const tables = tablesOf(flat)
  return linkedTables(flat).map(({ first, second, conditions }) => {
    const [one, other] = [tables.indexOf(first), tables.indexOf(second)]
    const [left, right] = [first.item.alias, second.item.alias]
    // By its number: made of its own name, it could be that of the weight, or longer than a name may be.
    const carried = (index: number): string => `tidemark_second_${index}`
    const changes = (place: number, alias: string): Fragment =>
      sql`(${trusted(items[place]?.delta ?? '')}) AS ${ident(alias)}`
    const columns = [
      ...first.columns.map((column) => ident(left, column)),
      ...second.columns.map((column, index) => sql`${ident(right, column)} AS ${ident(carried(index))}`),
      sql`${ident(left, weight)} * ${ident(right, weight)} AS ${ident(weight)}`,
    ]
    const restored = second.columns.map((column, index) => sql`${ident(left, carried(index))} AS ${ident(column)}`)
    return {
      places: [one, other],
      conditions: conditions.map((condition) => numbered.indexOf(condition)),
      first:
        sql`SELECT ${join(columns)} FROM ${changes(one, left)}, ${changes(other, right)} WHERE ${conjunction(conditions)} OFFSET 0`
          .text,
      second: sql`SELECT ${join([...restored, sql`1::pg_catalog.numeric AS ${ident(weight)}`])}`.text,
    }
  })
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
  /**
   * Its text, in which every second part names what is put there: `item N` for a place at which a table is read,
   * `condition N`, and `sign` before the weight.
   */
  readonly parts: readonly string[]
  readonly conditions: readonly string[]
  readonly items: readonly PlacedTable[]
  readonly pairs: readonly DeltaPair[]
}

/** What stands at two places, counted from 0, where both give their changes: the changes joined, and what is left of the second. */
export interface DeltaPair {
  readonly places: readonly [number, number]
  /** Those that need not be asked again, by their numbers. */
  readonly conditions: readonly number[]
  readonly first: string
  readonly second: string
}

/** One place at which a table is read, and the queries that can stand there. */
export interface PlacedTable {
  /** Number of the table. */
  readonly table: number
  readonly now: string
  readonly delta: string
  readonly before: string
}

const signMark = slot('sign')

/** What has been numbered so far. */
interface Places {
  tables: number
  readonly conditions: Node[]
}

function selectJoin(flat: FlatJoin, outputs: readonly Fragment[], places: Places, sign: Fragment = sql``): Fragment {
  const relations: Fragment[] = []
  const weights: Fragment[] = []
  for (const item of flat.items) {
    relations.push(itemText(item, places))
    if (item.kind !== 'function') weights.push(sql`${ident(item.item.alias)}.${ident(weight)}`)
  }
  const conditions = flat.conditions.map((condition) => slot(`condition ${places.conditions.push(condition) - 1}`))
  const where = conditions.length === 0 ? sql`` : sql` WHERE ${join(conditions, ' AND ')}`
  // What reads functions alone, of which no row ever changes.
  if (weights.length === 0) weights.push(sql`1::pg_catalog.numeric`)
  const product = sql`${sign}${join(weights, ' * ')} AS ${ident(weight)}`
  return sql`SELECT ${join([...outputs, product])} FROM ${join(relations)}${where}`
}

function itemText(flatItem: FlatItem, places: Places): Fragment {
  const alias = ident(flatItem.item.alias)
  if (flatItem.kind === 'function') {
    const { ast, columns } = flatItem.item
    return sql`LATERAL ${functionText(ast, flatItem.item.alias, columns)}`
  }
  if (flatItem.kind === 'table') return sql`LATERAL (${slot(`item ${places.tables++}`)}) AS ${alias}`
  const { item, inner } = flatItem
  const outputs = inner.block.outputs.map(({ expression: { ast } }, index) => {
    const name = item.columns[index] ?? ''
    return sql`${expression(ast)} AS ${ident(name)}`
  })
  return sql`(${selectJoin(inner, outputs, places)}) AS ${alias}`
}

function placedTable(flatTable: FlatTable, table: number, changes: Fragment): PlacedTable {
  const { item, columns, own } = flatTable
  const { schema, name } = item.relation.capture
  const weighed = ident(weight)
  const rows = columnsOfTable(flatTable).map((column) => sql`${ident(storedName(item, column))} AS ${ident(column)}`)
  const named = columns.map((column) => ident(item.alias, column))
  const where = own.length === 0 ? sql`` : sql` WHERE ${conjunction(own)}`
  const present = sql`(SELECT ${join(rows)} FROM ${ident(schema, name)}) AS ${ident(item.alias)}${where}`
  const now = sql`SELECT ${join([...named, sql`1::pg_catalog.numeric AS ${weighed}`])} FROM ${present}`
  const changed = columns.map((column) => ident(column))
  return {
    table,
    now: now.text,
    delta: sql`SELECT ${join([...changed, weighed])} FROM ${changes}`.text,
    before: sql`${now} UNION ALL SELECT ${join([...changed, sql`- ${weighed} AS ${weighed}`])} FROM ${changes}`.text,
  }
}

function conjunction(conditions: readonly Node[]): Fragment {
  return join(
    conditions.map((condition) => sql`(${expression(condition)})`),
    ' AND ',
  )
}
