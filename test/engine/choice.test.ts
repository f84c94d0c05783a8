import { beforeAll, beforeEach, expect, test } from 'vitest'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import { view } from '../../src/define/view.js'
import { applyDeployment } from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()

beforeAll(async () => {
  await db.query(`CREATE TABLE makers (id integer PRIMARY KEY, active boolean NOT NULL);
    CREATE TABLE parts (id integer PRIMARY KEY, maker integer NOT NULL REFERENCES makers, kind text NOT NULL, price integer);
    INSERT INTO makers SELECT n, n % 2 = 0 FROM generate_series(1, 10) n;
    INSERT INTO parts SELECT n, 1 + n % 10, CASE WHEN n % 4 < 2 THEN 'wheel' ELSE 'frame' END, n FROM generate_series(1, 2000) n;
    ANALYZE`)
  const query = `SELECT p.id, p.price FROM parts p JOIN makers m ON m.id = p.maker WHERE p.kind = 'wheel' AND m.active`
  await applyDeployment(db.pool, normaliseConfig({ views: [view('wheels', { query, freshness: 1 })] }).views)
})

beforeEach(async () => {
  await refreshView(db.pool, 'wheels')
})

async function measured(values: string): Promise<void> {
  await db.query(`UPDATE tidemark.state SET ${values}`)
}

async function refreshed() {
  const result = await refreshView(db.pool, 'wheels')
  expect(await verifyView(db.pool, 'wheels')).toMatchObject({ missing: 0, unexpected: 0 })
  return result
}

test('what a slice costs is measured before many are touched', async () => {
  await measured('slice_ms = NULL, full_ms = 1000, batch_ms = NULL, touched_rate = NULL')
  await db.query('UPDATE parts SET id = id + 10000 WHERE id <= 40')
  expect(await refreshed()).toMatchObject({ mode: 'incremental' })
  const [state] = await db.rows<{ slice_ms: number | null }>('SELECT slice_ms FROM tidemark.state')
  expect(state?.slice_ms).toBeGreaterThan(0)
})

test('slices that are few are not counted first', async () => {
  await measured('slice_ms = 1, full_ms = 5, batch_ms = 1e9, touched_rate = 0.01, count_ms = NULL')
  await db.query("UPDATE parts SET price = price + 1, kind = 'frame' WHERE id IN (101, 105)")
  expect(await refreshed()).toMatchObject({ mode: 'incremental', slices: 2 })
  expect(await db.rows('SELECT count_ms FROM tidemark.state')).toEqual([{ count_ms: null }])
})

test('more slices than were reckoned with are left to another statement', async () => {
  await measured('slice_ms = 1, full_ms = 5, batch_ms = 1e9, touched_rate = 0.0001')
  await db.query('UPDATE parts SET price = price + 1, id = id + 20000 WHERE id BETWEEN 200 AND 300')
  expect(await refreshed()).toMatchObject({ mode: 'full' })
  await measured('slice_ms = 1, full_ms = 50, batch_ms = 4, touched_rate = 0.0001')
  await db.query('UPDATE parts SET price = price + 1, id = id + 20000 WHERE id BETWEEN 400 AND 500')
  const result = await refreshed()
  expect(result.mode).toBe('incremental')
  expect(result.slices).toBeGreaterThan(4)
})

test('as many rows as touched too many slices before are not counted again', async () => {
  const state = () => db.rows('SELECT full_pending::integer, count_ms IS NOT NULL AS counted FROM tidemark.state')
  await measured('slice_ms = 1, full_ms = 5, batch_ms = 1e9, touched_rate = NULL, count_ms = NULL, full_pending = NULL')
  await db.query('UPDATE parts SET price = price + 1, id = id + 20000 WHERE id BETWEEN 600 AND 649')
  expect(await refreshed()).toMatchObject({ mode: 'full' })
  expect(await state()).toEqual([{ full_pending: 100, counted: true }])
  await measured('slice_ms = 1, full_ms = 5, count_ms = NULL, full_pending = 100')
  await db.query('UPDATE parts SET price = price + 1, id = id + 20000 WHERE id BETWEEN 700 AND 749')
  expect(await refreshed()).toMatchObject({ mode: 'full' })
  expect(await state()).toMatchObject([{ counted: false }])
  await measured('slice_ms = 1, full_ms = 5, count_ms = NULL, full_pending = 100')
  await db.query("UPDATE parts SET price = price + 1, kind = 'frame' WHERE id IN (801, 805)")
  expect(await refreshed()).toMatchObject({ mode: 'incremental', slices: 2 })
  expect(await state()).toEqual([{ full_pending: 100, counted: true }])
})

test.each([
  ["UPDATE parts SET id = id + 30000 WHERE kind = 'frame' AND id < 700", 'its own condition'],
  ['UPDATE parts SET id = id + 40000 WHERE maker = 1 AND id < 700', 'that of its parent'],
])('%s touches no slice for %s', async (change) => {
  await measured('slice_ms = 0.000001, full_ms = 1e9, batch_ms = 1e9, touched_rate = NULL')
  await db.query(change)
  expect(await refreshed()).toMatchObject({ mode: 'incremental', slices: 0, inserted: 0, updated: 0, deleted: 0 })
})
