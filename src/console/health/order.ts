import { type Condition, conditionOf, conditions } from './assess.js'
import { ageOf, type KnownView } from './known.js'

export const sortColumns = ['health', 'view', 'age', 'pending', 'rows', 'duration', 'lastRun'] as const

export type SortColumn = (typeof sortColumns)[number]

export interface Sorting {
  readonly by: SortColumn
  readonly descending: boolean
}

/** Numbers to sort by, for which more comes later; what is not known comes last either way. */
const values: Readonly<Record<Exclude<SortColumn, 'view'>, (view: KnownView, now: number) => number | null>> = {
  health: (view, now) => conditions.indexOf(conditionOf(view, now)),
  age: (view, now) => ageOf(view, now),
  pending: ({ pendingChanges }) => pendingChanges,
  rows: ({ rows }) => rows,
  duration: ({ recentRuns }) => recentRuns.at(-1)?.durationMs ?? null,
  lastRun: ({ lastRun }) => (lastRun === null ? null : Date.parse(lastRun)),
}

export function sorted(views: readonly KnownView[], sorting: Sorting, now: number): KnownView[] {
  const sign = sorting.descending ? -1 : 1
  const byName = (a: KnownView, b: KnownView): number => a.view.localeCompare(b.view, 'en')
  if (sorting.by === 'view') return [...views].sort((a, b) => sign * byName(a, b))
  const value = values[sorting.by]
  const keyed = views.map((view) => ({ view, key: value(view, now) }))
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null)
      return Number(a.key === null) - Number(b.key === null) || byName(a.view, b.view)
    return sign * (a.key - b.key) || byName(a.view, b.view)
  })
  return keyed.map(({ view }) => view)
}

/** Nothing is wrong with these, as far as anybody knows. */
const untroubled: readonly Condition[] = ['fresh', 'unseen']

/** Views with something wrong, the worst first, and of those that are alike the oldest first. */
export function troubled(views: readonly KnownView[], now: number): KnownView[] {
  const rank = (view: KnownView): number => conditions.indexOf(conditionOf(view, now))
  return views
    .filter((view) => !untroubled.includes(conditionOf(view, now)))
    .sort(
      (a, b) => rank(a) - rank(b) || (ageOf(b, now) ?? 0) - (ageOf(a, now) ?? 0) || a.view.localeCompare(b.view, 'en'),
    )
}

/** Every word has to be in the name, the description or the state. */
export function matches(view: KnownView, words: string): boolean {
  const text = `${view.view} ${view.description ?? ''} ${view.state}`.toLowerCase()
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

export function countConditions(views: readonly KnownView[], now: number): Readonly<Record<Condition, number>> {
  const counts: Record<Condition, number> = {
    quarantined: 0,
    failing: 0,
    late: 0,
    exposed: 0,
    bypassed: 0,
    paused: 0,
    building: 0,
    unseen: 0,
    fresh: 0,
  }
  for (const view of views) counts[conditionOf(view, now)] += 1
  return counts
}
