import { createHash } from 'node:crypto'
import { type CompiledView, compileView } from '../compiler/compile.js'
import { capturedSources } from '../compiler/emit/names.js'
import { emitStatements, type Statements } from '../compiler/emit/refresh.js'
import { type ColumnFacts, isPiece, type QueryFacts, type RelationFacts, relationKey } from '../compiler/facts.js'
import { keepQuery } from '../compiler/keep/keep.js'
import type { Kept } from '../compiler/keep/kept.js'
import { loadParser } from '../compiler/parse/parse.js'
import { PlaceFinder } from '../compiler/places/find.js'
import type { Place } from '../compiler/places/place.js'
import { PlacedError } from '../compiler/places/placedError.js'
import type { Maintenance } from '../compiler/plan/types.js'
import { hasFewRows } from '../compiler/split/size.js'
import { type Split, splitQuery } from '../compiler/split/split.js'
import type { NormalisedView, ViewSettings } from '../define/types.js'
import type { Connection } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'
import { FactsGatherer } from '../engine/facts/gather.js'
import type { MaintainedView } from '../engine/facts/standIns.js'
import { type SourceRange, TidemarkError } from '../protocol/errors.js'
import { type Explanation, explain, explainPieces } from './explanation.js'
import { keyOrder } from './keyOrder.js'
import { buildName, logName, pieceName, shownName, storageName } from './names.js'
import { aboutView, orderViews } from './order.js'
import { readingQuery } from './reading.js'
import { inFileOf } from './userText.js'

/** What one captured table must give a view. */
export interface SourceNeed {
  readonly relation: RelationFacts
  readonly maintenance: Maintenance
  readonly read: readonly string[]
  readonly logged: readonly string[]
}

/** A view ready to be deployed. */
export interface ViewTarget {
  readonly view: NormalisedView
  readonly name: string
  readonly storage: string
  /** Of the query whose rows are kept. */
  readonly facts: QueryFacts
  /** What is kept, where that is not just the query's result. */
  readonly kept: Kept | undefined
  /** The view's columns, as its readers see them. */
  readonly columns: readonly string[]
  readonly compiled: CompiledView
  readonly sources: readonly SourceNeed[]
  /** How it is kept while it is being built, under another name. */
  readonly building: Statements
  /** A piece of another view, without a public view of its own. */
  readonly hidden: boolean
  /** Configured views that it reads, and its own pieces. */
  readonly upstream: readonly NormalisedView[]
  readonly settings: ViewSettings
  readonly explanation: Explanation
  /** Of all that would make the kept rows others: another hash means building anew. */
  readonly definitionHash: string
}

export interface Compiled {
  readonly targets: readonly ViewTarget[]
  /** What is wrong, one for each view that something is wrong with: with its name and the place in its file. */
  readonly problems: readonly TidemarkError[]
  readonly waiting: readonly Waiting[]
}

/** A view that cannot be compiled, since something is wrong with one that it reads, directly or not. */
export interface Waiting {
  readonly view: string
  readonly for: string
}

/**
 * Compiles views in the order in which they read each other. Works in the transaction of `connection`, which the
 * caller rolls back.
 */
export async function compileViews(connection: Connection, views: readonly NormalisedView[]): Promise<Compiled> {
  await loadParser()
  const targets: ViewTarget[] = []
  const { ordered, problems } = orderViews(views)
  const waiting: Waiting[] = []
  /** Each with the view that something is wrong with: itself, or one that it reads. */
  const missing = new Map<NormalisedView, string>()
  for (const view of views) if (!ordered.some((other) => other.view === view)) missing.set(view, nameOf(view))
  const gatherer = new FactsGatherer(connection, logName)
  for (const { view, upstream } of ordered) {
    const cause = upstream.map((other) => missing.get(other)).find((name) => name !== undefined)
    if (cause !== undefined) {
      missing.set(view, cause)
      waiting.push({ view: nameOf(view), for: cause })
      continue
    }
    const compiled = await gatherer
      .tryOut(() => compileInPieces(gatherer, view, upstream))
      .catch((error: unknown) => {
        throw aboutView(view, databaseError(error))
      })
    if (compiled instanceof TidemarkError) {
      missing.set(view, nameOf(view))
      problems.push(aboutView(view, compiled))
      continue
    }
    const [target, ...pieces] = compiled
    targets.push(...pieces, target)
    if (view.storage === 'table') gatherer.add(asSource(target))
  }
  const place = new Map(views.map((view, index) => [nameOf(view), index]))
  const inOrder = problems.sort((one, other) => (place.get(one.view ?? '') ?? 0) - (place.get(other.view ?? '') ?? 0))
  return { targets, problems: inOrder, waiting }
}

