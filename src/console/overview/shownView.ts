import type { Condition } from '../health/assess.js'
import type { KnownView } from '../health/known.js'

/** A view in the list; its condition is found once, for all of the list. */
export interface ShownView {
  readonly view: KnownView
  readonly condition: Condition
}
