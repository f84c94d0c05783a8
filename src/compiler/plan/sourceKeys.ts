import type { QueryFacts, RelationFacts } from '../facts.js'
import type { Block } from '../ir/types.js'
import type { Reason } from '../reasons.js'
import { indexedKey } from './branches.js'
import { attempt, hasNoJoin, keyPaths, type Search } from './keys.js'
import { NoKey } from './noKey.js'
import { type Occurrence, occurrences, unreached } from './occurrences.js'
import { sliceKey } from './sliceKey.js'
import type { KeyPath } from './types.js'
import { whyNoSliceKey } from './whyNot.js'

/** The tables (by oid) whose changes make the whole of a query be recomputed, of all that it reads. */
export function wholeSources(facts: QueryFacts, root: Block): { all: RelationFacts[]; whole: ReadonlySet<number> } {
  const { full } = keysOfSources(facts, root)
  return { all: relationsRead(root), whole: new Set(full.keys()) }
}

export function relationsRead(root: Block): RelationFacts[] {
  return unique([...occurrences(root), ...unreached(root)].map((place) => place.relation))
}

function unique(relations: readonly RelationFacts[]): RelationFacts[] {
  return [...new Map(relations.map((relation) => [relation.oid, relation])).values()]
}

interface SourceKey {
  readonly key: readonly string[]
  readonly paths: readonly KeyPath[]
}

interface SourceKeys {
  readonly found: ReadonlyMap<number, SourceKey>
  readonly full: ReadonlyMap<number, Reason>
}

/** A query is asked for them when it is judged, when it is decided what to keep of it, and when it is planned. */
const known = new WeakMap<Block, { readonly facts: QueryFacts; readonly keys: SourceKeys }>()

export function keysOfSources(facts: QueryFacts, root: Block): SourceKeys {
  const before = known.get(root)
  if (before?.facts === facts) return before.keys
  const keys = findKeys(facts, root)
  known.set(root, { facts, keys })
  return keys
}

/**
 * The keys of each table's changes, by oid, and why those that have none have none. A table that is joined to another's
 * changes is joined as it was, too, unless it is one whose own changes are answered by recomputing everything: so each
 * that turns out to be one can help the others.
 */
function findKeys(facts: QueryFacts, root: Block): SourceKeys {
  const candidates = sliceKey(facts, root)
  const full = new Map<number, Reason>()
  for (const { relation, why } of unreached(root)) full.set(relation.oid, why)
  const places = occurrences(root)
  const relations = unique(places.map((place) => place.relation))
  const find = (oid: number, whole: Iterable<number>): SourceKey | NoKey => {
    const own = places.filter((place) => place.relation.oid === oid)
    const search = { whole: new Set(whole), nested: false, facts }
    return attempt(() => {
      if (candidates.length === 0) throw new NoKey(whyNoSliceKey(root, facts))
      return keyOfSource(root, own, candidates, search)
    })
  }
  const everyOid = relations.map((relation) => relation.oid)
  for (const oid of everyOid) {
    const alone = full.has(oid) ? undefined : find(oid, everyOid)
    if (alone instanceof NoKey) full.set(oid, alone.why)
  }
  for (;;) {
    const found = new Map<number, SourceKey>()
    let failed: readonly [number, Reason] | undefined
    for (const oid of everyOid) {
      if (full.has(oid)) continue
      const result = find(oid, full.keys())
      if (result instanceof NoKey) failed ??= [oid, result.why]
      else found.set(oid, result)
    }
    if (failed === undefined) return { found, full }
    full.set(...failed)
  }
}

/**
 * The key columns that the changes of one table tell by themselves; failing that, by joining. All places at which the
 * table is read must agree on them, since one change touches all.
 */
function keyOfSource(
  root: Block,
  places: readonly Occurrence[],
  candidates: readonly string[],
  search: Search,
): SourceKey {
  const ways = new Map<string, (KeyPath[] | NoKey)[]>()
  const waysTo = (wanted: readonly string[]): (KeyPath[] | NoKey)[] => {
    const name = JSON.stringify(wanted)
    const found = ways.get(name) ?? places.map(({ steps }) => attempt(() => keyPaths(root, steps, wanted, search)))
    ways.set(name, found)
    return found
  }
  const isPossible = (wanted: readonly string[]): boolean => !waysTo(wanted).some((paths) => paths instanceof NoKey)
  const isDirect = (name: string): boolean =>
    waysTo([name]).every((paths) => !(paths instanceof NoKey) && paths.every(hasNoJoin))
  const direct = candidates.filter(isDirect)
  const possible = direct.length > 0 ? direct : candidates.filter((name) => isPossible([name]))
  const key = indexedKey(root, possible.length > 0 ? possible : candidates)
  const wanted = [key, ...key.map((name) => [name])].find(isPossible) ?? key.slice(0, 1)
  const paths = waysTo(wanted).map((found) => {
    if (found instanceof NoKey) throw found
    return found
  })
  return { key: wanted, paths: paths.flat() }
}
