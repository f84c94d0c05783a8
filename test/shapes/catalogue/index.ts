import type { Construct } from '../shape.js'
import { aggregates } from './aggregates.js'
import { joins } from './joins.js'
import { subqueries } from './subqueries.js'
import { windows } from './windows.js'

/** Every shape of the catalogue, by family. */
export const catalogue: Readonly<Record<string, readonly Construct[]>> = { aggregates, windows, subqueries, joins }
