import { EqualityClasses } from '../analyze/equalityClasses.js'
import { innerColumn, isSliceable } from '../analyze/sliceable.js'
import type { QueryFacts } from '../facts.js'
import {
  type Block,
  type BlockItem,
  type FromItem,
  type ItemColumn,
  outputNames,
  type SelectBlock,
} from '../ir/types.js'
import { placeOf } from '../places/place.js'
import { subsets } from '../subsets.js'
import { type Links, lateral, linksOf, type Nested, nestedIn } from './links.js'
import { NoKey } from './noKey.js'
import { type Occurrence, occurrences, type Step } from './occurrences.js'
import { Route } from './route.js'
import type { Changed, KeyPath } from './types.js'
import { whyNoSlices, whyOpaque } from './whyNot.js'

export interface Search {
  /** Tables (by oid) whose changes are answered by recomputing everything: what is joined need not allow for them. */
  readonly whole: ReadonlySet<number>
  /** The columns wanted are those of a nested query, and may go into expressions outside. */
  readonly nested: boolean
  readonly facts: QueryFacts
}

/** Outer joins in one FROM whose matched and unmatched states are told apart; 2^n key queries come of n of them. */
const mostOuterJoins = 4

/**
 * The queries that find, from the changes of one table, every value of `wanted` whose rows may differ. Sound because
 * every row that comes or goes contains a changed row (or lost or gained its match with one), and joins here use only
 * equalities that such a row must satisfy.
 * @throws NoKey where the changes of this table cannot tell.
 */
export function keyPaths(block: Block, steps: readonly Step[], wanted: readonly string[], search: Search): KeyPath[] {
  const [step, ...rest] = steps
  if (step === undefined || block.kind === 'opaque') {
    throw new NoKey(whyOpaque('unresolved', 'The query has a shape that is not looked into.', undefined))
  }
  if (block.kind === 'set') {
    const arm = block.arms[step.index === 0 ? 0 : 1]
    const armNames = outputNames(arm)
    return keyPaths(
      arm,
      rest,
      wanted.map((name) => armNames[block.names.indexOf(name)] ?? ''),
      search,
    )
  }
  for (const name of wanted) {
    if (!isSliceable(block, name)) {
      const own = whyNoSlices(block, search.facts)
      if (own !== undefined) throw new NoKey(own)
      throw new NoKey({
        code: 'key_not_derivable',
        reason: `"${name}" is computed over several slices, so a change does not tell which values it touches.`,
        hint: 'Make the part of the query that computes it for all rows a view of its own, and join that where this one is read.',
        place: placeOf(block.outputs.find((output) => output.name === name)?.expression.ast),
      })
    }
  }
  const nested = nestedAt(block, step)
  if (nested !== undefined) return pathsThroughLinks(block, nested, rest, wanted, search)
  return joinStates(block, step.index, wanted).flatMap((nulls) =>
    pathInState(block, step.index, rest, wanted, nulls, search),
  )
}

function inside(search: Search): Search {
  return { ...search, nested: true }
}

/** The query that is run for each row, when the step leads into one. */
function nestedAt(block: SelectBlock, { index, into }: Step): Nested | undefined {
  if (into === 'subquery') {
    const subquery = block.subqueries[index]
    return subquery && nestedIn(block, subquery)
  }
  const item = block.items[index]
  return item?.kind === 'block' && item.correlated ? lateral(item) : undefined
}

/**
 * As if the nested query's rows stood in FROM, joined by what links them to the rows around. Each set of links alone
 * finds every key; the first that leads to the keys is taken, without a join inside if that is enough.
 */
function pathsThroughLinks(
  block: SelectBlock,
  nested: Nested,
  steps: readonly Step[],
  wanted: readonly string[],
  search: Search,
): KeyPath[] {
  let failure: NoKey | undefined
  for (const links of linksOf(nested.block, steps, nested.compared)) {
    const here = links.equal.filter(({ outer }) => outer.items === block.items)
    const paths = new Map(
      here.map((link) => [link, attempt(() => keyPaths(links.block, links.steps, [link.column], inside(search)))]),
    )
    const known = here.filter((link) => !(paths.get(link) instanceof NoKey))
    const direct = known.filter((link) => {
      const found = paths.get(link)
      return found !== undefined && !(found instanceof NoKey) && found.every(hasNoJoin)
    })
    for (const equal of [direct, known]) {
      if (equal.length === 0) continue
      const found = attempt(() => pathsFromLinked(block, nested, { ...links, equal }, wanted, search))
      if (!(found instanceof NoKey)) return found
      failure ??= found
    }
    for (const found of paths.values()) if (found instanceof NoKey) failure ??= found
  }
  throw failure ?? new NoKey(nested.why())
}

function pathsFromLinked(
  block: SelectBlock,
  { ast, within }: Nested,
  { block: rows, steps, equal }: Links,
  wanted: readonly string[],
  search: Search,
): KeyPath[] {
  const index = block.items.length
  const item: BlockItem = {
    kind: 'block',
    alias: '',
    ast,
    block: rows,
    columns: outputNames(rows),
    nullableBy: within,
    correlated: false,
    closed: true,
  }
  const equalities = equal.map(({ column, outer }) => ({ left: { item: index, column }, right: outer, within }))
  const joined = { ...block, items: [...block.items, item], equalities: [...block.equalities, ...equalities] }
  // What it is linked to was there when the nested query ran, whatever became of the match that it decided on.
  const isLinked = (nulls: ReadonlySet<number>): boolean =>
    equal.every(({ outer }) =>
      (block.items[outer.item]?.nullableBy ?? []).every((join) => !nulls.has(join) || within.includes(join)),
    )
  return joinStates(joined, index, wanted)
    .filter(isLinked)
    .flatMap((nulls) => pathInState(joined, index, steps, wanted, nulls, search))
}

