import type { ViewSummary } from '../../protocol/api.js'

/** A view as it was told, and when (this machine's clock, in ms): its age goes on from there without being asked for. */
export type KnownView = ViewSummary & {
  readonly toldAt: number
  /** Nobody has told of it since then: it is as old as it seems at most, for it may have been refreshed meanwhile. */
  readonly unwatched?: boolean
}

/** How old the view's rows are now, in seconds: 0 while nothing is pending, null where it is not known. */
export function ageOf(view: KnownView, now: number): number | null {
  if (view.stalenessSeconds === null) return null
  if (view.stalenessSeconds === 0) return 0
  return view.stalenessSeconds + Math.max(0, now - view.toldAt) / 1000
}
