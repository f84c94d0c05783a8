/** What explain advises is tried: whoever does what it says has an incremental view, and the index that was missing. */
import { beforeEach, describe, expect, test } from 'vitest'
import { type Explanation, explainViews } from '../../src/deploy/index.js'
import { useTestDatabase } from '../kit/index.js'
import { configured, reset } from './support.js'

const db = await useTestDatabase()

beforeEach(async () => {
  await reset(db)
  await db.query(`
    CREATE TABLE customers (id int PRIMARY KEY, region text);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int, status text, total numeric, weight float8);
    CREATE FUNCTION doubled(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT 2 * $1';
    INSERT INTO orders SELECT n, n % 100, 's', n, n FROM generate_series(1, 9000) n;
    ANALYZE orders`)
})

async function explain(query: string, key: readonly string[]): Promise<Explanation> {
  const [explanation] = await explainViews(db.pool, configured({ mv: { query, key: [...key] } }))
  if (explanation === undefined) throw new Error('there is no explanation')
  return explanation
}

/** The first source that is not followed: its hint's first piece of SQL, and the query around what that is about. */
async function advised(query: string, key: readonly string[]) {
  const { sources } = await explain(query, key)
  const { hint = '', position, code } = sources.find(({ maintenance }) => maintenance === 'full') ?? {}
  const [, sql = ''] = /`([^`]+)`/.exec(hint) ?? []
  const replacedBy = (text: string): string =>
    `${query.slice(0, position?.start)}${text}${query.slice(position?.end ?? query.length)}`
  return { code, hint, sql, replacedBy }
}

describe('in the place that it points at', () => {
  test.each([
    ['NOT IN', 'SELECT c.id FROM customers c WHERE c.id <> ALL (SELECT o.customer_id FROM orders o WHERE o.total > 5)'],
    ['NOT IN without aliases', "SELECT id FROM customers WHERE id IN (SELECT customer_id FROM orders) OR region = 'x'"],
    ['IN as a value', 'SELECT id, region IN (SELECT status FROM orders) AS known FROM customers'],
    ['a sum of floating-point numbers', 'SELECT sum(weight * 2) AS id, count(*) FROM orders'],
  ])('%s', async (_, query) => {
    const { sql, replacedBy } = await advised(query, ['id'])
    expect((await explain(replacedBy(sql), ['id'])).incremental).toBe(true)
  })

  test('ROLLUP', async () => {
    const query = 'SELECT status, customer_id, sum(total) AS s FROM orders GROUP BY ROLLUP (status, customer_id)'
    const { sql, replacedBy } = await advised(query, ['status', 'customer_id'])
    // PostgreSQL 15 writes columns back with their table.
    expect(sql.replaceAll('orders.', '')).toBe('GROUP BY status, ROLLUP (customer_id)')
    const mended = await explain(replacedBy(sql.replace('GROUP BY ', '')), ['status', 'customer_id'])
    expect(mended.incremental).toBe(true)
  })

  test('what is grouped by, or partitioned by, and not returned', async () => {
    for (const query of [
      'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS id FROM orders GROUP BY customer_id',
      'SELECT rank() OVER (PARTITION BY customer_id ORDER BY total) AS id FROM orders',
    ]) {
      const { sql } = await advised(query, ['id'])
      expect(sql.replaceAll('orders.', '')).toBe('SELECT customer_id, …')
      expect((await explain(query.replace('SELECT', sql.replace('…', '')), ['id'])).incremental).toBe(true)
    }
  })
})

describe('of the tables', () => {
  test('a column that is declared NOT NULL', async () => {
    const query = 'SELECT c.id FROM customers c WHERE c.id NOT IN (SELECT o.customer_id FROM orders o)'
    expect((await advised(query, ['id'])).hint).toContain('declare `orders.customer_id` NOT NULL')
    await db.query('ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL')
    expect((await explain(query, ['id'])).incremental).toBe(true)
  })

  test('a function that is declared IMMUTABLE', async () => {
    const query = 'SELECT id, doubled(total) AS twice FROM orders'
    const { code, sql } = await advised(query, ['id'])
    expect([code, sql]).toEqual(['volatile_function', 'ALTER FUNCTION public.doubled IMMUTABLE'])
    await db.query(sql)
    expect((await explain(query, ['id'])).incremental).toBe(true)
  })

  test.each([
    [
      'of a group',
      'SELECT customer_id AS id, percentile_cont(0.5) WITHIN GROUP (ORDER BY total) FROM orders GROUP BY 1',
    ],
    [
      'of a subquery',
      'SELECT c.id FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.total > 1)',
    ],
    ['of a join', 'SELECT c.id, o.id AS o FROM customers c JOIN orders o ON o.customer_id = c.id'],
  ])('the index that is missing, %s', async (_, query) => {
    const key = query.includes('AS o ') ? ['id', 'o'] : ['id']
    const given = (await explain(query, key)).advice.flatMap(({ sql }) => sql ?? [])
    expect(given).toEqual(['CREATE INDEX CONCURRENTLY ON "public"."orders" ("customer_id")'])
    for (const sql of given) await db.query(sql)
    expect((await explain(query, key)).advice).toEqual([])
  })
})
