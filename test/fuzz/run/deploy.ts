import type { Pool } from 'pg'
import { normaliseConfig } from '../../../src/define/normalise-config.js'
import type { NormalisedView } from '../../../src/define/types.js'
import { view as defineView } from '../../../src/define/view.js'
import { applyDeployment, type Explanation, explainViews } from '../../../src/deploy/index.js'
import { type ErrorCode, TidemarkError } from '../../../src/protocol/errors.js'
import type { Case, CaseView } from '../case.js'
import type { Fate, Finding } from './finding.js'
import { createOracleView, duplicateKeys, queryError } from './oracle.js'
import { rehearse } from './rehearse.js'
import type { Place } from './workshop.js'

/** A view that Tidemark took, with the key that it took it with. */
export interface Taken {
  readonly view: CaseView
  readonly key: readonly string[] | null
  readonly explanation: Explanation
}

export interface DeployedCase {
  readonly taken: readonly Taken[]
  readonly fates: readonly Fate[]
  readonly findings: readonly Finding[]
}

/** What a view may be refused for when there is nothing wrong with Tidemark. */
const refusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['KEY_MISSING', 'KEY_INVALID'])

/**
 * Deploys what can be deployed of the views. Those that read one that cannot are left out with it.
 * @param sparing leaves out most of those that show little: that the writes do not change, or that are only recomputed.
 */
export async function deployCase(pool: Pool, made: Case, sparing: boolean): Promise<DeployedCase> {
  const fates: Fate[] = []
  const findings: Finding[] = []
  let taken: Taken[] = []
  const leaveOut = (name: string, outcome: 'invalid' | 'fails' | 'refused', code: string): void => {
    fates.push({ view: name, outcome, codes: [code] })
  }
  const valid = await validViews(pool, made.views, leaveOut)
  const views = sparing ? await livelyViews(pool, made, valid) : valid
  const missing: string[] = []
  for (const view of views) {
    if (missing.some((name) => reads(view, name))) {
      missing.push(view.name)
      continue
    }
    const tried = await tryKeys(pool, view, taken)
    if ('explanation' in tried) {
      if (!sparing || isWorthwhile(tried, views)) taken.push(tried)
      else fates.push(fateOf(tried))
      continue
    }
    missing.push(view.name)
    leaveOut(view.name, 'refused', tried.code)
    if (!tried.documented) findings.push({ view: view.name, kind: 'deploy', detail: `${tried.code}: ${tried.message}` })
  }
  for (let applied = false; !applied; ) {
    const failed = await applyAll(pool, taken)
    if (failed === undefined) {
      applied = true
      continue
    }
    const guilty = taken.find(({ view }) => view.name === failed.view) ?? taken.at(-1)
    if (guilty === undefined) throw failed.error
    const duplicates = failed.code === 'KEY_NOT_UNIQUE' && (await hasDuplicates(pool, guilty))
    if (!duplicates) {
      findings.push({ view: guilty.view.name, kind: 'deploy', detail: `${failed.code}: ${failed.error.message}` })
    }
    leaveOut(guilty.view.name, 'refused', failed.code)
    taken = withoutReaders(taken, guilty.view.name)
  }
  return { taken, fates, findings }
}

/** Those whose queries PostgreSQL takes and can compute, for the rows that are there. */
async function validViews(
  pool: Pool,
  views: readonly CaseView[],
  leaveOut: (name: string, outcome: 'invalid' | 'fails', message: string) => void,
): Promise<CaseView[]> {
  const valid: CaseView[] = []
  const missing: string[] = []
  for (const view of views) {
    if (missing.some((name) => reads(view, name))) {
      missing.push(view.name)
      continue
    }
    const invalid = await createOracleView(pool, view)
    const fails = invalid === undefined ? await queryError(pool, view) : undefined
    if (invalid === undefined && fails === undefined) {
      valid.push(view)
      continue
    }
    leaveOut(view.name, invalid === undefined ? 'fails' : 'invalid', invalid ?? fails ?? '')
    missing.push(view.name)
  }
  return valid
}

/** Those that the writes change, those that they read, and a few others. */
async function livelyViews(pool: Pool, made: Case, views: readonly CaseView[]): Promise<CaseView[]> {
  const changes = await rehearse(
    pool,
    made,
    views.map(({ name }) => name),
  )
  const wanted: CaseView[] = []
  for (const view of views.toReversed()) {
    // In one transaction the clock stands still.
    const moved = view.tags?.includes('clock') ?? false
    const lively = moved || (changes.get(view.name) ?? 0) * 3 >= made.rounds.length || view.query.length % 10 === 0
    if (lively || wanted.some((other) => reads(other, view.name))) wanted.push(view)
  }
  return wanted.toReversed()
}

