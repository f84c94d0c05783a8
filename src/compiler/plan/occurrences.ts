import type { RelationFacts } from '../facts.js'
import type { Block } from '../ir/types.js'
import type { Reason } from '../reasons.js'
import { whyOpaque } from './whyNot.js'

/** One step from a block towards a table: into an item of its FROM, an arm of its set operation, or a subquery. */
export interface Step {
  readonly index: number
  readonly into?: 'subquery'
}

/** One place in the query at which a table is read. */
export interface Occurrence {
  readonly relation: RelationFacts
  readonly steps: readonly Step[]
}

/** Every place at which a table is read, but for shapes that the analysis does not look into. */
export function occurrences(block: Block, steps: readonly Step[] = []): Occurrence[] {
  if (block.kind === 'opaque') return []
  if (block.kind === 'set') {
    return block.arms.flatMap((arm, index) => occurrences(arm, [...steps, { index }]))
  }
  const inFrom = block.items.flatMap((item, index) => {
    const here = [...steps, { index }]
    if (item.kind === 'table') return [{ relation: item.relation, steps: here }]
    return item.kind === 'block' ? occurrences(item.block, here) : []
  })
  const inSubqueries = block.subqueries.flatMap((subquery, index) =>
    occurrences(subquery.block, [...steps, { index, into: 'subquery' }]),
  )
  return [...inFrom, ...inSubqueries]
}

/** Tables that are read where the analysis does not look. */
export function unreached(block: Block): { relation: RelationFacts; why: Reason }[] {
  if (block.kind === 'opaque') {
    return block.relations.map((relation) => ({
      relation,
      why: whyOpaque(
        block.code,
        `It is read in a shape that is not maintained by slices: ${block.reason}.`,
        block.place,
      ),
    }))
  }
  if (block.kind === 'set') return block.arms.flatMap((arm) => unreached(arm))
  const nested = [...block.items, ...block.subqueries].flatMap((place) => ('block' in place ? [place.block] : []))
  const found = nested.flatMap((inner) => unreached(inner))
  const seen = new Set([...occurrences(block), ...found].map(({ relation }) => relation.oid))
  const missed = block.subqueryRelations.filter((relation) => !seen.has(relation.oid))
  const why: Reason = {
    code: 'subquery',
    reason: 'It is read in a subquery that is not looked into.',
    hint: 'Join the table instead, or make the subquery a view of its own and join that.',
    place: undefined,
  }
  return [...found, ...missed.map((relation) => ({ relation, why }))]
}
