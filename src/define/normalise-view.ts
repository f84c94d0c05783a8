/** Fills in what a view leaves out: from `defaults`, then from here. */
import type { CronSchedule } from './cron.js'
import { defaultSchema, type QualifiedName, readName } from './names.js'
import type { QueryText } from './query-file.js'
import type { ZonelessCron } from './schema/fields.js'
import type { ParsedDefaults, ParsedView } from './schema/view-schema.js'
import type { AlertRules, NormalisedView, ReadSettings, RetryPolicy, Schedule, ViewSettings } from './types.js'

export interface Surroundings {
  readonly defaults: ParsedDefaults
  readonly timeZone: string
}

export function normaliseView(view: ParsedView, query: QueryText, around: Surroundings): NormalisedView {
  const { defaults } = around
  const timeZone = view.timeZone ?? around.timeZone
  const fallbackSchema = defaults.schema ?? defaultSchema
  return {
    ...checkedName(view.name, view.schema, fallbackSchema),
    query: query.text,
    ...(query.file === undefined ? {} : { queryFile: query.file }),
    ...(view.key === undefined ? {} : { key: view.key }),
    indexes: view.indexes ?? [],
    storage: view.storage ?? defaults.storage ?? 'table',
    timeZone,
    dependsOn: (view.dependsOn ?? []).map((name) => checkedName(name, undefined, fallbackSchema)),
    description: view.description ?? null,
    ...settings(view, defaults, timeZone),
  }
}

function settings(view: ParsedView, defaults: ParsedDefaults, timeZone: string): ViewSettings {
  const timing = timingOf(view, defaults)
  return {
    freshnessMs: timing.freshnessMs,
    schedule: schedule(timing.schedule, timeZone),
    onChange: timing.onChange,
    reconcile: reconcile(view, defaults, timeZone),
    maxRunMs: view.maxRunTime ?? defaults.maxRunTime ?? 10 * 60_000,
    retry: retry(view.retry, defaults.retry),
    alerts: alerts(view, defaults, timing.freshnessMs),
    read: reading(view.read, defaults.read),
  }
}

/** Freshness, schedule and onChange belong together: a view that gives one takes none of them from `defaults`. */
function timingOf(view: ParsedView, defaults: ParsedDefaults) {
  const own = [view.freshness, view.schedule, view.onChange].some((option) => option !== undefined)
  const { freshness, schedule, onChange } = own ? view : defaults
  const none = freshness === undefined && schedule === undefined && onChange === undefined
  const storage = view.storage ?? defaults.storage
  return {
    freshnessMs: none ? defaultFreshnessMs(storage) : (freshness ?? null),
    schedule: schedule ?? null,
    onChange: onChange ?? null,
  }
}

/** A native materialized view is recomputed whole each time, so that it is not asked to be as fresh. */
function defaultFreshnessMs(storage: NormalisedView['storage'] | undefined): number {
  return storage === 'matview' ? 60_000 : 5_000
}

function schedule(parsed: ReturnType<typeof timingOf>['schedule'], timeZone: string): Schedule | null {
  if (parsed === null || parsed.kind === 'interval') return parsed
  return { kind: 'cron', ...zoned(parsed, timeZone) }
}

/** Its default is in UTC whatever the view's zone is: 02:00 is an hour that other clocks skip once a year. */
function reconcile(view: ParsedView, defaults: ParsedDefaults, timeZone: string): CronSchedule | null {
  const parsed = view.reconcile === undefined ? defaults.reconcile : view.reconcile
  if (parsed === undefined) return { expression: '0 2 * * *', timeZone: 'UTC' }
  return parsed === null ? null : zoned(parsed, timeZone)
}

function zoned(cron: ZonelessCron, timeZone: string): CronSchedule {
  return { expression: cron.expression, timeZone: cron.timeZone ?? timeZone }
}

function retry(own: ParsedView['retry'], shared: ParsedDefaults['retry']): RetryPolicy {
  const initialDelayMs = own?.initialDelay ?? shared?.initialDelay ?? 1_000
  const maxDelayMs = own?.maxDelay ?? shared?.maxDelay ?? 5 * 60_000
  return {
    initialDelayMs,
    maxDelayMs: Math.max(maxDelayMs, initialDelayMs),
    quarantineAfter: firstGiven(own?.quarantineAfter, shared?.quarantineAfter, 10),
  }
}

export const noAlerts: AlertRules = {
  slowerThanMs: null,
  stalerThanMs: null,
  onFailure: false,
  onQuarantine: false,
  onRecovery: false,
}

function alerts(view: ParsedView, defaults: ParsedDefaults, freshnessMs: number | null): AlertRules {
  const own = view.alerts === undefined ? defaults.alerts : view.alerts
  if (own === null) return noAlerts
  const shared = defaults.alerts
  // A target is what the worker aims at, so that a view is often near it: an alert is for what is well past it.
  const stalerThan = freshnessMs === null ? null : Math.max(10 * freshnessMs, 60_000)
  return {
    slowerThanMs: firstGiven(own?.slowerThan, shared?.slowerThan, null),
    stalerThanMs: firstGiven(own?.stalerThan, shared?.stalerThan, stalerThan),
    onFailure: own?.onFailure ?? shared?.onFailure ?? true,
    onQuarantine: own?.onQuarantine ?? shared?.onQuarantine ?? true,
    onRecovery: own?.onRecovery ?? shared?.onRecovery ?? true,
  }
}

export const defaultReading: ReadSettings = {
  public: false,
  guard: null,
  filter: null,
  maxStalenessMs: null,
  whenStale: 'serve',
  cacheForMs: 5 * 60_000,
  cacheChosen: false,
  live: false,
}

function reading(own: ParsedView['read'], shared: ParsedDefaults['read']): ReadSettings {
  const none = defaultReading
  return {
    public: own?.public ?? shared?.public ?? none.public,
    guard: own?.guard ?? shared?.guard ?? none.guard,
    filter: own?.filter ?? shared?.filter ?? none.filter,
    maxStalenessMs: firstGiven(own?.maxStaleness, shared?.maxStaleness, none.maxStalenessMs),
    whenStale: own?.whenStale ?? shared?.whenStale ?? none.whenStale,
    cacheForMs: firstGiven(own?.cacheFor, shared?.cacheFor, none.cacheForMs),
    cacheChosen: own?.cacheFor !== undefined || shared?.cacheFor !== undefined,
    live: own?.live ?? shared?.live ?? none.live,
  }
}

/** Unlike `??`, lets null through: it is what `false` was read as. */
function firstGiven(own: number | null | undefined, shared: number | null | undefined, last: number | null) {
  if (own !== undefined) return own
  return shared !== undefined ? shared : last
}

function checkedName(written: string, schema: string | undefined, fallbackSchema: string): QualifiedName {
  const reading = readName(written, schema, fallbackSchema)
  // The schema has checked every name; this says so to the compiler.
  if ('problem' in reading) throw new Error(`unchecked name: ${reading.problem}`)
  return reading.name
}

/** What the catalog keeps of when a view is refreshed, and of how it is read. */
export function settingsOf(view: NormalisedView): ViewSettings {
  const { freshnessMs, schedule, onChange, reconcile, maxRunMs, retry, alerts, read } = view
  return { freshnessMs, schedule, onChange, reconcile, maxRunMs, retry, alerts, read }
}
