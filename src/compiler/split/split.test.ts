import { beforeAll, describe, expect, it } from 'vitest'
import type { RelationFacts } from '../facts.js'
import { loadParser } from '../parse/parse.js'
import { factsOf, table } from '../testFacts.js'
import { splitQuery } from './split.js'

const orders = table(
  'orders',
  'id! integer, customer_id! integer, priority text, at timestamp with time zone, amount numeric, weight double precision',
  { keys: [['id']], indexes: [['customer_id']], references: ['customer_id'] },
)
const customers = table('customers', 'id! integer, country text, name text, balance numeric', { keys: [['id']] })
const lines = table('lines', 'order_id! integer, no! integer, sku integer, price numeric', {
  keys: [['order_id', 'no']],
  indexes: [['sku']],
})
const events = table('events', 'kind text, at timestamp with time zone')

beforeAll(loadParser)

/** The pieces as text, the nodes before what is left. */
function piecesOf(canonical: string, output: string, relations: RelationFacts[]): string[] {
  const tried: string[] = []
  const named = (query: string): string => `n/${tried.includes(query) ? tried.indexOf(query) : tried.push(query) - 1}`
  const split = splitQuery(factsOf(canonical, output, relations), named)
  if (split === undefined) return []
  const pieces = [...split.nodes.map(({ name, key, query }) => `${name} (${key.join(', ')}): ${query}`), split.query]
  // Some that were tried are not among them.
  return pieces.map((text) =>
    split.nodes.reduce((sofar, { name }, place) => sofar.replaceAll(name, `v/${place}`), text),
  )
}

describe('nested queries that aggregate', () => {
  it('become nodes under an aggregate over them', () => {
    expect(
      piecesOf(
        `SELECT c_orders.n, count(*) AS customers FROM (SELECT c.id, count(o.id) AS n
           FROM (public.customers c LEFT JOIN public.orders o ON ((o.customer_id = c.id))) GROUP BY c.id) c_orders GROUP BY c_orders.n`,
        'n bigint, customers bigint',
        [orders, customers],
      ),
    ).toEqual([
      'v/0 (id): SELECT c.id AS id, count(o.id) AS n FROM public.customers AS c LEFT JOIN public.orders AS o ON o.customer_id = c.id GROUP BY c.id',
      'SELECT c_orders.n, count(*) AS customers FROM ( SELECT "v/0".id AS id, "v/0".n AS n FROM tidemark_data."v/0" AS "v/0" ) AS c_orders GROUP BY c_orders.n',
    ])
  })

  it('are one node where a WITH query is read twice, and give way to the greatest of them', () => {
    expect(
      piecesOf(
        `WITH totals AS (SELECT l.sku, sum(l.price) AS total FROM public.lines l GROUP BY l.sku)
         SELECT c.id, c.name, totals.total FROM public.customers c, totals
         WHERE ((c.id = totals.sku) AND (totals.total = (SELECT max(totals_1.total) AS max FROM totals totals_1)))`,
        'id integer, name text, total numeric',
        [lines, customers],
      ),
    ).toEqual([
      'v/0 (sku): SELECT l.sku AS sku, sum(l.price) AS total FROM public.lines AS l GROUP BY l.sku',
      'v/1 (): WITH totals AS (SELECT "v/0".sku AS sku, "v/0".total AS total FROM tidemark_data."v/0" AS "v/0") SELECT max(totals_1.total) AS value FROM totals AS totals_1',
      'WITH totals AS (SELECT "v/0".sku AS sku, "v/0".total AS total FROM tidemark_data."v/0" AS "v/0") SELECT c.id, c.name, totals.total FROM public.customers AS c, totals, tidemark_data."v/1" AS scalar WHERE c.id = totals.sku AND totals.total = scalar.value',
    ])
  })

  it('are split themselves where that is better', () => {
    const pieces = piecesOf(
      `SELECT t.most, count(*) AS n FROM (SELECT s.n, max(s.total) AS most FROM (SELECT o.customer_id, count(*) AS n,
         sum(o.amount) AS total FROM public.orders o GROUP BY o.customer_id) s GROUP BY s.n) t GROUP BY t.most`,
      'most numeric, n bigint',
      [orders],
    )
    expect(pieces.map((piece) => /^v\/\d \(.*?\)/.exec(piece)?.[0])).toEqual([
      'v/0 (customer_id)',
      'v/1 (n)',
      undefined,
    ])
  })

  it('are grouped where they say DISTINCT', () => {
    const [node] = piecesOf(
      'SELECT s.country, count(*) AS n FROM (SELECT DISTINCT c.country, c.name FROM public.customers c) s GROUP BY s.country',
      'country text, n bigint',
      [customers],
    )
    expect(node).toBe(
      'v/0 (country, name): SELECT c.country AS country, c.name AS name FROM public.customers AS c GROUP BY c.country, c.name',
    )
  })
})

