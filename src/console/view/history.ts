import type { RunRecord } from '../../protocol/api.js'

/** A run as the charts show it. */
export interface Point {
  /** Tells points apart; runs can end in the same second. */
  readonly at: number
  readonly durationMs: number | null
  /** Of one that failed; so that it has a colour of its own. */
  readonly failedMs: number | null
  readonly slices: number | null
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  /** How old the rows were when the run put newer ones in their place, at most: nothing may have been pending. */
  readonly ageBefore: number | null
  /** How old the new rows were already when readers got them. */
  readonly ageAfter: number | null
}

/** Oldest first, as charts are read. */
export function pointsOf(runs: readonly RunRecord[]): Point[] {
  let before: number | null = null
  return runs.toReversed().map((run): Point => {
    const finished = Date.parse(run.finishedAt)
    const asOf = run.asOf === null ? null : Date.parse(run.asOf)
    const failed = run.mode === 'failed'
    const point: Point = {
      at: finished,
      durationMs: failed ? null : run.durationMs,
      failedMs: failed ? run.durationMs : null,
      slices: run.slices,
      inserted: run.inserted ?? 0,
      updated: run.updated ?? 0,
      deleted: run.deleted ?? 0,
      ageBefore: before === null ? null : seconds(finished - before),
      ageAfter: asOf === null ? null : seconds(finished - asOf),
    }
    if (asOf !== null) before = asOf
    return point
  })
}

function seconds(milliseconds: number): number {
  return Math.max(0, milliseconds) / 1000
}

/** The middle one, and the one that 95 of 100 are below. */
export function quantiles(values: readonly number[]): { readonly median: number; readonly p95: number } | null {
  if (values.length === 0) return null
  const inOrder = [...values].sort((a, b) => a - b)
  const at = (part: number): number => inOrder[Math.min(inOrder.length - 1, Math.floor(part * inOrder.length))] ?? 0
  return { median: at(0.5), p95: at(0.95) }
}
