import { type Fragment, ident, sql } from '../compiler/fragment.js'
import { type Connection, type Database, rows, transaction } from '../engine/database.js'
import { type Built, buildStorage, pinSettings, renameIndexes } from './build.js'
import { changesUnwritten, insertSources, insertView, launch, promote } from './catalog.js'
import { catchUp, waitForOldSnapshots } from './catchUp.js'
import type { ViewStep } from './changes.js'
import { withoutPositions } from './explanation.js'
import { type Patience, withBriefLock } from './locks.js'
import { buildName, retiredName } from './names.js'
import { type ReportProgress, watchBuild } from './progress.js'
import { readTableProperties } from './properties.js'
import { describeView, pointPublicView } from './publicView.js'
import { readingQuery } from './reading.js'
import type { ViewTarget } from './target.js'

export interface DeployedRows {
  readonly view: string
  readonly rows: number
  readonly buildMs: number
}

interface BuiltView extends Built {
  readonly id: number
}

/**
 * Builds a view beside the old one, brings it up to date, and swaps it in. The long transaction builds and leaves a
 * cursor, so that from then on nothing is lost; the last, short one takes the locks and swaps. A failure takes away what
 * was built; what a crash leaves is removed by the next apply.
 */
export async function buildAndSwap(
  database: Database,
  step: ViewStep,
  report: ReportProgress,
  patience?: Patience,
): Promise<DeployedRows> {
  const { target } = step
  const started = performance.now()
  const tell = (phase: 'building' | 'indexing' | 'swapping' | 'done', count?: number): void =>
    report({
      view: target.name,
      phase,
      elapsedMs: performance.now() - started,
      ...(count === undefined ? {} : { rows: count }),
    })
  tell('building')
  const built = await build(database, step, report, () => tell('indexing'))
  try {
    tell('swapping')
    await catchUp(database, built.id, target.name)
    await waitForOldSnapshots(database)
    await transaction(database, (connection) => swap(connection, step, built, patience))
  } catch (error) {
    await discard(database, step, built.id).catch(() => undefined) // what went wrong first is what has to be told
    throw error
  }
  tell('done', built.rows)
  return { view: target.name, rows: built.rows, buildMs: built.buildMs }
}

async function build(
  database: Database,
  step: ViewStep,
  report: ReportProgress,
  onIndexing: () => void,
): Promise<BuiltView> {
  const { target, deployed } = step
  const sources = await readSourceNumbers(database, target)
  const stopWatching = watchBuild(database, target.name, deployed?.rows ?? undefined, report)
  try {
    return await transaction(
      database,
      async (connection) => {
        const built = await buildStorage(connection, step, sources, () => {
          stopWatching()
          onIndexing()
        })
        return { ...built, id: await insertView(connection, target, built, deployed?.id ?? null, target.building()) }
      },
      'BEGIN ISOLATION LEVEL REPEATABLE READ',
    )
  } finally {
    stopWatching()
  }
}

async function readSourceNumbers(database: Database, { sources }: ViewTarget): Promise<number[]> {
  const logs = sources.map(({ relation }) => relation.capture.log)
  const found = await rows<{ id: number }>(
    database,
    'SELECT id FROM tidemark.source WHERE log_name = ANY ($1) ORDER BY id',
    [logs],
  )
  return found.map(({ id }) => id)
}

async function discard(database: Database, { target }: ViewStep, id: number): Promise<void> {
  await transaction(database, async (connection) => {
    await connection.query(sql`DROP TABLE IF EXISTS ${ident('tidemark_data', buildName(target.storage))}`.text)
    await connection.query('DELETE FROM tidemark.view WHERE id = $1', [id])
  })
}