describe('the rows under an aggregate', () => {
  it('become a node where a subquery filters them, with their key and what it is correlated by', () => {
    expect(
      piecesOf(
        `SELECT (sum(l.price) / 7.0) AS mean FROM public.lines l, public.orders o WHERE ((o.id = l.order_id)
           AND (l.price < ( SELECT (0.2 * avg(m.price)) FROM public.lines m WHERE (m.sku = l.sku))))`,
        'mean numeric',
        [orders, lines],
      ),
    ).toEqual([
      'v/0 (order_id, no): SELECT l.price AS price, l.order_id AS order_id, l.no AS no, l.sku AS sku FROM public.lines AS l, public.orders AS o WHERE o.id = l.order_id AND l.price < ((SELECT 0.2 * avg(m.price) FROM public.lines AS m WHERE m.sku = l.sku))',
      'SELECT sum(joined.price) / 7.0 AS mean FROM tidemark_data."v/0" AS joined',
    ])
  })

  it('are found inside a derived table, which then shows its key', () => {
    expect(
      piecesOf(
        `SELECT s.code, count(*) AS n, sum(s.balance) AS total FROM (SELECT upper(c.country) AS code, c.balance FROM public.customers c
           WHERE (NOT (EXISTS ( SELECT 1 FROM public.orders o WHERE (o.customer_id = c.id))))) s GROUP BY s.code`,
        'code text, n bigint, total numeric',
        [orders, customers],
      ),
    ).toEqual([
      'v/0 (id_0): SELECT s.code AS code, s.balance AS balance, s.id_0 AS id_0 FROM ( SELECT upper(c.country) AS code, c.balance, c.id AS id_0 FROM public.customers AS c WHERE NOT (EXISTS (SELECT 1 FROM public.orders AS o WHERE o.customer_id = c.id)) ) AS s',
      'SELECT joined.code AS code, count(*) AS n, sum(joined.balance) AS total FROM tidemark_data."v/0" AS joined GROUP BY joined.code',
    ])
  })

  it('do not compute what a FILTER keeps away', () => {
    const [node, root] = piecesOf(
      `SELECT count(*) FILTER (WHERE (o.amount > 1)) AS n, sum((1 / o.amount)) FILTER (WHERE (o.amount <> 0)) AS s
         FROM (public.customers c LEFT JOIN public.orders o ON ((o.customer_id = c.id)))`,
      'n bigint, s numeric',
      [orders, customers],
    )
    expect(node).toContain('o.amount > 1 AS x0, CASE WHEN o.amount <> 0 THEN 1 / o.amount END AS x1')
    expect(root).toContain('count(*) FILTER (WHERE joined.x0) AS n, sum(joined.x1) AS s')
  })

  it('stay where they are when they have no key', () => {
    const query = `SELECT count(*) AS n FROM public.events e WHERE (e.kind IN ( SELECT c.name FROM public.customers c))`
    expect(piecesOf(query, 'n bigint', [events, customers])).toEqual([])
  })
})

