import type { AggregateShape } from '../delta/shape.js'
import { isExactType } from '../exactTypes.js'
import type { QueryFacts } from '../facts.js'
import { type Fragment, ident, join, sql, trusted } from '../fragment.js'
import type { Kept } from '../keep/kept.js'
import type { Node } from '../parse/ast.js'
import type { ViewPlan } from '../plan/types.js'
import { crossedRows, movingRelations, stepped } from './clock.js'
import { changedJoinRows, type DeltaJoin } from './delta.js'
import { changedTables, inexact, pendingChanges } from './deltaChanges.js'
import { deltaParts } from './deltaStatement.js'
import { keyName, keysQuery } from './keys.js'
import { capturedSources, logTable, PlanNames, pendingIn } from './names.js'
import { notInLookups } from './notIn.js'
import { partsOf, slot } from './parts.js'
import { queryWith } from './query.js'
import { freshRows, keysTable, type OneSlice, type SliceMode, storedRows } from './slices.js'
import { verifyStatement } from './verify.js'

/**
 * What keeps a view, as SQL text that the database stores and runs. Parameters of all: $1 pg_snapshot the cursor,
 * $2 xid8 the transaction of the last refresh, $3 integer the view, $4 timestamptz its as-of.
 */
export interface Statements {
  /** Moves cursor and as-of when nothing is pending; returns a row if so. */
  readonly noop: string
  /** How many slices the pending changes touch: (slices, touched), the latter by branch. Null when no source is maintained by slices. */
  readonly count: string | null
  /** For each branch, the present rows of a few slices that there are, one by one: what a slice costs is measured by them. */
  readonly probe: readonly (readonly string[])[] | null
  /**
   * Refreshes touched slices one by one: (blocked, slices, inserted, updated, deleted). Does nothing, and is blocked, where
   * they are more than $5.
   */
  readonly slices: string | null
  /** The same in one pass over the touched part of the tables, for many keys. */
  readonly batch: string | null
  /** Adds the pending changes to what is kept of each group: (blocked, groups, inserted, updated, deleted). */
  readonly delta: DeltaTemplate | null
  /** Computes all and writes what differs. */
  readonly full: string
  /** The same, should a unique key be gone because of which rows were known to be told apart. Null where none is needed. */
  readonly checked: string | null
  /** Pending log rows. */
  readonly pending: string
  /** Whether there are any. Null where changes are not captured. */
  readonly waiting: string | null
  /** Rows that time has moved since the last refresh. Null when the query does not read the clock, or not of rows. */
  readonly moved: string | null
  /** (missing, unexpected): rows of the query that are not in storage, and the other way round. */
  readonly verify: string
  /** The query, to fill a new storage table from. */
  readonly query: string
}

/** A statement whose middle depends on which tables changed; `tidemark.delta_statement` puts it together. */
export interface DeltaTemplate {
  /** With slots for the guard and the terms. */
  readonly parts: readonly string[]
  readonly rows: DeltaJoin
  /** (pending, untold): how many rows of each table are pending, and whether they do not tell everything. */
  readonly pending: string
  /** The latter as a condition, and for each table by its number, a query for whether it changed. */
  readonly guard: string
  readonly changed: readonly string[]
}

export interface EmitRequest {
  readonly plan: ViewPlan
  readonly facts: QueryFacts
  /** `tidemark_data` table that holds the rows. */
  readonly storage: string
  /** The materialized view that holds them instead, when they are kept natively. */
  readonly native?: { readonly schema: string; readonly name: string } | undefined
  /** What is kept, where that is not just the query's result. */
  readonly kept: Kept | undefined
  /** The query before it was taken apart, when it was: what the rows are compared with. */
  readonly original?: QueryFacts | undefined
}

export function emitStatements(request: EmitRequest): Statements {
  const { plan, facts } = request
  const whole = facts.faithful ? queryWith(plan.root, []) : trusted(facts.canonical.replace(/;\s*$/, ''))
  const instead = facts.faithful ? notInLookups(plan.root) : new Map<object, Node>()
  const one = { text: instead.size > 0 ? queryWith(plan.root, [], instead) : whole, instead }
  const sliced = plan.branches.length > 0
  const batched = plan.branches.some((branch) => branch.restrictions.length > 0)
  return {
    noop: noopStatement(plan).text,
    count: sliced ? countStatement(request).text : null,
    probe: sliced ? plan.branches.map((_, index) => partsOf(probeStatement(request, index, one).text)) : null,
    slices: sliced ? sliceStatement(request, 'each', one).text : null,
    batch: sliced && batched ? sliceStatement(request, 'batch', one).text : null,
    delta: plan.delta === undefined ? null : deltaStatement(request, plan.delta, whole),
    full: fullStatement(request, whole).text,
    checked: plan.reliedKeys.size === 0 ? null : fullStatement(unproved(request), whole).text,
    pending: pendingStatement(plan).text,
    waiting: waitingStatement(plan)?.text ?? null,
    moved: movedStatement(plan)?.text ?? null,
    verify: verifyStatement(request).text,
    query: whole.text,
  }
}

