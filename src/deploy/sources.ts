import { ident, join, sql, trusted } from '../compiler/fragment.js'
import type { RelationFacts } from '../compiler/facts.js'
import { captureFunction, truncateFunction } from '../engine/capture.js'
import { type Connection, type Database, one, rows, transaction } from '../engine/database.js'
import type { SourceNeed } from './compileViews.js'
import { withBriefLock } from './locks.js'
import { fitName } from './names.js'

/** What all views together need to know of one table's changes. */
export interface CaptureNeed {
  readonly relation: RelationFacts
  readonly watched: readonly string[]
  readonly logged: readonly string[]
}

interface SourceRow {
  id: number
  relation: number
  watched: string[]
  logged: string[]
}

/** The needs of several views of the same table, as one. */
export function mergeNeeds(needs: readonly SourceNeed[]): CaptureNeed[] {
  const merged = new Map<string, CaptureNeed>()
  for (const { relation, read, logged } of needs) {
    const name = `${relation.capture.schema}.${relation.capture.name}`
    const known = merged.get(name)
    merged.set(name, {
      relation,
      watched: union(known?.watched ?? [], [...read, ...logged]),
      logged: union(known?.logged ?? [], logged),
    })
  }
  return [...merged.values()]
}

function union(left: readonly string[], right: readonly string[]): string[] {
  return [...new Set([...left, ...right])].sort()
}

/**
 * Makes sure that the changes of a table are captured as widely as is needed, and says whether anything had to be done.
 * Views that read it already go on: columns are added, and none is taken away. The table's writers wait for the
 * moment in which its triggers change, so that every change after that is logged with all of its columns.
 */
export async function captureTable(database: Database, need: CaptureNeed): Promise<boolean> {
  return transaction(database, async (connection) => {
    const present = await ensureSource(connection, need)
    if (present.complete) return false
    await withBriefLock(connection, async () => {
      const { capture } = need.relation
      await connection.query(sql`LOCK TABLE ${ident(capture.schema, capture.name)} IN SHARE ROW EXCLUSIVE MODE`.text)
      await connection.query('SELECT tidemark.install_triggers($1)', [present.id])
    })
    return true
  })
}

async function ensureSource(connection: Connection, need: CaptureNeed): Promise<{ id: number; complete: boolean }> {
  const { capture } = need.relation
  const oid = await relationOid(connection, capture.schema, capture.name)
  const [known] = await rows<SourceRow>(
    connection,
    `SELECT id, relation::bigint::double precision AS relation, watched, logged FROM tidemark.source
     WHERE schema_name = $1 AND table_name = $2 FOR UPDATE`,
    [capture.schema, capture.name],
  )
  const watched = union(known?.watched ?? [], need.watched).filter((name) => columnOf(need.relation, name) !== undefined)
  const logged = union(known?.logged ?? [], need.logged).filter((name) => columnOf(need.relation, name) !== undefined)
  const retyped = known === undefined ? [] : await retypedColumns(connection, need.relation, logged)
  const same = known !== undefined && sameList(known.watched, watched) && sameList(known.logged, logged)
  if (known !== undefined && same && known.relation === oid && retyped.length === 0 && (await hasTriggers(connection, known.id))) {
    return { id: known.id, complete: true }
  }
  const id = known?.id ?? (await insertSource(connection, need.relation, oid))
  await ensureLog(connection, need.relation, logged, retyped)
  await defineCapture(connection, id, need.relation, watched, logged)
  await connection.query('UPDATE tidemark.source SET relation = $2::oid, watched = $3, logged = $4 WHERE id = $1', [
    id,
    oid,
    watched,
    logged,
  ])
  // What was logged before lacks the new columns, and what happened without triggers is not known at all.
  if (known !== undefined) {
    const log = ident('tidemark_log', `${need.relation.capture.log}_a`)
    await connection.query(sql`INSERT INTO ${log} (xid, sign) VALUES (pg_current_xact_id(), NULL)`.text)
  }
  return { id, complete: false }
}

