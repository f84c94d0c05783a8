import { parseSelect } from '../compiler/parse/parse.js'
import type { NormalisedView } from '../define/types.js'
import { scanNames } from '../engine/facts/tokens.js'
import { TidemarkError } from '../protocol/errors.js'
import { shownName } from './names.js'
import { inFileOf } from './userText.js'

/** A view and those of the configured views that it reads. */
export interface OrderedView {
  readonly view: NormalisedView
  readonly upstream: readonly NormalisedView[]
}

/**
 * Views in an order in which each comes after those that it reads. Those whose query cannot be read are left out, and
 * told as problems: QUERY_INVALID, QUERY_NOT_SELECT, CONFIG_INVALID (dependsOn names no view).
 * @throws TidemarkError DEPENDENCY_CYCLE.
 */
export function orderViews(views: readonly NormalisedView[]): { ordered: OrderedView[]; problems: TidemarkError[] } {
  const reads = new Map<NormalisedView, NormalisedView[]>()
  const problems: TidemarkError[] = []
  for (const view of views) {
    try {
      reads.set(view, upstreamOf(view, views))
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error
      problems.push(aboutView(view, error))
    }
  }
  const ordered: OrderedView[] = []
  const done = new Set<NormalisedView>()
  const visit = (view: NormalisedView, path: readonly NormalisedView[]): void => {
    if (done.has(view)) return
    if (path.includes(view)) throw cycle([...path.slice(path.indexOf(view)), view])
    const upstream = reads.get(view) ?? []
    for (const next of upstream) if (reads.has(next)) visit(next, [...path, view])
    done.add(view)
    ordered.push({ view, upstream })
  }
  for (const view of reads.keys()) visit(view, [])
  return { ordered, problems }
}

function upstreamOf(view: NormalisedView, views: readonly NormalisedView[]): NormalisedView[] {
  parseSelect(view.query)
  const places = scanNames(view.query)
  const named = views.filter((other) =>
    places.some(
      (place) =>
        place.name === other.name && (place.schema === other.schema || (place.schema === undefined && other !== view)),
    ),
  )
  for (const wanted of view.dependsOn) {
    const other = views.find((candidate) => candidate.name === wanted.name && candidate.schema === wanted.schema)
    if (other === undefined) {
      throw new TidemarkError(
        'CONFIG_INVALID',
        `${shownName(view.schema, view.name)}: dependsOn names "${shownName(wanted.schema, wanted.name)}", which is not a configured view.`,
        {
          hint: 'Remove it, or add that view. Views that the query itself names need not be listed.',
          view: shownName(view.schema, view.name),
        },
      )
    }
    if (!named.includes(other)) named.push(other)
  }
  return named
}

function cycle(path: readonly NormalisedView[]): TidemarkError {
  const way = path.map((view) => shownName(view.schema, view.name)).join(' → ')
  return new TidemarkError('DEPENDENCY_CYCLE', `These views read each other in a circle: ${way}.`, {
    hint: 'Let one of them read the tables instead of the view.',
  })
}

/** The error with the view and the file that it is about. */
export function aboutView(view: NormalisedView, error: TidemarkError): TidemarkError {
  const name = shownName(view.schema, view.name)
  const position = error.position && inFileOf(view, error.position)
  const place = position === undefined ? '' : ` (${position.file ?? 'query'}:${position.line}:${position.column})`
  return new TidemarkError(error.code, error.view === undefined ? `${name}${place}: ${error.message}` : error.message, {
    view: name,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(position === undefined ? {} : { position }),
    cause: error.cause,
  })
}
