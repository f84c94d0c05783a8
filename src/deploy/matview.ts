import { ident, join, sql, trusted } from '../compiler/fragment.js'
import { type Connection, type Database, one, transaction } from '../engine/database.js'
import { serverError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import { pinSettings } from './build.js'
import { insertView, promote } from './catalog.js'
import type { ViewStep } from './changes.js'
import type { DeployedRows } from './deployView.js'
import { withBriefLock } from './locks.js'
import { fitName } from './names.js'
import type { ReportProgress } from './progress.js'

/**
 * Deploys a view as a native materialized view: makes it with its unique index, or adopts one that is there. Changing
 * its definition, or between kinds of storage, means dropping it first.
 */
export async function deployMatview(
  database: Database,
  step: ViewStep,
  report: ReportProgress,
): Promise<DeployedRows> {
  const { target, deployed } = step
  if (deployed !== undefined && step.why === 'its definition changed') throw cannotChange(target.name)
  report({ view: target.name, phase: 'building', elapsedMs: 0 })
  const started = performance.now()
  const rowCount = await transaction(database, async (connection) => {
    await pinSettings(connection, target.view.timeZone)
    if (step.work === 'create' || step.work === 'rebuild') await createMatview(connection, step)
    const { rows } = await one<{ rows: string }>(
      connection,
      sql`SELECT pg_catalog.count(*) AS rows FROM ${ident(target.view.schema, target.view.name)}`.text,
    )
    const built = { rows: Number(rows), buildMs: performance.now() - started }
    const id = await insertView(connection, target, built, deployed?.id ?? null)
    if (deployed === undefined) {
      await connection.query("UPDATE tidemark.state SET state = 'ready', cursor = NULL WHERE view_id = $1", [id])
    } else {
      await promote(connection, id, deployed.id)
    }
    return built.rows
  })
  const buildMs = performance.now() - started
  report({ view: target.name, phase: 'done', rows: rowCount, elapsedMs: buildMs })
  return { view: target.name, rows: rowCount, buildMs }
}

async function createMatview(connection: Connection, { target }: ViewStep): Promise<void> {
  const { view, compiled } = target
  const name = ident(view.schema, view.name)
  const canonical = trusted(target.facts.canonical)
  await withBriefLock(connection, async () => {
    await connection.query(sql`CREATE MATERIALIZED VIEW ${name} AS ${canonical}`.text)
  })
  const key = compiled.plan.key
  if (key.length > 0) {
    const index = ident(fitName(view.name, '_key'))
    try {
      await connection.query(sql`CREATE UNIQUE INDEX ${index} ON ${name} (${join(key.map((column) => ident(column)))})`.text)
    } catch (error) {
      const { code, detail } = serverError(error)
      if (code !== '23505') throw error
      throw new TidemarkError('KEY_NOT_UNIQUE', `The key (${key.join(', ')}) does not tell the rows apart. ${detail ?? ''}`, {
        hint: 'Add columns to the key until it tells all rows apart. Nothing was changed.',
        view: target.name,
        cause: error,
      })
    }
  }
  for (const definition of view.indexes) {
    const columns = join(definition.columns.map((column) => ident(column)))
    const unique = definition.unique ? sql`UNIQUE ` : sql``
    const where = definition.where === null ? sql`` : sql` WHERE ${trusted(definition.where)}`
    await connection.query(sql`CREATE ${unique}INDEX ON ${name} USING ${ident(definition.method)} (${columns})${where}`.text)
  }
}

function cannotChange(name: string): TidemarkError {
  return new TidemarkError('DEPENDENT_BLOCKS', `${name} is a native materialized view: its definition cannot be swapped.`, {
    hint: `Run: tidemark drop ${name}, DROP MATERIALIZED VIEW, and apply again; or keep it as storage: 'table' under a new name, which swaps without a gap.`,
    view: name,
  })
}
