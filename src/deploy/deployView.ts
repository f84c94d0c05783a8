import { ident, sql } from '../compiler/fragment.js'
import { type Connection, type Database, transaction } from '../engine/database.js'
import { buildStorage, pinSettings, renameIndexes } from './build.js'
import { insertSources, insertView, promote } from './catalog.js'
import type { ViewStep } from './changes.js'
import { withBriefLock } from './locks.js'
import { buildName } from './names.js'
import { type ReportProgress, watchBuild } from './progress.js'
import { pointPublicView } from './publicView.js'

export interface DeployedRows {
  readonly view: string
  readonly rows: number
  readonly buildMs: number
}

/**
 * Builds a view beside the old one and swaps it in. Two transactions: the long one builds and leaves a cursor, so that
 * from then on nothing is lost; the short one takes the locks and swaps. What a crash leaves between the two is removed
 * by the next apply.
 */
export async function buildAndSwap(database: Database, step: ViewStep, report: ReportProgress): Promise<DeployedRows> {
  const { target, deployed } = step
  const started = performance.now()
  const elapsedMs = (): number => performance.now() - started
  const stopWatching = watchBuild(database, target.name, deployed?.rows ?? undefined, report)
  report({ view: target.name, phase: 'building', elapsedMs: 0 })
  try {
    const { built, id } = await transaction(
      database,
      async (connection) => {
        const result = await buildStorage(connection, target, () => {
          stopWatching()
          report({ view: target.name, phase: 'indexing', elapsedMs: elapsedMs() })
        })
        return { built: result, id: await insertView(connection, target, result, deployed?.id ?? null) }
      },
      'BEGIN ISOLATION LEVEL REPEATABLE READ',
    )
    report({ view: target.name, phase: 'swapping', elapsedMs: elapsedMs() })
    await transaction(database, (connection) => swap(connection, step, id))
    report({ view: target.name, phase: 'done', rows: built.rows, elapsedMs: elapsedMs() })
    return { view: target.name, rows: built.rows, buildMs: built.buildMs }
  } finally {
    stopWatching()
  }
}

async function swap(connection: Connection, step: ViewStep, built: number): Promise<void> {
  const { target, deployed } = step
  await pinSettings(connection, target.view.timeZone)
  if (deployed !== undefined) await holdView(connection, deployed.id)
  await withBriefLock(connection, async () => {
    const retired = deployed === undefined ? undefined : await retireStorage(connection, deployed.storageName)
    const fresh = ident('tidemark_data', buildName(target.storage))
    await connection.query(sql`ALTER TABLE ${fresh} RENAME TO ${ident(target.storage)}`.text)
    await pointPublicView(connection, target)
    if (retired !== undefined) await connection.query(sql`DROP TABLE ${retired}`.text)
    await renameIndexes(connection, target)
  })
  if (deployed === undefined) {
    await connection.query("UPDATE tidemark.state SET state = 'ready' WHERE view_id = $1", [built])
  } else {
    await promote(connection, built, deployed.id)
  }
}

/** Waits until no refresh of the old version is in flight, and lets none start. */
export async function holdView(connection: Connection, id: number): Promise<void> {
  await withBriefLock(connection, async () => {
    await connection.query('SELECT pg_catalog.pg_advisory_xact_lock(1953064301, $1)', [id])
  })
}

async function retireStorage(connection: Connection, storage: string) {
  const retired = ident('tidemark_data', `${storage.slice(0, 50)}~old`)
  await connection.query(
    sql`ALTER TABLE IF EXISTS ${ident('tidemark_data', storage)} RENAME TO ${ident(`${storage.slice(0, 50)}~old`)}`.text,
  )
  return retired
}

/** New statements over the same rows. Everything is recomputed once, by the next refresh. */
export async function updateView(database: Database, step: ViewStep): Promise<void> {
  const { target, deployed } = step
  if (deployed === undefined) return
  await transaction(database, async (connection) => {
    await holdView(connection, deployed.id)
    await connection.query(
      `UPDATE tidemark.view SET statements = $2, explanation = $3, settings = $4, moves = $5, definition = $6,
         changed_at = now() WHERE id = $1`,
      [
        deployed.id,
        JSON.stringify(target.compiled.statements),
        JSON.stringify(target.explanation),
        JSON.stringify(target.settings),
        target.compiled.plan.moves || target.view.storage === 'matview',
        target.view.query,
      ],
    )
    await connection.query('DELETE FROM tidemark.view_source WHERE view_id = $1', [deployed.id])
    await insertSources(connection, target, deployed.id)
    await connection.query(
      "UPDATE tidemark.state SET cursor = NULL, state = 'ready', failures = 0, retry_at = NULL WHERE view_id = $1",
      [deployed.id],
    )
  })
}

export async function changeSettings(database: Database, { target, deployed }: ViewStep): Promise<void> {
  await database.query('UPDATE tidemark.view SET settings = $2, explanation = $3, changed_at = now() WHERE id = $1', [
    deployed?.id,
    JSON.stringify(target.settings),
    JSON.stringify(target.explanation),
  ])
}
