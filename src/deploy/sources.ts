import { isExactType } from '../compiler/exactTypes.js'
import type { RelationFacts } from '../compiler/facts.js'
import { ident, join, sql, trusted } from '../compiler/fragment.js'
import { captureFunction, logChild, logChildName, marker, truncateFunction } from '../engine/capture.js'
import { type Connection, type Database, one, type Queryable, rows, transaction } from '../engine/database.js'
import { isMigrated } from '../engine/migrate.js'
import { type Patience, withBriefLock } from './locks.js'
import { type LogColumn, readLogColumns } from './logColumns.js'
import type { SourceNeed } from './target.js'

/** What all views together need to know of one table's changes. */
export interface CaptureNeed {
  readonly relation: RelationFacts
  readonly watched: readonly string[]
  readonly logged: readonly string[]
}

interface SourceRow {
  id: number
  relation: number
  present: number | null
  covered: boolean
  functions: boolean
  logs: boolean
  watched: string[]
  logged: string[]
}

/** The needs of several views of the same table, as one. */
export function mergeNeeds(needs: readonly SourceNeed[]): CaptureNeed[] {
  const merged = new Map<string, CaptureNeed>()
  for (const { relation, read, logged } of needs) {
    const name = JSON.stringify([relation.capture.schema, relation.capture.name])
    const known = merged.get(name)
    merged.set(name, {
      relation,
      watched: union(known?.watched ?? [], watchedColumns(relation, [...read, ...logged])),
      logged: union(known?.logged ?? [], logged),
    })
  }
  return [...merged.values()]
}

/** A virtual column has no value in a trigger: what it may be computed from, any stored column, is watched instead. */
function watchedColumns({ columns }: RelationFacts, read: readonly string[]): readonly string[] {
  if (!columns.some((column) => column.virtual && read.includes(column.name))) return read
  return columns.filter((column) => !column.virtual).map((column) => column.name)
}

function union(left: readonly string[], right: readonly string[]): string[] {
  return [...new Set([...left, ...right])].sort()
}

/** Whether the changes of a table are captured as widely as is needed, and nothing about the table changed since. */
export async function isCaptured(database: Queryable, need: CaptureNeed): Promise<boolean> {
  if (!(await isMigrated(database))) return false
  const known = await readSource(database, need)
  if (known === undefined || known.relation !== known.present || !known.covered || !known.logs) return false
  const { watched, logged } = wanted(need, known)
  if (!sameList(known.watched, watched) || !sameList(known.logged, logged)) return false
  return (await readLogColumns(database, need.relation.capture, logged)).every((column) => column.state === 'same')
}

/**
 * Makes sure that the changes of a table are captured as widely as is needed, and says whether anything had to be done.
 * Views that read it already go on: columns are added, and none is taken away. The table's writers wait for the
 * moment in which its triggers change, so that every change after that is logged with all of its columns.
 */
export async function captureTable(database: Database, need: CaptureNeed, patience?: Patience): Promise<boolean> {
  if (await isCaptured(database, need)) return false
  await transaction(database, async (connection) => {
    await connection.query('SET LOCAL search_path = pg_catalog, pg_temp')
    await withBriefLock(connection, () => capture(connection, need), patience)
  })
  return true
}

/**
 * CREATE TRIGGER is what locks the table: LOCK TABLE would take more than the TRIGGER privilege. It comes before any
 * change to a log that exists: who holds a lock on the log and waits for the table keeps all of the table's writers out.
 */
async function capture(connection: Connection, need: CaptureNeed): Promise<void> {
  const known = await readSource(connection, need)
  const { watched, logged } = wanted(need, known)
  const { relation } = need
  const columns = await readLogColumns(connection, relation.capture, logged)
  const id = known?.id ?? (await insertSource(connection, relation))
  if (known?.functions !== true || !known.logs) {
    await ensureLog(connection, id, relation, columns)
    await defineCapture(connection, id, relation, watched, logged)
  }
  await connection.query(
    `UPDATE tidemark.source SET watched = $4, logged = $5, relation =
       (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $2 AND c.relname = $3)
     WHERE id = $1`,
    [id, relation.capture.schema, relation.capture.name, watched, logged],
  )
  await connection.query('SELECT tidemark.install_triggers($1)', [id])
  if (known === undefined) return
  await ensureLog(connection, id, relation, await readLogColumns(connection, relation.capture, logged))
  await defineCapture(connection, id, relation, watched, logged)
  // What happened without triggers, or in columns that the log has lost, is not known.
  const lost =
    known.relation !== known.present ||
    !known.covered ||
    !known.logs ||
    columns.some((column) => column.state === 'other')
  if (lost) await connection.query(marker(id).text)
}

