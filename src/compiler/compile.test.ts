import { beforeAll, describe, expect, it } from 'vitest'
import type { TidemarkError } from '../protocol/errors.js'
import { compileView } from './compile.js'
import type { RelationFacts } from './facts.js'
import { loadParser } from './parse/parse.js'
import { factsOf, table } from './testFacts.js'

const orders = table(
  'orders',
  'id! integer, customer_id! integer, at! timestamp with time zone, amount numeric, tags jsonb',
  {
    keys: [['id']],
    indexes: [['customer_id']],
  },
)
const customers = table('customers', 'id! integer, country text, name text', { keys: [['id']] })
const lines = table('lines', 'order_id! integer, no! integer, sku text, price numeric', { keys: [['order_id', 'no']] })

function compile(query: string, output: string, relations: RelationFacts[], key?: string[]) {
  return compileView({ facts: factsOf(query, output, relations), key, timeZone: 'UTC', storage: 'v' })
}

/** The query that finds the touched keys, out of the statement that counts them. */
function keysOf(statement: string | null): string {
  return /SELECT DISTINCT .* tidemark_touched/.exec(statement ?? '')?.[0] ?? ''
}

beforeAll(loadParser)

describe('slices by a column of the changed table', () => {
  it('takes the group key from the log alone, and pushes it into the query', () => {
    const { plan, statements } = compile(
      'SELECT o.customer_id, count(*) AS n FROM public.orders o GROUP BY o.customer_id',
      'customer_id integer, n bigint',
      [orders],
    )
    expect(plan.key).toEqual(['customer_id'])
    expect(plan.keyProved).toBe(true)
    expect(plan.sources.map(({ maintenance, key }) => [maintenance, key])).toEqual([['slice', ['customer_id']]])
    expect(plan.logged.get('public.orders')).toEqual(['customer_id'])
    expect(keysOf(statements.count)).toBe(
      'SELECT DISTINCT "k0" FROM (SELECT i0.customer_id AS "k0" FROM (SELECT "customer_id" AS "customer_id" FROM "tidemark_delta_0") AS "i0") tidemark_touched',
    )
    expect(statements.slices).toContain('WHERE q."customer_id" = "tidemark_key"."k0" OFFSET 0')
  })

  it('follows an equality to the table that changed', () => {
    const { plan, statements } = compile(
      'SELECT c.id, sum(o.amount) AS total FROM (public.customers c JOIN public.orders o ON ((o.customer_id = c.id))) GROUP BY c.id',
      'id integer, total numeric',
      [customers, orders],
    )
    expect(plan.sources.map(({ maintenance }) => maintenance)).toEqual(['slice', 'slice'])
    expect(keysOf(statements.count)).not.toContain('LATERAL')
    expect(plan.logged.get('public.orders')).toEqual(['customer_id'])
  })

  it('adds the range that a bucket implies, so that an index on the time can serve', () => {
    const { statements } = compile(
      "SELECT date_trunc('day'::text, o.at) AS day, count(*) AS n FROM public.orders o GROUP BY (date_trunc('day'::text, o.at))",
      'day timestamp with time zone, n bigint',
      [orders],
    )
    expect(statements.slices).toContain("o.at >= tidemark_key.k0 AND o.at <= (tidemark_key.k0 + '1 day'::interval)")
  })
})

