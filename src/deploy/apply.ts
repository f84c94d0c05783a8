import type { NormalisedView } from '../define/types.js'
import { type Database, one } from '../engine/database.js'
import { checkServer, isMigrated, migrate } from '../engine/migrate.js'
import { refreshView } from '../engine/refresh.js'
import { TidemarkError } from '../protocol/errors.js'
import { alone } from './alone.js'
import { linkUpstream } from './catalog.js'
import type { ViewStep } from './changes.js'
import { buildAndSwap, changeSettings, type DeployedRows, updateView } from './deployView.js'
import { changeIndexes } from './indexes.js'
import { checkKeeper } from './keeper.js'
import type { Patience } from './locks.js'
import { deployMatview } from './matview.js'
import { type Deployment, makePlan } from './plan.js'
import type { ReportProgress } from './progress.js'
import { releaseUnused, removeLeftovers, removeViews } from './remove.js'
import { type CaptureNeed, captureTable } from './sources.js'

export interface Applied extends Deployment {
  readonly views: readonly DeployedRows[]
}

export interface ApplyOptions {
  readonly onProgress?: ReportProgress
  /** How long to try for a lock on a table in use, in brief attempts. Default: a minute. */
  readonly lockTimeoutMs?: number
}

interface Work {
  readonly database: Database
  readonly needs: readonly CaptureNeed[]
  readonly report: ReportProgress
  readonly patience: Patience | undefined
}

/**
 * Makes the database agree with the configuration. Idempotent; views that did not change are left alone. A failure
 * leaves every view as it was that had not yet been swapped, and the next apply goes on from there. `database` must give
 * three connections at a time.
 * @throws TidemarkError for whatever is wrong, before anything was changed where that can be known.
 */
export async function applyDeployment(
  database: Database,
  views: readonly NormalisedView[],
  options: ApplyOptions = {},
): Promise<Applied> {
  const report = options.onProgress ?? (() => undefined)
  const patience = options.lockTimeoutMs === undefined ? undefined : { lockTimeoutMs: options.lockTimeoutMs }
  await checkServer(database)
  return alone(database, async () => {
    if (await isMigrated(database)) {
      await checkKeeper(database)
      await migrate(database)
      await removeLeftovers(database)
    }
    const { steps, drops, needs, changes } = await makePlan(database, views)
    await migrate(database)
    const built: DeployedRows[] = []
    try {
      for (const step of steps) {
        const result = await deployStep({ database, needs, report, patience }, step)
        if (result !== undefined) built.push(result)
      }
    } catch (error) {
      // Writers must not go on paying for a log that nobody reads. What went wrong first is what has to be told.
      await releaseUnused(database).catch(() => undefined)
      throw error
    }
    if (drops.length > 0) await removeViews(database, drops)
    await releaseUnused(database)
    return { changes, views: built }
  })
}

async function deployStep(work: Work, step: ViewStep): Promise<DeployedRows | undefined> {
  const { database, needs, report, patience } = work
  for (const need of needs) {
    if (need.relation.kind === 'maintained' || !reads(step, need)) continue
    report({ view: step.target.name, phase: 'capturing', elapsedMs: 0 })
    await captureTable(database, need, patience)
  }
  const result = await deployView(work, step)
  await linkUpstream(database, step.target)
  // A view that others read is captured like a table, as soon as it is there and before they are built.
  const { storage } = step.target
  const own = needs.find(({ relation }) => relation.kind === 'maintained' && relation.capture.name === storage)
  if (own !== undefined) await captureTable(database, own, patience)
  return result
}

function reads(step: ViewStep, need: CaptureNeed): boolean {
  return step.target.sources.some((source) => source.relation.capture.log === need.relation.capture.log)
}

async function deployView({ database, report, patience }: Work, step: ViewStep): Promise<DeployedRows | undefined> {
  const { target, deployed, work } = step
  const remade = work === 'create' || work === 'adopt' || work === 'rebuild'
  const native = target.view.storage === 'matview'
  if (remade) return native ? deployMatview(database, step, report) : buildAndSwap(database, step, report, patience)
  if (deployed !== undefined) await changeIndexes(database, target, deployed, patience)
  if (work === 'settings') await changeSettings(database, step)
  return work === 'update' ? refreshUpdated(database, step, patience) : undefined
}

async function refreshUpdated(database: Database, step: ViewStep, patience?: Patience): Promise<DeployedRows> {
  await updateView(database, step, patience)
  const { view, name } = step.target
  const { id, full } = await one<{ id: number; full: string }>(
    database,
    `SELECT id, format('%I.%I', schema_name, view_name) AS full FROM tidemark.view
     WHERE schema_name = $1 AND view_name = $2 AND replaces IS NULL`,
    [view.schema, view.name],
  )
  const { mode, durationMs, error } = await refreshView(database, full, { worker: 'apply' })
  if (mode === 'failed') {
    throw new TidemarkError(error?.code ?? 'REFRESH_FAILED', `${name}: ${error?.message ?? 'failed'}`, {
      ...(error?.hint === undefined ? {} : { hint: error.hint }),
      view: name,
    })
  }
  const { rows } = await one<{ rows: number }>(
    database,
    'SELECT coalesce(row_count, 0)::double precision AS rows FROM tidemark.state WHERE view_id = $1',
    [id],
  )
  return { view: name, rows, buildMs: durationMs }
}
