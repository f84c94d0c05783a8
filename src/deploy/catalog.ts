import type { Statements } from '../compiler/emit/refresh.js'
import type { RelationFacts } from '../compiler/facts.js'
import { type Connection, one, type Queryable } from '../engine/database.js'
import type { Built } from './build.js'
import { withoutPositions } from './explanation.js'
import { readingQuery } from './reading.js'
import type { ViewTarget } from './target.js'

/**
 * Enters a view that was just built, with the snapshot of this transaction as its cursor. `statements` are those for
 * the storage table as it is named now.
 */
export async function insertView(
  connection: Connection,
  target: ViewTarget,
  built: Built,
  replaces: number | null,
  statements: Statements = target.compiled.statements,
): Promise<number> {
  const { view, storage, facts, compiled, definitionHash, settings, explanation } = target
  const { id } = await one<{ id: number }>(
    connection,
    `INSERT INTO tidemark.view (schema_name, view_name, storage, storage_name, definition, canonical, definition_hash,
       key_columns, moves, statements, explanation, settings, time_zone, replaces, indexes, description,
       behind, hidden, live, reading, not_null, row_security)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) RETURNING id`,
    [
      view.schema,
      view.name,
      view.storage,
      storage,
      view.query,
      facts.canonical,
      definitionHash,
      compiled.plan.key,
      changesUnwritten(target),
      JSON.stringify(statements),
      JSON.stringify(withoutPositions(explanation)),
      JSON.stringify(settings),
      view.timeZone,
      replaces,
      JSON.stringify(view.indexes),
      view.description,
      JSON.stringify(behind(target)),
      target.hidden,
      target.live,
      readingQuery(target.columns, storage, target.kept).text,
      target.notNull,
      JSON.stringify(target.rowSecurity),
    ],
  )
  await connection.query(
    `INSERT INTO tidemark.state (view_id, state, cursor, consumed_xid, as_of, epoch, system_identifier, row_count,
       full_ms, slice_totals, last_full_at, last_run_at)
     VALUES ($1, 'building', tidemark.present_cursor(), pg_catalog.pg_current_xact_id(), pg_catalog.now(), 1,
       (SELECT system_identifier FROM pg_catalog.pg_control_system()), $2, $3, $4, pg_catalog.clock_timestamp(),
       pg_catalog.clock_timestamp())`,
    [id, built.rows, built.buildMs, built.sliceTotals],
  )
  await insertSources(connection, target, id)
  await noteHeld(connection, target, id)
  return id
}

/** What is built of views that are behind is as old as they are, also when they are no longer. */
async function noteHeld(connection: Connection, { upstream }: ViewTarget, id: number): Promise<void> {
  if (upstream.length === 0) return
  await connection.query(
    `SELECT tidemark.note_held($1, array_agg(read.id)) FROM unnest($2::text[], $3::text[]) AS reads (schema, name)
     JOIN tidemark.view u ON (u.schema_name, u.view_name) = (reads.schema, reads.name) AND u.replaces IS NULL
     CROSS JOIN LATERAL unnest(tidemark.upstream(u.id) || u.id) AS read (id)`,
    [id, upstream.map(({ schema }) => schema), upstream.map(({ name }) => name)],
  )
}

/** Its rows change with time alone, or with writes that nothing reports. */
export function changesUnwritten({ compiled: { plan }, view }: ViewTarget): boolean {
  return plan.moves || plan.clock !== undefined || view.storage === 'matview'
}

/** Ordinary views that the query reads: when one of them changes, it means something else. */
function behind({ facts }: ViewTarget): { schema: string; name: string; definition: string }[] {
  return [...facts.relations.values()].flatMap(({ kind, schema, name, definition, reading }) =>
    kind === 'view' && !reading && definition !== undefined ? [{ schema, name, definition }] : [],
  )
}

export async function insertSources(connection: Connection, target: ViewTarget, id: number): Promise<void> {
  for (const { relation, maintenance, read, logged } of target.sources) {
    const notNull = relation.columns.filter((column) => column.notNull && read.includes(column.name))
    await connection.query(
      `INSERT INTO tidemark.view_source (view_id, source_id, maintenance, read_columns, logged, fingerprint, not_null, unique_keys)
       SELECT $1, s.id, $4, $5, $6, tidemark.fingerprint(s.relation, $5), $7, $8 FROM tidemark.source s
       WHERE s.schema_name = $2 AND s.table_name = $3`,
      [
        id,
        relation.capture.schema,
        relation.capture.name,
        maintenance,
        read,
        logged,
        relation.kind === 'maintained' ? [] : notNull.map(({ name }) => name),
        JSON.stringify(keysCountedOn(target, relation)),
      ],
    )
  }
}

