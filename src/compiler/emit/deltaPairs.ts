import { type FlatJoin, type FlatTable, type LinkedTables, linkedTables, tablesOf } from '../delta/flat.js'
import { keyOfPair } from '../delta/keyed.js'
import { type Fragment, ident, join, sql, trusted } from '../fragment.js'
import type { Node } from '../parse/ast.js'
import { asked, conjunction, pendingImages, weight } from './deltaChanges.js'

/** One place at which a table is read, and the queries that can stand there. */
export interface PlacedTable {
  /** Number of the table. */
  readonly table: number
  readonly now: string
  readonly delta: string
  readonly before: string
}

/** What stands at two places, counted from 0, where both give their changes: the changes joined, and what is left of the second. */
export interface DeltaPair {
  readonly places: readonly [number, number]
  /** Those that need not be asked again, by their numbers. */
  readonly conditions: readonly number[]
  readonly first: string
  readonly second: string
  readonly keyed?: KeyedPair
}

/**
 * For two tables of which one is found by its key. Where both changed, `ΔR⋈S − ΔR⋈ΔS` joins what came with each other twice,
 * only to take it away again. It is the changes of R, joined to S as it was: to S as it is, for a key that has not
 * changed there; else to what went of it.
 */
export interface KeyedPair {
  /** The place at which the other is read. */
  readonly referring: number
  /** Its changes that lead to rows which did not change: in the place of them all. */
  readonly unchanged: string
  /** Instead of `first`: its changes, joined to what went. */
  readonly gone: string
}

/**
 * Where two tables that are joined to each other both changed, their changes are joined first: of what they amount to the
 * planner knows too little not to go through all of the ones for each of the others.
 */
export function pairsOf(flat: FlatJoin, items: readonly PlacedTable[], numbered: readonly Node[]): DeltaPair[] {
  const tables = tablesOf(flat)
  return linkedTables(flat).map((linked): DeltaPair => {
    const { first, second, conditions } = linked
    const [one, other] = [tables.indexOf(first), tables.indexOf(second)]
    const restored = second.columns.map(
      (column, index) => sql`${ident(first.item.alias, carried(index))} AS ${ident(column)}`,
    )
    const changes = (place: number): Fragment => trusted(items[place]?.delta ?? '')
    const joined = joinedChanges(linked, changes(one), changes(other))
    const keyed = keyedPair(linked, [one, other], changes, joined)
    return {
      places: [one, other],
      conditions: conditions.map((condition) => numbered.indexOf(condition)),
      first: joined.text,
      second: sql`SELECT ${join([...restored, sql`1::pg_catalog.numeric AS ${ident(weight)}`])}`.text,
      ...(keyed && { keyed }),
    }
  })
}

/** By its number: made of its own name, it could be that of the weight, or longer than a name may be. */
function carried(index: number): string {
  return `tidemark_second_${index}`
}

const weights = ['tidemark_first_w', 'tidemark_second_w'] as const

function joinedChanges({ first, second, conditions }: LinkedTables, ones: Fragment, others: Fragment): Fragment {
  const [left, right] = [first.item.alias, second.item.alias]
  const columns = [
    ...first.columns.map((column) => ident(left, column)),
    ...second.columns.map((column, index) => sql`${ident(right, column)} AS ${ident(carried(index))}`),
    sql`${ident(left, weight)} * ${ident(right, weight)} AS ${ident(weight)}`,
    sql`${ident(left, weight)} AS ${ident(weights[0])}`,
    sql`${ident(right, weight)} AS ${ident(weights[1])}`,
  ]
  return sql`SELECT ${join(columns)} FROM (${ones}) AS ${ident(left)}, (${others}) AS ${ident(right)} WHERE ${conjunction(conditions)} OFFSET 0`
}

function keyedPair(
  linked: LinkedTables,
  places: readonly [number, number],
  changes: (place: number) => Fragment,
  joined: Fragment,
): KeyedPair | undefined {
  const found = keyOfPair(linked)
  if (found === undefined) return undefined
  const { side, columns } = found
  const [referring, keyed] = side === 'second' ? places : ([places[1], places[0]] as const)
  const mine = side === 'second' ? linked.first : linked.second
  const own = join(columns.map((column) => ident(mine.item.alias, column.referring)))
  const changed = changedKeys(
    linked[side],
    columns.map((column) => column.key),
    changes(keyed),
  )
  const went = ident(weights[side === 'second' ? 1 : 0])
  return {
    referring,
    unchanged:
      sql`SELECT * FROM (${changes(referring)}) AS ${ident(mine.item.alias)} WHERE (${own}) NOT IN (${changed})`.text,
    // What went is picked from the rows that were joined: fewer of them, and they would be gone through one by one.
    gone: sql`SELECT * FROM (${joined}) q WHERE ${went} < 0`.text,
  }
}

/** Keys of a table under which there is another row than there was; and of those of whose rows none is ever joined. */
function changedKeys(table: FlatTable, key: readonly string[], changes: Fragment): Fragment {
  const alias = table.item.alias
  const columns = join(key.map((column) => ident(alias, column)))
  const present = join(
    key.map((column) => sql`${ident(alias, column)} IS NOT NULL`),
    ' AND ',
  )
  const changed = sql`SELECT ${columns} FROM (${changes}) AS ${ident(alias)} WHERE ${present}`
  const conditions = asked(table)
  if (conditions.length === 0) return changed
  return sql`${changed} UNION ALL SELECT ${columns} FROM ${pendingImages(table)} WHERE ${present} GROUP BY ${columns} HAVING NOT coalesce(pg_catalog.bool_or(${conjunction(conditions)}), false)`
}
