import { span } from '../format/time.js'
import { conditionOf, isSlow } from './assess.js'
import type { KnownView } from './known.js'

/** So many views that are late have one cause, and it is not in any of them. */
const together = 3
/** Where something waits everywhere, and so long nothing was refreshed, nobody does it. */
const idleMs = 30_000

export type Trouble =
  | { readonly kind: 'view'; readonly view: KnownView }
  | { readonly kind: 'late'; readonly views: readonly KnownView[] }

/** Views with something wrong, in their order; those that are late for no reason of their own as one. */
export function groupLate(wrong: readonly KnownView[], now: number): Trouble[] {
  const late = wrong.filter((view) => conditionOf(view, now) === 'late' && !isSlow(view))
  if (late.length < together) return wrong.map((view) => ({ kind: 'view', view }))
  return wrong.flatMap((view): Trouble[] => {
    if (!late.includes(view)) return [{ kind: 'view', view }]
    return view === late[0] ? [{ kind: 'late', views: late }] : []
  })
}

/** Why many are late at once, as far as all views say: that nothing was refreshed, or that something was. */
export function lateTogetherAdvice(views: readonly KnownView[], now: number): string {
  const last = Math.max(0, ...views.map(({ lastRun }) => (lastRun === null ? 0 : Date.parse(lastRun))))
  if (now - last > idleMs) {
    const since = last === 0 ? 'Nothing was refreshed yet' : `Nothing was refreshed for ${span(now - last)}`
    return `${since}: it seems that no worker runs. Start one with \`npx tidemark run\`.`
  }
  return 'Others are refreshed: the worker has more to do than it gets done. Give it more at a time (`worker.concurrency`), or these views longer targets.'
}
