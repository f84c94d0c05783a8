import type { NormalisedView } from '../define/types.js'
import { type Connection, type Database, one } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'
import { checkServer, isMigrated, migrate } from '../engine/migrate.js'
import { refreshView } from '../engine/refresh.js'
import { TidemarkError } from '../protocol/errors.js'
import { linkUpstream } from './catalog.js'
import { type Change, checkNames, describeDrops, describeSteps, planSteps, type ViewStep } from './changes.js'
import { compileViews, type ViewTarget } from './compileViews.js'
import { type DeployedView, readDeployedSources, readDeployedViews } from './deployed.js'
import { buildAndSwap, changeSettings, type DeployedRows, updateView } from './deployView.js'
import { deployMatview } from './matview.js'
import type { Explanation } from './explanation.js'
import { checkPrivileges } from './privileges.js'
import type { ReportProgress } from './progress.js'
import { releaseUnused, removeAll, removeLeftovers, removeViews } from './remove.js'
import { type CaptureNeed, captureTable, mergeNeeds } from './sources.js'

export interface Deployment {
  readonly changes: readonly Change[]
}

export interface Applied extends Deployment {
  readonly views: readonly DeployedRows[]
}

export interface ApplyOptions {
  readonly onProgress?: ReportProgress
}

interface Plan {
  readonly steps: readonly ViewStep[]
  readonly drops: readonly DeployedView[]
  readonly needs: readonly CaptureNeed[]
  readonly changes: readonly Change[]
}

/** What `apply` would change. Changes nothing: it compiles in a transaction that is rolled back. */
export async function planDeployment(database: Database, views: readonly NormalisedView[]): Promise<Deployment> {
  await checkServer(database)
  const { changes } = await makePlan(database, views)
  return { changes }
}

/** How each configured view would be maintained. */
export async function explainViews(database: Database, views: readonly NormalisedView[]): Promise<Explanation[]> {
  await checkServer(database)
  const targets = await compileAside(database, views)
  return targets.map((target) => target.explanation)
}

async function compileAside(database: Database, views: readonly NormalisedView[]): Promise<ViewTarget[]> {
  return aside(database, (connection) => compileViews(connection, views))
}

/** Work in a transaction that leaves nothing behind. */
async function aside<Result>(database: Database, work: (connection: Connection) => Promise<Result>): Promise<Result> {
  const connection = await database.connect()
  let broken = false
  try {
    await connection.query('BEGIN')
    return await work(connection)
  } catch (error) {
    throw databaseError(error)
  } finally {
    await connection.query('ROLLBACK').catch(() => {
      broken = true
    })
    connection.release(broken)
  }
}

async function makePlan(database: Database, views: readonly NormalisedView[]): Promise<Plan> {
  const targets = await compileAside(database, views)
  await checkPrivileges(database, targets)
  const deployed = await readDeployedViews(database)
  const steps = await checkNames(database, planSteps(targets, deployed))
  const drops = deployed.filter(
    (old) => !views.some((view) => view.schema === old.schema && view.name === old.name),
  )
  const needs = mergeNeeds(targets.flatMap((target) => target.sources))
  const changes: Change[] = []
  if (!(await isMigrated(database))) {
    changes.push({
      action: 'prepare database',
      object: 'schemas tidemark, tidemark_data, tidemark_log',
      detail: 'catalog, kept rows and change logs',
      destructive: false,
    })
  }
  changes.push(...(await describeCaptures(database, needs)), ...describeSteps(steps), ...describeDrops(drops))
  return { steps, drops, needs, changes }
}

async function describeCaptures(database: Database, needs: readonly CaptureNeed[]): Promise<Change[]> {
  const known = await readDeployedSources(database)
  return needs.flatMap(({ relation, watched, logged }): Change[] => {
    if (relation.kind === 'maintained') return []
    const source = known.find((candidate) => candidate.schema === relation.schema && candidate.table === relation.name)
    const covers = (have: readonly string[] | undefined, want: readonly string[]): boolean =>
      have !== undefined && want.every((name) => have.includes(name))
    if (covers(source?.watched, watched) && covers(source?.logged, logged)) return []
    const columns = logged.length === 0 ? 'no columns' : logged.join(', ')
    return [
      {
        action: 'capture table',
        object: `${relation.schema}.${relation.name}`,
        detail: `row triggers log ${columns} of each changed row; writers wait a moment while they are installed`,
        destructive: false,
      },
    ]
  })
}

const deployLock = 1953064303

/** Only one deployment at a time; a second one waits for the first. */
async function alone<Result>(database: Database, work: () => Promise<Result>): Promise<Result> {
  const connection = await database.connect()
  let broken = false
  try {
    await connection.query('SELECT pg_catalog.pg_advisory_lock($1)', [deployLock])
    return await work()
  } catch (error) {
    throw databaseError(error)
  } finally {
    await connection.query('SELECT pg_catalog.pg_advisory_unlock($1)', [deployLock]).catch(() => {
      broken = true
    })
    connection.release(broken)
  }
}

