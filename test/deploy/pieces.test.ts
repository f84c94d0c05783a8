import { beforeEach, expect, test } from 'vitest'
import { dropDeployment, explainViews } from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import { readStatus } from '../../src/engine/status.js'
import { useTestDatabase } from '../kit/index.js'
import { apply, applyTwice, configured, expectFresh, plan, reset } from './support.js'

const db = await useTestDatabase()

const perCount = (condition = 'true') =>
  `SELECT n, count(*) AS customers FROM (SELECT c.id, count(o.id) AS n FROM customers c
     LEFT JOIN orders o ON o.customer_id = c.id AND ${condition} GROUP BY c.id) per GROUP BY n`

const pieces = () =>
  db.rows<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'tidemark_data'::regnamespace AND relkind = 'r'",
  )

beforeEach(async () => {
  await reset(db)
  await db.query(`CREATE TABLE customers (id int PRIMARY KEY, country text);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, total numeric);
    CREATE INDEX ON orders (customer_id);
    INSERT INTO customers SELECT i, 'c' || i % 3 FROM generate_series(1, 50) i;
    INSERT INTO orders SELECT i, 1 + i % 40, i FROM generate_series(1, 200) i`)
})

test('a view in pieces is one view to everybody', async () => {
  await applyTwice(db, { spread: perCount() })
  const [explained] = await explainViews(db.pool, configured({ spread: perCount() }))
  expect(explained).toMatchObject({ incremental: true, nodes: [{ kind: 'slice' }, { kind: 'delta' }] })
  expect((await readStatus(db.pool)).map(({ view }) => view)).toEqual(['spread'])
  expect(await pieces()).toHaveLength(2)
  await db.query('INSERT INTO orders VALUES (1001, 45, 1); DELETE FROM orders WHERE id < 10')
  expect(await readStatus(db.pool)).toMatchObject([{ view: 'spread', pendingChanges: 10 }])
  expect(await expectFresh(db, 'spread')).toBe('incremental')
  expect(await readStatus(db.pool)).toMatchObject([{ view: 'spread', pendingChanges: 0, stalenessSeconds: 0 }])
  expect(await expectFresh(db, 'spread')).toBe('noop')
})

test('a changed view has other pieces, and the old ones go', async () => {
  await apply(db, { spread: perCount() })
  const before = await pieces()
  const changes = await plan(db, { spread: perCount('o.total > 50') })
  // Nothing is said of its pieces.
  expect(changes.filter(({ action }) => action !== 'capture table')).toEqual([
    { action: 'rebuild view', object: 'spread' },
  ])
  await applyTwice(db, { spread: perCount('o.total > 50') })
  await expectFresh(db, 'spread')
  const after = await pieces()
  expect(after).toHaveLength(2)
  expect(after).not.toEqual(before)
})

test('a view that is dropped takes its pieces with it', async () => {
  await apply(db, { spread: perCount(), other: 'SELECT country, count(*) AS n FROM customers GROUP BY country' })
  await applyTwice(db, { other: 'SELECT country, count(*) AS n FROM customers GROUP BY country' })
  expect(await pieces()).toEqual([{ name: 'other' }])
})

test('a table altered under a piece puts the view into error, and apply mends it', async () => {
  await apply(db, { spread: perCount('o.total > 50') })
  await db.query('ALTER TABLE orders RENAME COLUMN total TO amount')
  await db.query('INSERT INTO orders VALUES (1001, 45, 100)')
  expect(await refreshView(db.pool, 'spread')).toMatchObject({ mode: 'failed', error: { code: 'SOURCE_CHANGED' } })
  expect(await readStatus(db.pool)).toMatchObject([
    { view: 'spread', state: 'error', lastError: { code: 'SOURCE_CHANGED' } },
  ])
  await db.query('ALTER TABLE orders RENAME COLUMN amount TO total')
  expect(await expectFresh(db, 'spread')).toBe('incremental')
  expect(await readStatus(db.pool)).toMatchObject([{ view: 'spread', state: 'ready', lastError: null }])
})

test('what cannot be kept in pieces is kept whole', async () => {
  const roots = `SELECT root, count(*) AS n FROM (SELECT c.country, round(sum(sqrt(o.id))) AS root FROM customers c
    JOIN orders o ON o.customer_id = c.id GROUP BY c.country) q GROUP BY root`
  await applyTwice(db, { roots })
  await db.query('UPDATE orders SET id = id + 1000 WHERE id < 20')
  await expectFresh(db, 'roots')
})

test('a piece that two views need is kept once, for as long as one of them does', async () => {
  const busiest = `SELECT max(n) AS most FROM (SELECT c.id, count(o.id) AS n FROM customers c
     LEFT JOIN orders o ON o.customer_id = c.id AND true GROUP BY c.id) per`
  await applyTwice(db, { spread: perCount(), busiest })
  expect(await pieces()).toHaveLength(3)
  await db.query(
    'INSERT INTO orders SELECT i, 45, 1 FROM generate_series(1001, 1020) i; DELETE FROM orders WHERE id < 10',
  )
  // What one of them brought up to date is pending for the other all the same.
  expect(await expectFresh(db, 'spread')).toBe('incremental')
  expect((await readStatus(db.pool)).find(({ view }) => view === 'busiest')).not.toMatchObject({ pendingChanges: 0 })
  expect(await expectFresh(db, 'busiest')).toMatch(/incremental|full/)
  expect(await db.rows('SELECT * FROM busiest')).toEqual([{ most: '20' }])
  await dropDeployment(db.pool, { views: ['spread'] })
  expect(await pieces()).toHaveLength(2)
  await db.query('DELETE FROM orders WHERE id > 1000')
  expect(await expectFresh(db, 'busiest')).toMatch(/incremental|full/)
  await applyTwice(db, { spread: perCount(), busiest })
  expect(await pieces()).toHaveLength(3)
  await applyTwice(db, { spread: perCount() })
  expect(await pieces()).toHaveLength(2)
  await db.query('DELETE FROM orders WHERE id > 150')
  expect(await expectFresh(db, 'spread')).toBe('incremental')
  await applyTwice(db, {})
  expect(await pieces()).toEqual([])
})
