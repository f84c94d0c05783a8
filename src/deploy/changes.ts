import type { IndexDefinition } from '../define/types.js'
import { type Queryable, rows } from '../engine/database.js'
import { TidemarkError } from '../protocol/errors.js'
import type { Explanation } from '../protocol/explanation.js'
import type { DeployedView } from './deployed.js'
import { withoutPositions } from './explanation.js'
import { compareIndexes } from './indexes.js'
import { shownName } from './names.js'
import type { ViewTarget } from './target.js'

export type Action =
  | 'prepare database'
  | 'create view'
  | 'adopt view'
  | 'rebuild view'
  | 'update view'
  | 'change settings'
  | 'drop view'
  | 'capture table'
  | 'create index'
  | 'drop index'

export interface Change {
  readonly action: Action
  readonly object: string
  readonly detail: string
  /** Something that people made or read is lost by it. */
  readonly destructive: boolean
}

/** What is to be done for one configured view. */
export interface ViewStep {
  readonly target: ViewTarget
  readonly deployed: DeployedView | undefined
  readonly work: 'create' | 'adopt' | 'rebuild' | 'update' | 'settings' | 'none'
  readonly why: string
}

/** Steps for all views, in the order in which they read each other. */
export function planSteps(targets: readonly ViewTarget[], deployed: readonly DeployedView[]): ViewStep[] {
  const steps: ViewStep[] = []
  for (const target of targets) {
    const { view } = target
    const old = deployed.find((candidate) => candidate.schema === view.schema && candidate.name === view.name)
    const remade = steps.find((step) => target.upstream.includes(step.target.view) && isRemade(step))
    const { work, why } = workFor(target, old)
    const light = work === 'none' || work === 'settings'
    // What it read of the old version is not what it will read of the new one.
    steps.push(
      light && remade !== undefined && view.storage === 'table'
        ? { target, deployed: old, work: 'update', why: `${remade.target.name}, which it reads, is built anew` }
        : { target, deployed: old, work, why },
    )
  }
  return steps
}

function isRemade({ work }: ViewStep): boolean {
  return work === 'create' || work === 'rebuild'
}

function workFor(target: ViewTarget, old: DeployedView | undefined): Pick<ViewStep, 'work' | 'why'> {
  if (old === undefined) return { work: 'create', why: maintenanceOf(target) }
  if (old.storage !== target.view.storage) return { work: 'rebuild', why: 'the way it is stored changed' }
  if (old.definitionHash !== target.definitionHash) return { work: 'rebuild', why: 'its definition changed' }
  if (!old.intact) return { work: 'rebuild', why: `the view ${target.name} itself is gone, or was replaced` }
  if (old.state === 'building') return { work: 'rebuild', why: 'its first build did not end' }
  if (canonicalJson(old.statements) !== canonicalJson(target.compiled.statements)) {
    return { work: 'update', why: 'the way it is maintained changed' }
  }
  if (old.outdated) return { work: 'update', why: 'a table that it reads was altered' }
  if (old.state === 'error' || old.state === 'quarantined') {
    return { work: 'update', why: `its state is ${old.state}; it is recomputed` }
  }
  const settings = canonicalJson(old.settings) !== canonicalJson(target.settings)
  if (settings) return { work: 'settings', why: 'its settings changed' }
  if (old.description !== target.view.description) return { work: 'settings', why: 'its description changed' }
  if (canonicalJson(old.rowSecurity) !== canonicalJson(target.rowSecurity)) {
    return { work: 'settings', why: 'row-level security of what it reads is another' }
  }
  const explained = lasting(old.explanation) !== lasting(target.explanation)
  return explained ? { work: 'settings', why: 'its explanation changed' } : { work: 'none', why: '' }
}

/** An explanation without its advice, which depends on how large the tables are today. */
function lasting(explanation: Explanation): string {
  const { advice: _, ...rest } = withoutPositions(explanation)
  return canonicalJson(rest)
}