function unproved(request: EmitRequest): EmitRequest {
  return { ...request, plan: { ...request.plan, keyProved: false } }
}

function keyTypes(facts: QueryFacts, key: readonly string[]): string[] {
  return key.map((name) => facts.output.find((column) => column.name === name)?.type ?? 'text')
}

function keyParts({ plan, facts }: EmitRequest, names: PlanNames): Fragment[] {
  return plan.branches.map((branch, index) => {
    const query = keysQuery(branch.paths, keyTypes(facts, branch.key), names)
    return sql`${foundTable(index)} AS MATERIALIZED (SELECT * FROM (${query}) q WHERE NOT (SELECT blocked FROM tidemark_guard))`
  })
}

/** The slices that were found to be touched, before it is known whether they are few enough. */
function foundTable(index: number): Fragment {
  return ident(`tidemark_found_${index}`)
}

function guardPart(names: PlanNames): Fragment {
  return sql`tidemark_guard AS MATERIALIZED (SELECT ${names.blocked()} AS blocked)`
}

function touchedSlices(plan: ViewPlan): Fragment {
  return join(touchedByBranch(plan), ' + ')
}

function touchedByBranch(plan: ViewPlan): Fragment[] {
  return plan.branches.map((_, index) => sql`(SELECT pg_catalog.count(*) FROM ${foundTable(index)})`)
}

function countStatement(request: EmitRequest): Fragment {
  const names = new PlanNames(request.plan)
  const parts = [...names.deltas(), guardPart(names), ...keyParts(request, names)]
  const touched = join(touchedByBranch(request.plan))
  return sql`WITH ${join(parts)} SELECT ${touchedSlices(request.plan)} AS slices, ARRAY[${touched}] AS touched`
}

/** As many slices as are looked at to learn what one costs; `tidemark.probe_slices` puts a number there. */
const probed = slot('probed')

function probeStatement({ plan, storage }: EmitRequest, index: number, one: OneSlice): Fragment {
  const branch = plan.branches[index]
  if (branch === undefined) throw new RangeError(`no branch ${index}`)
  const key = join(branch.key.map((name, column) => sql`q.${ident(name)} AS ${keyName(column)}`))
  const keys = sql`SELECT ${key} FROM ${ident('tidemark_data', storage)} q LIMIT ${probed}`
  const fresh = join(freshRows(plan, branch, index, 'each', one), ' UNION ALL ')
  return sql`WITH ${keysTable(index)} AS MATERIALIZED (${keys}) SELECT pg_catalog.count(*) FROM (${fresh}) q`
}

function sliceStatement(request: EmitRequest, mode: SliceMode, one: OneSlice): Fragment {
  const { plan, storage } = request
  const names = new PlanNames(plan)
  const table = ident('tidemark_data', storage)
  const fresh = plan.branches.map((branch, index) => join(freshRows(plan, branch, index, mode, one), ' UNION ALL '))
  const stored = plan.branches.flatMap((branch, index) => storedRows(branch, index, table))
  const several = plan.branches.length > 1
  const parts = [
    ...names.deltas(),
    guardPart(names),
    ...keyParts(request, names),
    sql`tidemark_few AS MATERIALIZED (SELECT coalesce(${touchedSlices(plan)} <= $5::pg_catalog.int8, true) AS few)`,
    ...plan.branches.map(
      (_, index) =>
        sql`${keysTable(index)} AS MATERIALIZED (SELECT * FROM ${foundTable(index)} WHERE (SELECT few FROM tidemark_few))`,
    ),
    sql`tidemark_fresh AS (${several ? oneOfEach(request, fresh) : join(fresh)})`,
    sql`tidemark_old AS (${several ? oncePerTid(stored) : join(stored, ' UNION ALL ')})`,
    ...writingParts(request, sql`NOT (SELECT blocked FROM tidemark_guard) AND (SELECT few FROM tidemark_few)`),
  ]
  return sql`WITH ${join(parts)} SELECT (SELECT blocked FROM tidemark_guard) OR NOT (SELECT few FROM tidemark_few) AS blocked, ${touchedSlices(plan)} AS slices, ${counts}`
}

