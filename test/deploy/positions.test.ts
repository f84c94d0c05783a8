/** Where explanations point in the text that the user wrote, which is not the text that is compiled. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Explanation } from '../../src/deploy/index.js'
import { explainViews } from '../../src/deploy/index.js'
import { useTestDatabase } from '../kit/index.js'
import { configured } from './support.js'

const db = await useTestDatabase()

beforeAll(async () => {
  await db.query(`
    CREATE TABLE customers (id int PRIMARY KEY, name text, region text);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, status text, total numeric, weight float8, created_at timestamptz);
    CREATE VIEW recent AS SELECT id, customer_id, now() AS at FROM orders;
    CREATE VIEW ranked AS SELECT id, rank() OVER (ORDER BY total) AS place FROM orders;
    CREATE VIEW through AS SELECT * FROM recent;
    INSERT INTO customers SELECT n FROM generate_series(0, 99) n;
    INSERT INTO orders SELECT n, n % 100, 's', n, n, now() FROM generate_series(1, 9000) n;
    ANALYZE orders;`)
})

async function explain(query: string): Promise<Explanation> {
  const client = await db.connect()
  await client.query(`CREATE TEMPORARY VIEW probe AS ${query}`)
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'pg_temp.probe'::regclass AND attnum > 0`,
  )
  await client.end()
  const [explanation] = await explainViews(db.pool, configured({ mv: { query, key: rows.map(({ name }) => name) } }))
  if (explanation === undefined) throw new Error('there is no explanation')
  return explanation
}

/** What each reason and each piece of advice underlines. */
async function pointedAt(query: string): Promise<string[]> {
  const { sources, advice } = await explain(query)
  return [...sources.filter(({ maintenance }) => maintenance === 'full'), ...advice].map(({ code, position }) =>
    position === undefined ? `${code}` : `${code}: ${query.slice(position.start, position.end)}`,
  )
}

/** A query with what is to be underlined between these: ⟦ and ⟧. */
function marked(text: string): { query: string; piece: string } {
  const [, piece = ''] = /⟦(.*)⟧/s.exec(text) ?? []
  return { query: text.replace(/[⟦⟧]/g, ''), piece }
}

