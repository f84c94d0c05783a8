import { plural } from '../format/number.js'
import { age as ageText, relative, span } from '../format/time.js'
import { ageOf, type KnownView } from './known.js'

/** What can be said of a view at a glance, the worst first. */
export const conditions = [
  'quarantined',
  'failing',
  'late',
  'exposed',
  'bypassed',
  'paused',
  'building',
  'unseen',
  'fresh',
] as const

export type Condition = (typeof conditions)[number]

/** What may be done about it with one press of a button. */
export type Remedy = 'refresh' | 'resume' | 'restore'

export interface Assessment {
  readonly condition: Condition
  /** How it stands, in a word or two. */
  readonly label: string
  /** What is wrong, for a person; null where nothing is. */
  readonly problem: string | null
  /** What to do about it. */
  readonly advice: string | null
  readonly remedy: Remedy | null
}

/** A refresh begins shortly before the target is reached: a little over it is no trouble yet. */
export function isLate(age: number, targetSeconds: number): boolean {
  return age > targetSeconds + Math.max(1, targetSeconds / 4)
}

export function conditionOf(view: KnownView, now: number): Condition {
  if (view.state === 'quarantined') return 'quarantined'
  if (view.state === 'error') return 'failing'
  if (view.state === 'building') return 'building'
  if (view.bypassed) return 'bypassed'
  if (view.state === 'paused') return 'paused'
  const age = ageOf(view, now)
  if (age !== null && view.targetSeconds !== null && isLate(age, view.targetSeconds)) {
    return view.unwatched === true ? 'unseen' : 'late'
  }
  if (view.warnings.length > 0) return 'exposed'
  return 'fresh'
}

export function assess(view: KnownView, now: number): Assessment {
  const condition = conditionOf(view, now)
  return { condition, ...tellers[condition](view, now) }
}

type Told = Omit<Assessment, 'condition'>

const tellers: Readonly<Record<Condition, (view: KnownView, now: number) => Told>> = {
  quarantined: (view, now) => ({
    label: 'Quarantined',
    problem: `${failures(view)} It is tried only once an hour now. ${keptRows(view, now)}`,
    advice: `${hintOf(view)} Then refresh it: one success ends the quarantine.`,
    remedy: 'refresh',
  }),
  failing: (view, now) => ({
    label: 'Failing',
    problem: `${failures(view)} ${keptRows(view, now)}`,
    advice: `${hintOf(view)} ${retry(view, now)}`,
    remedy: 'refresh',
  }),
  late: (view, now) => ({
    label: 'Late',
    problem: `Its rows are ${ageText(ageOf(view, now) ?? 0)} old; ${span((view.targetSeconds ?? 0) * 1000)} is the target.${pending(view)}`,
    advice: lateAdvice(view),
    remedy: 'refresh',
  }),
  exposed: ({ warnings: [first, ...more] }) => ({
    label: 'Exposed',
    problem: `${first?.message ?? ''}${more.length === 0 ? '' : ` And ${plural(more.length, 'thing')} more.`}`,
    advice: first?.hint ?? null,
    remedy: null,
  }),
  bypassed: () => ({
    label: 'Bypassed',
    problem: 'Readers are given the query itself, computed each time, instead of the kept rows.',
    advice: 'Restore the kept rows when whatever was wrong with them is settled; verify compares them first.',
    remedy: 'restore',
  }),
  paused: (view, now) => {
    const isBehind = ageOf(view, now) !== 0
    return {
      label: 'Paused',
      problem: `Nobody refreshes it. ${isBehind ? `${keptRows(view, now)}${pending(view)}` : 'No change waits for it as yet: its rows are up to date.'}`,
      advice: isBehind
        ? 'Resume it to catch up; changes have been waiting in the log, none is lost.'
        : 'Until it is resumed, changes wait in the log; none is lost.',
      remedy: 'resume',
    }
  },
  building: () => ({
    label: 'Building',
    problem: 'Its rows are computed for the first time.',
    advice: 'Reading it answers with the query itself until then. If `tidemark apply` was stopped, run it again.',
    remedy: null,
  }),
  unseen: (view, now) => ({
    label: 'Not known',
    problem: `Nobody can see now how old its rows are: ${ageText(ageOf(view, now) ?? 0)} at most; ${span((view.targetSeconds ?? 0) * 1000)} is the target.`,
    advice: 'It may have been refreshed since it was seen last. The page goes on by itself.',
    remedy: null,
  }),
  fresh: () => ({ label: 'Fresh', problem: null, advice: null, remedy: null }),
}

function keptRows(view: KnownView, now: number): string {
  if (view.asOf === null) return 'It has no rows yet.'
  return `Readers still see its rows as of ${relative(view.asOf, now)}.`
}

function pending(view: KnownView): string {
  return view.pendingChanges === null || view.pendingChanges === 0
    ? ''
    : ` ${view.morePending ? 'More than ' : ''}${plural(view.pendingChanges, 'change')} ${view.pendingChanges === 1 ? 'waits' : 'wait'} for it.`
}

function failures(view: KnownView): string {
  return view.failures > 1
    ? `The last ${view.failures} refreshes failed: ${messageOf(view)}`
    : `The last refresh failed: ${messageOf(view)}`
}

function messageOf(view: KnownView): string {
  return sentence(view.lastError?.message ?? 'the reason was not recorded.')
}

/** Of errors that come without a hint, since the message is PostgreSQL's own. */
const hints: Readonly<Record<string, string>> = {
  REFRESH_FAILED:
    'That is what PostgreSQL says of its query: mend the rows that it stumbles over, or the query, and `tidemark apply`.',
  KEY_NOT_UNIQUE:
    'Rows of its query have the same key: mend them, or give it a key that tells them apart, and `tidemark apply`.',
}

function hintOf({ lastError }: KnownView): string {
  if (lastError === null) return 'The reason is in the log of the worker.'
  return sentence(
    lastError.hint ?? hints[lastError.code] ?? `Mend what the error names; ${lastError.code} is explained on its page.`,
  )
}

function retry(view: KnownView, now: number): string {
  if (view.retryAt === null || Date.parse(view.retryAt) <= now) return 'The worker tries again by itself.'
  return `The worker tries again ${relative(view.retryAt, now)}.`
}

/** What makes a view late is known from how it is kept, and how long it takes. */
function lateAdvice(view: KnownView): string {
  const last = lastDuration(view)
  if (last !== undefined && isSlow(view)) {
    const cause = view.incremental ? '' : ' It is recomputed whole: its page says why, and what to write instead.'
    return `One refresh takes ${span(last)}, which is too long for this target.${cause}`
  }
  return 'Look whether a worker runs (`npx tidemark run`), and whether it has connections to spare.'
}

function lastDuration({ recentRuns }: KnownView): number | undefined {
  return recentRuns.filter(({ failed }) => !failed).at(-1)?.durationMs
}

/** One refresh takes most of the time that its target leaves. */
export function isSlow(view: KnownView): boolean {
  return view.targetSeconds !== null && (lastDuration(view) ?? 0) > view.targetSeconds * 500
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
