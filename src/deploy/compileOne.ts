import { createHash } from 'node:crypto'
import { neverNull } from '../compiler/analyze/neverNull.js'
import { type CompiledView, compileView } from '../compiler/compile.js'
import { capturedSources } from '../compiler/emit/names.js'
import { emitStatements } from '../compiler/emit/refresh.js'
import { type ColumnFacts, type QueryFacts, relationKey } from '../compiler/facts.js'
import { keepQuery } from '../compiler/keep/keep.js'
import type { Kept } from '../compiler/keep/kept.js'
import type { PlaceFinder } from '../compiler/places/find.js'
import type { Place } from '../compiler/places/place.js'
import { PlacedError } from '../compiler/places/placedError.js'
import { settingsOf } from '../define/normalise-view.js'
import type { NormalisedView } from '../define/types.js'
import type { FactsGatherer } from '../engine/facts/gather.js'
import type { MaintainedView } from '../engine/facts/standIns.js'
import { type SourceRange, TidemarkError } from '../protocol/errors.js'
import { explain } from './explanation.js'
import { keyOrder } from './keyOrder.js'
import { buildName, logName, shownName } from './names.js'
import { readingQuery } from './reading.js'
import { tableSecurity } from './tableSecurity.js'
import type { ViewTarget } from './target.js'
import { inFileOf } from './userText.js'

export interface OneView {
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

export async function compileOne(gatherer: FactsGatherer, one: OneView): Promise<ViewTarget> {
  const { view, upstream, own, storage, original, finder, hidden = false } = one
  const apart = hidden || original !== undefined
  const { facts, kept, compiled } = await compileKept(gatherer, one).catch((error: unknown) => {
    if (!(error instanceof PlacedError)) throw error
    const { code, message, hint = '', place, query } = error
    const position = finder.find(place, { facts: own, ast: query, apart })
    throw new TidemarkError(code, message, { hint, ...(position === undefined ? {} : { position }) })
  })
  const positions = positionsIn(view, finder, { facts, compiled }, apart)
  const captured = view.storage === 'table' ? capturedSources(compiled.plan) : []
  const name = shownName(view.schema, view.name)
  return {
    view,
    name,
    storage,
    facts,
    kept,
    columns: own.output.map((column) => column.name),
    notNull: hidden ? [] : neverNull(original ?? own),
    live: (original ?? own).canonical,
    compiled,
    building: () => emitStatements({ plan: compiled.plan, facts, storage: buildName(storage), kept, original }),
    hidden,
    sources: captured.map(({ relation, maintenance }) => ({
      relation,
      maintenance,
      read: relation.read === 'all' ? relation.columns.map((column) => column.name) : [...relation.read].sort(),
      logged: compiled.plan.logged.get(relationKey(relation.schema, relation.name)) ?? [],
    })),
    rowSecurity: view.storage === 'table' ? tableSecurity(original ?? facts) : [],
    upstream,
    settings: settingsOf(view),
    explanation: explain(name, view, compiled.plan, positions),
    definitionHash: hashOf(one, facts, kept, compiled),
  }
}

/** Where a place of what was compiled is in the text of a view. */
export function positionsIn(
  view: NormalisedView,
  finder: PlaceFinder,
  { facts, compiled }: Pick<ViewTarget, 'facts' | 'compiled'>,
  apart: boolean,
): (place: Place) => SourceRange | undefined {
  return (place) => {
    const range = finder.find(place, { facts, ast: compiled.plan.root.ast, apart })
    return range && inFileOf(view, range)
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

export function asSource(target: ViewTarget): MaintainedView {
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
  const native = view.storage === 'matview'
  return { native, schema: view.schema, name: view.name, storage, log, columns, key, indexes, reading, ...size }
}