describe('subqueries that are the same for every row', () => {
  it('become a node of one row, even where PostgreSQL names columns without their table', () => {
    expect(
      piecesOf(
        'SELECT country, count(*) AS value FROM public.customers WHERE (balance > ( SELECT avg(o.amount) AS avg FROM public.orders o)) GROUP BY country',
        'country text, value bigint',
        [orders, customers],
      ),
    ).toEqual([
      'v/0 (): SELECT avg(o.amount) AS value_1 FROM public.orders AS o',
      'SELECT country, count(*) AS value FROM public.customers, tidemark_data."v/0" AS scalar WHERE balance > scalar.value_1 GROUP BY country',
    ])
  })

  it('are compared with the kept groups where they stand in HAVING', () => {
    expect(
      piecesOf(
        `SELECT o.customer_id, sum(o.amount) AS total FROM public.orders o GROUP BY o.customer_id
           HAVING (sum(o.amount) > ( SELECT (sum(p.amount) * 0.1) FROM public.orders p)) ORDER BY (sum(o.amount)) DESC`,
        'customer_id integer, total numeric',
        [orders],
      ),
    ).toEqual([
      'v/0 (customer_id): SELECT o.customer_id AS customer_id, sum(o.amount) AS a1 FROM public.orders AS o GROUP BY o.customer_id',
      'v/1 (): SELECT sum(p.amount) * 0.1 AS value FROM public.orders AS p',
      'SELECT grouped.customer_id AS customer_id, grouped.a1 AS total FROM ( SELECT "v/0".customer_id AS customer_id, "v/0".a1 AS a1 FROM tidemark_data."v/0" AS "v/0" ) AS grouped, tidemark_data."v/1" AS scalar WHERE grouped.a1 > scalar.value ORDER BY grouped.a1 DESC',
    ])
  })

  it('stay where they can have no row, or several', () => {
    const some = (scalar: string) =>
      piecesOf(`SELECT o.id FROM public.orders o WHERE (o.amount > ( ${scalar}))`, 'id integer', [orders, customers])
    expect(some('SELECT max(c.balance) AS max FROM public.customers c')).toHaveLength(2)
    expect(some('SELECT max(c.balance) AS max FROM public.customers c HAVING (count(*) > 2)')).toEqual([])
    expect(some('SELECT max(c.balance) AS max FROM public.customers c GROUP BY c.country')).toEqual([])
    expect(some('SELECT max(c.balance) AS max FROM public.customers c LIMIT 0')).toEqual([])
    expect(some('SELECT c.balance FROM public.customers c')).toEqual([])
  })

  it('stay where computing them could fail, were the query never to come to it', () => {
    const some = (condition: string) =>
      piecesOf(
        `SELECT o.id FROM public.orders o WHERE (o.amount > ( SELECT max(c.balance) AS max FROM public.customers c WHERE ${condition}))`,
        'id integer',
        [orders, customers],
      )
    expect(some("(SUBSTRING(c.name FROM 1 FOR 2) = 'ab'::text)")).toHaveLength(2)
    expect(some("(substr(c.name, 2) = 'ab'::text)")).toHaveLength(2)
    expect(some("(substr(c.name, 1, -1) = 'ab'::text)")).toEqual([])
    expect(some("(SUBSTRING(c.name FROM 1 FOR c.id) = 'ab'::text)")).toEqual([])
    expect(some("(SUBSTRING(c.name FROM c.country) = 'ab'::text)")).toEqual([])
    expect(some("(SUBSTRING(c.name FROM '('::text) = 'ab'::text)")).toEqual([])
  })
})