async function relationOid(connection: Connection, schema: string, name: string): Promise<number> {
  const { oid } = await one<{ oid: number }>(
    connection,
    `SELECT c.oid::bigint::double precision AS oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, name],
  )
  return oid
}

function columnOf(relation: RelationFacts, name: string) {
  return relation.columns.find((column) => column.name === name)
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return JSON.stringify([...left].sort()) === JSON.stringify([...right].sort())
}

async function hasTriggers(connection: Connection, source: number): Promise<boolean> {
  const { complete } = await one<{ complete: boolean }>(
    connection,
    `SELECT (SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = s.relation AND t.tgenabled IN ('A', 'O')
       AND t.tgname IN ('tidemark_capture', 'tidemark_truncate')) = 2
       AND s.children = tidemark.children(s.relation) AS complete
     FROM tidemark.source s WHERE s.id = $1`,
    [source],
  )
  return complete
}

/** Logged columns whose type in the table is no longer the log's. */
async function retypedColumns(
  connection: Connection,
  relation: RelationFacts,
  logged: readonly string[],
): Promise<string[]> {
  const present = await rows<{ name: string; type: string }>(
    connection,
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a
     JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'tidemark_log' AND c.relname = $1 AND a.attnum > 0 AND NOT a.attisdropped`,
    [relation.capture.log],
  )
  return logged.filter((name) =>
    present.some((column) => column.name === name && column.type !== columnOf(relation, name)?.type),
  )
}

async function insertSource(connection: Connection, relation: RelationFacts, oid: number): Promise<number> {
  const { schema, name, log } = relation.capture
  const { id } = await one<{ id: number }>(
    connection,
    `INSERT INTO tidemark.source (schema_name, table_name, relation, log_name, capture_a, capture_b, watched, logged)
     VALUES ($1, $2, $3::oid, $4, '', '', '{}', '{}') RETURNING id`,
    [schema, name, oid, log],
  )
  return id
}

async function ensureLog(
  connection: Connection,
  relation: RelationFacts,
  logged: readonly string[],
  retyped: readonly string[],
): Promise<void> {
  const log = ident('tidemark_log', relation.capture.log)
  await connection.query(sql`CREATE TABLE IF NOT EXISTS ${log} (xid xid8 NOT NULL, sign smallint)`.text)
  for (const child of ['a', 'b']) {
    const name = `${relation.capture.log}_${child}`
    await connection.query(sql`CREATE TABLE IF NOT EXISTS ${ident('tidemark_log', name)} () INHERITS (${log})`.text)
    const index = ident(fitName(name, '_xid'))
    await connection.query(sql`CREATE INDEX IF NOT EXISTS ${index} ON ${ident('tidemark_log', name)} (xid)`.text)
  }
  for (const column of retyped) {
    await connection.query(sql`ALTER TABLE ${log} DROP COLUMN ${ident(column)}`.text)
  }
  const additions = logged.map((name) => {
    const type = columnOf(relation, name)?.type ?? 'text'
    return sql`ADD COLUMN IF NOT EXISTS ${ident(name)} ${trusted(type)}`
  })
  if (additions.length > 0) await connection.query(sql`ALTER TABLE ${log} ${join(additions)}`.text)
}

async function defineCapture(
  connection: Connection,
  source: number,
  relation: RelationFacts,
  watched: readonly string[],
  logged: readonly string[],
): Promise<void> {
  const { active, prepared } = await one<{ active: 'a' | 'b'; prepared: boolean }>(
    connection,
    `SELECT active, current_setting('max_prepared_transactions')::integer > 0 AS prepared
     FROM tidemark.source WHERE id = $1`,
    [source],
  )
  const request = {
    source,
    log: relation.capture.log,
    watched: watched.map((name) => ({ name, comparable: columnOf(relation, name)?.comparable ?? false })),
    logged,
    wakes: !prepared,
  }
  const [a, b] = (['a', 'b'] as const).map((child) => captureFunction({ ...request, child }).text)
  await connection.query(active === 'a' ? (a ?? '') : (b ?? ''))
  await connection.query(truncateFunction({ ...request, child: 'a' }).text)
  await connection.query('UPDATE tidemark.source SET capture_a = $2, capture_b = $3 WHERE id = $1', [source, a, b])
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

