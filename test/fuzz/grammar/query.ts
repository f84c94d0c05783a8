import type { Emphasis } from '../emphasis.js'
import { setOperation, withClause } from './compound.js'
import { flatGroups, usualFlat } from './flat.js'
import type { Grammar, Query, Scope } from './grammar.js'
import { grouped } from './grouped.js'
import { limited } from './limited.js'
import { linkedRows } from './linked.js'
import { distinctRows, plainSelect } from './plain.js'
import { recursive } from './recursive.js'

/** A query of whatever kind, over the relations of the grammar and the columns around it. */
export function query(g: Grammar, outer: Scope | undefined, depth: number): Query {
  const roll = g.random.next()
  if (depth > 0 && roll < 0.07 && g.may(0.9)) {
    const made = g.random.chance(0.2) ? recursive(g, outer, depth) : undefined
    return made ?? withClause(g, outer, depth)
  }
  if (depth > 0 && roll < 0.15 && g.may(0.9)) return setOperation(g, outer, depth)
  if (roll < 0.22 && g.may(0.9)) return limited(g, outer, depth)
  if (roll < 0.27) return distinctRows(g, outer, depth)
  if (roll < 0.64) return grouped(g, outer, depth, false)
  return plainSelect(g, outer, depth)
}

/** The query of a view: what comes out of it need not be fit for anything else. */
export function viewQuery(g: Grammar, emphasis?: Emphasis): Query {
  const own = emphasis !== undefined && g.random.chance(emphasis.own) ? emphasised(g, emphasis) : undefined
  return own ?? anyQuery(g)
}

function anyQuery(g: Grammar): Query {
  const roll = g.random.next()
  if (roll < 0.25) return flatGroups(g)
  return roll < 0.45 ? grouped(g, undefined, 2, true) : query(g, undefined, 2)
}

const many = { places: [2, 3, 4, 5, 5, 6], linked: 0.85, asking: 0.25, clocked: 0.05 }

/** What a case of this emphasis is about. */
function emphasised(g: Grammar, { name }: Emphasis): Query | undefined {
  if (name === 'lookups') return linkedRows(g, 0.03)
  if (name === 'places') return flatGroups(g, many)
  if (name === 'clock')
    return g.random.chance(0.7) ? linkedRows(g, 0.95) : flatGroups(g, { ...usualFlat, clocked: 0.95 })
  return name === 'parts' ? linkedRows(g, 0.03) : undefined
}
