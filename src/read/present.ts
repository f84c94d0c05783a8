import { actionOf, isTooOld, type Means } from './answer.js'
import type { ViewFacts } from './facts.js'
import { ageNow, epochOf, isBroken, isOf } from './state.js'

/** Kept rows, as they were found a moment ago. */
export interface PresentRows {
  readonly epoch: string
  readonly asOf: Date | null
  readonly stalenessSeconds: number | null
}

export async function presentRows({ catalog, board }: Means, view: ViewFacts): Promise<PresentRows | null> {
  if (view.id === 0 || view.bypassed) return null
  const state = await board.look(view.id)
  const stalenessSeconds = ageNow(state)
  if (!isOf(state, view)) {
    catalog.forget()
    return null
  }
  if (isBroken(state) || (isTooOld(view, {}, stalenessSeconds) && actionOf(view, {}) !== 'serve')) return null
  return { epoch: epochOf(view.id, state), asOf: state.asOf, stalenessSeconds }
}
