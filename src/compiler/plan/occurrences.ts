import type { RelationFacts } from '../facts.js'
import type { Block } from '../ir/types.js'
import type { Reason } from '../reasons.js'

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
      why: { code: block.code, reason: `It is read in a shape that is not maintained by slices: ${block.reason}.` },
    }))
  }
  if (block.kind === 'set') return block.arms.flatMap((arm) => unreached(arm))
  const nested = [...block.items, ...block.subqueries].flatMap((place) => ('block' in place ? [place.block] : []))
  const found = nested.flatMap((inner) => unreached(inner))
  const seen = new Set([...occurrences(block), ...found].map(({ relation }) => relation.oid))
  const missed = block.subqueryRelations.filter((relation) => !seen.has(relation.oid))
  const why = { code: 'subquery' as const, reason: 'It is read in a subquery that is not looked into.' }
  return [...found, ...missed.map((relation) => ({ relation, why }))]
}
