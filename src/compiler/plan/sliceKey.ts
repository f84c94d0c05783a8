import { comesFromFunction, isSliceable } from '../analyze/sliceable.js'
import type { QueryFacts } from '../facts.js'
import type { Block } from '../ir/types.js'

/** The output columns that slices can be cut along: those of tables before those that functions in FROM make. */
export function sliceKey(facts: QueryFacts, root: Block): readonly string[] {
  const sliceable = facts.output
    .filter((column) => column.builtinEquality && isSliceable(root, column.name))
    .map((column) => column.name)
  const plain = sliceable.filter((name) => !comesFromFunction(root, name))
  return plain.length > 0 ? plain : sliceable
}
