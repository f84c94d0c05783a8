import { origins } from '../analyze/origins.js'
import type { QueryFacts } from '../facts.js'
import type { Block } from '../ir/types.js'
import { coveredByIndex } from './branches.js'
import { sliceKey } from './sliceKey.js'

/**
 * Whether slices are small, and found by an index: those of a column that is unique, part of a unique key, or refers to
 * another table, as a status or a day does not. Recomputing one is then cheap, and less of each change has to be logged
 * than deltas need. It is told by the schema alone: what statistics say would change from one deployment to the next.
 */
export function hasFineSlices(root: Block, facts: QueryFacts): boolean {
  return sliceKey(facts, root).some((name) =>
    origins(root, name).some(({ item: { relation }, stored, expression }) => {
      if (expression !== undefined || coveredByIndex(relation, [stored]).length === 0) return false
      return relation.references.includes(stored) || relation.keys.some((key) => key.includes(stored))
    }),
  )
}