function nameOf({ schema, name }: NormalisedView): string {
  return shownName(schema, name)
}

/** A view, and after it the hidden ones that it was taken apart into, where that is for the better. */
async function compileInPieces(
  gatherer: FactsGatherer,
  view: NormalisedView,
  upstream: readonly NormalisedView[],
): Promise<[ViewTarget, ...ViewTarget[]]> {
  const own = await gatherer.gather(view.query, view.timeZone)
  refuseTemporary(own)
  const storage = storageName(view.schema, view.name)
  const one = { view, finder: new PlaceFinder(view.query), upstream, own, storage }
  const split =
    view.storage === 'table' ? splitQuery(own, (number) => pieceName(storage, own.canonical, number)) : undefined
  // The types of what pieces compute are known only when they are read: they can be refused, or turn out no better.
  const inPieces = split && (await gatherer.attempt(() => compileSplit(gatherer, one, split)))
  if (inPieces?.[0].explanation.incremental || (inPieces && recomputesPiecesAlone(inPieces))) return inPieces
  const whole = await compileOne(gatherer, one)
  return inPieces !== undefined && wholeTables(inPieces[0]) < wholeTables(whole) ? inPieces : [whole]
}

function wholeTables({ explanation }: ViewTarget): number {
  return explanation.sources.filter(({ maintenance }) => maintenance === 'full').length
}

async function compileSplit(
  gatherer: FactsGatherer,
  { view, finder, upstream, own: original, storage }: OneView,
  split: Split,
): Promise<[ViewTarget, ...ViewTarget[]]> {
  const pieces: ViewTarget[] = []
  const above = (): NormalisedView[] => [...upstream, ...pieces.map((target) => target.view)]
  for (const { name, query, key } of split.nodes) {
    const piece: NormalisedView = { ...view, schema: 'tidemark_data', name, query, key, indexes: [], description: null }
    const own = await gatherer.gather(query, view.timeZone)
    const target = await compileOne(gatherer, {
      view: piece,
      finder,
      upstream: above(),
      own,
      storage: name,
      hidden: true,
    })
    pieces.push(target)
    gatherer.add(asSource(target))
  }
  const own = await gatherer.gather(split.query, view.timeZone)
  const last = await compileOne(gatherer, { view, finder, upstream: above(), own, storage, original })
  return [{ ...last, explanation: explainPieces(last.explanation, withFewRows(pieces)) }, ...pieces]
}

/** The pieces, and whether each has few rows; one that reads pieces alone has as many as they have. */
function withFewRows(pieces: readonly ViewTarget[]) {
  const found = new Map<string, boolean>()
  return pieces.map(({ name, compiled: { plan }, explanation }) => {
    const read = plan.sources.map(({ relation }) => found.get(shownName(relation.schema, relation.name)))
    const few = read.includes(undefined) ? hasFewRows(plan.root, plan.key) : !read.includes(false)
    found.set(name, few)
    return { explanation, hasFewRows: few }
  })
}

/** Whether all that is ever computed again is computed of pieces. */
function recomputesPiecesAlone(targets: readonly ViewTarget[]): boolean {
  return targets.every(({ compiled }) =>
    compiled.plan.sources.every(({ maintenance, relation }) => maintenance !== 'full' || isPiece(relation)),
  )
}

interface OneView {
  readonly view: NormalisedView
  /** Finds places in the text that the user wrote, whichever piece of it this is. */
  readonly finder: PlaceFinder
  readonly upstream: readonly NormalisedView[]
  readonly own: QueryFacts
  readonly storage: string
  readonly hidden?: boolean
  /** The query before it was taken apart: what the rows are compared with. */
  readonly original?: QueryFacts
}

async function compileOne(gatherer: FactsGatherer, one: OneView): Promise<ViewTarget> {
  const { view, upstream, own, storage, original, finder, hidden = false } = one
  const apart = hidden || original !== undefined
  const { facts, kept, compiled } = await compileKept(gatherer, one).catch((error: unknown) => {
    if (!(error instanceof PlacedError)) throw error
    const { code, message, hint = '', place, query } = error
    const position = finder.find(place, { facts: own, ast: query, apart })
    throw new TidemarkError(code, message, { hint, ...(position === undefined ? {} : { position }) })
  })
  const { root } = compiled.plan
  const positions = (place: Place): SourceRange | undefined => {
    const range = finder.find(place, { facts, ast: root.ast, apart })
    return range && inFileOf(view, range)
  }
  const building = emitStatements({ plan: compiled.plan, facts, storage: buildName(storage), kept, original })
  const captured = view.storage === 'table' ? capturedSources(compiled.plan) : []
  const name = shownName(view.schema, view.name)
  return {
    view,
    name,
    storage,
    facts,
    kept,
    columns: own.output.map((column) => column.name),
    compiled,
    building,
    hidden,
    sources: captured.map(({ relation, maintenance }) => ({
      relation,
      maintenance,
      read: relation.read === 'all' ? relation.columns.map((column) => column.name) : [...relation.read].sort(),
      logged: compiled.plan.logged.get(relationKey(relation.schema, relation.name)) ?? [],
    })),
    upstream,
    settings: settingsOf(view),
    explanation: explain(name, view, compiled.plan, positions),
    definitionHash: hashOf(one, facts, kept, compiled),
  }
}

