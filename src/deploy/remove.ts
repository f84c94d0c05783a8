import { ident, sql } from '../compiler/fragment.js'
import { type Connection, type Database, one, rows, transaction } from '../engine/database.js'
import { serverError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import { readForeignReaders } from './dependents.js'
import { type DeployedView, readDeployedSources, readDeployedViews } from './deployed.js'
import { holdView } from './deployView.js'
import { withBriefLock } from './locks.js'
import { shownName } from './names.js'
import { releaseSource } from './sources.js'

/**
 * Removes views, those first that read others. A materialized view that is kept natively stays, with its rows: it
 * can be older than Tidemark.
 * @throws TidemarkError DEPENDENT_BLOCKS when something that is not ours reads one of them.
 */
export async function removeViews(database: Database, views: readonly DeployedView[]): Promise<void> {
  for (const view of readersFirst(views)) {
    await transaction(database, async (connection) => {
      await withBriefLock(connection, async () => {
        await holdView(connection, view.id)
        if (view.storage === 'table') await dropObjects(connection, view)
      })
      await connection.query('DELETE FROM tidemark.view WHERE id = $1', [view.id])
    })
  }
  await releaseUnused(database)
}

async function dropObjects(connection: Connection, view: DeployedView): Promise<void> {
  try {
    // What somebody put in its place is not ours to drop.
    if (view.intact && !view.hidden)
      await connection.query(sql`DROP VIEW IF EXISTS ${ident(view.schema, view.name)}`.text)
    await connection.query(sql`DROP TABLE IF EXISTS ${ident('tidemark_data', view.storageName)}`.text)
  } catch (error) {
    const { code, detail, message } = serverError(error)
    if (code !== '2BP01') throw error
    const name = shownName(view.schema, view.name)
    throw new TidemarkError('DEPENDENT_BLOCKS', `${name} cannot be dropped: ${detail ?? message}`, {
      hint: 'Drop or change what depends on it first.',
      view: name,
      cause: error,
    })
  }
}

function readersFirst(views: readonly DeployedView[]): DeployedView[] {
  const ordered: DeployedView[] = []
  const visit = (view: DeployedView): void => {
    if (ordered.includes(view)) return
    for (const reader of views) if (reader.upstream.includes(view.id)) visit(reader)
    ordered.push(view)
  }
  views.forEach(visit)
  return ordered
}

/** Tables that no view reads any more are not captured any more. */
export async function releaseUnused(database: Database): Promise<string[]> {
  const unused = await rows<{ id: number; log: string; name: string }>(
    database,
    `SELECT s.id, s.log_name AS log, s.schema_name || '.' || s.table_name AS name FROM tidemark.source s
     WHERE NOT EXISTS (SELECT FROM tidemark.view_source vs WHERE vs.source_id = s.id) ORDER BY s.id`,
  )
  for (const { id, log } of unused) {
    await transaction(database, (connection) => releaseSource(connection, id, log))
  }
  return unused.map((source) => source.name)
}

/** Versions whose build was cut off before they could take their place. */
export async function removeLeftovers(database: Database): Promise<void> {
  await transaction(database, async (connection) => {
    const left = await rows<{ name: string }>(
      connection,
      "SELECT relname AS name FROM pg_class WHERE relnamespace = 'tidemark_data'::regnamespace AND relkind = 'r' AND relname LIKE '%~new'",
    )
    for (const { name } of left) await connection.query(sql`DROP TABLE ${ident('tidemark_data', name)}`.text)
    await connection.query(`DELETE FROM tidemark.view v WHERE v.replaces IS NOT NULL
      OR (to_regclass(format('%I.%I', v.schema_name, v.view_name)) IS NULL
          AND (SELECT s.state FROM tidemark.state s WHERE s.view_id = v.id) = 'building')`)
  })
}

/** Removes everything that Tidemark made, its schemas included. */
export async function removeAll(database: Database): Promise<void> {
  const readers = await readForeignReaders(database, await readDeployedViews(database))
  if (readers.length > 0) {
    throw new TidemarkError('DEPENDENT_BLOCKS', `Other objects read Tidemark's schemas: ${readers.join(', ')}.`, {
      hint: 'Drop or change them first. Nothing was changed.',
    })
  }
  await removeViews(database, await readDeployedViews(database))
  for (const { id, log } of await readDeployedSources(database)) {
    await transaction(database, (connection) => releaseSource(connection, id, log))
  }
  await transaction(database, async (connection) => {
    const { left } = await one<{ left: number }>(connection, 'SELECT count(*)::integer AS left FROM tidemark.view')
    if (left > 0)
      throw new TidemarkError('INTERNAL', 'A view was deployed while all were being removed.', {
        hint: 'Run: tidemark drop, once more.',
      })
    await connection.query('DROP SCHEMA tidemark_data, tidemark_log, tidemark CASCADE')
  })
}
