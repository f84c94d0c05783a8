import { TidemarkError } from '../../protocol/errors.js'
import { lint } from '../analyze/lint.js'
import { movement } from '../analyze/movement.js'
import { isNullable } from '../analyze/nullable.js'
import { reliedKeys } from '../analyze/reliedKeys.js'
import { findKey } from '../analyze/viewKey.js'
import { whyNoKey } from '../analyze/whyNoKey.js'
import { clockOf, isReason } from '../clock/clock.js'
import type { Clock } from '../clock/types.js'
import { columnsRead, relationsOf } from '../delta/flat.js'
import { pairKeys } from '../delta/keyed.js'
import { type AggregateShape, exactShape } from '../delta/shape.js'
import type { QueryFacts, RelationFacts } from '../facts.js'
import { ident } from '../fragment.js'
import type { Block } from '../ir/types.js'
import type { Kept } from '../keep/kept.js'
import { outermost } from '../places/outermost.js'
import type { Place } from '../places/place.js'
import { PlacedError } from '../places/placedError.js'
import { placeOfRelation } from '../places/readers.js'
import type { Reason } from '../reasons.js'
import { missingIndexes, scannedWindows } from './advice.js'
import { makeBranch } from './branches.js'
import { withoutCovered } from './covered.js'
import { loggedColumns } from './logged.js'
import { keysOfSources, relationsRead } from './sourceKeys.js'
import type { Branch, KeyPath, SourcePlan, ViewPlan } from './types.js'
import { whySlices } from './whySlices.js'

export interface PlanRequest {
  readonly facts: QueryFacts
  readonly root: Block
  /** The key the user gave. */
  readonly key: readonly string[] | undefined
  readonly timeZone: string
  /** What is kept, where that is not just the query's result. */
  readonly kept: Kept | undefined
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
  const clock = clockOf(facts, root, request.timeZone)
  const blocked = standingReason(facts, root, clock)
  const moving = blocked === undefined && clock !== undefined && !isReason(clock) ? clock : undefined
  const delta = blocked === undefined && request.kept?.delta ? exactShape(root, facts) : undefined
  const { sources: planned, branches } = waysToMaintain(request, blocked, delta)
  const coarse = delta === undefined ? whySlices(root, facts, (moving?.windows.length ?? 0) > 0) : undefined
  const slices = coarse && placed(root, coarse)
  const sources = planned.map(({ why, ...source }): SourcePlan => {
    if (why !== undefined) return { ...source, why: placed(root, why) }
    return source.maintenance === 'slice' ? { ...source, whySlices: slices } : source
  })
  const keyProved = found?.every((name) => key.includes(name)) ?? false
  const keys = branches.map((branch) => branch.key)
  const windows = moving?.windows ?? []
  const advice = [
    ...missingIndexes(facts, root, sources, keys),
    ...scannedWindows(facts, root, windows),
    ...lint(facts, root),
  ]
  const logged = delta === undefined ? loggedColumns(sources, branches) : columnsRead(delta.join)
  return {
    root,
    key,
    keyProved,
    pairKeys: delta === undefined ? new Map() : pairKeys(delta.join),
    reliedKeys: keyProved ? reliedKeys(root, facts.relations.values(), key) : new Map(),
    keyNullable,
    keyAsRecord: keyNullable.includes(true) || key.some(extended),
    sources,
    branches,
    delta,
    moves: blocked !== undefined,
    clock: moving,
    advice,
    logged,
  }
}

/** The reason with its place in the query itself, not in a view that it reads. */
function placed<Why extends { readonly place: Place | undefined }>(root: Block, why: Why): Why {
  return { ...why, place: why.place && outermost(root, why.place) }
}

function waysToMaintain(
  request: PlanRequest,
  blocked: Reason | undefined,
  delta: AggregateShape | undefined,
): { sources: readonly SourcePlan[]; branches: readonly Branch[] } {
  if (blocked !== undefined) return { sources: allFull(request.root, blocked), branches: [] }
  if (delta === undefined) return planSources(request)
  const key = delta.groups.map(({ column }) => column)
  const sources = relationsOf(delta.join).map((relation): SourcePlan => ({ relation, maintenance: 'delta', key }))
  return { sources, branches: [] }
}