/** Unique keys of a table without which what is compiled would be wrong. */
function keysCountedOn({ compiled: { plan } }: ViewTarget, { oid }: RelationFacts): readonly (readonly string[])[] {
  return [...(plan.reliedKeys.get(oid) ?? []), ...(plan.pairKeys.get(oid) ?? [])]
}

/** Links views by number, now that what they read is deployed. */
export async function linkUpstream(connection: Queryable, target: ViewTarget): Promise<void> {
  const schemas = target.upstream.map(({ schema }) => schema)
  const names = target.upstream.map(({ name }) => name)
  await connection.query(
    `WITH wanted AS (
       SELECT v.id AS view_id, u.id AS upstream_id FROM unnest($3::text[], $4::text[]) AS reads (schema, name)
       JOIN tidemark.view u ON (u.schema_name, u.view_name) = (reads.schema, reads.name) AND u.replaces IS NULL
       JOIN tidemark.view v ON (v.schema_name, v.view_name) = ($1, $2) AND v.replaces IS NULL AND v.id <> u.id
     ), gone AS (
       DELETE FROM tidemark.view_dependency d USING tidemark.view v
       WHERE v.id = d.view_id AND (v.schema_name, v.view_name) = ($1, $2)
         AND (d.view_id, d.upstream_id) NOT IN (SELECT view_id, upstream_id FROM wanted)
     )
     INSERT INTO tidemark.view_dependency (view_id, upstream_id) SELECT * FROM wanted ON CONFLICT DO NOTHING`,
    [target.view.schema, target.view.name, schemas, names],
  )
}

/** A view that was built as the first of its name is in its place. */
export async function launch(connection: Connection, target: ViewTarget, id: number): Promise<void> {
  await connection.query('UPDATE tidemark.view SET statements = $2 WHERE id = $1', [
    id,
    JSON.stringify(target.compiled.statements),
  ])
  await connection.query("UPDATE tidemark.state SET state = 'ready' WHERE view_id = $1", [id])
}

/** What was built takes the place of the version that it replaces, under the number that others know. */
export async function promote(
  connection: Connection,
  target: ViewTarget,
  built: number,
  replaced: number,
): Promise<void> {
  await connection.query(
    `UPDATE tidemark.view o SET storage = n.storage, storage_name = n.storage_name, definition = n.definition,
       canonical = n.canonical, definition_hash = n.definition_hash, key_columns = n.key_columns, moves = n.moves,
       statements = $3, explanation = n.explanation, settings = n.settings, time_zone = n.time_zone,
       behind = n.behind, row_security = n.row_security, live = n.live, reading = n.reading, not_null = n.not_null, indexes = n.indexes, description = n.description, changed_at = pg_catalog.now()
     FROM tidemark.view n WHERE n.id = $1 AND o.id = $2`,
    [built, replaced, JSON.stringify(target.compiled.statements)],
  )
  await connection.query(
    `UPDATE tidemark.state o SET state = CASE WHEN o.state = 'paused' THEN o.state ELSE 'ready' END, cursor = n.cursor,
       consumed_xid = n.consumed_xid, as_of = n.as_of, held_as_of = n.held_as_of, epoch = o.epoch + 1, system_identifier = n.system_identifier,
       row_count = n.row_count, slice_totals = n.slice_totals, full_ms = n.full_ms, slice_ms = NULL, batch_ms = NULL, delta_ms = NULL, count_ms = NULL, touched_rate = NULL, full_pending = NULL, failures = 0, retry_at = NULL,
       last_error = NULL, last_full_at = n.last_full_at, last_run_at = n.last_run_at
     FROM tidemark.state n WHERE n.view_id = $1 AND o.view_id = $2`,
    [built, replaced],
  )
  await connection.query('DELETE FROM tidemark.view_source WHERE view_id = $1', [replaced])
  await connection.query('UPDATE tidemark.view_source SET view_id = $2 WHERE view_id = $1', [built, replaced])
  await connection.query('DELETE FROM tidemark.view WHERE id = $1', [built])
}
