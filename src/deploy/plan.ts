import { ident } from '../compiler/fragment.js'
import type { NormalisedView } from '../define/types.js'
import { type Connection, connectionOf, type Database, rows } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'
import { checkSchemas, checkServer, isMigrated } from '../engine/migrate.js'
import { type SourceRange, TidemarkError, together } from '../protocol/errors.js'
import type { Explanation } from '../protocol/explanation.js'
import { type Change, checkNames, describeDrops, describeSteps, planSteps, type ViewStep } from './changes.js'
import { type Compiled, compileViews, type Waiting } from './compileViews.js'
import { type DeployedView, readDeployedViews } from './deployed.js'
import { checkKeeper } from './keeper.js'
import { cannotChangeNative } from './matview.js'
import { shownName } from './names.js'
import { checkNamedPrivileges, checkPrivileges } from './privileges.js'
import { type CaptureNeed, isCaptured, mergeNeeds } from './sources.js'
import type { ViewTarget } from './target.js'

export interface Deployment {
  readonly changes: readonly Change[]
}

/** What may be other than the author of a view believes. */
export interface Warning {
  readonly view: string
  readonly code: string
  readonly message: string
  readonly position?: SourceRange
}

export interface Planned extends Deployment {
  readonly warnings: readonly Warning[]
}

export interface Plan extends Planned {
  readonly steps: readonly ViewStep[]
  readonly drops: readonly DeployedView[]
  readonly needs: readonly CaptureNeed[]
}

/** What `apply` would change. Changes nothing: it compiles in a transaction that is rolled back. */
export async function planDeployment(database: Database, views: readonly NormalisedView[]): Promise<Planned> {
  await checkServer(database)
  const { changes, warnings } = await makePlan(database, views)
  return { changes, warnings }
}

function warningsOf({ explanation }: ViewTarget): Warning[] {
  return explanation.advice.flatMap(({ severity, code, message, position }) =>
    severity === undefined
      ? []
      : [{ view: explanation.view, code, message, ...(position === undefined ? {} : { position }) }],
  )
}

/** How the configured views would be maintained, and what is wrong with those that cannot be. */
export interface Explained {
  readonly explanations: readonly Explanation[]
  readonly problems: readonly TidemarkError[]
  readonly waiting: readonly Waiting[]
}

export async function explainAll(database: Database, views: readonly NormalisedView[]): Promise<Explained> {
  await checkServer(database)
  const { targets, problems, waiting } = await compileAside(database, views)
  return {
    explanations: targets.filter(({ hidden }) => !hidden).map((target) => target.explanation),
    problems,
    waiting,
  }
}

/**
 * How each configured view would be maintained.
 * @throws TidemarkError with all that is wrong with any of them.
 */
export async function explainViews(database: Database, views: readonly NormalisedView[]): Promise<Explanation[]> {
  const { explanations, problems } = await explainAll(database, views)
  raise(problems)
  return [...explanations]
}

function raise([first, ...rest]: readonly TidemarkError[]): void {
  if (first !== undefined) throw together([first, ...rest])
}

export async function makePlan(database: Database, views: readonly NormalisedView[]): Promise<Plan> {
  const migrated = await isMigrated(database)
  if (migrated) await checkKeeper(database)
  else await checkSchemas(database)
  await checkViewSchemas(database, views)
  const { targets, problems } = await compileAside(database, views)
  if (problems.some(({ code }) => code === 'PRIVILEGE_MISSING')) {
    const readable = views.filter((view) => !problems.some((problem) => isUnreadable(problem, view)))
    await checkNamedPrivileges(database, readable, !migrated)
  }
  raise(problems)
  await checkPrivileges(database, targets, !migrated)
  const deployed = await readDeployedViews(database)
  const steps = await checkNames(database, planSteps(targets, deployed))
  const drops = deployed.filter(
    (old) => !targets.some(({ view }) => view.schema === old.schema && view.name === old.name),
  )
  checkStorageReads(targets, drops)
  for (const step of steps) if (isNativeChange(step)) throw cannotChangeNative(step.target.name)
  const needs = mergeNeeds(targets.flatMap((target) => target.sources))
  const prepare: Change = {
    action: 'prepare database',
    object: 'schemas tidemark, tidemark_data, tidemark_log',
    detail: 'catalog, kept rows and change logs',
    destructive: false,
  }
  const changes: Change[] = [
    ...(migrated ? [] : [prepare]),
    ...(await describeCaptures(database, needs)),
    ...describeSteps(steps),
    ...describeDrops(drops),
  ]
  const warnings = targets.filter(({ hidden }) => !hidden).flatMap(warningsOf)
  return { steps, drops, needs, changes, warnings }
}

