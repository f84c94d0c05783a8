import { beforeAll, describe, expect, it } from 'vitest'
import { compileView } from '../compile.js'
import type { RelationFacts } from '../facts.js'
import { loadParser } from '../parse/parse.js'
import { factsOf, table } from '../testFacts.js'

const lines = table('lines', 'order_id! integer, no! integer, seller integer, late boolean, price numeric', {
  keys: [['order_id', 'no']],
  indexes: [['seller']],
})
const orders = table('orders', 'id! integer, state text', { keys: [['id']] })

beforeAll(loadParser)

/** How many ways lead to the keys, by the table that they start at. */
function ways(query: string, output: string, relations: RelationFacts[]): string[] {
  const { branches } = compileView({
    facts: factsOf(query, output, relations),
    key: undefined,
    timeZone: 'UTC',
    storage: 'v',
  }).plan
  return branches.flatMap(({ paths }) =>
    paths.map(({ changed }) => (changed.kind === 'table' ? changed.relation.name : 'a subquery')),
  )
}

const others = (condition: string): string =>
  `(SELECT 1 FROM public.lines m WHERE ((m.order_id = l.order_id) AND (m.no <> l.no)${condition}))`

describe('ways to keys that others find as well', () => {
  const waiting = (where: string): string =>
    `SELECT l.order_id, count(*) AS n FROM public.lines l, public.orders o WHERE ((o.id = l.order_id) AND (o.state = 'F'::text) AND (l.price > 1) AND ${where}) GROUP BY l.order_id`
  const output = 'order_id integer, n bigint'

  it('are left out, of the same table read twice and three times', () => {
    const twice = waiting(`(EXISTS ${others('')})`)
    expect(ways(twice, output, [lines, orders])).toEqual(['a subquery', 'orders'])
    const thrice = waiting(`(EXISTS ${others('')}) AND (NOT (EXISTS ${others(' AND m.late')}))`)
    expect(ways(thrice, output, [lines, orders])).toEqual(['a subquery', 'orders'])
  })

  it('stay where the subquery looks at some rows only', () => {
    const some = waiting(`(NOT (EXISTS ${others(' AND m.late')}))`)
    expect(ways(some, output, [lines, orders])).toEqual(['lines', 'a subquery', 'orders'])
  })

  it('stay where the column may be NULL, by which nothing is joined', () => {
    const bySeller = (from: string, where: string): string =>
      `SELECT l.seller, count(*) AS n FROM public.lines l${from} WHERE (${where}
         AND (EXISTS (SELECT 1 FROM public.lines m WHERE ((m.seller = l.seller) AND (m.no <> l.no))))) GROUP BY l.seller`
    const joined = bySeller(', public.orders o', "(o.id = l.order_id) AND (o.state = 'F'::text)")
    expect(ways(joined, 'seller integer, n bigint', [lines, orders])).toEqual(['lines', 'a subquery', 'orders'])
    // Where it is the key itself, a NULL is as good as any.
    expect(ways(bySeller('', '(l.price > 1)'), 'seller integer, n bigint', [lines])).toEqual(['a subquery'])
  })
})
