import { type Fragment, ident, join, sql, trusted } from '../compiler/fragment.js'
import type { Kept } from '../compiler/keep/kept.js'
import type { OrderColumn } from '../compiler/keep/limit.js'
import { toSql } from '../compiler/parse/parse.js'

/** What the public view does: the view's own columns of the kept rows that belong to it, in the order it asks for. */
export function readingQuery(columns: readonly string[], storage: string, kept: Kept | undefined): Fragment {
  const select = sql`SELECT ${join(columns.map((name) => ident(name)))} FROM ${ident('tidemark_data', storage)}`
  const where = kept?.shown === undefined ? sql`` : sql` WHERE ${ident(kept.shown)}`
  if (kept?.reading === undefined) return sql`${select}${where}`
  const { order, offset, count, withTies } = kept.reading
  const by = order.length === 0 ? sql`` : sql` ORDER BY ${orderColumns(order)}`
  const skip = offset === undefined ? sql`` : sql` OFFSET ${trusted(toSql(offset))}`
  const size = count === undefined ? sql`` : trusted(toSql(count))
  const ties = withTies ? sql`WITH TIES` : sql`ONLY`
  const limit = count === undefined ? sql`` : sql` FETCH FIRST (${size}) ROWS ${ties}`
  return sql`${select}${where}${by}${skip}${limit}`
}

export function orderColumns(order: readonly OrderColumn[]): Fragment {
  return join(
    order.map(({ column, descending, nullsFirst }) => {
      const direction = descending ? sql` DESC` : sql``
      return sql`${ident(column)}${direction} NULLS ${nullsFirst ? sql`FIRST` : sql`LAST`}`
    }),
  )
}
