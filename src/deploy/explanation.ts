import type { Place } from '../compiler/places/place.js'
import type { ViewPlan } from '../compiler/plan/types.js'
import type { NormalisedView } from '../define/types.js'
import type { SourceRange } from '../protocol/errors.js'
import type { Explanation, Maintenance, SourceExplanation } from '../protocol/explanation.js'
import { shownName } from './names.js'

/** Finds where in the user's text something stands. */
export type Positions = (place: Place) => SourceRange | undefined

export function explain(name: string, view: NormalisedView, plan: ViewPlan, positions: Positions): Explanation {
  const at = (place: Place | undefined): { position?: SourceRange } => {
    const position = place && positions(place)
    return position === undefined ? {} : { position }
  }
  const native = view.storage === 'matview'
  const sources = plan.sources.map(({ relation, maintenance, why, whySlices, key }): SourceExplanation => {
    const table = shownName(relation.schema, relation.name)
    if (native) {
      const reason = 'It is kept as a native materialized view, which PostgreSQL can only recompute.'
      return { table, maintenance: 'full', code: 'native_matview', reason, hint: "Leave out `storage: 'matview'`." }
    }
    if (maintenance === 'full') {
      if (why === undefined) return { table, maintenance }
      const { code, reason, hint, place } = why
      return { table, maintenance, code, reason, hint, ...at(place) }
    }
    if (whySlices === undefined) return { table, maintenance, key }
    const { place, ...told } = whySlices
    return { table, maintenance, key, whyNotDelta: { ...told, ...at(place) } }
  })
  const incremental = !native && !plan.moves && sources.every((source) => source.maintenance !== 'full')
  const slices = plan.branches.map((branch) => ({ id: name, kind: 'slice' as const, key: branch.key }))
  const delta = plan.delta && { id: name, kind: 'delta' as const, key: plan.delta.groups.map(({ column }) => column) }
  const nodes = native ? [] : [...(delta === undefined ? [] : [delta]), ...slices]
  return {
    view: name,
    incremental,
    key: plan.key,
    nodes: nodes.length > 0 ? nodes : [{ id: name, kind: 'full', key: [] }],
    sources,
    advice: native ? [] : plan.advice.map(({ place, ...advice }) => ({ ...advice, ...at(place) })),
  }
}

/**
 * The explanation of a view that was taken apart: of each base table, the least that a piece or the whole makes of its
 * changes on their way to the view, and on the worst of the ways if there are several.
 */
export function explainPieces(
  whole: Explanation,
  pieces: readonly { readonly explanation: Explanation; readonly hasFewRows: boolean }[],
): Explanation {
  const byName = new Map(pieces.map(({ explanation }) => [explanation.view, explanation]))
  const few = new Set(pieces.flatMap(({ explanation, hasFewRows }) => (hasFewRows ? [explanation.view] : [])))
  const sources = new Map<string, SourceExplanation>()
  const note = (source: SourceExplanation): void => {
    const known = sources.get(source.table)
    if (known === undefined || rank(source) > rank(known)) sources.set(source.table, source)
  }
  const visit = ({ sources: own, view: node }: Explanation, above: SourceExplanation | undefined): void => {
    // To compute all of it again, of a few rows that are kept, is no more than to add to one of them.
    const overFew = own.every(({ table }) => few.has(table))
    for (const source of own) {
      if (overFew) {
        visit(byName.get(source.table) ?? whole, undefined)
        continue
      }
      const worse = above !== undefined && rank(above) > rank(source)
      const told = worse ? { ...above, table: source.table } : { ...source, node }
      const piece = byName.get(source.table)
      if (piece === undefined) note(told)
      else visit(piece, told)
    }
  }
  visit(whole, undefined)
  const nodes = [...pieces.flatMap(({ explanation }) => explanation.nodes), ...whole.nodes]
  const given = [...pieces.flatMap(({ explanation }) => explanation.advice), ...whole.advice]
  const advice = [...new Map(given.map((item) => [`${item.code} ${item.message}`, item])).values()]
  const all = [...sources.values()]
  const incremental = all.every(({ maintenance }) => maintenance !== 'full')
  return { ...whole, incremental, nodes, sources: all, advice }
}

/** Without what depends on how the text is laid out, and where its file is. */
export function withoutPositions(explanation: Explanation): Explanation {
  const strip = <Item extends { readonly position?: SourceRange }>({ position: _, ...rest }: Item) => rest
  const stripSource = ({ whyNotDelta, ...source }: SourceExplanation): SourceExplanation =>
    strip({ ...source, ...(whyNotDelta && { whyNotDelta: strip(whyNotDelta) }) })
  return { ...explanation, sources: explanation.sources.map(stripSource), advice: explanation.advice.map(strip) }
}

const ranks: Readonly<Record<Maintenance, number>> = { delta: 0, slice: 1, full: 2 }

function rank({ maintenance }: SourceExplanation): number {
  return ranks[maintenance]
}
