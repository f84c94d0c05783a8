import { TidemarkError } from '../../protocol/errors.js'
import { lint } from '../analyze/lint.js'
import { movement } from '../analyze/movement.js'
import { isNullable } from '../analyze/nullable.js'
import { comesFromFunction, isSliceable } from '../analyze/sliceable.js'
import { findKey } from '../analyze/viewKey.js'
import type { QueryFacts, RelationFacts } from '../facts.js'
import type { Block } from '../ir/types.js'
import type { Reason } from '../reasons.js'
import { missingIndexes } from './advice.js'
import { indexedKey, makeBranch } from './branches.js'
import { keyPaths } from './keys.js'
import { loggedColumns } from './logged.js'
import { NoKey } from './noKey.js'
import { type Occurrence, occurrences, unreached } from './occurrences.js'
import type { Branch, KeyPath, SourcePlan, ViewPlan } from './types.js'
import { whyNoSliceKey } from './whyNot.js'

export interface PlanRequest {
  readonly facts: QueryFacts
  readonly root: Block
  /** The key the user gave. */
  readonly key: readonly string[] | undefined
  readonly timeZone: string
}

/** Decides how a view is maintained. */
export function planView(request: PlanRequest): ViewPlan {
  const { facts, root } = request
  const found = findKey(root)
  const key = viewKey(request, found)
  // A key that is compared by an extension's own equality is compared as a record, like one that can be NULL.
  const extended = (name: string): boolean =>
    !facts.output.some((column) => column.name === name && column.builtinEquality)
  const keyNullable = key.map((name) => isNullable(root, name))
  const blocked = standingReason(facts)
  const { sources, branches } =
    blocked === undefined ? planSources(request) : { sources: allFull(root, blocked), branches: [] }
  const keyProved = found?.every((name) => key.includes(name)) ?? false
  const keys = branches.map((branch) => branch.key)
  const advice = [...missingIndexes(root, sources, keys), ...lint(facts, root)]
  const logged = loggedColumns(sources, branches)
  return {
    root,
    key,
    keyProved,
    keyNullable,
    keyAsRecord: keyNullable.includes(true) || key.some(extended),
    sources,
    branches,
    moves: blocked !== undefined,
    advice,
    logged,
  }
}

function viewKey({ facts, key }: PlanRequest, found: readonly string[] | undefined): readonly string[] {
  const chosen = key ?? found
  if (chosen === undefined) {
    throw new TidemarkError('KEY_MISSING', 'No columns were found that tell the rows of this view apart.', {
      hint: "Name them: key: ['…']. They are found by themselves from GROUP BY, DISTINCT and primary keys in the result.",
    })
  }
  for (const name of chosen) {
    const column = facts.output.find((candidate) => candidate.name === name)
    if (column === undefined) {
      const columns = facts.output.map((candidate) => candidate.name).join(', ')
      throw new TidemarkError('KEY_INVALID', `The key names "${name}", which the query does not return.`, {
        hint: `Its columns are: ${columns}.`,
      })
    }
    if (!column.comparable) {
      throw new TidemarkError('KEY_INVALID', `The key column "${name}" is ${column.type}, which has no equality.`, {
        hint: 'Choose another column, or cast this one to text in the query.',
      })
    }
  }
  return chosen
}

/** A reason that holds for the view as a whole, whatever table changes. */
function standingReason(facts: QueryFacts): Reason | undefined {
  const moving = movement(facts)
  if (moving !== undefined) return moving
  for (const relation of facts.relations.values()) {
    if (relation.kind === 'foreign') {
      return {
        code: 'foreign_table',
        reason: `${name(relation)} is a foreign table: what others write there is not seen.`,
      }
    }
    if (relation.kind === 'matview' || relation.kind === 'system') {
      const what = relation.kind === 'matview' ? 'a materialized view' : 'a system table'
      return { code: 'uncaptured_relation', reason: `${name(relation)} is ${what}: it cannot have triggers.` }
    }
  }
  return undefined
}

function name(relation: RelationFacts): string {
  return `${relation.schema}.${relation.name}`
}

