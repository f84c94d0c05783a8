/** Which of the views that are due are refreshed now. Pure. */
import type { Reason } from './when.js'

export interface Candidate {
  readonly id: number
  readonly at: number
  readonly reason: Reason
  readonly full: boolean
  /** The view and all that it reads, directly or not: one transaction refreshes them all, and holds them meanwhile. */
  readonly closure: ReadonlySet<number>
  readonly expectedMs: number
  /** How long others may wait for it: its target, or infinity. */
  readonly patienceMs: number
}

export interface Running {
  readonly closure: ReadonlySet<number>
  readonly reason: Reason
}

/**
 * The views to start, in order: those that have been due longest first, reconciles after everything else and never on
 * more than half of the connections. A view is held back while one that it reads, or that reads it, is being refreshed;
 * it keeps its place, so that nobody who came later can pass it again and again.
 */
export function choose(due: readonly Candidate[], running: readonly Running[], concurrency: number): Candidate[] {
  const claimed = new Set(running.flatMap(({ closure }) => [...closure]))
  const isFree = ({ closure }: Candidate): boolean => ![...closure].some((id) => claimed.has(id))
  let free = concurrency - running.length
  let reconciles = Math.max(1, Math.floor(concurrency / 2)) - running.filter(isReconcile).length
  const queue = [...due].sort(inTurn)
  const chosen: Candidate[] = []
  for (const candidate of queue) {
    if (free <= 0) break
    if (isReconcile(candidate) && reconciles <= 0) continue
    const next = widest(queue.filter((other) => covers(other, candidate) && isFree(other))) ?? candidate
    const starts = isFree(next)
    for (const id of next.closure) claimed.add(id)
    if (!starts) continue
    chosen.push(next)
    free--
    if (isReconcile(next)) reconciles--
  }
  return chosen
}

function widest(readers: readonly Candidate[]): Candidate | undefined {
  return [...readers].sort((left, right) => right.closure.size - left.closure.size)[0]
}

function isReconcile({ reason }: { readonly reason: Reason }): boolean {
  return reason === 'reconcile'
}

function inTurn(left: Candidate, right: Candidate): number {
  return Number(isReconcile(left)) - Number(isReconcile(right)) || left.at - right.at || left.id - right.id
}

/**
 * A refresh of `reader` brings `candidate` up to date on its way, so that doing both would do it twice. Not where that
 * would keep those waiting who read the candidate itself: it is committed with its reader.
 */
function covers(reader: Candidate, candidate: Candidate): boolean {
  if (reader.id === candidate.id || !reader.closure.has(candidate.id)) return false
  if (candidate.full || isReconcile(reader)) return false
  return reader.expectedMs <= candidate.patienceMs / 2
}
