/**
 * When a view is to be refreshed. Pure: from what is known of a view, the moment at which it is due. Every time is in
 * milliseconds since 1970 by the database's clock.
 */
import type { CronSchedule } from '../define/cron.js'
import type { ViewSettings } from '../define/types.js'
import type { ViewState } from '../protocol/freshness.js'

/** Changes that the view has perhaps not seen. */
export interface Pending {
  /** When the first of them was noticed. */
  readonly first: number
  /** When the latest of them was noticed. A refresh whose as-of is later has seen them all. */
  readonly last: number
}

export interface RefreshRequest {
  readonly at: number
  readonly full: boolean
}

/** What the database says of a view. Times with their fractions. */
export interface ViewStatus {
  readonly state: ViewState
  /** It has never been filled, or has to be recomputed before anything else. */
  readonly empty: boolean
  readonly asOf: number | null
  readonly lastRunAt: number | null
  readonly lastFullAt: number | null
  readonly retryAt: number | null
  readonly failures: number
}

/** All that decides when one view is refreshed. */
export interface ViewFacts extends ViewStatus {
  readonly settings: ViewSettings
  /** Its contents change with time alone, or with writes that nothing reports. */
  readonly moves: boolean
  /** A native materialized view: each refresh recomputes it, so that there is nothing to reconcile. */
  readonly native: boolean
  readonly pending: Pending | null
  readonly request: RefreshRequest | null
  /** A table under it seems not to be what it was: the next refresh will tell. */
  readonly suspect: boolean
  /** How long a refresh takes that has something to do; 0 while not known. */
  readonly expectedMs: number
  /** When this worker last tried to reconcile it. */
  readonly reconciledAt: number | null
  /** Not before this: another worker has it, or it failed in a way that the database could not note. */
  readonly heldUntil: number
  /** When a view that it reads failed last; null when all of those are well. */
  readonly upstreamFailedAt: number | null
}

export type Reason =
  | 'request'
  | 'retry'
  | 'first'
  | 'check'
  | 'freshness'
  | 'change'
  | 'interval'
  | 'cron'
  | 'reconcile'

export interface Due {
  readonly at: number
  readonly reason: Reason
  readonly full: boolean
}

/** The first time after `after` that the schedule names; null when there is none. */
export type NextCron = (schedule: CronSchedule, after: number) => number | null

/** A quarantined view is tried this often without being asked, so that an outage at night does not need a hand. */
export const quarantineRetryMs = 3_600_000

/** When the view is next to be refreshed, and why; null when nothing known calls for it. */
export function nextRefresh(view: ViewFacts, nextCron: NextCron): Due | null {
  const due = wish(view, nextCron)
  return due === null ? null : { ...due, at: Math.max(due.at, view.heldUntil) }
}

function wish(view: ViewFacts, nextCron: NextCron): Due | null {
  const { request } = view
  if (view.state === 'building') return null
  if (request !== null && isNew(view, request)) return { at: request.at, reason: 'request', full: request.full }
  if (view.state === 'paused' || view.upstreamFailedAt !== null) return null
  const full = request?.full ?? false
  if (view.state === 'quarantined') {
    return { at: (view.lastRunAt ?? 0) + quarantineRetryMs, reason: 'retry', full }
  }
  if (view.state === 'error' || view.failures > 0) return { at: view.retryAt ?? 0, reason: 'retry', full }
  let due: Due | null = view.suspect ? { at: 0, reason: 'check', full: false } : null
  if (view.empty) due = earlier(due, { at: 0, reason: 'first', full: false })
  due = earlier(due, byFreshness(view))
  due = earlier(due, byChange(view))
  due = earlier(due, bySchedule(view, nextCron))
  return earlier(due, byReconcile(view, nextCron))
}

/** Asked after whatever failed had failed. An older request has had its try: it waits as a retry does. */
function isNew(view: ViewFacts, request: RefreshRequest): boolean {
  const failedAt = view.failures > 0 ? (view.lastRunAt ?? 0) : 0
  return request.at > Math.max(failedAt, view.upstreamFailedAt ?? 0)
}

function earlier(best: Due | null, next: Due | null): Due | null {
  return best === null || (next !== null && next.at < best.at) ? next : best
}

/**
 * The least time from the start of one refresh to that of the next. As short as the target asks for, less the time that
 * a refresh takes and some slack; but a view never takes more than half of a connection's time, however small its target.
 */
