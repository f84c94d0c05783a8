import type { RelationFacts } from '../facts.js'
import type { Block } from '../ir/types.js'
import type { Reason } from '../reasons.js'

/** One step from a block towards a table: into an item of its FROM, or into an arm of its set operation. */
export interface Step {
  readonly index: number
}

/** One place in the query at which a table is read. */
export interface Occurrence {
  readonly relation: RelationFacts
  readonly steps: readonly Step[]
}

/** Every place at which a table's rows flow into the result through FROM. */
export function occurrences(block: Block, steps: readonly Step[] = []): Occurrence[] {
  if (block.kind === 'opaque') return []
  if (block.kind === 'set') {
    return block.arms.flatMap((arm, index) => occurrences(arm, [...steps, { index }]))
  }
  return block.items.flatMap((item, index) => {
    const here = [...steps, { index }]
    if (item.kind === 'table') return [{ relation: item.relation, steps: here }]
    return item.kind === 'block' ? occurrences(item.block, here) : []
  })
}

/** Tables that are read where the analysis does not look: in subqueries of expressions and in opaque shapes. */
export function unreached(block: Block): { relation: RelationFacts; why: Reason }[] {
  if (block.kind === 'opaque') {
    return block.relations.map((relation) => ({
      relation,
      why: { code: block.code, reason: `It is read in a shape that is not maintained by slices: ${block.reason}.` },
    }))
  }
  if (block.kind === 'set') return block.arms.flatMap((arm) => unreached(arm))
  return [
    ...block.subqueryRelations.map((relation) => ({
      relation,
      why: {
        code: 'subquery' as const,
        reason: 'It is read in a subquery of an expression (EXISTS, IN or a scalar subquery).',
      },
    })),
    ...block.items.flatMap((item) => (item.kind === 'block' ? unreached(item.block) : [])),
  ]
}
