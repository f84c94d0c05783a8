import { type Fragment, ident, join, literal, sql, trusted } from '../compiler/fragment.js'
import { columnSql, findColumn, pathName } from './columns.js'
import { all, conditionSql } from './condition.js'
import { invalidRead } from './errors.js'
import type { ViewFacts } from './facts.js'
import { castTypes, type OrderTerm, type ReadQuery, type SelectedColumn } from './query.js'
import { BindValues } from './values.js'

/** `stripped`: JSON without the keys whose value is null. `text`: every value as PostgreSQL writes it, as an array for each row, for who gives them their types himself. */
export type BodyFormat = 'json' | 'stripped' | 'csv' | 'text'

export interface Reading {
  readonly view: ViewFacts
  readonly query: ReadQuery
  readonly format: BodyFormat
  readonly count: boolean
  /** The query itself is computed, and not the kept rows read. */
  readonly live: boolean
  /** Whether the view's default filter holds; its guard does in any case. */
  readonly defaults: boolean
}

export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

interface Selected {
  readonly name: string
  readonly expression: Fragment
  readonly type: string
}

/**
 * One statement, and so one snapshot: the rows as one text, how many they are, how many there are in all, and `state`
 * with them, which is what `from` gives.
 */
export function readingStatement(reading: Reading, state: Fragment, values = new BindValues()): Statement {
  const { view, query } = reading
  const relation = reading.live ? sql`(${trusted(view.live)}\n)` : ident(view.schema, view.name)
  const from = sql`FROM ${relation} AS ${ident(view.name)}`
  const where = conditions(reading, values)
  const selected = selection(view, query.select, values)
  const order = (query.order ?? []).map((term) => orderSql(view, term, values))
  const rows = sql`${from}${where}${order.length === 0 ? sql`` : sql` ORDER BY ${join(order)}`}${limits(query)}`
  const total = reading.count ? sql`(SELECT pg_catalog.count(*) ${from}${where})` : sql`NULL::bigint`
  const body = bodies[reading.format](selected, rows)
  const text = sql`SELECT tidemark_state.*, tidemark_body.*, ${total}::text AS total FROM ${state} AS tidemark_state, (${body}) AS tidemark_body`
  return { text: text.text, values: values.all }
}

function conditions({ view, query, defaults }: Reading, values: BindValues): Fragment {
  const { guard, filter } = view.read
  // As the configuration has them: they are the user's own SQL, as the query is. A comment ends with its line.
  const own = [guard, defaults ? filter : null].flatMap((text) => (text === null ? [] : [sql`(${trusted(text)}\n)`]))
  const asked = query.where === undefined ? [] : [conditionSql(view, query.where, values)]
  const both = [...own, ...asked]
  return both.length === 0 ? sql`` : sql` WHERE ${all(both)}`
}

function selection(view: ViewFacts, select: readonly SelectedColumn[] | undefined, values: BindValues): Selected[] {
  if (select?.length === 0) throw invalidRead('The read selects no columns.')
  if (select === undefined) {
    return view.columns.map(({ name, base }) => ({ name, expression: ident(view.name, name), type: base }))
  }
  return select.map(({ source, alias, cast }) => {
    const plain = columnSql(view, source, values)
    const name = checkedName(alias ?? pathName(source))
    if (cast === undefined) {
      const type = source.steps.length > 0 ? 'jsonb' : findColumn(view, source.column).base
      return { name, expression: plain, type }
    }
    if (!Object.hasOwn(castTypes, cast)) throw invalidRead(`A column cannot be cast to "${String(cast)}".`)
    const type = castTypes[cast]
    return { name, expression: sql`${plain}::${trusted(type)}`, type }
  })
}

function checkedName(name: string): string {
  if (name !== '' && !name.includes('\0') && Buffer.byteLength(name) <= 63) return name
  throw invalidRead('A name in the answer is empty, longer than 63 bytes, or holds a NUL.')
}

function orderSql(view: ViewFacts, { column, descending, nulls }: OrderTerm, values: BindValues): Fragment {
  const direction = descending ? sql` DESC` : sql``
  const placed = nulls === undefined ? sql`` : nulls === 'first' ? sql` NULLS FIRST` : sql` NULLS LAST`
  return sql`${columnSql(view, column, values)}${direction}${placed}`
}

function limits({ limit, offset }: ReadQuery): Fragment {
  const counted = (word: string, count: number | undefined): Fragment => {
    if (count === undefined) return sql``
    if (!Number.isSafeInteger(count) || count < 0) throw invalidRead(`${word} is not a number of rows.`)
    return sql` ${trusted(word)} ${count}`
  }
  return sql`${counted('LIMIT', limit)}${counted('OFFSET', offset)}`
}

type Body = (selected: readonly Selected[], rows: Fragment) => Fragment

const bodies: Readonly<Record<BodyFormat, Body>> = {
  json: (selected, rows) => objects(selected, rows, (row) => sql`pg_catalog.row_to_json(${row})`),
  stripped: (selected, rows) =>
    objects(selected, rows, (row) => sql`pg_catalog.json_strip_nulls(pg_catalog.row_to_json(${row}))`),
  text: (selected, rows) => {
    const columns = join(selected.map(asText))
    return sql`SELECT '[' || coalesce(pg_catalog.string_agg(line, ','), '') || ']' AS body, pg_catalog.count(*)::integer AS rows FROM (SELECT pg_catalog.to_json(ARRAY[${columns}]::text[])::text AS line ${rows}) AS lines`
  },
  csv: (selected, rows) => {
    const columns = join(selected.map((column, place) => sql`${asText(column)} AS ${field(place)}`))
    const fields = selected.map((_, place) => csvField(field(place)))
    const head = literal(selected.map(({ name }) => quoteCsv(name)).join(','))
    return sql`SELECT ${head} || coalesce(E'\n' || pg_catalog.string_agg(${join(fields, " || ',' || ")}, E'\n'), '') AS body, pg_catalog.count(*)::integer AS rows FROM (SELECT ${columns} ${rows}) AS lines`
  },
}

function objects(selected: readonly Selected[], rows: Fragment, write: (row: Fragment) => Fragment): Fragment {
  // Where a column had its name, it would be taken for that column.
  const row = freeName(selected.map(({ name }) => name))
  const columns = join(selected.map(({ expression, name }) => sql`${expression} AS ${ident(name)}`))
  return sql`SELECT '[' || coalesce(pg_catalog.string_agg(${write(row)}::text, ','), '') || ']' AS body, pg_catalog.count(*)::integer AS rows FROM (SELECT ${columns} ${rows}) AS ${row}`
}

/** Types whose cast to text writes them otherwise: without the blanks at the end, or with a mask that was left out. */
const castOtherwise: ReadonlySet<string> = new Set(['character', 'inet'])

/** As its type writes it. */
function asText({ expression, type }: Selected): Fragment {
  if (!castOtherwise.has(type)) return sql`${expression}::text`
  return sql`CASE WHEN ${expression} IS NOT NULL THEN pg_catalog.concat(${expression}) END`
}

function field(place: number): Fragment {
  return ident(`field ${place}`)
}

function csvField(name: Fragment): Fragment {
  return sql`CASE WHEN ${name} IS NULL THEN '' WHEN ${name} = '' OR ${name} ~ '[",\r\n]' THEN '"' || pg_catalog.replace(${name}, '"', '""') || '"' ELSE ${name} END`
}

function quoteCsv(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name
}

function freeName(taken: readonly string[]): Fragment {
  let name = 'read_row'
  while (taken.includes(name)) name += '_'
  return ident(name)
}
