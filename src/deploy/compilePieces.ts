import { isPiece, type QueryFacts, relationKey } from '../compiler/facts.js'
import { PlaceFinder } from '../compiler/places/find.js'
import { hasFewRows } from '../compiler/split/size.js'
import { type Split, splitQuery } from '../compiler/split/split.js'
import type { NormalisedView } from '../define/types.js'
import type { FactsGatherer } from '../engine/facts/gather.js'
import { TidemarkError } from '../protocol/errors.js'
import { asSource, compileOne, type OneView, positionsIn } from './compileOne.js'
import { explain, explainPieces } from './explanation.js'
import { pieceName, shownName, storageName } from './names.js'
import type { ViewTarget } from './target.js'

export interface InPieces {
  readonly target: ViewTarget
  /** The hidden ones that it was taken apart into, where that is for the better. */
  readonly pieces: readonly ViewTarget[]
  /** Those, or the ones that were compiled and are not for the better. */
  readonly tried: readonly ViewTarget[]
}

/** A view, taken apart where that is for the better. */
export async function compileInPieces(
  gatherer: FactsGatherer,
  known: KnownPieces,
  view: NormalisedView,
  upstream: readonly NormalisedView[],
): Promise<InPieces> {
  const own = await gatherer.gather(view.query, view.timeZone)
  refuseTemporary(own)
  const storage = storageName(view.schema, view.name)
  const one = { view, finder: new PlaceFinder(view.query), upstream, own, storage }
  const split = view.storage === 'table' ? splitQuery(own, (query) => pieceName(query, view.timeZone)) : undefined
  // The types of what pieces compute are known only when they are read: they can be refused, or turn out no better.
  const inPieces = split && (await gatherer.attempt(() => compileSplit(gatherer, known, one, split)))
  if (inPieces?.target.explanation.incremental || (inPieces && recomputesPiecesAlone(inPieces))) return inPieces
  const whole = await compileOne(gatherer, one)
  if (inPieces !== undefined && wholeTables(inPieces.target) < wholeTables(whole)) return inPieces
  return { target: whole, pieces: [], tried: inPieces?.tried ?? [] }
}

function wholeTables({ explanation }: ViewTarget): number {
  return explanation.sources.filter(({ maintenance }) => maintenance === 'full').length
}

/** Pieces by name: one that several views need is kept once. */
export type KnownPieces = Map<string, ViewTarget>

async function compileSplit(
  gatherer: FactsGatherer,
  known: KnownPieces,
  { view, finder, upstream, own: original, storage }: OneView,
  split: Split,
): Promise<InPieces> {
  const pieces: ViewTarget[] = []
  const above = (): NormalisedView[] => [...upstream, ...pieces.map((target) => target.view)]
  for (const { name, query, key } of split.nodes) {
    const own = await gatherer.gather(query, view.timeZone)
    const shared = known.get(name)
    if (shared !== undefined) {
      const positions = positionsIn(view, finder, shared, true)
      pieces.push({ ...shared, explanation: explain(shared.name, shared.view, shared.compiled.plan, positions) })
      continue
    }
    const read = above().filter(({ schema, name: upper }) => own.relations.has(relationKey(schema, upper)))
    const piece = { ...view, ...pieceSettings, schema: 'tidemark_data', name, query, key }
    const target = await compileOne(gatherer, { view: piece, finder, upstream: read, own, storage: name, hidden: true })
    pieces.push(target)
    gatherer.add(asSource(target))
  }
  const own = await gatherer.gather(split.query, view.timeZone)
  const last = await compileOne(gatherer, { view, finder, upstream: above(), own, storage, original })
  const explanation = explainPieces(last.explanation, withFewRows(pieces))
  return { target: { ...last, explanation }, pieces, tried: pieces }
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
function recomputesPiecesAlone({ target, pieces }: InPieces): boolean {
  return [...pieces, target].every(({ compiled }) =>
    compiled.plan.sources.every(({ maintenance, relation }) => maintenance !== 'full' || isPiece(relation)),
  )
}

/** A piece is refreshed with the views that need it alone, and theirs are the settings that count. */
const pieceSettings = {
  indexes: [],
  description: null,
  freshnessMs: null,
  schedule: null,
  onChange: null,
  reconcile: null,
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
