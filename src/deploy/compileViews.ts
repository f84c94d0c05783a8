import { loadParser } from '../compiler/parse/parse.js'
import type { NormalisedView } from '../define/types.js'
import type { Connection } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'
import { FactsGatherer } from '../engine/facts/gather.js'
import { TidemarkError } from '../protocol/errors.js'
import { asSource } from './compileOne.js'
import { compileInPieces, type KnownPieces } from './compilePieces.js'
import { logName, shownName } from './names.js'
import { aboutView, orderViews } from './order.js'
import { readProblems } from './readConditions.js'
import type { ViewTarget } from './target.js'

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
  const known: KnownPieces = new Map()
  for (const { view, upstream } of ordered) {
    const cause = upstream.map((other) => missing.get(other)).find((name) => name !== undefined)
    if (cause !== undefined) {
      missing.set(view, cause)
      waiting.push({ view: nameOf(view), for: cause })
      continue
    }
    const compiled = await gatherer
      .tryOut(() => compileInPieces(gatherer, known, view, upstream))
      .catch((error: unknown) => {
        throw aboutView(view, databaseError(error))
      })
    if (compiled instanceof TidemarkError) {
      missing.set(view, nameOf(view))
      problems.push(aboutView(view, compiled))
      continue
    }
    const { target, pieces, tried } = compiled
    for (const piece of tried) known.set(piece.storage, piece)
    targets.push(...pieces.filter((piece) => !targets.some(({ storage }) => storage === piece.storage)), target)
    gatherer.add(asSource(target))
    problems.push(...(await readProblems(gatherer, view)))
  }
  const place = new Map(views.map((view, index) => [nameOf(view), index]))
  const inOrder = problems.sort((one, other) => (place.get(one.view ?? '') ?? 0) - (place.get(other.view ?? '') ?? 0))
  return { targets, problems: inOrder, waiting }
}

function nameOf({ schema, name }: NormalisedView): string {
  return shownName(schema, name)
}
