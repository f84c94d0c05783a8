import type { Queryable } from '../engine/database.js'
import { rows } from '../engine/database.js'
import { TidemarkError } from '../protocol/errors.js'
import type { ViewTarget } from './compileViews.js'
import type { DeployedView } from './deployed.js'
import { shownName } from './names.js'

export type Action =
  | 'prepare database'
  | 'create view'
  | 'adopt view'
  | 'rebuild view'
  | 'update view'
  | 'change settings'
  | 'drop view'
  | 'capture table'

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

export function planSteps(targets: readonly ViewTarget[], deployed: readonly DeployedView[]): ViewStep[] {
  return targets.map((target) => {
    const { view } = target
    const old = deployed.find((candidate) => candidate.schema === view.schema && candidate.name === view.name)
    return { target, deployed: old, ...workFor(target, old) }
  })
}

function workFor(target: ViewTarget, old: DeployedView | undefined): Pick<ViewStep, 'work' | 'why'> {
  if (old === undefined) return { work: 'create', why: maintenanceOf(target) }
  const expected = old.storage === 'matview' ? 'm' : 'v'
  if (old.state === 'building') return { work: 'rebuild', why: 'its first build did not end' }
  if (old.relkind !== expected) return { work: 'rebuild', why: `the view ${target.name} itself is gone` }
  if (old.definitionHash !== target.definitionHash) return { work: 'rebuild', why: 'its definition changed' }
  if (canonicalJson(old.statements) !== canonicalJson(target.compiled.statements)) {
    return { work: 'update', why: 'the way it is maintained changed' }
  }
  if (old.state === 'error' || old.state === 'quarantined') {
    return { work: 'update', why: `its state is ${old.state}; it is recomputed` }
  }
  const settings = canonicalJson(old.settings) !== canonicalJson(target.settings)
  const explained = canonicalJson(old.explanation) !== canonicalJson(target.explanation)
  if (settings) return { work: 'settings', why: 'when it is refreshed changed' }
  return explained ? { work: 'settings', why: 'its explanation changed' } : { work: 'none', why: '' }
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
  if (explanation.incremental) return `incremental, by slices of (${explanation.nodes.map((node) => node.key.join(', ')).join('), (')})`
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
  return steps.flatMap(({ target, work, why }) =>
    work === 'none' ? [] : [{ action: actions[work], object: target.name, detail: why, destructive: false }],
  )
}

export function describeDrops(deployed: readonly DeployedView[]): Change[] {
  return deployed.map((view) => ({
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
  const wanted = steps.filter((step) => step.work === 'create')
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
    if (step.work !== 'create' || taken === undefined) return step
    if (taken.kind === 'm' && view.storage === 'matview') {
      return { ...step, work: 'adopt', why: 'the materialized view is kept as it is; its refreshes are scheduled and recorded' }
    }
    throw nameTaken(name, taken.kind)
  })
}

function nameTaken(name: string, kind: string): TidemarkError {
  const kinds: Record<string, string> = { r: 'table', p: 'partitioned table', v: 'view', m: 'materialized view', S: 'sequence', i: 'index', f: 'foreign table' }
  const hint =
    kind === 'm'
      ? "Set storage: 'matview' to adopt it, or rename it first (ALTER MATERIALIZED VIEW … RENAME) and drop it when the new one is in use."
      : 'Give the view another name, or rename what is there.'
  return new TidemarkError('NAME_TAKEN', `${name} is already the name of a ${kinds[kind] ?? 'relation'} that Tidemark did not make.`, {
    hint,
    view: name,
  })
}
