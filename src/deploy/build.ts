import { type Fragment, ident, join, literal, sql, trusted } from '../compiler/fragment.js'
import { logChild } from '../engine/capture.js'
import { type Connection, one, rows } from '../engine/database.js'
import { serverError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import type { ViewStep } from './changes.js'
import { computing } from './computing.js'
import { copyHandMade, createIndex, type IndexNames } from './indexes.js'
import { keyOrder } from './keyOrder.js'
import { buildName, indexNames, userIndexNames } from './names.js'
import { orderColumns } from './reading.js'
import type { ViewTarget } from './target.js'

export interface Built {
  readonly rows: number
  readonly buildMs: number
  /** Indexes to be renamed once the table takes its place. */
  readonly indexes: readonly IndexNames[]
  /** For each key by which it is cut into slices, how many there are. */
  readonly sliceTotals: readonly number[]
}

/**
 * Builds the storage table of a view beside whatever is there, at one snapshot, which becomes its cursor. In the
 * transaction of `connection`, which must be REPEATABLE READ and have run no query yet. `sources` are the numbers of those
 * that it reads.
 * @throws TidemarkError KEY_NOT_UNIQUE with the offending values; nothing is swapped then.
 */
export async function buildStorage(
  connection: Connection,
  { target, deployed }: ViewStep,
  sources: readonly number[],
  onIndexing: () => void,
): Promise<Built> {
  // Held until commit, so that no log is emptied of what this snapshot has not seen. Taking it needs no snapshot, and
  // keeps nobody from writing markers there.
  for (const source of sources) {
    await connection.query(sql`LOCK TABLE ONLY ${logChild(source, 0)} IN ROW SHARE MODE`.text)
  }
  await endWithClient(connection)
  const { storage, compiled, view } = target
  const table = ident('tidemark_data', buildName(storage))
  await pinSettings(connection, view.timeZone)
  await connection.query(sql`DROP TABLE IF EXISTS ${table}`.text)
  const query = trusted(compiled.statements.query)
  await connection.query(
    sql`CREATE TABLE ${table} WITH (fillfactor = 80) AS SELECT * FROM (${query}) q WITH NO DATA`.text,
  )
  // Not part of the snapshot: a sequence shows its value to everyone at once.
  await connection.query("SELECT pg_catalog.setval('tidemark.build_rows', 0)")
  const started = performance.now()
  const fill = sql`INSERT INTO ${table} SELECT q.* FROM (${query}) q WHERE pg_catalog.nextval('tidemark.build_rows') > 0`
  const filled = await computing(target, () => connection.query(fill.text))
  const buildMs = performance.now() - started
  onIndexing()
  const own = await indexStorage(connection, target, table)
  const handMade = deployed === undefined ? [] : await copyHandMade(connection, target, deployed, table)
  await connection.query(sql`ANALYZE ${table}`.text)
  const sliceTotals = await countSlices(connection, target, table)
  return { rows: filled.rowCount ?? 0, buildMs, indexes: [...own, ...handMade], sliceTotals }
}

/** How many slices there are by each key: a refresh that touches most of them had better compute everything. */
async function countSlices(connection: Connection, { compiled }: ViewTarget, table: Fragment): Promise<number[]> {
  const totals: number[] = []
  for (const { key } of compiled.plan.branches) {
    const columns = join(key.map((name) => ident(name)))
    const { slices } = await one<{ slices: string }>(
      connection,
      sql`SELECT pg_catalog.count(*) AS slices FROM (SELECT DISTINCT ${columns} FROM ${table}) q`.text,
    )
    totals.push(Number(slices))
  }
  return totals
}

/** A build whose client is gone is of no use, and the next one would wait for it. Not every platform can tell. */
async function endWithClient(connection: Connection): Promise<void> {
  await connection.query('SAVEPOINT tidemark_client')
  await connection
    .query("SET LOCAL client_connection_check_interval = '1s'")
    .catch(() => connection.query('ROLLBACK TO SAVEPOINT tidemark_client'))
  await connection.query('RELEASE SAVEPOINT tidemark_client')
}

export async function pinSettings(connection: Connection, timeZone: string): Promise<void> {
  await connection.query(
    sql`SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL datestyle = 'ISO, MDY';
      SET LOCAL intervalstyle = 'postgres'; SET LOCAL extra_float_digits = 1; SET LOCAL jit = off;
      SET LOCAL ${ident('TimeZone')} = ${literal(timeZone)}; SET LOCAL work_mem = '64MB'`.text,
  )
}

async function indexStorage(connection: Connection, target: ViewTarget, table: Fragment): Promise<IndexNames[]> {
  const { compiled, view, storage } = target
  const { key, keyNullable } = compiled.plan
  const made = [indexNames(storage, 'key')]
  await createKey(connection, target, table, indexNames(storage, 'key').built)
  const required = key.flatMap((name, index) =>
    keyNullable[index] === false ? [sql`ALTER COLUMN ${ident(name)} SET NOT NULL`] : [],
  )
  if (required.length > 0) await connection.query(sql`ALTER TABLE ${table} ${join(required)}`.text)
  for (const [index, columns] of sliceIndexes(target)) {
    const names = indexNames(storage, `slice${index}`)
    made.push(names)
    await connection.query(
      sql`CREATE INDEX ${ident(names.built)} ON ${table} (${join(columns.map((column) => ident(column)))})`.text,
    )
  }
  const order = target.kept?.reading?.order ?? []
  if (order.length > 0) {
    const names = indexNames(storage, 'order')
    made.push(names)
    await connection.query(sql`CREATE INDEX ${ident(names.built)} ON ${table} (${orderColumns(order)})`.text)
  }
  for (const definition of view.indexes) {
    const names = userIndexNames(storage, definition)
    made.push(names)
    await createIndex(connection, definition, { view: target.name, table, name: names.built })
  }
  return made
}

/** Branches whose slices the key's index does not find, and the columns that find them. */
function sliceIndexes(target: ViewTarget): (readonly [number, readonly string[]])[] {
  const order = keyOrder(target)
  return target.compiled.plan.branches.flatMap(({ key }, index) => {
    const isPrefix = key.every((name) => order.includes(name) && order.indexOf(name) < key.length)
    // Where a slice is cut along the whole key, and more, the key's index finds its only row.
    const isRow = order.length > 0 && order.every((name) => key.includes(name))
    return isPrefix || isRow ? [] : [[index, indexable(target, key)] as const]
  })
}

const mostIndexColumns = 32

/** Types whose values are small, all of them; also with a modifier behind. */
const smallType =
  /^(smallint|integer|bigint|real|double precision|boolean|date|timestamp|time|interval|uuid|oid|money|inet|cidr|macaddr8?|"char")(?![[\w])(?!.*\[)/

/**
 * The values of an index have to fit into a third of a page: one long text would keep a view from ever being refreshed.
 * So columns of any length are left out, unless they are in the key's index anyway, or are all that there is.
 */
function indexable({ facts, compiled }: ViewTarget, key: readonly string[]): readonly string[] {
  const small = key.filter(
    (name) =>
      compiled.plan.key.includes(name) ||
      facts.output.some((column) => column.name === name && smallType.test(column.type)),
  )
  return (small.length > 0 ? small : key).slice(0, mostIndexColumns)
}

/** @throws TidemarkError KEY_NOT_UNIQUE with the offending values. */
export async function createKey(
  connection: Connection,
  target: ViewTarget,
  table: Fragment,
  index: string,
): Promise<void> {
  const order = keyOrder(target)
  const name = ident(index)
  const columns = order.length === 0 ? sql`(true)` : join(order.map((column) => ident(column)))
  const nulls = order.length === 0 ? sql`` : sql` NULLS NOT DISTINCT`
  try {
    await connection.query(sql`CREATE UNIQUE INDEX ${name} ON ${table} (${columns})${nulls}`.text)
  } catch (error) {
    const { code, detail } = serverError(error)
    if (code !== '23505') throw error
    throw new TidemarkError('KEY_NOT_UNIQUE', notUnique(order, detail), {
      hint: 'Add columns to the key until it tells all rows apart, or aggregate in the query. Nothing was changed.',
      view: target.name,
      cause: error,
    })
  }
}

function notUnique(key: readonly string[], detail: string | undefined): string {
  if (key.length === 0) return 'The key is empty, which means one row, but the query returns several.'
  return `The key (${key.join(', ')}) does not tell the rows apart. ${detail ?? ''}`.trim()
}

/** Gives the indexes of a storage table the names that they keep, once it has taken its place. */
export async function renameIndexes(
  connection: Connection,
  target: ViewTarget,
  names: readonly IndexNames[],
): Promise<void> {
  for (const { built, final } of names) {
    const taken = await rows(
      connection,
      "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'tidemark_data' AND c.relname = $1",
      [final],
    )
    if (taken.length > 0) {
      throw new TidemarkError(
        'INDEX_INVALID',
        `The index name "${final}" is taken by something else in tidemark_data.`,
        {
          hint: 'Give the index another name, or none.',
          view: target.name,
        },
      )
    }
    await connection.query(sql`ALTER INDEX ${ident('tidemark_data', built)} RENAME TO ${ident(final)}`.text)
  }
}