async function readSource(database: Queryable, { relation }: CaptureNeed): Promise<SourceRow | undefined> {
  const [known] = await rows<SourceRow>(
    database,
    `SELECT s.id, s.relation::bigint::double precision AS relation, s.watched, s.logged,
       (SELECT c.oid::bigint::double precision FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = s.schema_name AND c.relname = s.table_name) AS present,
       tidemark.covered(s.id) AS covered,
       to_regproc(format('tidemark_log.%I', 'capture_' || s.id)) IS NOT NULL
         AND to_regproc(format('tidemark_log.%I', 'truncate_' || s.id)) IS NOT NULL AS functions,
       (SELECT count(*) FROM tidemark.log_children(s.id)) = cardinality(s.chain) AS logs
     FROM tidemark.source s WHERE s.schema_name = $1 AND s.table_name = $2`,
    [relation.capture.schema, relation.capture.name],
  )
  return known
}

/** What is wanted now, and what was before: other views may still need it. Columns that are gone are left out. */
function wanted(need: CaptureNeed, known: SourceRow | undefined): { watched: string[]; logged: string[] } {
  const there = (name: string): boolean => need.relation.columns.some((column) => column.name === name)
  return {
    watched: union(known?.watched ?? [], need.watched).filter(there),
    logged: union(known?.logged ?? [], need.logged).filter(there),
  }
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return JSON.stringify([...left].sort()) === JSON.stringify([...right].sort())
}

async function insertSource(connection: Connection, relation: RelationFacts): Promise<number> {
  const { schema, name, log } = relation.capture
  const { id } = await one<{ id: number }>(
    connection,
    `INSERT INTO tidemark.source (schema_name, table_name, relation, log_name, capture, watched, logged)
     VALUES ($1, $2, 0, $3, '', '{}', '{}') RETURNING id`,
    [schema, name, log],
  )
  await connection.query('INSERT INTO tidemark.unlogged VALUES ($1)', [id])
  return id
}

/** Locks the source's row: while its log is looked after here, nobody adds to its chain or has others write elsewhere. */
async function ensureLog(
  connection: Connection,
  source: number,
  relation: RelationFacts,
  columns: readonly LogColumn[],
): Promise<void> {
  const log = ident('tidemark_log', relation.capture.log)
  await connection.query(
    sql`CREATE TABLE IF NOT EXISTS ${log} (tidemark_xid xid8 NOT NULL, tidemark_sign smallint)`.text,
  )
  const { chain } = await one<{ chain: number[] }>(
    connection,
    'SELECT chain FROM tidemark.source WHERE id = $1 FOR NO KEY UPDATE',
    [source],
  )
  for (const child of chain) {
    await connection.query(sql`CREATE TABLE IF NOT EXISTS ${logChild(source, child)} () INHERITS (${log})`.text)
  }
  const index = ident(`${logChildName(source, 0)}~xid`)
  await connection.query(sql`CREATE INDEX IF NOT EXISTS ${index} ON ${logChild(source, 0)} (tidemark_xid)`.text)
  const alterations = columns.flatMap(({ name, type, state }) => {
    const add = sql`ADD COLUMN ${ident(name)} ${trusted(type)}`
    if (state === 'other') return [sql`DROP COLUMN ${ident(name)}`, add]
    return state === 'missing' ? [add] : []
  })
  if (alterations.length > 0) await connection.query(sql`ALTER TABLE ${log} ${join(alterations)}`.text)
}

async function defineCapture(
  connection: Connection,
  source: number,
  relation: RelationFacts,
  watched: readonly string[],
  logged: readonly string[],
): Promise<void> {
  const { active, prepared } = await one<{ active: number; prepared: boolean }>(
    connection,
    `SELECT active, current_setting('max_prepared_transactions')::integer > 0 AS prepared
     FROM tidemark.source WHERE id = $1`,
    [source],
  )
  const capture = captureFunction({
    source,
    log: relation.capture.log,
    watched: watched.map((name) => ({ name, comparable: isComparable(relation, name) })),
    logged,
    wakes: !prepared,
  })
  await connection.query('UPDATE tidemark.source SET capture = $2 WHERE id = $1', [source, capture.text])
  await connection.query('SELECT tidemark.write_to($1, $2)', [source, active])
  await connection.query(truncateFunction(source).text)
}

/** Equal values that differ in their bits are a change: a query can tell 1.0 from 1.00, and a day from 24 hours. */
function isComparable(relation: RelationFacts, name: string): boolean {
  return relation.columns.some((column) => column.name === name && column.comparable && isExactType(column))
}

/** Takes a table's triggers and log away, and leaves the table as it was. */
export async function releaseSource(connection: Connection, source: number, log: string): Promise<void> {
  await withBriefLock(connection, async () => {
    for (const kind of ['capture', 'truncate']) {
      // CASCADE takes the triggers with it; dropping those by name would take the table's owner.
      const name = ident('tidemark_log', `${kind}_${source}`)
      await connection.query(sql`DROP FUNCTION IF EXISTS ${name}() CASCADE`.text)
    }
    await connection.query(sql`DROP TABLE IF EXISTS ${ident('tidemark_log', log)} CASCADE`.text)
    await connection.query(sql`DELETE FROM tidemark.source WHERE id = ${source}`.text)
  })
}