/** What `find` finds, or why there is nothing. */
export function attempt<Found>(find: () => Found): Found | NoKey {
  try {
    return find()
  } catch (error) {
    if (error instanceof NoKey) return error
    throw error
  }
}

/** Whether the changed rows alone tell the key. */
export function hasNoJoin(path: KeyPath): boolean {
  return path.joins.length === 0 && (path.changed.kind === 'table' || path.changed.paths.every(hasNoJoin))
}

/** Each way in which the outer joins can have found a match or not: the sets of those that did not. */
function joinStates(block: SelectBlock, item: number, wanted: readonly string[]): Set<number>[] {
  let joins = Array.from({ length: block.outerJoins }, (_, number) => number)
  if (joins.length > mostOuterJoins) {
    const needed = wanted.flatMap((name) => columnsOf(block, name)).map((column) => column.item)
    joins = [...new Set([item, ...needed].flatMap((index) => block.items[index]?.nullableBy ?? []))]
  }
  if (joins.length > mostOuterJoins) {
    throw new NoKey({
      code: 'key_not_derivable',
      reason: `The slice key depends on more than ${mostOuterJoins} outer joins.`,
      hint: 'Write an inner join where there always is a match; or put some of the joins into a view of its own.',
      place: placeOf(block.items[item]?.ast),
    })
  }
  return subsets(joins).map((nulls) => new Set(nulls))
}

function columnsOf(block: SelectBlock, name: string): readonly ItemColumn[] {
  return block.outputs.find((output) => output.name === name)?.expression.columns ?? []
}

function pathInState(
  block: SelectBlock,
  index: number,
  rest: readonly Step[],
  wanted: readonly string[],
  nulls: ReadonlySet<number>,
  search: Search,
): KeyPath[] {
  const item = block.items[index]
  if (item === undefined || isImpossible(block, nulls) || isImpossible(block, whereFound(item, nulls))) return []
  const known = new Set(item.nullableBy)
  const usable = block.equalities.filter((equality) =>
    equality.within.every((join) => known.has(join) || !nulls.has(join)),
  )
  const tracked = block.outerJoins <= mostOuterJoins
  const certain = tracked
    ? usable
    : usable.filter((equality) => equality.within.every((join) => known.has(join) || isTracked(block, wanted, join)))
  const route = new Route(block, index, new EqualityClasses(certain), nulls, search.nested, search.facts)
  // First: what is joined and asked says which columns of the changed rows are read.
  const path = route.path(wanted, tracked, (inner, columns) => before(inner, columns, search))
  return [{ ...path, changed: changedRows(item, rest, route, search) }]
}

/** The state in which a row stood that lost its match with the changed one: only where there is such is there a change. */
function whereFound(item: FromItem, nulls: ReadonlySet<number>): ReadonlySet<number> {
  return new Set([...nulls].filter((join) => !item.nullableBy.includes(join)))
}

function isTracked(block: SelectBlock, wanted: readonly string[], join: number): boolean {
  return wanted
    .flatMap((name) => columnsOf(block, name))
    .some((column) => block.items[column.item]?.nullableBy.includes(join) ?? false)
}

/** No row can be in this state when an equality that holds in it compares a column that is NULL in it. */
function isImpossible(block: SelectBlock, nulls: ReadonlySet<number>): boolean {
  const tracked = block.outerJoins <= mostOuterJoins
  const isNull = (column: ItemColumn): boolean =>
    (block.items[column.item]?.nullableBy ?? []).some((join) => nulls.has(join))
  return block.equalities.some(
    ({ within, left, right }) => within.every((join) => tracked && !nulls.has(join)) && (isNull(left) || isNull(right)),
  )
}

function changedRows(item: FromItem, rest: readonly Step[], route: Route, search: Search): Changed {
  const columns = route.columnsOfRoot()
  if (item.kind === 'table') {
    return {
      kind: 'table',
      relation: item.relation,
      columns: columns.map((name) => ({ name, stored: item.sourceColumns[item.columns.indexOf(name)] ?? name })),
    }
  }
  if (item.kind === 'block') {
    const inner = columns.map((name) => innerColumn(item.columns, name, item.block) ?? name)
    return { kind: 'block', paths: keyPaths(item.block, rest, inner, inside(search)), columns }
  }
  throw new NoKey(whyOpaque('unresolved', 'A function in FROM has no changes of its own.', placeOf(item.ast)))
}

/** What a nested query that is joined may have returned before this batch of changes. */
function before(block: Block, columns: readonly string[], search: Search): KeyPath[] {
  return occurrences(block)
    .filter(({ relation }) => !search.whole.has(relation.oid))
    .flatMap((occurrence: Occurrence) => keyPaths(block, occurrence.steps, columns, inside(search)))
}