describe('slices by a column of another table', () => {
  it('joins the changed rows to it, as it is and as it was', () => {
    const { plan, statements } = compile(
      'SELECT c.country, count(*) AS n FROM (public.orders o JOIN public.customers c ON ((c.id = o.customer_id))) GROUP BY c.country',
      'country text, n bigint',
      [customers, orders],
    )
    expect(plan.logged.get('public.customers')).toEqual(['country', 'id'])
    const keys = keysOf(statements.count)
    expect(keys).toMatch(/CROSS JOIN LATERAL \(SELECT [^()]* FROM "public"."customers" AS n WHERE "n"."id" = "p"."t\d"/)
    expect(keys).toMatch(/UNION ALL SELECT [^()]* JOIN \(SELECT [^()]* FROM "tidemark_delta_1" AS n\)/)
  })

  it('counts the group of rows without a match, when an outer join can leave them one', () => {
    const { statements } = compile(
      'SELECT c.country, count(*) AS n FROM (public.orders o LEFT JOIN public.customers c ON ((c.id = o.customer_id))) GROUP BY c.country',
      'country text, n bigint',
      [customers, orders],
    )
    expect(keysOf(statements.count)).toContain('SELECT NULL::text AS "k0"')
    expect(statements.slices).toContain('WHERE q."country" IS NULL OFFSET 0')
  })

  it('finds the slices of a line through its order', () => {
    const { plan } = compile(
      'SELECT o.customer_id, sum(l.price) AS total FROM (public.lines l JOIN public.orders o ON ((o.id = l.order_id))) GROUP BY o.customer_id',
      'customer_id integer, total numeric',
      [orders, lines],
    )
    expect(plan.sources.every(({ maintenance }) => maintenance === 'slice')).toBe(true)
    expect(plan.logged.get('public.lines')).toEqual(['order_id'])
  })
})

describe('what the slice key can be', () => {
  it('is what all windows partition by', () => {
    const { plan } = compile(
      `SELECT o.customer_id, date_trunc('day'::text, o.at) AS day, sum(o.amount) AS total,
         lag(sum(o.amount)) OVER (PARTITION BY o.customer_id ORDER BY (date_trunc('day'::text, o.at))) AS before
       FROM public.orders o GROUP BY o.customer_id, (date_trunc('day'::text, o.at))`,
      'customer_id integer, day timestamp with time zone, total numeric, before numeric',
      [orders],
    )
    expect(plan.key).toEqual(['customer_id', 'day'])
    expect(plan.branches.map((branch) => branch.key)).toEqual([['customer_id']])
  })

  it('leaves out columns that only a function in FROM makes', () => {
    const { plan } = compile(
      'SELECT o.customer_id, e.key, count(*) AS n FROM public.orders o, LATERAL jsonb_each(o.tags) e(key, value) GROUP BY o.customer_id, e.key',
      'customer_id integer, key text, n bigint',
      [orders],
    )
    expect(plan.branches.map((branch) => branch.key)).toEqual([['customer_id']])
    expect(plan.logged.get('public.orders')).toEqual(['customer_id'])
  })

  it('uses such a column when there is no other', () => {
    const { plan, statements } = compile(
      'SELECT e.key, count(*) AS n FROM public.orders o, LATERAL jsonb_each(o.tags) e(key, value) GROUP BY e.key',
      'key text, n bigint',
      [orders],
    )
    expect(plan.branches.map((branch) => branch.key)).toEqual([['key']])
    expect(keysOf(statements.count)).toMatch(/CROSS JOIN LATERAL jsonb_each\(p\.t\d\) AS i1\s?\(key, value\)/)
  })

  it('is what all grouping sets group by, written into the query since nothing is pushed through them', () => {
    const { plan, statements } = compile(
      'SELECT o.customer_id, o.id, count(*) AS n FROM public.orders o GROUP BY GROUPING SETS ((o.id, o.customer_id), (o.customer_id))',
      'customer_id integer, id integer, n bigint',
      [orders],
      ['customer_id', 'id'],
    )
    expect(plan.branches.map((branch) => branch.key)).toEqual([['customer_id']])
    expect(statements.slices).toContain('WHERE o.customer_id = tidemark_key.k0 GROUP BY GROUPING SETS')
  })

  it('goes through WITH queries', () => {
    const { plan } = compile(
      `WITH firsts AS (SELECT o.customer_id, max(o.at) AS at FROM public.orders o GROUP BY o.customer_id)
       SELECT f.customer_id, f.at, c.name FROM (firsts f JOIN public.customers c ON ((c.id = f.customer_id)))`,
      'customer_id integer, at timestamp with time zone, name text',
      [orders, customers],
    )
    expect(plan.key).toEqual(['customer_id'])
    expect(plan.sources.map(({ maintenance }) => maintenance)).toEqual(['slice', 'slice'])
  })
})

describe('what is recomputed whole, and why', () => {
  const codeOf = (query: string, output: string, relations: RelationFacts[], key?: string[]): (string | undefined)[] =>
    compile(query, output, relations, key).plan.sources.map((source) => source.why?.code)

  it.each([
    ['aggregate_over_everything', 'SELECT count(*) AS n FROM public.orders o', 'n bigint', undefined],
    ['limit', 'SELECT o.id FROM public.orders o ORDER BY o.at LIMIT 5', 'id integer', undefined],
    ['clock', 'SELECT o.id, (now() - o.at) AS age FROM public.orders o', 'id integer, age interval', undefined],
    ['clock', 'SELECT o.id FROM public.orders o WHERE (o.at > clock_timestamp())', 'id integer', undefined],
    [
      'volatile_function',
      'SELECT o.id, random() AS r FROM public.orders o',
      'id integer, r double precision',
      undefined,
    ],
    [
      'opaque_function',
      'SELECT o.id, public.secret(o.id) AS r FROM public.orders o',
      'id integer, r integer',
      undefined,
    ],
    [
      'window_over_everything',
      'SELECT o.id, sum(o.amount) OVER (ORDER BY o.at) AS running FROM public.orders o',
      'id integer, running numeric',
      undefined,
    ],
    [
      'grouping_sets',
      'SELECT o.customer_id, count(*) AS n FROM public.orders o GROUP BY ROLLUP(o.customer_id)',
      'customer_id integer, n bigint',
      ['customer_id'],
    ],
  ] as const)('%s: %s', (code, query, output, key) => {
    expect(codeOf(query, output, [orders], key === undefined ? undefined : [...key])).toEqual([code])
  })

  it('says it of the one table in a subquery, and keeps the other incremental', () => {
    const { plan } = compile(
      'SELECT o.customer_id, count(*) AS n FROM public.orders o WHERE (o.amount > (SELECT avg(l.price) AS avg FROM public.lines l)) GROUP BY o.customer_id',
      'customer_id integer, n bigint',
      [orders, lines],
    )
    expect(plan.sources.map(({ relation, maintenance, why }) => [relation.name, maintenance, why?.code])).toEqual([
      ['orders', 'slice', undefined],
      ['lines', 'full', 'uncorrelated_subquery'],
    ])
  })
})

describe('the key', () => {
  const refusal = (run: () => unknown): string | undefined => {
    try {
      run()
      return undefined
    } catch (error) {
      return (error as TidemarkError).code
    }
  }

  it('is that of the join, less what the others determine', () => {
    const { plan } = compile(
      'SELECT l.order_id, l.no, o.at FROM (public.lines l JOIN public.orders o ON ((o.id = l.order_id)))',
      'order_id integer, no integer, at timestamp with time zone',
      [orders, lines],
    )
    expect(plan.key).toEqual(['order_id', 'no'])
  })

  it('must be given where the rows have none', () => {
    const query = 'SELECT o.customer_id, o.amount FROM public.orders o'
    expect(refusal(() => compile(query, 'customer_id integer, amount numeric', [orders]))).toBe('KEY_MISSING')
    expect(refusal(() => compile(query, 'customer_id integer, amount numeric', [orders], ['id']))).toBe('KEY_INVALID')
  })
})

describe('advice', () => {
  it('names the index that slices would need, and what is scanned without it', () => {
    const { plan } = compile(
      'SELECT l.sku, sum(l.price) AS total FROM public.lines l GROUP BY l.sku',
      'sku text, total numeric',
      [lines],
    )
    expect(plan.advice).toMatchObject([
      {
        code: 'missing_index',
        message:
          'public.lines (about 1,000,000 rows, 95 MB) is scanned for every slice that is refreshed: it has no index that starts with sku.',
        sql: 'CREATE INDEX CONCURRENTLY ON "public"."lines" ("sku")',
      },
    ])
  })

  it('warns of buckets without a time zone and of aggregates without an order', () => {
    const { plan } = compile(
      "SELECT date_trunc('day'::text, o.at) AS day, array_agg(o.id) AS ids FROM public.orders o GROUP BY (date_trunc('day'::text, o.at))",
      'day timestamp with time zone, ids integer[]',
      [{ ...orders, rows: 10 }],
    )
    expect(plan.advice.map((advice) => advice.code)).toEqual(['implicit_time_zone', 'order_dependent'])
  })
})
