import { beforeAll, describe, expect, it } from 'vitest'
import { compileView } from './compile.js'
import type { RelationFacts } from './facts.js'
import { loadParser } from './parse/parse.js'
import { factsOf, table } from './testFacts.js'

const orders = table('orders', 'id! integer, customer_id integer, product! integer, amount numeric', {
  keys: [['id']],
  indexes: [['customer_id'], ['product']],
})
const customers = table('customers', 'id! integer, country text, parent integer', { keys: [['id']] })
const lines = table('lines', 'order_id! integer, no! integer, sku! integer, price numeric', {
  keys: [['order_id', 'no']],
})
const limits = table('limits', 'id! integer, least numeric', { keys: [['id']] })

function plan(query: string, output: string, relations: RelationFacts[], key?: string[]) {
  return compileView({ facts: factsOf(query, output, relations), key, timeZone: 'UTC', storage: 'v' })
}

/** Of each table: the key its changes go to, or why it has none. */
function maintained(query: string, output: string, relations: RelationFacts[], key?: string[]) {
  const { sources } = plan(query, output, relations, key).plan
  return Object.fromEntries(sources.map(({ relation, why, key: found }) => [relation.name, why?.code ?? found]))
}

const byCountry = (where: string): string =>
  `SELECT c.country, count(*) AS n FROM public.customers c WHERE ${where} GROUP BY c.country`
const countries = 'country text, n bigint'
const each = (value: string): string => `SELECT c.id, ${value} AS x FROM public.customers c`
const one = 'id integer, x numeric'

beforeAll(loadParser)

describe('a subquery is followed through what it is correlated by', () => {
  it.each([
    ['EXISTS', 'EXISTS (SELECT 1 FROM public.orders o WHERE (o.customer_id = c.id))'],
    ['NOT EXISTS', 'NOT (EXISTS (SELECT 1 FROM public.orders o WHERE ((o.customer_id = c.id) AND (o.amount > 1))))'],
    ['EXISTS under OR', '(c.parent IS NULL) OR (EXISTS (SELECT 1 FROM public.orders o WHERE (c.id = o.customer_id)))'],
    ['IN', 'c.id IN (SELECT o.customer_id FROM public.orders o)'],
    ['IN groups', 'c.id IN (SELECT o.customer_id FROM public.orders o GROUP BY o.customer_id HAVING (count(*) > 2))'],
    ['IN two columns', '(c.id, c.parent) IN (SELECT o.customer_id, o.product FROM public.orders o)'],
    ['NOT IN without NULLs', 'NOT (c.id IN (SELECT o.product FROM public.orders o))'],
    ['<> ALL without NULLs', 'c.id <> ALL (SELECT o.product FROM public.orders o)'],
    ['a scalar', '(SELECT sum(o.amount) AS sum FROM public.orders o WHERE (o.customer_id = c.id)) > 10'],
  ])('%s', (_, where) => {
    expect(maintained(byCountry(`(${where})`), countries, [customers, orders])).toEqual({
      customers: ['country'],
      orders: ['country'],
    })
  })

  it('from the changed rows alone where the outer column is the key', () => {
    const query = each('(SELECT max(o.amount) AS max FROM public.orders o WHERE (o.customer_id = c.id))')
    const { plan: found, statements } = plan(query, one, [customers, orders])
    expect(found.sources.map(({ key }) => key)).toEqual([['id'], ['id']])
    expect(found.logged.get('public.orders')).toEqual(['customer_id'])
    expect(statements.count).not.toContain('LATERAL')
  })

  it('through a subquery in it: the lines that a part of which the order is asked for', () => {
    const query = byCountry(
      '(c.id IN (SELECT o.customer_id FROM public.orders o WHERE (o.amount < ( SELECT sum(l.price) AS sum FROM public.lines l WHERE ((l.order_id = o.id) AND (l.sku = o.product))))))',
    )
    expect(maintained(query, countries, [customers, orders, lines])).toEqual({
      customers: ['country'],
      orders: ['country'],
      lines: ['country'],
    })
  })

  it('past a query in between that has no equality of its own', () => {
    const query = each(
      '(SELECT count(*) AS count FROM public.orders o WHERE (EXISTS (SELECT 1 FROM public.lines l WHERE ((l.sku = c.id) AND (l.order_id < o.id)))))',
    )
    expect(maintained(query, one, [customers, orders, lines])).toMatchObject({ lines: ['id'], orders: 'subquery' })
  })

  it('LATERAL, with a LIMIT', () => {
    const query =
      'SELECT c.id, t.amount AS x FROM (public.customers c LEFT JOIN LATERAL ( SELECT o.amount FROM public.orders o WHERE (o.customer_id = c.id) ORDER BY o.amount DESC LIMIT 1) t ON (true))'
    expect(maintained(query, one, [customers, orders], ['id'])).toEqual({ customers: ['id'], orders: ['id'] })
  })

  it('every place at which one table is read has to be', () => {
    const exists = 'EXISTS (SELECT 1 FROM public.customers c_1 WHERE (c_1.parent = c.id))'
    expect(maintained(byCountry(exists), countries, [customers])).toEqual({ customers: ['country'] })
    const average = 'c.id > ( SELECT avg(c_1.id) AS avg FROM public.customers c_1)'
    expect(maintained(byCountry(`(${average})`), countries, [customers])).toEqual({
      customers: 'uncorrelated_subquery',
    })
  })

  it('and is never the way from another table to the key', () => {
    const query =
      'SELECT c.country, count(*) AS n FROM public.customers c, public.limits l WHERE (EXISTS (SELECT 1 FROM public.orders o WHERE ((o.customer_id = c.id) AND (o.id = l.id)))) GROUP BY c.country'
    expect(maintained(query, countries, [customers, orders, limits])).toEqual({
      customers: ['country'],
      limits: 'key_not_derivable',
      orders: ['country'],
    })
  })
})

