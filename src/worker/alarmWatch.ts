/** Looks for what becomes an alert by time alone: a view that is stale, a refresh that runs too long. */
import { type Alarm, freshAgain, slow, stale } from './alarms.js'
import type { Entry } from './entry.js'
import { outdatedSince } from './when.js'

/** @returns when to look again. */
export function watchStaleness(entry: Entry, now: number, leads: boolean, raise: (alarm: Alarm) => void): number {
  const { stalerThanMs, onRecovery } = entry.view.settings.alerts
  if (stalerThanMs === null || !leads) {
    entry.toldStale = false
    return Number.POSITIVE_INFINITY
  }
  const since = outdatedSince(entry)
  const ageMs = since === null ? 0 : now - since
  if (ageMs <= stalerThanMs) {
    // Who failed meanwhile is told to have recovered by the run that made it so.
    if (entry.toldStale && onRecovery && !entry.failedWhileStale) raise(freshAgain(entry.view.name))
    entry.toldStale = false
    // Just after that moment: a timer counts whole milliseconds.
    return since === null ? Number.POSITIVE_INFINITY : since + stalerThanMs + 1
  }
  if (!entry.toldStale) {
    entry.toldStale = true
    entry.failedWhileStale = entry.failures > 0
    raise(stale(entry.view.name, ageMs, stalerThanMs))
  }
  return Number.POSITIVE_INFINITY
}

/** @returns when to look again. */
export function watchDuration(entry: Entry, now: number, raise: (alarm: Alarm) => void): number {
  const limitMs = entry.view.settings.alerts.slowerThanMs
  if (limitMs === null || entry.run === null || entry.slow) return Number.POSITIVE_INFINITY
  const durationMs = now - entry.run.startedAt
  if (durationMs <= limitMs) return entry.run.startedAt + limitMs + 1
  entry.slow = true
  raise(slow(entry.view.name, durationMs, limitMs, true))
  return Number.POSITIVE_INFINITY
}
