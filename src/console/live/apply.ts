import type { RecentRun, RunRecord } from '../../protocol/api.js'
import type { LiveEvent, ViewFailed, ViewRefreshed } from '../../protocol/events.js'
import type { KnownView } from '../health/known.js'

const recentRuns = 30

/** A view as it is after an event about it. */
export function applyToView(view: KnownView, event: LiveEvent, now: number): KnownView {
  switch (event.type) {
    case 'refreshed':
      return refreshed(view, event, now)
    case 'failed':
      return {
        ...view,
        state: view.state === 'paused' || view.state === 'quarantined' ? view.state : 'error',
        failures: view.failures + 1,
        lastError: event.error,
        lastRun: event.at,
        // Fresh no longer: what is pending is not known to be taken in.
        stalenessSeconds:
          view.asOf === null ? null : Math.max(0, (Date.parse(event.at) - Date.parse(view.asOf)) / 1000),
        toldAt: now,
        unwatched: false,
        recentRuns: added(view.recentRuns, { at: event.at, durationMs: event.durationMs, failed: true }),
      }
    case 'freshness':
      return { ...view, ...event.freshness, toldAt: now, unwatched: false }
    default:
      return view
  }
}

/** Nothing waited until now; what does from here on, nobody tells. */
export function unwatched(view: KnownView, now: number): KnownView {
  if (view.stalenessSeconds === 0) return { ...view, stalenessSeconds: 0.001, toldAt: now, unwatched: true }
  return view.unwatched === true ? view : { ...view, unwatched: true }
}

function refreshed(view: KnownView, event: ViewRefreshed, now: number): KnownView {
  const known = event.inserted !== null && event.deleted !== null && view.rows !== null
  return {
    ...view,
    epoch: event.epoch,
    asOf: event.asOf,
    state: view.state === 'paused' ? 'paused' : 'ready',
    failures: 0,
    retryAt: null,
    lastError: null,
    lastRun: event.at,
    // What has come to wait since then is told by an event of its own.
    stalenessSeconds: 0,
    pendingChanges: view.pendingChanges === null ? null : 0,
    morePending: false,
    rows: known ? (view.rows ?? 0) + (event.inserted ?? 0) - (event.deleted ?? 0) : view.rows,
    toldAt: now,
    unwatched: false,
    recentRuns: added(view.recentRuns, { at: event.at, durationMs: event.durationMs, failed: false }),
  }
}

function added(runs: readonly RecentRun[], run: RecentRun): readonly RecentRun[] {
  return [...runs, run].slice(-recentRuns)
}

/** The entry of the history that an event tells of; its worker is not told. */
export function runOf(event: ViewRefreshed | ViewFailed): RunRecord {
  const common = {
    id: `live ${event.view} ${event.at}`,
    view: event.view,
    startedAt: new Date(Date.parse(event.at) - event.durationMs).toISOString(),
    finishedAt: event.at,
    durationMs: event.durationMs,
    worker: null,
  }
  if (event.type === 'failed') {
    return {
      ...common,
      mode: 'failed',
      slices: null,
      inserted: null,
      updated: null,
      deleted: null,
      asOf: null,
      error: event.error,
    }
  }
  const { mode, slices, inserted, updated, deleted, asOf } = event
  return { ...common, mode, slices, inserted, updated, deleted, asOf, error: null }
}

/** The history with an entry in front, unless it is there already. */
export function withRun(runs: readonly RunRecord[], run: RunRecord, most: number): readonly RunRecord[] {
  if (runs.some(({ view, finishedAt }) => view === run.view && finishedAt === run.finishedAt)) return runs
  return [run, ...runs].slice(0, most)
}
