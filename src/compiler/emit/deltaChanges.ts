import type { Clock } from '../clock/types.js'
import { columnsOfTable, type FlatJoin, type FlatTable, relationsOf, tablesOf } from '../delta/flat.js'
import type { AggregateShape } from '../delta/shape.js'
import { isExactColumn } from '../exactTypes.js'
import type { RelationFacts } from '../facts.js'
import { type Fragment, ident, join, sql, trusted } from '../fragment.js'
import { storedName } from '../ir/types.js'
import type { Node } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'
import { stepped } from './clock.js'
import { logTable, pendingIn } from './names.js'

/** Name of the column that says how often a row came, less how often it went. */
export const weight = 'tidemark_w'

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

export function changeSets(shape: AggregateShape): ReadonlyMap<FlatTable, ChangeSet> {
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
  const { item, columns } = table
  const { relation } = item
  const facts = (name: string) => relation.columns.find((column) => column.name === storedName(item, name))
  const log = pendingImages(table)
  const conditions = asked(table)
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

/** What came and went in a table, under the names that the query has for it. */
export function pendingImages(table: FlatTable): Fragment {
  const { item } = table
  const images = columnsOfTable(table).map((name) => sql`${ident('l', storedName(item, name))} AS ${ident(name)}`)
  const pending = sql`${logTable(item.relation)} AS l WHERE ${pendingIn(item.relation, 'l')} AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)`
  return sql`(SELECT ${join([...images, sql`l.tidemark_sign AS ${ident(weight)}`])} FROM ${pending}) AS ${ident(item.alias)}`
}

/** What must hold of a table's own row, if it is to be among those that are joined. */
export function asked({ own, implied }: FlatTable): readonly Node[] {
  return [...own, ...implied]
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

/** For each table, a query for whether it changed. */
export function changedTables(flat: FlatJoin): string[] {
  return relationsOf(flat).map(
    (relation) => sql`SELECT EXISTS (SELECT FROM ${logTable(relation)} AS l WHERE ${pendingIn(relation, 'l')})`.text,
  )
}

export function expression(ast: Node): Fragment {
  return trusted(toSql(ast))
}

export function conjunction(conditions: readonly Node[]): Fragment {
  return join(
    conditions.map((condition) => sql`(${expression(condition)})`),
    ' AND ',
  )
}