function viewKey({ facts, root, key, kept }: PlanRequest, found: readonly string[] | undefined): readonly string[] {
  const chosen = key ?? found
  if (chosen === undefined) {
    const { hint, place } = whyNoKey(root)
    const message = 'No columns were found that tell the rows of this view apart.'
    const named = `${hint}; or name them: \`key: ['…']\`.`
    const within = place && outermost(root, place)
    throw within === undefined
      ? new TidemarkError('KEY_MISSING', message, { hint: named })
      : new PlacedError('KEY_MISSING', message, named, within, root.ast)
  }
  const own = facts.output.filter((column) => kept?.visible.includes(column.name) ?? true)
  for (const name of chosen) {
    const column = own.find((candidate) => candidate.name === name)
    if (column === undefined) {
      const columns = own.map((candidate) => candidate.name).join(', ')
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
export function standingReason(
  facts: QueryFacts,
  root: Block,
  clock: Clock | Reason | undefined = clockOf(facts, root, 'UTC'),
): Reason | undefined {
  const query = root.ast
  const moving = clock !== undefined && isReason(clock) ? clock : movement(facts, query)
  if (moving !== undefined) return moving
  for (const relation of facts.relations.values()) {
    if (relation.kind === 'foreign') {
      return {
        code: 'foreign_table',
        reason: `${name(relation)} is a foreign table: what others write there is not seen.`,
        hint: 'Give the view a `schedule` that suits how often that table changes; or copy its rows into a table by logical replication.',
        place: placeOfRelation(query, relation, facts),
      }
    }
    if (relation.kind === 'matview' || relation.kind === 'system') {
      const native = relation.kind === 'matview'
      return {
        code: 'uncaptured_relation',
        reason: `${name(relation)} is ${native ? 'a materialized view' : 'a system table'}: it cannot have triggers.`,
        hint: native
          ? `Read the tables beneath it; or define ${name(relation)} as a view of Tidemark's, which others may read.`
          : 'Give the view a `schedule`; or leave what the system table tells to the query that reads the view.',
        place: placeOfRelation(query, relation, facts),
      }
    }
    if (relation.rowSecurity?.applies) return whyRowSecurity(relation, relation.rowSecurity, facts, query)
  }
  return undefined
}

/** What the policies let the role see is not told by the changes of this table alone. */
function whyRowSecurity(
  relation: RelationFacts,
  { role, through }: NonNullable<RelationFacts['rowSecurity']>,
  facts: QueryFacts,
  query: Block['ast'],
): Reason {
  const as = through === undefined ? 'as which the rows are computed' : `as which the view ${through} reads it`
  const whole =
    through === undefined
      ? `Run Tidemark as a role that sees all rows: the owner of the table, unless it forces row-level security, or one with \`ALTER ROLE ${ident(role).text} BYPASSRLS\``
      : `Read the table itself; or let a role own ${through} that sees all rows, as the owner of the table does, unless it forces row-level security, or one with \`ALTER ROLE ${ident(role).text} BYPASSRLS\``
  return {
    code: 'row_security',
    reason: `Row-level security of ${name(relation)} applies to ${role}, ${as}: only what its policies let that role see is kept, for all readers.`,
    hint: `${whole}. Who sees which rows of the view is then for policies on the kept rows to say.`,
    place: placeOfRelation(query, relation, facts),
  }
}

function name(relation: RelationFacts): string {
  return `${relation.schema}.${relation.name}`
}

function allFull(root: Block, why: Reason): SourcePlan[] {
  return relationsRead(root).map((relation) => ({ relation, maintenance: 'full', why, key: [] }))
}

function planSources(request: PlanRequest): { sources: SourcePlan[]; branches: Branch[] } {
  const { root, facts, timeZone } = request
  const { found, full } = keysOfSources(facts, root)
  const grouped = new Map<string, { key: readonly string[]; paths: KeyPath[] }>()
  for (const { key, paths } of found.values()) {
    const group = grouped.get(key.join('\0')) ?? { key, paths: [] }
    group.paths.push(...paths)
    grouped.set(key.join('\0'), group)
  }
  const sources = relationsRead(root).map((relation): SourcePlan => {
    const why = full.get(relation.oid)
    if (why !== undefined) return { relation, maintenance: 'full', why, key: [] }
    return { relation, maintenance: 'slice', key: found.get(relation.oid)?.key ?? [] }
  })
  const utc = timeZone === 'UTC'
  const branches = [...grouped.values()].map(({ key, paths }) =>
    makeBranch(root, facts, key, withoutCovered(paths), utc),
  )
  return { sources, branches }
}
