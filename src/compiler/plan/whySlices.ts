import { readAggregate } from '../delta/aggregates.js'
import { type FlatJoin, flatJoin } from '../delta/flat.js'
import { type AggregateShape, aggregateShape, compared, hasExactGroups, isAggregate, summed } from '../delta/shape.js'
import { isExactType } from '../exactTypes.js'
import type { QueryFacts } from '../facts.js'
import type { Block, SelectBlock } from '../ir/types.js'
import { type Node, sameTree, walk } from '../parse/ast.js'
import { type Place, placeOf } from '../places/place.js'
import type { SliceReason } from '../reasons.js'
import { mayFloat } from '../split/columnFacts.js'
import { hasFineSlices } from './fineSlices.js'

/**
 * Why the groups of a query are computed again, slice by slice, where what changed could be added to them if it were
 * written otherwise. Undefined where slices are as good, or where nothing can be said.
 */
export function whySlices(root: Block, facts: QueryFacts, moving: boolean): SliceReason | undefined {
  if (root.kind !== 'select' || root.group === undefined || root.groupingSets || !facts.faithful) return undefined
  if (hasFineSlices(root, facts)) return undefined
  return moving ? whyMoving() : (whyJoined(root) ?? whyAggregate(root, facts) ?? whyInexact(root, facts))
}

function whyMoving(): SliceReason {
  return {
    code: 'moving_groups',
    reason: 'Rows leave the groups as time passes, and what they gave them is not taken out again one by one.',
    hint: "Group by a time as well, such as `date_trunc('hour', …)`, in a view without the clock, and leave the comparison with `now()` to where that one is read.",
    place: undefined,
  }
}

function whyJoined(root: SelectBlock): SliceReason | undefined {
  if (root.outerJoins > 0 || root.fullJoins) {
    return {
      code: 'outer_join_groups',
      reason: 'The groups are of an outer join, where a row that comes can take away another that had found no match.',
      hint: 'Write an inner join, if there always is a match; or aggregate before the join, in a subquery that has the groups of one side.',
      place: outerJoin(root.ast.fromClause),
    }
  }
  if (flatJoin(root) !== undefined) return undefined
  return {
    code: 'nested_groups',
    reason:
      'What is aggregated are not rows of tables that are joined, each of which adds something by itself: a subquery, a window, DISTINCT or LIMIT stands between.',
    hint: 'Join the tables themselves where that gives the same; or make what stands between a view of its own, and aggregate that.',
    place: nested(root),
  }
}

function outerJoin(from: readonly Node[] | undefined): Place | undefined {
  let found: Place | undefined
  walk(from, (kind, body) => {
    if (kind === 'RangeSubselect') return false
    if (kind === 'JoinExpr' && body.jointype !== 'JOIN_INNER') found ??= { node: body }
    return undefined
  })
  return found
}

function nested({ items, ast }: SelectBlock): Place | undefined {
  const isFlat = (block: Block): FlatJoin | undefined => (block.kind === 'select' ? flatJoin(block, false) : undefined)
  const item = items.find((one) => one.kind === 'block' && (one.correlated || isFlat(one.block) === undefined))
  if (item !== undefined) return placeOf(item.ast)
  let found: Place | undefined
  walk([ast.targetList, ast.whereClause, ast.havingClause, ast.groupClause, ast.fromClause], (kind, body) => {
    if (kind === 'SubLink') found ??= { node: body }
    return kind === 'SubLink' || kind === 'RangeSubselect' ? false : undefined
  })
  return found
}

function whyAggregate({ ast }: SelectBlock, facts: QueryFacts): SliceReason | undefined {
  let place: Place | undefined
  walk([ast.targetList, ast.havingClause], (kind, body) => {
    const node = { [kind]: body } as unknown as Node
    if (kind === 'SubLink') return false
    if (kind !== 'FuncCall' || !isAggregate(node, facts)) return undefined
    if (readAggregate(node) === undefined) place ??= { node: body }
    return false
  })
  if (place === undefined) return undefined
  return {
    code: 'aggregate_not_added',
    reason: 'Of this aggregate, what it was and what changed do not tell what it is now.',
    hint: 'Counts, sums, averages and variances, `min`, `max`, `bool_and` and `bool_or` can be added to: keep the others in a view of their own, so that they alone are computed again.',
    place,
  }
}

function whyInexact(root: SelectBlock, facts: QueryFacts): SliceReason | undefined {
  const shape = aggregateShape(root, facts)
  if (shape === undefined) return undefined
  if (!hasExactGroups(shape, facts)) {
    const uncertain = shape.groups.find((group) => !hasExactGroups({ ...shape, groups: [group] }, facts))
    return unlike(uncertain?.ast)
  }
  const sum = shape.aggregates.find(({ kind, argument, call }) => {
    const sums = kind === 'sum' || kind === 'avg' || kind.startsWith('var') || kind.startsWith('stddev')
    return sums && argument !== undefined && (isKnownOtherwise(call, shape, facts) || mayFloat(root, argument))
  })
  if (sum !== undefined) return drifting(sum.call)
  const extreme = shape.aggregates.find(({ kind, call }) => {
    const column = (kind === 'min' || kind === 'max') && outputOf(call, shape, facts)
    return column && !isExactType(column) && !compared.test(column.type)
  })
  return extreme && unlike(extreme.call)
}

function outputOf(call: Node, { block }: AggregateShape, { output }: QueryFacts) {
  const name = block.outputs.find(({ expression }) => sameTree(expression.ast, call))?.name
  return output.find((column) => column.name === name)
}

function isKnownOtherwise(call: Node, shape: AggregateShape, facts: QueryFacts): boolean {
  const column = outputOf(call, shape, facts)
  return column !== undefined && !summed.test(column.type)
}

function drifting(call: Node): SliceReason {
  return {
    code: 'inexact_sum',
    reason:
      'Sums of floating-point numbers depend on the order in which they are added: adding to them would let the view drift away from its query.',
    hint: 'Sum `numeric` instead, as in `sum(weight::numeric)`, or declare the column so.',
    place: placeOf(call),
  }
}

function unlike(node: Node | undefined): SliceReason {
  return {
    code: 'inexact_values',
    reason:
      'Values that are equal here can look different, as 1.0 and 1.00 do: which of them a group shows is told by all of its rows.',
    hint: 'Declare a scale, as in `numeric(10, 2)`; cast to it; or use a type and a collation whose equal values are the same.',
    place: placeOf(node),
  }
}