function deltaStatement(request: EmitRequest, shape: AggregateShape, whole: Fragment): DeltaTemplate {
  const storage = ident('tidemark_data', request.storage)
  const parts = [
    ...deltaParts({ shape, facts: request.facts, storage, whole }),
    ...writingParts(request, sql`NOT (SELECT blocked FROM tidemark_guard)`),
  ]
  const groups = sql`(SELECT pg_catalog.count(*) FROM tidemark_state)`
  const statement = sql`WITH ${join(parts)} SELECT (SELECT blocked FROM tidemark_guard) AS blocked, ${groups} AS slices, ${counts}`
  return {
    parts: partsOf(statement.text),
    rows: changedJoinRows(shape),
    pending: pendingChanges(shape.join, request.plan.clock).text,
    guard: inexact(shape.join, request.plan.clock).text,
    changed: changedTables(shape.join),
  }
}

/**
 * A row can lie in slices of several branches: it is wanted once. A key that is not proved unique must not hide a second
 * row, not even one that is the same in every column: each branch numbers those.
 */
function oneOfEach({ plan }: EmitRequest, fresh: readonly Fragment[]): Fragment {
  const key = plan.key.map((name) => sql`q.${ident(name)}`)
  if (plan.keyProved) {
    const all = join(fresh, ' UNION ALL ')
    return key.length === 0
      ? sql`SELECT q.* FROM (${all}) q LIMIT 1`
      : sql`SELECT DISTINCT ON (${join(key)}) q.* FROM (${all}) q`
  }
  const same = join([...key, sql`q::pg_catalog.text`])
  const numbered = fresh.map(
    (rows) => sql`SELECT pg_catalog.row_number() OVER (PARTITION BY ${same}) AS tidemark_copy, q.* FROM (${rows}) q`,
  )
  return sql`SELECT DISTINCT ON (${same}, q.tidemark_copy) q.* FROM (${join(numbered, ' UNION ALL ')}) q`
}

function oncePerTid(stored: readonly Fragment[]): Fragment {
  return sql`SELECT DISTINCT ON (q.tidemark_tid) q.* FROM (${join(stored, ' UNION ALL ')}) q`
}

function fullStatement(request: EmitRequest, whole: Fragment): Fragment {
  const table = ident('tidemark_data', request.storage)
  const parts = [
    sql`tidemark_fresh AS (${whole})`,
    sql`tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM ${table} q)`,
    ...writingParts(request, sql`true`),
  ]
  return sql`WITH ${join(parts)} SELECT false AS blocked, NULL::bigint AS slices, ${counts}`
}

const counts = sql`(SELECT pg_catalog.count(*) FROM tidemark_written WHERE inserted) AS inserted, (SELECT pg_catalog.count(*) FROM tidemark_written WHERE NOT inserted) AS updated, (SELECT pg_catalog.count(*) FROM tidemark_deleted) AS deleted`

/** From tidemark_fresh and tidemark_old: what differs, and the statements that make storage agree. */
function writingParts(request: EmitRequest, advances: Fragment): Fragment[] {
  const { plan } = request
  const columns = request.facts.output.map((column) => ident(column.name))
  const compared = comparedColumns(request)
  const row = (alias: Fragment): Fragment =>
    sql`ROW(${join(compared.map((name) => sql`${alias}.${ident(name)}`))})::record`
  const changed = compared.length === 0 ? sql`` : sql` OR ${row(sql`f`)} OPERATOR(pg_catalog.*<>) ${row(sql`o`)}`
  const table = ident('tidemark_data', request.storage)
  const fresh = columns.map((column) => sql`f.${column}`)
  // A key that only the user vouches for: rows that share one are all inserted, and so refused.
  const key = join(plan.key.map((name) => sql`q.${ident(name)}`))
  const partition = plan.key.length === 0 ? sql`` : sql`PARTITION BY ${key}`
  const several = plan.keyProved ? sql`false` : sql`pg_catalog.count(*) OVER (${partition}) > 1`
  return [
    sql`tidemark_diff AS MATERIALIZED (SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, ${join(fresh)} FROM (SELECT true AS tidemark_here, ${several} AS tidemark_several, q.* FROM tidemark_fresh q) f FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ${sameKey(plan)} WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL${changed} OR f.tidemark_several)`,
    sql`tidemark_deleted AS (DELETE FROM ${table} s USING tidemark_diff d WHERE d.tidemark_gone AND s.ctid = d.tidemark_tid RETURNING 1)`,
    ...rowWriters(request, table, columns),
    sql`tidemark_advanced AS (UPDATE tidemark.state SET cursor = tidemark.present_cursor(), consumed_xid = pg_catalog.pg_current_xact_id(), as_of = pg_catalog.now(), epoch = epoch + CASE WHEN EXISTS (SELECT FROM tidemark_written) OR EXISTS (SELECT FROM tidemark_deleted) THEN 1 ELSE 0 END WHERE view_id = $3::integer AND ${advances})`,
  ]
}

