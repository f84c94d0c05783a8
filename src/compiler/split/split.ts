import { findKey } from '../analyze/viewKey.js'
import type { QueryFacts } from '../facts.js'
import { buildQuery } from '../ir/build.js'
import { parseSelect } from '../parse/parse.js'
import { standingReason } from '../plan/plan.js'
import { splitBlocks } from './blocks.js'
import { distinctInside } from './distinct.js'
import { type Draft, withQuery } from './draft.js'
import { groupsInside } from './having.js'
import { inlineViews } from './inlineViews.js'
import { type Quality, qualityOf } from './quality.js'
import { splitRows } from './rows.js'
import { splitScalars } from './scalars.js'

/** A query in pieces, each of which can be maintained better than the whole. */
export interface Split {
  /**
   * In order: each may read those before it, by its name in schema `tidemark_data`. `key`: columns that tell its rows
   * apart; none where there is always exactly one row.
   */
  readonly nodes: readonly { readonly name: string; readonly query: string; readonly key: readonly string[] }[]
  /** The view's query over the nodes: of the same columns, and for all data of the same rows. */
  readonly query: string
}

/**
 * Splits a query, if each of its pieces can be maintained better than the whole. One that can be by deltas, or by slices
 * that an index finds, is left as it is; and where it can be cut into slices at all, no node is made that would hold
 * about as many rows as a table.
 */
export function splitQuery(facts: QueryFacts, nodeName: (query: string) => string): Split | undefined {
  if (!facts.faithful || standingReason(facts, buildQuery(facts)) !== undefined || isRecursive(facts)) return undefined
  const { nodes, facts: left } = divide({ facts, nodes: [], nodeName, divide, asIs: 0, hidden: false })
  if (nodes.length === 0) return undefined
  return { nodes: nodes.map(({ name, query, key }) => ({ name, query, key })), query: left.canonical }
}

function divide(draft: Draft): Draft {
  const asIs = qualityOf(draft.facts, draft.hidden)
  if (asIs === 3) return draft
  const inlined = withQuery({ ...draft, asIs }, inlineViews(draft.facts))
  const written = [inlined, distinctInside(inlined)].filter((way) => way !== undefined)
  const candidates = written.flatMap((way) => {
    const apart = splitScalars(splitBlocks(groupsInside(way)))
    const rows = splitRows(apart)
    return rows === undefined ? [apart] : [apart, rows]
  })
  const judged = candidates.map((candidate) => ({ candidate, quality: qualityOfAll(candidate, draft) }))
  const best = judged.reduce((one, other) => (other.quality > one.quality ? other : one))
  return best.quality > asIs && keepsKey(draft, best.candidate) ? { ...best.candidate, asIs: draft.asIs } : draft
}

/** That of the worst piece. */
function qualityOfAll({ facts, nodes, hidden }: Draft, before: Draft): Quality {
  const added = nodes.slice(before.nodes.length).map(({ quality }) => quality)
  return Math.min(qualityOf(facts, hidden), ...added) as Quality
}

/** A key that the query's own structure shows must still be seen. */
function keepsKey(before: Draft, after: Draft): boolean {
  return findKey(buildQuery(before.facts)) === undefined || findKey(buildQuery(after.facts)) !== undefined
}

/** A WITH RECURSIVE is one thing: nothing of it can be taken apart. */
function isRecursive({ canonical, relations }: QueryFacts): boolean {
  const definitions = [...relations.values()].flatMap(({ definition }) => definition ?? [])
  return [canonical, ...definitions].some((text) => {
    return JSON.stringify(parseSelect(text)).includes('"recursive":true')
  })
}