/** Its text is no query, so that no names can be found in it. */
function isUnreadable({ code, view: about }: TidemarkError, view: NormalisedView): boolean {
  return (code === 'QUERY_INVALID' || code === 'QUERY_NOT_SELECT') && about === shownName(view.schema, view.name)
}

async function compileAside(database: Database, views: readonly NormalisedView[]): Promise<Compiled> {
  return aside(database, (connection) => compileViews(connection, views))
}

/** Work in a transaction that leaves nothing behind. */
async function aside<Result>(database: Database, work: (connection: Connection) => Promise<Result>): Promise<Result> {
  const connection = await connectionOf(database)
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

/** Tidemark makes no schemas for views: it would not know whom to give them to, nor when to drop them. */
async function checkViewSchemas(database: Database, views: readonly NormalisedView[]): Promise<void> {
  const found = await rows<{ name: string }>(database, 'SELECT nspname AS name FROM pg_namespace')
  const view = views.find(({ schema }) => !found.some(({ name }) => name === schema))
  if (view === undefined) return
  const name = shownName(view.schema, view.name)
  throw new TidemarkError('CONFIG_INVALID', `${name}: the schema "${view.schema}" does not exist.`, {
    hint: `CREATE SCHEMA ${ident(view.schema).text}; or name another schema.`,
    view: name,
  })
}

/** A view that is no longer configured is an ordinary view over a storage table, until that is dropped. */
function checkStorageReads(targets: readonly ViewTarget[], drops: readonly DeployedView[]): void {
  for (const target of targets) {
    const own = [...target.facts.relations.values()].find(
      ({ schema, kind }) => kind !== 'maintained' && ['tidemark', 'tidemark_data', 'tidemark_log'].includes(schema),
    )
    if (own === undefined) continue
    const dropped = drops.find((view) => view.storageName === own.name)
    const what = dropped === undefined ? `${own.schema}.${own.name}` : shownName(dropped.schema, dropped.name)
    const why = dropped === undefined ? 'which is Tidemark’s own' : 'which is not in the configuration any more'
    throw new TidemarkError('DEPENDENT_BLOCKS', `${target.name} reads ${what}, ${why}.`, {
      hint:
        dropped === undefined
          ? 'Read the view instead of its storage.'
          : `Keep ${what} in the configuration, or change the query of ${target.name}.`,
      view: target.name,
    })
  }
}

function isNativeChange({ target, deployed, work, why }: ViewStep): boolean {
  if (deployed === undefined || work !== 'rebuild') return false
  if (deployed.storage !== target.view.storage) return deployed.intact
  return target.view.storage === 'matview' && deployed.intact && why === 'its definition changed'
}

async function describeCaptures(database: Database, needs: readonly CaptureNeed[]): Promise<Change[]> {
  const changes: Change[] = []
  for (const need of needs) {
    const { relation, logged } = need
    if (relation.kind === 'maintained' || (await isCaptured(database, need))) continue
    const columns = logged.length === 0 ? 'no columns' : logged.join(', ')
    changes.push({
      action: 'capture table',
      object: `${relation.schema}.${relation.name}`,
      detail: `row triggers log ${columns} of each changed row; writers wait a moment while they are installed`,
      destructive: false,
    })
  }
  return changes
}
