import type { OutputColumn, QueryFacts } from '../facts.js'
import { type Fragment, ident, join, sql, trusted } from '../fragment.js'
import { buildQuery } from '../ir/build.js'
import type { Kept } from '../keep/kept.js'
import { withoutLimit } from '../keep/limit.js'
import { toSql } from '../parse/parse.js'
import type { ViewPlan } from '../plan/types.js'

interface VerifyRequest {
  readonly plan: ViewPlan
  readonly facts: QueryFacts
  readonly storage: string
  /** Where the rows are kept when that is not the storage table: the materialized view itself. */
  readonly native?: { readonly schema: string; readonly name: string } | undefined
  readonly kept: Kept | undefined
  readonly original?: QueryFacts | undefined
}

/**
 * Counts the rows of the query that are not kept, and the kept ones that the query does not return. An aggregate over
 * floating-point numbers depends on the order in which it meets them, so one slice computed alone can differ in the last
 * bits from the same slice within the whole query: what differs by no more than that is no drift.
 */
export function verifyStatement({ plan, facts: all, storage, kept: split, native, original }: VerifyRequest): Fragment {
  const output = all.output.filter(({ name }) => split === undefined || split.visible.includes(name))
  const facts = { ...all, output }
  const columns = join(output.map((column) => compared(column, 'q')))
  const wanted = comparableText(original) ?? split?.comparable ?? all.canonical.replace(/;\s*$/, '')
  const query = sql`SELECT ${columns} FROM (${trusted(wanted)}) q`
  const where = split?.shown === undefined ? sql`` : sql` WHERE q.${ident(split.shown)}`
  const rows = native === undefined ? ident('tidemark_data', storage) : ident(native.schema, native.name)
  const kept = sql`SELECT ${columns} FROM ${rows} q${where}`
  const count = (some: string, others: string): Fragment =>
    sql`(SELECT pg_catalog.count(*) FROM ${ident(some)} a${withoutNoise(plan, facts, others)})`
  return sql`WITH wanted AS MATERIALIZED (${query}), kept AS MATERIALIZED (${kept}), missing AS MATERIALIZED (SELECT * FROM wanted EXCEPT ALL SELECT * FROM kept), unexpected AS MATERIALIZED (SELECT * FROM kept EXCEPT ALL SELECT * FROM wanted) SELECT ${count('missing', 'unexpected')} AS missing, ${count('unexpected', 'missing')} AS unexpected`
}

/** What was taken apart must still give the same, but for a limit that is left to the readers. */
function comparableText(original: QueryFacts | undefined): string | undefined {
  if (original === undefined) return undefined
  const unlimited = withoutLimit(buildQuery(original))
  return unlimited === undefined ? original.canonical.replace(/;\s*$/, '') : toSql(unlimited.ast)
}

function compared(column: OutputColumn, alias: string): Fragment {
  const name = ident(alias, column.name)
  return column.comparable ? name : sql`${name}::pg_catalog.text`
}

/** Relative differences that rounding explains, by type. */
const tolerance: ReadonlyMap<string, string> = new Map([
  ['double precision', '1e-9'],
  ['real', '1e-5'],
])

function withoutNoise({ key }: ViewPlan, { output }: QueryFacts, others: string): Fragment {
  const noisy = output.filter((column) => tolerance.has(column.type) && !key.includes(column.name))
  if (noisy.length === 0) return sql``
  const exact = output.filter((column) => !noisy.includes(column))
  const row = (alias: string): Fragment => sql`ROW(${join(exact.map((column) => ident(alias, column.name)))})::record`
  const same = exact.length === 0 ? [] : [sql`${row('a')} OPERATOR(pg_catalog.=) ${row('b')}`]
  return sql` WHERE NOT EXISTS (SELECT FROM ${ident(others)} b WHERE ${join([...same, ...noisy.map(near)], ' AND ')})`
}

/** In numeric, where nothing overflows or underflows. */
function near({ name, type }: OutputColumn): Fragment {
  const [a, b] = [ident('a', name), ident('b', name)]
  const [x, y] = [sql`(${a}::pg_catalog.numeric)`, sql`(${b}::pg_catalog.numeric)`]
  const limit = trusted(tolerance.get(type) ?? '0')
  const larger = sql`greatest(pg_catalog.abs(${x}), pg_catalog.abs(${y}))`
  return sql`(${a} IS NOT DISTINCT FROM ${b} OR (${larger} < 'Infinity'::pg_catalog.numeric AND pg_catalog.abs(${x} - ${y}) <= ${limit} * ${larger}))`
}
