import { buckets } from './buckets.js'
import { clocks } from './clocks.js'
import { deltas } from './deltas.js'
import { further } from './further.js'
import { grouping } from './grouping.js'
import { joins } from './joins.js'
import { laterals } from './laterals.js'
import { nested } from './nested.js'
import { pieces } from './pieces.js'
import type { Shape } from './shape.js'
import { spared } from './spared.js'
import { subqueries } from './subqueries.js'
import { tied } from './tied.js'

export type { Shape } from './shape.js'

/** The views of the library, by what they are about. Those that others read come before them. */
export const shapeLists: Readonly<Record<string, readonly Shape[]>> = {
  grouping,
  joins,
  nested,
  buckets,
  further,
  subqueries,
  laterals,
  tied,
  deltas,
  pieces,
  spared,
  clocks,
}

export const shapes: readonly Shape[] = Object.values(shapeLists).flat()
