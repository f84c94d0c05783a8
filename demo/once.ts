import { setTimeout as delay } from 'node:timers/promises'
import { median } from '../bench/kit/stats.js'
import { readStatus } from '../src/engine/status.js'
import { verifyView } from '../src/engine/verify.js'
import { count } from './format.js'
import type { Frame } from './frame.js'
import type { Run } from './run.js'
import type { Stage } from './setup.js'
import type { ReportStep, Steps } from './steps.js'

/** The names are a contract: others read the JSON. */
export interface OnceResult {
  readonly views: readonly {
    readonly view: string
    readonly incremental: boolean
    readonly rows: number
    /** How far behind it was while the writes went on: the median. */
    readonly stalenessSeconds: number
    readonly refreshes: number
    readonly medianRefreshMs: number
    /** One REFRESH MATERIALIZED VIEW CONCURRENTLY of the same query. */
    readonly fullRefreshMs: number
  }[]
  /** Rows that were inserted, updated or deleted. */
  readonly writes: number
  readonly missing: number
  readonly unexpected: number
}

const sampleMs = 500
const longestCatchUpMs = 60_000

/** Lets it run for a while, stops the writers, and compares every view with its query. */
export async function runOnce(
  stage: Stage,
  run: Run,
  seconds: number,
  steps: Steps,
): Promise<{ result: OnceResult; frame: Frame }> {
  const frame = await steps.run(
    `Writing for ${seconds} s`,
    (report) => watch(run, seconds, report),
    ({ writes, views }) => {
      const refreshes = views.reduce((sum, view) => sum + view.refreshes, 0)
      return `${count(writes.rows)} rows in ${count(run.writers.counters.transactions)} transactions, ${count(refreshes)} refreshes`
    },
  )
  const { rows: writes } = await run.writers.stop()
  await steps.run('Letting the views catch up', () => catchUp(stage))
  await run.views.read()
  const drift = await steps.run('Verifying every view', (report) => verify(stage, report), told)
  const statuses = await readStatus(stage.pool)
  const views = stage.views.map(({ name }) => ({
    view: name,
    incremental: stage.incremental.has(name),
    rows: statuses.find(({ view }) => view === name)?.rows ?? 0,
    stalenessSeconds: rounded(median(run.views.agesOf(name))),
    refreshes: run.views.durationsOf(name).length,
    medianRefreshMs: rounded(median(run.views.durationsOf(name))),
    fullRefreshMs: rounded(stage.concurrentlyMs.get(name) ?? Number.NaN),
  }))
  return { result: { views, writes, ...drift }, frame }
}

async function watch(run: Run, seconds: number, report: ReportStep): Promise<Frame> {
  for (;;) {
    const frame = await run.frame()
    report(frame.elapsedMs / (seconds * 1000), `${count(frame.writes.rows)} rows`)
    if (frame.elapsedMs >= seconds * 1000) return frame
    await delay(Math.min(sampleMs, Math.max(1, seconds * 1000 - frame.elapsedMs)))
  }
}

async function catchUp(stage: Stage): Promise<void> {
  const deadline = performance.now() + longestCatchUpMs
  for (;;) {
    const statuses = await readStatus(stage.pool)
    // The verification brings a view up by itself, if need be: whatever is late is not hidden by it.
    if (statuses.every(({ pendingChanges }) => pendingChanges === 0) || performance.now() > deadline) return
    await delay(100)
  }
}

interface Drift {
  readonly missing: number
  readonly unexpected: number
}

async function verify(stage: Stage, report: ReportStep): Promise<Drift> {
  let missing = 0
  let unexpected = 0
  for (const [index, { name }] of stage.views.entries()) {
    report(index / stage.views.length, name)
    const found = await verifyView(stage.pool, name)
    missing += found.missing
    unexpected += found.unexpected
  }
  return { missing, unexpected }
}

function told({ missing, unexpected }: Drift): string {
  return `${count(missing)} rows missing, ${count(unexpected)} unexpected`
}

function rounded(value: number): number {
  return Number(value.toFixed(3))
}
