import type { Case } from './case.js'
import { Coverage } from './coverage.js'
import { makeCase, type Sizes } from './makeCase.js'
import type { CaseResult, Fate, Finding } from './run/finding.js'
import { runCase } from './run/runCase.js'
import type { Workshop } from './run/workshop.js'
import { gist, shrink } from './shrink/shrink.js'

export interface FuzzRequest {
  readonly workshop: Workshop
  readonly seed: number
  readonly sizes: Sizes
  readonly untilMs: number
  /** Ends the run after the present case, or the present attempt to make one smaller. */
  readonly signal: AbortSignal
  readonly mostCases: number
  /** How long one failure may be made smaller; 0: not at all. */
  readonly shrinkMs: number
  /** Told of what was found at once, and then of it made small. */
  readonly onFinding: (seed: number, finding: Finding) => void
  readonly onFound: (found: Found) => Promise<void>
  readonly onProgress: (progress: Progress) => void
}

export interface Found {
  readonly seed: number
  readonly case: Case
  readonly finding: Finding
}

export interface Progress {
  cases: number
  views: number
  comparisons: number
  findings: number
}

export interface FuzzResult extends Progress {
  readonly coverage: Coverage
  /** The last seed that was run. */
  readonly lastSeed: number
}

/** Findings of one kind that are told: after so many, others like them are only counted. */
const mostAlike = 3

/** Case after case, one seed each, until the time is over. */
export async function fuzz(request: FuzzRequest): Promise<FuzzResult> {
  const { workshop, seed: first, sizes, untilMs, mostCases, shrinkMs, signal } = request
  const coverage = new Coverage()
  const progress: Progress = { cases: 0, views: 0, comparisons: 0, findings: 0 }
  const told = new Map<string, number>()
  let seed = first
  for (; Date.now() < untilMs && progress.cases < mostCases && !signal.aborted; seed++) {
    const made = makeCase(seed, sizes)
    const { fates, findings, comparisons } = await runCase(workshop, made, true).catch(crashed)
    coverage.add(made.views, fates)
    progress.cases++
    progress.views = coverage.views
    progress.comparisons += comparisons
    progress.findings += findings.length
    for (const finding of findings) {
      const sign = signOf(finding, fates)
      const before = told.get(sign) ?? 0
      told.set(sign, before + 1)
      request.onFinding(seed, finding)
      if (before >= mostAlike) continue
      const smaller =
        shrinkMs > 0 && finding.kind !== 'crash'
          ? await shrink(workshop, made, finding, until(shrinkMs, signal))
          : { case: made, finding }
      await request.onFound({ seed, case: smaller.case, finding: smaller.finding })
    }
    request.onProgress(progress)
  }
  return { ...progress, coverage, lastSeed: seed - 1 }
}

/** Whether the time is over, or the whole run is to end. */
function until(durationMs: number, signal: AbortSignal): () => boolean {
  const deadline = Date.now() + durationMs
  return () => signal.aborted || Date.now() > deadline
}

function crashed(error: unknown): CaseResult {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { fates: [], findings: [{ view: '', kind: 'crash', detail }], comparisons: 0 }
}

function signOf({ kind, detail, view }: Finding, fates: readonly Fate[]): string {
  return `${kind} ${gist(detail)} ${kind === 'different' ? fates.find((fate) => fate.view === view)?.outcome : ''}`
}