describe('points at', () => {
  test.each([
    ['clock', `SELECT id, ⟦now()⟧ - created_at AS age FROM orders`],
    ['clock', `SELECT id, ⟦CURRENT_TIMESTAMP⟧ AS at FROM orders`],
    [
      'clock',
      `SELECT o.* FROM orders o WHERE o.created_at BETWEEN ⟦clock_timestamp()⟧ - interval '1 day' AND o.created_at`,
    ],
    [
      'clock',
      `WITH x AS (SELECT 1), late AS (SELECT * FROM orders WHERE created_at > ⟦pg_catalog.statement_timestamp( )⟧) SELECT id FROM late`,
    ],
    ['clock', `SELECT id, status FROM orders UNION ALL (SELECT id, (SELECT (⟦now()⟧)::text) FROM customers)`],
    ['clock', `SELECT id, place FROM ranked WHERE (1, 2) IN (SELECT 1, 2 FROM ⟦through t⟧)`],
    ['window_over_everything', `SELECT *, 'ä😀' AS "ü", ⟦rank() OVER (ORDER BY id)⟧ AS r FROM orders o`],
    [
      'window_over_everything',
      `SELECT id, rank() OVER (PARTITION BY id), ⟦sum(total) FILTER (WHERE id > 1) OVER ()⟧ FROM orders`,
    ],
    ['window_over_everything', `SELECT id, ⟦rank() OVER w⟧ FROM orders WINDOW w AS (ORDER BY id)`],
    [
      'window_over_everything',
      `SELECT id, rank() OVER (PARTITION BY id), ⟦rank() OVER (PARTITION BY status)⟧ AS x FROM orders`,
    ],
    ['window_over_everything', `SELECT v.id, v.place AS p FROM ⟦ranked AS v⟧`],
    [
      'aggregate_over_everything',
      `SELECT count(*) AS n, ⟦percentile_cont(0.5) WITHIN GROUP (ORDER BY total)⟧ FROM orders`,
    ],
    ['aggregate_over_everything', `SELECT count(*) AS n, ⟦sum((weight))⟧ AS s FROM orders`],
    ['grouping_sets', `SELECT status, count(*) FROM orders GROUP BY ⟦ROLLUP (1)⟧`],
    [
      'limit',
      `SELECT o.id FROM orders o JOIN (SELECT customer_id AS c FROM orders ORDER BY total ⟦LIMIT 5⟧) t ON t.c = o.id`,
    ],
    ['limit', `SELECT id FROM (SELECT id FROM orders ORDER BY total ⟦OFFSET 2 FETCH FIRST 3 ROWS ONLY⟧) t`],
    [
      'subquery',
      `SELECT o.id FROM orders o WHERE ⟦EXISTS (SELECT FROM orders p WHERE p.total > o.total)⟧ AND o.id > (1)`,
    ],
    [
      'nullable_comparison',
      `SELECT c.id FROM customers c WHERE NOT ⟦(c.id, 's') IN (SELECT o.customer_id, o.status FROM orders o)⟧`,
    ],
    [
      'lateral_subquery',
      `SELECT c.id, n FROM customers c, ⟦LATERAL (SELECT count(*) AS n FROM orders o WHERE o.id > c.id) AS l (n)⟧`,
    ],
    [
      'key_not_derivable',
      `SELECT o.id, percentile_cont(0.5) WITHIN GROUP (ORDER BY p.total) AS m, 'é' FROM orders o JOIN ⟦orders AS p⟧ ON p.total < o.total GROUP BY o.id`,
    ],
    [
      'recursive',
      `WITH RECURSIVE ⟦r (id) AS (SELECT id FROM orders UNION ALL SELECT o.id + 1 FROM orders o JOIN r USING (id))⟧ SELECT id FROM r`,
    ],
    ['unresolved', `SELECT id FROM ⟦orders TABLESAMPLE system (10)⟧`],
    ['uncaptured_relation', `SELECT c.oid::int AS oid FROM ⟦pg_class c⟧`],
    [
      'no_slice_key',
      `SELECT count(*) FILTER (WHERE id > 1) AS n FROM orders ⟦GROUP BY status, (customer_id)⟧ HAVING avg(weight) > 1`,
    ],
  ])('%s in %j', async (code, text) => {
    const { query, piece } = marked(text)
    expect(await pointedAt(query)).toContain(`${code}: ${piece}`)
  })

  test('what advice is about', async () => {
    const query = `SELECT customer_id,\n  string_agg(status, ',') AS s, date_trunc('day', created_at) AS d\nFROM orders GROUP BY 1, 3\nORDER BY 1 DESC NULLS LAST`
    expect(await pointedAt(query)).toEqual([
      'missing_index: orders',
      `implicit_time_zone: date_trunc('day', created_at)`,
      `order_dependent: string_agg(status, ',')`,
      'order_ignored: ORDER BY 1 DESC NULLS LAST',
    ])
  })

  test('lines and columns as editors count them', async () => {
    const { sources } = await explain(`-- größer 😀\r\nSELECT id, '😀',\n\tnow() AS "ü"\nFROM orders`)
    expect(sources[0]?.position).toMatchObject({ line: 3, column: 2, endLine: 3, endColumn: 7 })
  })
})

test('points nowhere where it is not sure', async () => {
  // The call is in both views and in the query; which of them moves the result first is not told by its name.
  const query = `SELECT r.id, x.at FROM recent r JOIN (SELECT id, at FROM recent) x USING (id)`
  for (const place of await pointedAt(query)) expect(place).toMatch(/^clock: recent/)
})