function allFull(root: Block, why: Reason): SourcePlan[] {
  const relations = [...occurrences(root), ...unreached(root)].map((place) => place.relation)
  return unique(relations).map((relation) => ({ relation, maintenance: 'full', why, key: [] }))
}

function unique(relations: readonly RelationFacts[]): RelationFacts[] {
  return [...new Map(relations.map((relation) => [relation.oid, relation])).values()]
}

function planSources(request: PlanRequest): { sources: SourcePlan[]; branches: Branch[] } {
  const { root, facts, timeZone } = request
  const candidates = sliceKey(facts, root)
  const full = new Map<number, Reason>()
  for (const { relation, why } of unreached(root)) full.set(relation.oid, why)
  const grouped = new Map<string, { key: readonly string[]; paths: KeyPath[] }>()
  const keys = new Map<number, readonly string[]>()
  const places = occurrences(root)
  for (const relation of unique(places.map((place) => place.relation))) {
    if (full.has(relation.oid)) continue
    const own = places.filter((place) => place.relation.oid === relation.oid)
    try {
      const { key, paths } = keyOfSource(root, own, candidates)
      keys.set(relation.oid, key)
      const group = grouped.get(key.join('\0')) ?? { key, paths: [] }
      group.paths.push(...paths)
      grouped.set(key.join('\0'), group)
    } catch (error) {
      if (!(error instanceof NoKey)) throw error
      full.set(relation.oid, error.why)
    }
  }
  const all = unique([...places, ...unreached(root)].map((place) => place.relation))
  const sources = all.map((relation): SourcePlan => {
    const why = full.get(relation.oid)
    if (why !== undefined) return { relation, maintenance: 'full', why, key: [] }
    return { relation, maintenance: 'slice', key: keys.get(relation.oid) ?? [] }
  })
  const utc = timeZone === 'UTC'
  const branches = [...grouped.values()].map(({ key, paths }) => makeBranch(root, facts, key, paths, utc))
  return { sources, branches }
}

/** The output columns that slices can be cut along: those of tables before those that functions in FROM make. */
function sliceKey(facts: QueryFacts, root: Block): readonly string[] {
  const sliceable = facts.output
    .filter((column) => column.builtinEquality && isSliceable(root, column.name))
    .map((column) => column.name)
  const plain = sliceable.filter((name) => !comesFromFunction(root, name))
  return plain.length > 0 ? plain : sliceable
}

/**
 * The key columns that the changes of one table tell by themselves; failing that, by joining. All places at which the
 * table is read must agree on them, since one change touches all.
 */
function keyOfSource(root: Block, places: readonly Occurrence[], candidates: readonly string[]) {
  if (candidates.length === 0) throw new NoKey(whyNoSliceKey(root))
  const direct = candidates.filter((name) => places.every((place) => isDirect(root, place, [name])))
  const possible = direct.length > 0 ? direct : candidates.filter((name) => isPossible(root, places, [name]))
  const attempt = possible.length > 0 ? possible : candidates
  const key = indexedKey(root, attempt)
  for (const wanted of [key, ...key.map((name) => [name])]) {
    if (isPossible(root, places, wanted) || wanted.length === 1) {
      return { key: wanted, paths: places.flatMap((place) => keyPaths(root, place.steps, wanted)) }
    }
  }
  throw new NoKey(whyNoSliceKey(root))
}

function isPossible(root: Block, places: readonly Occurrence[], wanted: readonly string[]): boolean {
  return places.every((place) => tryPaths(root, place, wanted) !== undefined)
}

function isDirect(root: Block, place: Occurrence, wanted: readonly string[]): boolean {
  return tryPaths(root, place, wanted)?.every(hasNoJoin) ?? false
}

function tryPaths(root: Block, place: Occurrence, wanted: readonly string[]): KeyPath[] | undefined {
  try {
    return keyPaths(root, place.steps, wanted)
  } catch (error) {
    if (error instanceof NoKey) return undefined
    throw error
  }
}

function hasNoJoin(path: KeyPath): boolean {
  return path.joins.length === 0 && (path.changed.kind === 'table' || path.changed.paths.every(hasNoJoin))
}
