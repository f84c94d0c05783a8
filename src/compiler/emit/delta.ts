import type { Aggregate } from '../delta/aggregates.js'
import { columnsOfTable, type FlatItem, type FlatJoin, type FlatTable, relationsOf } from '../delta/flat.js'
import type { AggregateShape } from '../delta/shape.js'
import { type Fragment, ident, join, sql } from '../fragment.js'
import { storedName } from '../ir/types.js'
import type { Node } from '../parse/ast.js'
import { changeSets, conjunction, expression, weight } from './deltaChanges.js'
import { type DeltaPair, type PlacedTable, pairsOf } from './deltaPairs.js'
import { functionText } from './keys.js'
import { partsOf, slot } from './parts.js'

/** Name of the column that holds a group's value, or an aggregate's argument, in the rows that came or went. */
export const groupValue = (index: number): Fragment => ident(`g${index}`)
export const argumentValue = (index: number): Fragment => ident(`x${index}`)

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

/** Of what is counted, whether it is there is all that matters. */
function argumentOf({ kind, argument, filter }: Aggregate): Fragment {
  let value = argument === undefined ? sql`true` : expression(argument)
  if (kind === 'count' && argument !== undefined) value = sql`CASE WHEN ${value} IS NOT NULL THEN true END`
  return filter === undefined ? value : sql`CASE WHEN ${expression(filter)} THEN ${value} END`
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