/** What has to be compared of two rows with the same key. */
function comparedColumns({ plan, facts }: EmitRequest): string[] {
  return facts.output
    .filter((column) => !plan.key.includes(column.name) || !isExactType(column))
    .map((column) => column.name)
}

/**
 * Changed rows are found by their place, which costs half of finding them by their key again. Whatever is not there yet
 * is inserted: should its key be taken by a row outside of the touched slices, PostgreSQL refuses it.
 */
function rowWriters(request: EmitRequest, table: Fragment, columns: readonly Fragment[]): Fragment[] {
  const insert = sql`tidemark_inserted AS (INSERT INTO ${table} (${join(columns)}) SELECT ${join(columns)} FROM tidemark_diff WHERE tidemark_tid IS NULL OR tidemark_several RETURNING 1)`
  const names = comparedColumns(request).map((name) => ident(name))
  if (names.length === 0) {
    return [insert, sql`tidemark_written AS (SELECT true AS inserted FROM tidemark_inserted)`]
  }
  const assignments = join(names.map((name) => sql`${name} = d.${name}`))
  return [
    insert,
    sql`tidemark_updated AS (UPDATE ${table} s SET ${assignments} FROM tidemark_diff d WHERE NOT d.tidemark_gone AND s.ctid = d.tidemark_tid RETURNING 1)`,
    sql`tidemark_written AS (SELECT true AS inserted FROM tidemark_inserted UNION ALL SELECT false FROM tidemark_updated)`,
  ]
}

/** Records compare NULLs as equal and can be hashed; plain columns are faster where no NULL can be. */
function sameKey({ key, keyAsRecord }: ViewPlan): Fragment {
  if (key.length === 0) return sql`f.tidemark_here = o.tidemark_here`
  const side = (alias: Fragment): Fragment => join(key.map((name) => sql`${alias}.${ident(name)}`))
  if (keyAsRecord) return sql`ROW(${side(sql`f`)})::record = ROW(${side(sql`o`)})::record`
  return join(
    key.map((name) => sql`f.${ident(name)} = o.${ident(name)}`),
    ' AND ',
  )
}

function pendingRows(plan: ViewPlan): Fragment[] {
  return capturedSources(plan).map(
    ({ relation }) => sql`SELECT FROM ${logTable(relation)} AS l WHERE ${pendingIn(relation, 'l')}`,
  )
}

function movedRows({ clock }: ViewPlan): Fragment[] {
  if (clock === undefined) return []
  return movingRelations(clock).flatMap((relation) => crossedRows(clock, relation, []) ?? [])
}

function movedStatement(plan: ViewPlan): Fragment | undefined {
  const each = movedRows(plan).map((rows) => sql`(SELECT pg_catalog.count(*) FROM (${rows} LIMIT 1000000) q)`)
  return each.length === 0 ? undefined : sql`SELECT ${join(each, ' + ')} AS moved`
}

function noopStatement(plan: ViewPlan): Fragment {
  const none = [...pendingRows(plan), ...movedRows(plan)].map((rows) => sql` AND NOT EXISTS (${rows})`)
  const steps = stepped(plan.clock).map((step) => sql` AND NOT (${step})`)
  const moving = plan.moves ? sql` AND false` : join(steps, '')
  return sql`UPDATE tidemark.state SET cursor = tidemark.present_cursor(), consumed_xid = pg_catalog.pg_current_xact_id(), as_of = pg_catalog.now() WHERE view_id = $3::integer${join(none, '')}${moving} RETURNING as_of`
}

function pendingStatement(plan: ViewPlan): Fragment {
  if (capturedSources(plan).length === 0) return sql`SELECT 0::bigint AS pending`
  // How many are worth counting is for the one who asks to say: to choose a statement, or to show it.
  const each = pendingRows(plan).map(
    (rows) => sql`(SELECT pg_catalog.count(*) FROM (${rows} LIMIT $4::pg_catalog.int8) q)`,
  )
  return sql`SELECT ${join(each, ' + ')} AS pending`
}

function waitingStatement(plan: ViewPlan): Fragment | undefined {
  const each = pendingRows(plan).map((rows) => sql`EXISTS (${rows})`)
  return each.length === 0 ? undefined : sql`SELECT ${join(each, ' OR ')} AS waiting`
}