/** JSON with its keys in order: the catalog does not keep the order in which they were written. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  )
}

function maintenanceOf({ explanation }: ViewTarget): string {
  if (explanation.incremental)
    return `incremental, ${explanation.nodes.map(({ kind, key }) => `by ${kind}s of (${key.join(', ')})`).join(', ')}`
  const full = explanation.sources.filter((source) => source.maintenance === 'full')
  const reasons = full.map((source) => `${source.table}: ${source.reason ?? ''}`)
  return `recomputed whole${full.length < explanation.sources.length ? ' for some changes' : ''}. ${reasons.join(' ')}`.trim()
}

const actions = {
  create: 'create view',
  adopt: 'adopt view',
  rebuild: 'rebuild view',
  update: 'update view',
  settings: 'change settings',
} as const

export function describeSteps(steps: readonly ViewStep[]): Change[] {
  return steps.flatMap((step): Change[] => {
    const { target, work, why } = step
    if (target.hidden) return []
    const own: Change[] =
      work === 'none' ? [] : [{ action: actions[work], object: target.name, detail: why, destructive: false }]
    return [...own, ...describeIndexes(step)]
  })
}

function describeIndexes({ target, deployed, work }: ViewStep): Change[] {
  if (deployed === undefined || work === 'rebuild' || work === 'create') return []
  const { created, dropped } = compareIndexes(target, deployed)
  const describe =
    (action: Action) =>
    (definition: IndexDefinition): Change => ({
      action,
      object: target.name,
      detail: `${definition.unique ? 'unique ' : ''}${definition.method} (${definition.columns.join(', ')})${definition.where === null ? '' : ` where ${definition.where}`}`,
      destructive: false,
    })
  return [...dropped.map(describe('drop index')), ...created.map(describe('create index'))]
}

export function describeDrops(deployed: readonly DeployedView[]): Change[] {
  const shown = deployed.filter(({ hidden }) => !hidden)
  return shown.map((view) => ({
    action: 'drop view' as const,
    object: shownName(view.schema, view.name),
    detail: 'it is no longer in the configuration',
    destructive: true,
  }))
}

/**
 * A view must not take the name of something that Tidemark did not make. A materialized view of that name can be
 * adopted, when the view is to be kept as one.
 * @throws TidemarkError NAME_TAKEN.
 */
export async function checkNames(database: Queryable, steps: readonly ViewStep[]): Promise<ViewStep[]> {
  const wanted = steps.filter(isNew)
  const found = await rows<{ schema: string; name: string; kind: string }>(
    database,
    `SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN unnest($1::text[], $2::text[]) AS wanted(schema, name) ON wanted.schema = n.nspname AND wanted.name = c.relname`,
    [wanted.map((step) => step.target.view.schema), wanted.map((step) => step.target.view.name)],
  )
  return steps.map((step) => {
    const { view, name } = step.target
    const taken = found.find((candidate) => candidate.schema === view.schema && candidate.name === view.name)
    if (!isNew(step) || taken === undefined) return step
    if (taken.kind === 'm' && view.storage === 'matview' && step.work === 'create') {
      return {
        ...step,
        work: 'adopt',
        why: 'the materialized view is kept as it is; its refreshes are scheduled and recorded',
      }
    }
    throw nameTaken(name, taken.kind)
  })
}

/** Also where what was deployed is gone: somebody may have put something else in its place. */
function isNew({ work, deployed }: ViewStep): boolean {
  return work === 'create' || (work === 'rebuild' && deployed?.intact === false)
}

function nameTaken(name: string, kind: string): TidemarkError {
  const kinds: Record<string, string> = {
    r: 'table',
    p: 'partitioned table',
    v: 'view',
    m: 'materialized view',
    S: 'sequence',
    i: 'index',
    f: 'foreign table',
  }
  const hint =
    kind === 'm'
      ? "Set storage: 'matview' to adopt it, or rename it first (ALTER MATERIALIZED VIEW … RENAME) and drop it when the new one is in use."
      : 'Give the view another name, or rename what is there.'
  return new TidemarkError(
    'NAME_TAKEN',
    `${name} is already the name of a ${kinds[kind] ?? 'relation'} that Tidemark did not make.`,
    {
      hint,
      view: name,
    },
  )
}