export function pace(targetMs: number, expectedMs: number): number {
  const slack = Math.min(targetMs / 10, 250)
  return Math.max(targetMs - 1.25 * expectedMs - slack, 2 * expectedMs)
}

function byFreshness(view: ViewFacts): Due | null {
  const target = view.settings.freshnessMs
  if (target === null) return null
  const paced = (view.asOf ?? 0) + pace(target, view.expectedMs)
  if (view.moves) return { at: paced, reason: 'freshness', full: false }
  // Contents that were exact until a moment ago are as old as their as-of says: after a pause it is due at once.
  if (view.pending === null) return null
  return { at: Math.max(paced, view.pending.first), reason: 'freshness', full: false }
}

function byChange(view: ViewFacts): Due | null {
  const { settings, pending } = view
  if (settings.onChange === null || pending === null) return null
  const { debounceMs, maxWaitMs } = settings.onChange
  const at = Math.min(pending.last + debounceMs, pending.first + maxWaitMs)
  return { at: Math.max(at, (view.asOf ?? 0) + 2 * view.expectedMs), reason: 'change', full: false }
}

/** A time that passed while no worker ran is made up for, once. */
function bySchedule(view: ViewFacts, nextCron: NextCron): Due | null {
  const { schedule } = view.settings
  if (schedule === null) return null
  if (view.asOf === null) return { at: 0, reason: 'first', full: false }
  if (schedule.kind === 'interval') return { at: view.asOf + schedule.everyMs, reason: 'interval', full: false }
  const at = nextCron(schedule, view.asOf)
  return at === null ? null : { at, reason: 'cron', full: false }
}

/** One try for each time it names, whatever comes of it: a view too large to recompute must not be tried all day. */
function byReconcile(view: ViewFacts, nextCron: NextCron): Due | null {
  const { reconcile } = view.settings
  if (reconcile === null || view.native) return null
  const since = Math.max(view.lastFullAt ?? view.asOf ?? 0, view.reconciledAt ?? 0)
  const at = nextCron(reconcile, since)
  return at === null ? null : { at, reason: 'reconcile', full: true }
}

/** When it would make a difference to notice a change, and how often to look from then on. */
export interface Watch {
  readonly from: number
  readonly everyMs: number
}

/** Null while a change would make no difference: it is known already, or the view waits for something else. */
export function watchFor(view: ViewFacts): Watch | null {
  const { settings, pending } = view
  if (view.state !== 'ready' || view.failures > 0 || view.upstreamFailedAt !== null) return null
  const watches: Watch[] = []
  if (settings.freshnessMs !== null && !view.moves && pending === null) {
    const from = (view.asOf ?? 0) + pace(settings.freshnessMs, view.expectedMs)
    watches.push({ from, everyMs: fraction(settings.freshnessMs) })
  }
  if (settings.onChange !== null) {
    watches.push({ from: pending?.last ?? 0, everyMs: fraction(settings.onChange.debounceMs) })
  }
  if (watches.length < 2) return watches[0] ?? null
  return {
    from: Math.min(...watches.map(({ from }) => from)),
    everyMs: Math.min(...watches.map(({ everyMs }) => everyMs)),
  }
}

/** A quarter of the delay that was asked for, and never so often that looking costs more than refreshing. */
function fraction(ms: number): number {
  return Math.min(Math.max(ms / 4, 25), 1000)
}

/**
 * How long the worker may sleep when no wake-up comes: half of the smallest target, since a wake-up can be lost. Never
 * longer than `pollIntervalMs`; never shorter than a quarter of a second, to which the wake-ups make it no matter.
 */
export function idlePollMs(views: Iterable<ViewFacts>, pollIntervalMs: number): number {
  let shortest = pollIntervalMs
  for (const { settings, moves } of views) {
    if (settings.freshnessMs !== null && !moves) shortest = Math.min(shortest, Math.max(settings.freshnessMs / 2, 250))
    if (settings.onChange !== null) shortest = Math.min(shortest, Math.max(settings.onChange.maxWaitMs / 2, 250))
  }
  return shortest
}

/** Since when the contents are known to be out of date; null when they are not. */
export function outdatedSince(view: ViewFacts): number | null {
  if (view.state === 'building' || view.state === 'paused') return null
  if (view.moves) return view.asOf
  return view.pending?.first ?? null
}