/**
 * Makes the database agree with the configuration. Idempotent; views that did not change are left alone. A failure
 * leaves every view as it was that had not yet been swapped, and the next apply goes on from there.
 * @throws TidemarkError for whatever is wrong, before anything was changed where that can be known.
 */
export async function applyDeployment(
  database: Database,
  views: readonly NormalisedView[],
  options: ApplyOptions = {},
): Promise<Applied> {
  const report = options.onProgress ?? (() => undefined)
  await checkServer(database)
  return alone(database, async () => {
    if (await isMigrated(database)) {
      await migrate(database)
      await removeLeftovers(database)
    }
    const { steps, drops, needs, changes } = await makePlan(database, views)
    await migrate(database)
    const built: DeployedRows[] = []
    for (const step of steps) {
      for (const need of needs) {
        if (need.relation.kind === 'maintained' || !reads(step, need)) continue
        report({ view: step.target.name, phase: 'capturing', elapsedMs: 0 })
        await captureTable(database, need)
      }
      const result = await deployStep(database, step, report)
      if (result !== undefined) built.push(result)
      await captureStorage(database, step, needs)
    }
    if (drops.length > 0) await removeViews(database, drops)
    await releaseUnused(database)
    return { changes, views: built }
  })
}

function reads(step: ViewStep, need: CaptureNeed): boolean {
  return step.target.sources.some((source) => source.relation.capture.log === need.relation.capture.log)
}

/** A view that others read is captured like a table, as soon as it is there and before they are built. */
async function captureStorage(database: Database, step: ViewStep, needs: readonly CaptureNeed[]): Promise<void> {
  const own = needs.find(
    ({ relation }) => relation.kind === 'maintained' && relation.capture.name === step.target.storage,
  )
  if (own !== undefined) await captureTable(database, own)
}

async function deployStep(
  database: Database,
  step: ViewStep,
  report: ReportProgress,
): Promise<DeployedRows | undefined> {
  const native = step.target.view.storage === 'matview' || step.deployed?.storage === 'matview'
  let result: DeployedRows | undefined
  if (native && step.work !== 'none' && step.work !== 'settings') result = await deployMatview(database, step, report)
  else if (step.work === 'create' || step.work === 'rebuild') result = await buildAndSwap(database, step, report)
  else if (step.work === 'update') result = await refreshUpdated(database, step)
  else if (step.work === 'settings') await changeSettings(database, step)
  await linkDependencies(database, step)
  return result
}

async function linkDependencies(database: Database, { target }: ViewStep): Promise<void> {
  const connection = await database.connect()
  try {
    const { id } = await one<{ id: number }>(connection, 'SELECT tidemark.find_view($1) AS id', [target.name])
    await linkUpstream(connection, target, id)
  } finally {
    connection.release()
  }
}

async function refreshUpdated(database: Database, step: ViewStep): Promise<DeployedRows> {
  await updateView(database, step)
  const { mode, durationMs, error } = await refreshView(database, step.target.name, { worker: 'apply' })
  if (mode === 'failed') {
    throw new TidemarkError(error?.code ?? 'REFRESH_FAILED', `${step.target.name}: ${error?.message ?? 'failed'}`, {
      ...(error?.hint === undefined ? {} : { hint: error.hint }),
      view: step.target.name,
    })
  }
  const { rows } = await one<{ rows: number }>(
    database,
    'SELECT coalesce(row_count, 0)::double precision AS rows FROM tidemark.state WHERE view_id = tidemark.find_view($1)',
    [step.target.name],
  )
  return { view: step.target.name, rows, buildMs: durationMs }
}

/**
 * Removes what apply made: some views, or everything.
 * @throws TidemarkError UNKNOWN_VIEW, DEPENDENT_BLOCKS.
 */
export async function dropDeployment(
  database: Database,
  options: { readonly views?: readonly string[] } = {},
): Promise<Deployment> {
  if (!(await isMigrated(database))) return { changes: [] }
  return alone(database, async () => {
    const deployed = await readDeployedViews(database)
    const wanted = options.views === undefined ? deployed : options.views.map((name) => findDeployed(deployed, name))
    const changes = describeDrops(wanted).map((change) => ({ ...change, detail: 'as asked' }))
    if (options.views === undefined) await removeAll(database)
    else await removeViews(database, wanted)
    return { changes }
  })
}

function findDeployed(deployed: readonly DeployedView[], name: string): DeployedView {
  const found = deployed.find((view) => view.name === name || `${view.schema}.${view.name}` === name)
  if (found !== undefined) return found
  throw new TidemarkError('UNKNOWN_VIEW', `There is no deployed view named "${name}".`, {
    hint: 'tidemark status lists them.',
  })
}