/** Whether it is followed by what changes, or read by another view; or is one of a few others. */
function isWorthwhile({ view, explanation }: Taken, views: readonly CaseView[]): boolean {
  const whole = explanation.sources.every(({ maintenance }) => maintenance === 'full')
  return !whole || view.query.length % 4 === 0 || views.some((other) => other !== view && reads(other, view.name))
}

/** How a view that was taken is maintained. Of tables maintained in several ways, the worst counts. */
export function fateOf({ explanation }: Taken): Fate {
  const { view, sources, incremental, nodes } = explanation
  const codes = [...new Set(sources.flatMap(({ code }) => code ?? []))]
  if (!incremental) return { view, outcome: 'full', codes }
  if (nodes.some(({ id }) => id !== view)) return { view, outcome: 'pieces', codes }
  const delta = sources.length > 0 && sources.every(({ maintenance }) => maintenance === 'delta')
  return { view, outcome: delta ? 'delta' : 'slice', codes }
}

function reads({ query }: CaseView, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(query)
}

/** Those that a view reads, directly or not. Every view more takes its time to compile. */
function readBy(view: CaseView, taken: readonly Taken[]): Taken[] {
  const wanted = [view]
  const found = taken.toReversed().filter((other) => {
    const read = wanted.some((reader) => reads(reader, other.view.name))
    if (read) wanted.push(other.view)
    return read
  })
  return found.toReversed()
}

function withoutReaders(taken: readonly Taken[], name: string): Taken[] {
  const gone = [name]
  return taken.filter(({ view }) => {
    const leaves = view.name === name || gone.some((other) => reads(view, other))
    if (leaves) gone.push(view.name)
    return !leaves
  })
}

interface Refused {
  readonly code: string
  readonly message: string
  readonly documented: boolean
}

async function tryKeys(pool: Pool, view: CaseView, taken: readonly Taken[]): Promise<Taken | Refused> {
  let refused: Refused = { code: 'KEY_MISSING', message: 'no key was tried', documented: true }
  for (const key of view.keys) {
    try {
      const all = await explainViews(pool, normalised([...readBy(view, taken), { view, key }]))
      const explanation = all.find((candidate) => candidate.view === view.name)
      if (explanation === undefined) throw new Error('not explained')
      return { view, key, explanation }
    } catch (error) {
      const code = error instanceof TidemarkError ? error.code : 'not a TidemarkError'
      const documented = error instanceof TidemarkError && refusals.has(error.code)
      refused = { code, message: told(error), documented }
      if (!documented) return refused
    }
  }
  return refused
}

export function told(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function normalised(taken: readonly Pick<Taken, 'view' | 'key'>[]): readonly NormalisedView[] {
  const views = taken.map(({ view: { name, query, timeZone, storage }, key }) =>
    defineView(name, {
      query,
      freshness: 1,
      ...(key && { key }),
      ...(timeZone && { timeZone }),
      ...(storage && { storage }),
    }),
  )
  return normaliseConfig({ views }).views
}

/** Then all rows are kept, and a key is asked to tell them apart. */
export function isLimited({ query }: CaseView): boolean {
  return /\b(LIMIT|OFFSET|FETCH)\b[^()]*$/.test(query)
}

/** Once more, for the tables as they are now. What went wrong, unless that is the queries' own doing. */
export async function deployAgain(place: Place, taken: readonly Taken[]): Promise<Finding | undefined> {
  const { pool } = place
  await place.endTransactions()
  const failed = await applyAll(pool, taken)
  if (failed === undefined || failed.code === 'KEY_NOT_UNIQUE') return undefined
  for (const { view } of taken) if ((await queryError(pool, view)) !== undefined) return undefined
  return { view: failed.view ?? '', kind: 'deploy', detail: `again: ${failed.code}: ${failed.error.message}` }
}

interface FailedApply {
  readonly view: string | undefined
  readonly code: string
  readonly error: Error
}

async function applyAll(pool: Pool, taken: readonly Taken[]): Promise<FailedApply | undefined> {
  try {
    await applyDeployment(pool, normalised(taken))
    return undefined
  } catch (error) {
    if (error instanceof TidemarkError) return { view: error.view, code: error.code, error }
    return {
      view: undefined,
      code: 'not a TidemarkError',
      error: error instanceof Error ? error : new Error(String(error)),
    }
  }
}

/** A key that was given may be wrong; one that Tidemark found never is. Of all rows, not of the first few. */
async function hasDuplicates(pool: Pool, { view, key }: Taken): Promise<boolean> {
  if (key === null) return false
  if (isLimited(view)) return true
  const found = await pool.query<{ yes: boolean }>(duplicateKeys(view.name, key))
  return found.rows[0]?.yes ?? false
}