describe('what is left whole', () => {
  const grouped = 'FROM (public.customers c LEFT JOIN public.orders o ON ((o.customer_id = c.id)))'
  const perCustomer = 'SELECT o.customer_id, count(*) AS n FROM public.orders o'
  it.each([
    [
      'slices that an index finds',
      `SELECT s.customer_id, s.n FROM (${perCustomer} GROUP BY o.customer_id) s`,
      'customer_id integer, n bigint',
    ],
    ['deltas', 'SELECT o.priority, count(*) AS n FROM public.orders o GROUP BY o.priority', 'priority text, n bigint'],
    ['sums of floating-point numbers', `SELECT sum(o.weight) AS w ${grouped}`, 'w double precision'],
    [
      'all rows of a table, where slices can be cut',
      `SELECT c.country, count(o.id) AS n ${grouped} GROUP BY c.country`,
      'country text, n bigint',
    ],
    [
      'a clock that is not followed',
      `SELECT s.n, count(*) AS c FROM (${perCustomer} WHERE (o.at > clock_timestamp()) GROUP BY o.customer_id) s GROUP BY s.n`,
      'n bigint, c bigint',
    ],
    [
      'recursion',
      'WITH RECURSIVE t AS (SELECT o.id FROM public.orders o UNION ALL SELECT t_1.id FROM t t_1) SELECT count(*) AS n FROM t',
      'n bigint',
    ],
  ])('%s', (_, query, output) => {
    expect(piecesOf(query, output, [orders, customers])).toEqual([])
  })
})

describe('aggregates of DISTINCT values', () => {
  it('are over groups by the value too, from which the others are put together', () => {
    expect(
      piecesOf(
        `SELECT orders.priority, count(DISTINCT orders.customer_id) AS customers, count(*) AS n, sum(orders.id) AS s, avg(orders.amount) AS m
           FROM public.orders GROUP BY orders.priority`,
        'priority text, customers bigint, n bigint, s bigint, m numeric',
        [orders],
      ),
    ).toEqual([
      'v/0 (priority, customer_id): SELECT orders.priority AS priority, orders.customer_id AS customer_id, count(*) AS a2, sum(orders.id) AS a3, sum(orders.amount) AS a4, count(orders.amount) AS a5 FROM public.orders GROUP BY orders.priority, orders.customer_id',
      'SELECT each.priority AS priority, count(each.customer_id) AS customers, CAST(COALESCE(sum(each.a2), 0) AS bigint) AS n, CAST(sum(each.a3) AS bigint) AS s, sum(each.a4) / (NULLIF (sum(each.a5), 0)) AS m FROM ( SELECT "v/0".priority AS priority, "v/0".customer_id AS customer_id, "v/0".a2 AS a2, "v/0".a3 AS a3, "v/0".a4 AS a4, "v/0".a5 AS a5 FROM tidemark_data."v/0" AS "v/0" ) AS each GROUP BY each.priority',
    ])
  })

  it('of several values are counted side by side, where the keys of the groups cannot be NULL', () => {
    const over = 'count(DISTINCT orders.customer_id) AS customers, count(DISTINCT orders.priority) AS priorities'
    const pieces = piecesOf(`SELECT ${over} FROM public.orders`, 'customers bigint, priorities bigint', [orders])
    expect(pieces.map((text) => text.split(':')[0])).toEqual([
      'v/0 (customer_id)',
      'v/1 ()',
      'v/2 (priority)',
      'v/3 ()',
      expect.stringContaining('counted_1'),
    ])
    const byCountry = piecesOf(
      `SELECT customers.country, count(DISTINCT customers.name) AS n, count(DISTINCT customers.balance) AS b FROM public.customers GROUP BY customers.country`,
      'country text, n bigint, b bigint',
      [customers],
    )
    expect(byCountry).toEqual([])
  })

  it('stay as they are where each row has a value of its own, and where another aggregate needs all rows', () => {
    const own = 'SELECT orders.priority, count(DISTINCT orders.id) AS n FROM public.orders GROUP BY orders.priority'
    expect(piecesOf(own, 'priority text, n bigint', [orders])).toEqual([])
    const floating =
      'SELECT orders.priority, count(DISTINCT orders.customer_id) AS n, sum(orders.weight) AS w FROM public.orders GROUP BY orders.priority'
    expect(piecesOf(floating, 'priority text, n bigint, w double precision', [orders])).toEqual([])
  })
})
