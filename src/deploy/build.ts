import { type Fragment, ident, join, literal, sql, trusted } from '../compiler/fragment.js'
import type { IndexDefinition } from '../define/types.js'
import { type Connection, one } from '../engine/database.js'
import { serverError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import type { ViewTarget } from './compileViews.js'
import { keyOrder } from './keyOrder.js'
import { buildName, fitName } from './names.js'

export interface Built {
  readonly rows: number
  readonly buildMs: number
}

/**
 * Builds the storage table of a view beside whatever is there, at one snapshot, which becomes its cursor. In the
 * transaction of `connection`, which must be REPEATABLE READ and have run no query yet.
 * @throws TidemarkError KEY_NOT_UNIQUE with the offending values; nothing is swapped then.
 */
export async function buildStorage(connection: Connection, target: ViewTarget, onIndexing: () => void): Promise<Built> {
  // Held until commit, so that no log is emptied of what this snapshot has not seen. Taking it needs no snapshot.
  for (const { relation } of target.sources) {
    await connection.query(sql`LOCK TABLE ${ident('tidemark_log', relation.capture.log)} IN ACCESS SHARE MODE`.text)
  }
  const { storage, compiled, view } = target
  const table = ident('tidemark_data', buildName(storage))
  await pinSettings(connection, view.timeZone)
  await connection.query(sql`DROP TABLE IF EXISTS ${table}`.text)
  const query = trusted(compiled.statements.query)
  await connection.query(sql`CREATE TABLE ${table} WITH (fillfactor = 80) AS SELECT * FROM (${query}) q WITH NO DATA`.text)
  // Not part of the snapshot: a sequence shows its value to everyone at once.
  await connection.query("SELECT pg_catalog.setval('tidemark.build_rows', 0)")
  const started = performance.now()
  const filled = await connection.query(
    sql`INSERT INTO ${table} SELECT q.* FROM (${query}) q WHERE pg_catalog.nextval('tidemark.build_rows') > 0`.text,
  )
  const buildMs = performance.now() - started
  onIndexing()
  await indexStorage(connection, target, table)
  await connection.query(sql`ANALYZE ${table}`.text)
  return { rows: filled.rowCount ?? 0, buildMs }
}

export async function pinSettings(connection: Connection, timeZone: string): Promise<void> {
  await connection.query(
    sql`SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL datestyle = 'ISO, MDY';
      SET LOCAL intervalstyle = 'postgres'; SET LOCAL extra_float_digits = 1; SET LOCAL jit = off;
      SET LOCAL ${ident('TimeZone')} = ${literal(timeZone)}; SET LOCAL work_mem = '64MB'`.text,
  )
}

async function indexStorage(connection: Connection, target: ViewTarget, table: Fragment): Promise<void> {
  const { compiled, view, storage } = target
  const { key, keyNullable, branches } = compiled.plan
  await createKey(connection, target, table)
  const required = key.flatMap((name, index) =>
    keyNullable[index] === false ? [sql`ALTER COLUMN ${ident(name)} SET NOT NULL`] : [],
  )
  if (required.length > 0) await connection.query(sql`ALTER TABLE ${table} ${join(required)}`.text)
  const order = keyOrder(target)
  for (const [index, branch] of branches.entries()) {
    if (branch.key.every((name) => order.indexOf(name) < branch.key.length && order.includes(name))) continue
    const name = ident(fitName(buildName(storage), `_slice${index}`))
    await connection.query(sql`CREATE INDEX ${name} ON ${table} (${join(branch.key.map((column) => ident(column)))})`.text)
  }
  for (const [index, definition] of view.indexes.entries()) {
    await createIndex(connection, target, definition, index, table)
  }
}

async function createKey(connection: Connection, target: ViewTarget, table: Fragment): Promise<void> {
  const order = keyOrder(target)
  const name = ident(fitName(buildName(target.storage), '_key'))
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

async function createIndex(
  connection: Connection,
  target: ViewTarget,
  definition: IndexDefinition,
  index: number,
  table: Fragment,
): Promise<void> {
  const name = ident(fitName(buildName(target.storage), `_user${index}`))
  const columns = join(definition.columns.map((column) => ident(column)))
  const unique = definition.unique ? sql`UNIQUE ` : sql``
  const where = definition.where === null ? sql`` : sql` WHERE ${trusted(definition.where)}`
  try {
    await connection.query(
      sql`CREATE ${unique}INDEX ${name} ON ${table} USING ${ident(definition.method)} (${columns})${where}`.text,
    )
  } catch (error) {
    const { message, detail } = serverError(error)
    throw new TidemarkError('INDEX_INVALID', `PostgreSQL does not accept index ${index + 1}: ${message}`, {
      hint: detail ?? 'Check its columns, method and WHERE condition. Nothing was changed.',
      view: target.name,
      cause: error,
    })
  }
}

/** Gives the indexes of a storage table names without `~new`, once it has taken its place. */
export async function renameIndexes(connection: Connection, target: ViewTarget): Promise<void> {
  const { indexes } = await one<{ indexes: string[] }>(
    connection,
    `SELECT ARRAY(SELECT i.relname::text FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
       JOIN pg_catalog.pg_class t ON t.oid = x.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
       WHERE n.nspname = 'tidemark_data' AND t.relname = $1 AND i.relname LIKE '%~new%') AS indexes`,
    [target.storage],
  )
  const definitions = target.view.indexes
  for (const old of indexes) {
    const user = /_user(\d+)$/.exec(old)?.[1]
    const wished = user === undefined ? undefined : definitions[Number(user)]?.name
    const next = fitName(wished ?? old.replace('~new', ''))
    await connection.query(sql`ALTER INDEX ${ident('tidemark_data', old)} RENAME TO ${ident(next)}`.text)
  }
}