describe('advice', () => {
  const adviceFor = (where: string) =>
    plan(`SELECT c.id, c.country AS x FROM public.customers c WHERE ${where}`, 'id integer, x text', [
      customers,
      orders,
      lines,
    ]).plan.advice

  it('names the index that a subquery lacks', () => {
    expect(adviceFor('(EXISTS ( SELECT 1 FROM public.lines l WHERE (l.sku = c.id)))')).toMatchObject([
      {
        code: 'missing_index',
        message:
          'public.lines (about 1,000,000 rows, 95 MB) is scanned by a subquery for the rows of every slice that is refreshed: it has no index that starts with sku.',
        sql: 'CREATE INDEX CONCURRENTLY ON "public"."lines" ("sku")',
      },
    ])
    expect(adviceFor('(c.id IN ( SELECT l.sku FROM public.lines l))')).toHaveLength(1)
  })

  it('and none that it has, or that would not serve it', () => {
    expect(adviceFor('(EXISTS ( SELECT 1 FROM public.orders o WHERE (o.customer_id = c.id)))')).toEqual([])
    expect(adviceFor('(NOT (c.id IN ( SELECT l.sku FROM public.lines l)))')).toEqual([])
  })
})

describe('a subquery that tells no key leaves the other tables theirs', () => {
  it.each([
    ['uncorrelated_subquery', '(c.id > ( SELECT max(o.amount) AS max FROM public.orders o))'],
    ['uncorrelated_subquery', '(EXISTS ( SELECT 1 FROM public.orders o WHERE (o.amount > 5)))'],
    ['subquery', '(EXISTS ( SELECT 1 FROM public.orders o WHERE (o.amount > c.id)))'],
    ['subquery', '(EXISTS ( SELECT 1 FROM public.orders o WHERE (o.customer_id = (c.id + 1))))'],
    ['subquery', '(EXISTS ( SELECT 1 FROM public.orders o WHERE ((o.customer_id = c.id) OR (o.amount > 5))))'],
    ['nullable_comparison', '(NOT (c.id IN ( SELECT o.customer_id FROM public.orders o)))'],
    ['nullable_comparison', '(NOT (c.parent IN ( SELECT o.product FROM public.orders o)))'],
    ['nullable_comparison', '(c.parent <> ALL ( SELECT o.product FROM public.orders o))'],
    ['nullable_comparison', '((c.id = 1) OR (c.id IN ( SELECT o.customer_id FROM public.orders o)))'],
    ['subquery', '(c.id IN ( SELECT o.customer_id FROM public.orders o ORDER BY o.amount LIMIT 3))'],
    ['subquery', '(c.id IN ( SELECT max(o.customer_id) AS max FROM public.orders o GROUP BY o.product))'],
  ])('%s: %s', (code, where) => {
    expect(maintained(byCountry(where), countries, [customers, orders])).toEqual({
      customers: ['country'],
      orders: code,
    })
  })

  it('within a nested query that others are joined to as well', () => {
    const query =
      'SELECT o.product, count(*) AS n FROM (public.orders o JOIN ( SELECT c.id, c.country FROM public.customers c WHERE (c.id > ( SELECT min(l.least) AS min FROM public.limits l))) s ON ((s.id = o.customer_id))) GROUP BY o.product'
    expect(maintained(query, 'product integer, n bigint', [orders, customers, limits])).toEqual({
      orders: ['product'],
      customers: ['product'],
      limits: 'uncorrelated_subquery',
    })
  })

  it('where an outer join can fill what is compared with NULL', () => {
    const query =
      'SELECT c.id, o.id AS x FROM (public.customers c LEFT JOIN public.orders o ON ((o.customer_id = c.id))) WHERE (NOT (o.id IN ( SELECT l.sku FROM public.lines l)))'
    expect(maintained(query, 'id integer, x integer', [customers, orders, lines])).toMatchObject({
      lines: 'nullable_comparison',
    })
  })
})