/** Compiles what is kept of a view: its query, or one with more columns and without its limit. */
async function compileKept(gatherer: FactsGatherer, { view, own, storage, original, hidden = false }: OneView) {
  const native = view.storage === 'matview' ? { schema: view.schema, name: view.name } : undefined
  const compile = (facts: QueryFacts, kept: Kept | undefined) => ({
    facts,
    kept,
    compiled: compileView({ facts, key: view.key, timeZone: view.timeZone, storage, kept, native, original }),
  })
  const compileKeeping = async (kept: Kept | undefined) =>
    compile(kept === undefined ? own : await gatherer.gather(kept.query, view.timeZone), kept)
  if (native !== undefined) return compile(own, undefined)
  const best = keepQuery(own, { delta: true, reading: !hidden })
  const tried = best && (await gatherer.attempt(() => compileKeeping(best)))
  const result = tried ?? compile(own, undefined)
  // Types are known only now: a sum of floating-point numbers cannot be added to.
  const inexact = result.kept?.delta === true && result.compiled.plan.delta === undefined
  return inexact ? await compileKeeping(keepQuery(own, { delta: false, reading: !hidden })) : result
}

function refuseTemporary({ relations }: QueryFacts): void {
  const temporary = [...relations.values()].find(
    ({ kind, schema }) => kind !== 'maintained' && schema.startsWith('pg_temp'),
  )
  if (temporary === undefined) return
  throw new TidemarkError('QUERY_INVALID', `The query reads the temporary table ${temporary.name}.`, {
    hint: 'A temporary table is seen by one session only. Read a lasting one.',
  })
}

function settingsOf(view: NormalisedView): ViewSettings {
  const { freshnessMs, schedule, onChange, reconcile, maxRunMs, retry, alerts } = view
  return { freshnessMs, schedule, onChange, reconcile, maxRunMs, retry, alerts }
}

function hashOf({ view, storage }: OneView, facts: QueryFacts, kept: Kept | undefined, { plan }: CompiledView): string {
  const behind = [...facts.relations.values()].flatMap(({ definition }) => definition ?? []).sort()
  const parts: unknown[] = [
    facts.canonical,
    readingQuery([], storage, kept).text,
    behind,
    facts.output,
    plan.key,
    plan.keyNullable,
    view.storage,
    view.timeZone,
  ]
  const applied = [...[...facts.functions.values()].flat(), ...facts.applied]
  const found = applied.flatMap(({ schema, name, body }) => (body === null ? [] : [`${schema}.${name} ${body}`]))
  const bodies = [...new Set(found)]
  // A native materialized view computes all of it at each refresh, with the functions as they are then.
  if (bodies.length > 0 && view.storage === 'table') parts.push(bodies.sort())
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

function asSource(target: ViewTarget): MaintainedView {
  const { view, storage, facts, compiled, kept } = target
  const { key, keyNullable } = compiled.plan
  const finished = kept?.shown !== undefined || kept?.reading !== undefined
  const output = facts.output.filter(({ name }) => finished || target.columns.includes(name))
  const columns = output.map((column): ColumnFacts => {
    const place = key.indexOf(column.name)
    return {
      name: column.name,
      type: column.type,
      notNull: place >= 0 && keyNullable[place] === false,
      virtual: false,
      nondeterministic: column.nondeterministic,
      comparable: column.comparable,
    }
  })
  const log = logName('tidemark_data', storage)
  // How many rows it will have is not known before it is built; enough for an index on it to matter.
  const indexes = [{ columns: keyOrder(target) }, ...view.indexes].map((index) => index.columns)
  const reading = finished
    ? { columns: target.columns, definition: readingQuery(target.columns, storage, kept).text }
    : undefined
  const size = { rows: 10_000, bytes: 1_000_000 }
  return { schema: view.schema, name: view.name, storage, log, columns, key, indexes, reading, ...size }
}
