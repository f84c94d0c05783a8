/** Which alerts a change of state is worth. Each is raised once, when it becomes so. */
import { formatDuration } from '../define/duration.js'
import type { AlertRules } from '../define/types.js'
import type { RefreshResult } from '../engine/refresh.js'
import type { Alert } from '../protocol/alert.js'
import type { ErrorBody } from '../protocol/errors.js'
import type { ViewWarning } from '../protocol/freshness.js'
import type { TakenAlarm, ViewStatusRow } from './catalog.js'

/** An alert but for the time at which it is raised. */
export type Alarm = Omit<Alert, 'at'>

/**
 * What is to be told of a view, where its rules want it told.
 * @param status as it was read after that.
 */
export function alarmOf(
  view: string,
  rules: AlertRules,
  { kind, failures }: TakenAlarm,
  status: ViewStatusRow,
): Alarm | undefined {
  if (kind === 'recovered') return rules.onRecovery ? recoveredFrom(view, failures) : undefined
  const error = errorOf(status)
  if (kind === 'quarantined') {
    const message = `${view} failed ${failures} times in a row, and is now tried only once an hour: ${error.message}`
    return rules.onQuarantine ? { kind, view, failures, error, message } : undefined
  }
  const message = `${view} could not be refreshed: ${error.message}`
  return rules.onFailure ? { kind, view, failures, error, message } : undefined
}

export function recoveredFrom(view: string, failures: number): Alarm {
  return {
    kind: 'recovered',
    view,
    failures,
    message: `${view} is refreshed again, after ${count(failures, 'failure')}.`,
  }
}

/** A failure that the database could not write down. */
export function unrecorded(view: string, error: ErrorBody): Alarm {
  return { kind: 'failed', view, failures: 1, error, message: `${view} could not be refreshed: ${error.message}` }
}

export function slow(view: string, durationMs: number, limitMs: number, running: boolean): Alarm {
  const took = running ? 'has been refreshing for' : 'took'
  const message = `${view} ${took} ${seconds(durationMs)}, longer than ${formatDuration(limitMs)}.`
  return { kind: 'slow', view, message, durationMs: Math.round(durationMs), limitMs }
}

export function stale(view: string, ageMs: number, limitMs: number): Alarm {
  const message = `${view} has been out of date for ${seconds(ageMs)}, longer than ${formatDuration(limitMs)}.`
  return { kind: 'stale', view, message, stalenessSeconds: ageMs / 1000, limitMs }
}

export function freshAgain(view: string): Alarm {
  return { kind: 'recovered', view, message: `${view} is up to date again.` }
}

export function drift(view: string, { inserted, updated, deleted }: RefreshResult): Alarm {
  const found = { inserted: inserted ?? 0, updated: updated ?? 0, deleted: deleted ?? 0 }
  const rows = found.inserted + found.updated + found.deleted
  const message = `${view} had drifted: ${count(rows, 'row')} differed from its query, and were mended.`
  return { kind: 'drift', view, message, drift: found }
}

/** The database notes more than is told: when, and the SQLSTATE. */
export function errorOf({ lastError }: ViewStatusRow): ErrorBody {
  if (lastError === null) return { code: 'REFRESH_FAILED', message: 'the reason was not noted' }
  const { code, message, hint } = lastError
  return { code, message, ...(hint === undefined ? {} : { hint }) }
}

/** What is not right about who may read a view. The database remembers what was told. */
export function warned(view: string, { message, hint }: Pick<ViewWarning, 'message' | 'hint'>): Alarm {
  return { kind: 'warning', view, message: `${view}: ${message}`, hint }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`
}