/** In one attempt, locks are taken in the order in which readers take them: the view, then its storage. */
async function swap(connection: Connection, step: ViewStep, built: BuiltView, patience?: Patience): Promise<void> {
  const { target, deployed } = step
  await pinSettings(connection, target.view.timeZone)
  await withBriefLock(
    connection,
    async () => {
      if (deployed !== undefined) await holdView(connection, deployed.id)
      await holdView(connection, built.id)
      if (!target.hidden) await pointPublicView(connection, target, buildName(target.storage))
      const carry = deployed === undefined ? [] : await retireStorage(connection, deployed.storageName)
      const fresh = ident('tidemark_data', buildName(target.storage))
      await connection.query(sql`ALTER TABLE ${fresh} RENAME TO ${ident(target.storage)}`.text)
      await renameIndexes(connection, target, built.indexes)
      for (const statement of carry) await connection.query(statement)
      if (deployed === undefined) await launch(connection, target, built.id)
      else await promote(connection, target, built.id, deployed.id)
    },
    patience,
  )
}

/** Waits until no refresh of this version is in flight, and lets none start before this transaction ends. */
export async function holdView(connection: Connection, id: number): Promise<void> {
  await connection.query('SELECT pg_catalog.pg_advisory_xact_lock(1953064301, $1)', [id])
}

/** Drops the old storage, and returns the statements that give what people had put on it to the new one. */
async function retireStorage(connection: Connection, storage: string): Promise<readonly string[]> {
  const present = await rows(
    connection,
    "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'tidemark_data' AND c.relname = $1",
    [storage],
  )
  if (present.length === 0) return []
  const table = (name: string): Fragment => ident('tidemark_data', name)
  const { statements } = await readTableProperties(connection, { schema: 'tidemark_data', name: storage })
  await connection.query(sql`ALTER TABLE ${table(storage)} RENAME TO ${ident(retiredName(storage))}`.text)
  await connection.query(sql`DROP TABLE ${table(retiredName(storage))}`.text)
  return statements
}

/** New statements over the same rows. Everything is recomputed once, by the next refresh. */
export async function updateView(
  database: Database,
  { target, deployed }: ViewStep,
  patience?: Patience,
): Promise<void> {
  if (deployed === undefined) return
  await transaction(database, async (connection) => {
    await withBriefLock(connection, () => holdView(connection, deployed.id), patience)
    await connection.query(
      `UPDATE tidemark.view SET statements = $2, explanation = $3, settings = $4, moves = $5, definition = $6,
         description = $7, live = $8, reading = $9, not_null = $10, row_security = $11, changed_at = now() WHERE id = $1`,
      [
        deployed.id,
        JSON.stringify(target.compiled.statements),
        JSON.stringify(withoutPositions(target.explanation)),
        JSON.stringify(target.settings),
        changesUnwritten(target),
        target.view.query,
        target.view.description,
        target.live,
        readingQuery(target.columns, target.storage, target.kept).text,
        target.notNull,
        JSON.stringify(target.rowSecurity),
      ],
    )
    await connection.query('DELETE FROM tidemark.view_source WHERE view_id = $1', [deployed.id])
    await insertSources(connection, target, deployed.id)
    await connection.query(
      `UPDATE tidemark.state SET cursor = NULL, state = CASE WHEN state = 'paused' THEN state ELSE 'ready' END,
         failures = 0, retry_at = NULL WHERE view_id = $1`,
      [deployed.id],
    )
    if (!target.hidden) await describeView(connection, target.view)
  })
}

export async function changeSettings(database: Database, { target, deployed }: ViewStep): Promise<void> {
  await transaction(database, async (connection) => {
    await connection.query(
      `UPDATE tidemark.view SET settings = $2, explanation = $3, description = $4, row_security = $5, changed_at = now()
       WHERE id = $1`,
      [
        deployed?.id,
        JSON.stringify(target.settings),
        JSON.stringify(withoutPositions(target.explanation)),
        target.view.description,
        JSON.stringify(target.rowSecurity),
      ],
    )
    if (!target.hidden && deployed?.description !== target.view.description) await describeView(connection, target.view)
  })
}
