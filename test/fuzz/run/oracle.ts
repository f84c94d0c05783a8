import type { Pool } from 'pg'
import { identifier } from '../../oracle/library.js'
import type { CaseView } from '../case.js'

/** An ordinary view of the same query in a schema of its own, reading the others of its kind. Undefined: it is invalid. */
export async function createOracleView(pool: Pool, { name, query }: CaseView): Promise<string | undefined> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN; SET LOCAL search_path = oracle, public')
    await client.query(`CREATE VIEW oracle.${identifier(name)} AS ${query}`)
    await client.query('COMMIT')
    return undefined
  } catch (error) {
    await client.query('ROLLBACK')
    return error instanceof Error ? error.message : String(error)
  } finally {
    client.release()
  }
}

/** Why the query cannot be computed for the rows that are there; undefined when it can. */
export async function queryError(pool: Pool, { name, timeZone }: CaseView): Promise<string | undefined> {
  const client = await pool.connect()
  try {
    await client.query(`BEGIN; SET LOCAL TimeZone = '${timeZone ?? 'UTC'}'; SET LOCAL statement_timeout = 5000`)
    // Every column, which count(*) would leave out.
    await client.query(`SELECT count(r) FROM (SELECT q.*::text AS r FROM oracle.${identifier(name)} q) s`)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

/** Whether several rows of the query have the same values in these columns. */
export function duplicateKeys(name: string, key: readonly string[]): string {
  const rows = `SELECT FROM oracle.${identifier(name)}`
  if (key.length === 0) return `SELECT count(*) > 1 AS yes FROM (${rows}) q`
  const columns = key.map(identifier).join(', ')
  return `SELECT EXISTS (${rows} GROUP BY ${columns} HAVING count(*) > 1) AS yes`
}

/** The columns of a view, each as it can be compared. */
export async function comparedColumns(pool: Pool, { name, exact = [] }: CaseView): Promise<string> {
  const found = await pool.query<{ name: string; column: string; type: string }>(
    `SELECT attname AS name, quote_ident(attname) AS column, atttypid::regtype::text AS type FROM pg_attribute
     WHERE attrelid = ('oracle.' || quote_ident($1))::regclass AND attnum > 0 ORDER BY attnum`,
    [name],
  )
  return found.rows
    .map(
      ({ name: own, column, type }) =>
        `${exact.includes(own) ? `${column}::text COLLATE "C"` : compared(column, type)} AS ${column}`,
    )
    .join(', ')
}

/** Counts the rows that only the query has, and those that only the kept view has. */
export function comparisonOf(name: string, columns: string): string {
  const view = identifier(name)
  const [mine, kept] = [`SELECT ${columns} FROM oracle.${view}`, `SELECT ${columns} FROM public.${view}`]
  return `WITH mine AS MATERIALIZED (${mine}), kept AS MATERIALIZED (${kept})
    SELECT (SELECT count(*)::int FROM (TABLE mine EXCEPT ALL TABLE kept) q) AS missing,
      (SELECT count(*)::int FROM (TABLE kept EXCEPT ALL TABLE mine) q) AS unexpected`
}

/**
 * Floating-point numbers to nine digits, since their last bits depend on the order of the rows. They are moved a little,
 * so that what is a round number does not lie where rounding up and rounding down meet.
 */
function compared(column: string, type: string): string {
  if (type === 'json') return `${column}::text`
  if (type !== 'double precision' && type !== 'real') return column
  const moved = `(${column}::double precision * 1.0000001234)`
  return `CASE WHEN abs(${moved}) < 1e-7 THEN '0' WHEN abs(${moved}) < 'Infinity' THEN to_char(${moved}, '9.99999999EEEE') ELSE ${column}::text END`
}
