import { percentile } from '../kit/stats.js'
import { digits, moreIsBetter, type Outcome, type Result } from '../kit/types.js'
import { incremental, type Kept, type KeptView } from './kept.js'
import type { PeerAnswer } from './pgIvm.js'
import { catalogueName } from './sets.js'

export interface CoveredView extends KeptView {
  readonly set: string
  readonly construct: string
  readonly view: string
  /** Undefined where the server does not have pg_ivm. */
  readonly pgIvm?: PeerAnswer | undefined
}

const all: readonly Kept[] = ['delta', 'slice', 'pieces', 'partly', 'full', 'refused']
const percent = '% of the views'

export function outcomeOf(
  views: readonly CoveredView[],
  peer: string | undefined,
  planning: Readonly<Record<string, number>>,
  conditions: Outcome['conditions'],
): Outcome {
  const constructs = groupsOf(views, ({ set, construct }) => `${set}: ${construct}`)
  const sets = groupsOf(views, ({ set }) => `${set}: all`)
  const everything: [string, readonly CoveredView[]] = ['all', views]
  const groups = [...constructs, ...sets, everything]
  const measured = peer === undefined ? [] : groups.map(([name, group]) => compared(name, group, `pg_ivm ${peer}`))
  return {
    results: measured,
    conditions,
    tables: {
      constructs: groups.map(([name, group]) => tableRow(name, group)),
      reasons: reasonsOf(views),
    },
    views: Object.fromEntries(constructs.map(([name, group]) => [name, toldOf(group)])),
    summary: { ...shares(views, peer !== undefined), ...planning },
  }
}

function groupsOf(
  views: readonly CoveredView[],
  nameOf: (view: CoveredView) => string,
): [string, readonly CoveredView[]][] {
  const groups = new Map<string, CoveredView[]>()
  for (const view of views) groups.set(nameOf(view), [...(groups.get(nameOf(view)) ?? []), view])
  return [...groups]
}

/** `full (limit); pg_ivm refused: ORDER BY clause is not supported`. */
function toldOf(views: readonly CoveredView[]): Record<string, string> {
  return Object.fromEntries(
    views.map(({ view, kept, codes, pgIvm }) => {
      const why = codes.length === 0 ? '' : ` (${codes.join(', ')})`
      const peer = pgIvm && `; pg_ivm ${pgIvm.answer}${pgIvm.why === undefined ? '' : `: ${pgIvm.why}`}`
      return [view, `${kept}${why}${peer ?? ''}`]
    }),
  )
}

const isIncremental = ({ kept }: CoveredView): boolean => incremental.includes(kept)
const isAccepted = ({ pgIvm }: CoveredView): boolean => pgIvm?.answer === 'accepted'

function share(views: readonly CoveredView[], holds: (view: CoveredView) => boolean): number {
  return digits((100 * views.filter(holds).length) / views.length)
}

/** A ratio to nothing at all is left out of the JSON as null. */
function compared(name: string, views: readonly CoveredView[], peer: string): Result {
  return moreIsBetter(name, share(views, isIncremental), peer, share(views, isAccepted), percent)
}

function tableRow(name: string, views: readonly CoveredView[]): Record<string, string | number> {
  const counts = Object.fromEntries(all.map((kept) => [kept, views.filter((view) => view.kept === kept).length]))
  const asked = views.some(({ pgIvm }) => pgIvm !== undefined)
  return {
    construct: name,
    views: views.length,
    ...counts,
    'incremental %': share(views, isIncremental),
    'pg_ivm accepts': asked ? views.filter(isAccepted).length : 'not measured',
  }
}

function reasonsOf(views: readonly CoveredView[]): Record<string, string | number>[] {
  const counts = new Map<string, number>()
  for (const { codes } of views) for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1)
  return [...counts].sort(([, one], [, other]) => other - one).map(([code, count]) => ({ code, views: count }))
}

function shares(views: readonly CoveredView[], asked: boolean): Record<string, number> {
  const taken = views.filter(({ kept }) => kept !== 'refused')
  const times = taken.map(({ planMs }) => planMs)
  const cpuTimes = taken.map(({ planCpuMs }) => planCpuMs)
  const own = views.filter(({ set }) => set === catalogueName)
  return {
    views: views.length,
    'incremental %': share(views, isIncremental),
    'incremental % of the catalogue': share(own, isIncremental),
    ...(asked && {
      'accepted by pg_ivm %': share(views, isAccepted),
      'accepted by pg_ivm, and not what its query says': views.filter(({ pgIvm }) => pgIvm?.answer === 'unequal')
        .length,
    }),
    'planning one view, ms, median': digits(percentile(times, 0.5)),
    'planning one view, ms, 95 %': digits(percentile(times, 0.95)),
    'planning one view, ms, most': Math.max(...times),
    'planning one view, processor ms, median': digits(percentile(cpuTimes, 0.5)),
    'planning one view, processor ms, most': Math.max(...cpuTimes),
  }
}
