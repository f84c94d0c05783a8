import { buckets } from './buckets.js'
import { further } from './further.js'
import { grouping } from './grouping.js'
import { joins } from './joins.js'
import { nested } from './nested.js'
import type { Shape } from './shape.js'

export type { Shape } from './shape.js'

/** Every view of the library. Those that others read come before them. */
export const shapes: readonly Shape[] = [...grouping, ...joins, ...nested, ...buckets, ...further]
