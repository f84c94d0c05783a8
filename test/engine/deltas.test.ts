import { beforeAll, expect, test } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { verifyView } from '../../src/engine/verify.js'
import { apply } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
const totals = 'SELECT kind, count(*) AS n, sum(v) AS v, avg(v) AS mean, max(v) AS high FROM t GROUP BY kind'

const views = {
  totals: { query: totals },
  top: { query: 'SELECT kind, sum(v) AS v FROM t GROUP BY kind ORDER BY sum(v) DESC, kind LIMIT 2' },
  busy: { query: 'SELECT kind, count(*) AS n FROM t GROUP BY kind HAVING count(*) > 50' },
  of_top: { query: 'SELECT count(*) AS rows, sum(v) AS v FROM top' },
}

const refresh = "SELECT mode FROM tidemark.refresh('totals')"

async function expectRight(name = 'totals'): Promise<void> {
  expect(await verifyView(db.pool, name)).toMatchObject({ missing: 0, unexpected: 0 })
}

/** Makes deltas look cheap and everything else dear, so that so small a view is not simply recomputed. */
async function preferDeltas(): Promise<void> {
  await db.query('UPDATE tidemark.state SET delta_ms = 0, full_ms = 1e9')
}

beforeAll(async () => {
  await db.query(`CREATE TABLE t (id int PRIMARY KEY, kind text, v numeric);
    INSERT INTO t SELECT i, 'k' || i % 5, i % 17 FROM generate_series(1, 500) i`)
  await apply(db, views)
})

test('a change is added, and only its group is written', async () => {
  await preferDeltas()
  await db.query(
    "INSERT INTO t VALUES (1001, 'k1', 100); UPDATE t SET v = v + 1 WHERE id = 1; DELETE FROM t WHERE id = 6",
  )
  expect(await refreshView(db.pool, 'totals')).toMatchObject({ mode: 'incremental', slices: 1, updated: 1 })
  await expectRight()
})

test('the greatest value that goes is looked for again', async () => {
  await preferDeltas()
  await db.query('DELETE FROM t WHERE id = 1001')
  expect(await refreshView(db.pool, 'totals')).toMatchObject({ mode: 'incremental', updated: 1 })
  await expectRight()
})

test('a sum that was not a number is a number again', async () => {
  for (const value of ["'NaN'", "'Infinity'", '3']) {
    await preferDeltas()
    await db.query(`UPDATE t SET v = ${value} WHERE id = 7`)
    expect(await refreshView(db.pool, 'totals')).toMatchObject({ mode: 'incremental' })
    await expectRight()
  }
})

for (const level of ['READ COMMITTED', 'REPEATABLE READ']) {
  test(`who writes and refreshes in one transaction counts nothing twice, under ${level}`, async () => {
    const client = await db.connect()
    for (const end of ['COMMIT', 'ROLLBACK']) {
      await preferDeltas()
      await client.query(`BEGIN ISOLATION LEVEL ${level}`)
      await client.query("INSERT INTO t VALUES (2001, 'k2', 5)")
      await client.query(refresh)
      await client.query("INSERT INTO t VALUES (2002, 'k2', 6); UPDATE t SET v = 7 WHERE id = 2001")
      await client.query(refresh)
      await client.query('DELETE FROM t WHERE id = 2002')
      await client.query(end)
      await db.query("INSERT INTO t VALUES (2003, 'k2', 8)")
      await preferDeltas()
      await refreshView(db.pool, 'totals')
      await expectRight()
      await db.query('DELETE FROM t WHERE id > 2000')
    }
  })
}

test('readers see the view’s own columns, in its order, within its limit', async () => {
  await db.query('UPDATE t SET v = 1000 WHERE id = 3; UPDATE t SET v = 900 WHERE id = 4')
  for (const name of ['top', 'busy', 'of_top']) await refreshView(db.pool, name)
  expect(await db.rows('SELECT * FROM top')).toEqual(
    await db.rows('SELECT kind, sum(v) AS v FROM t GROUP BY kind ORDER BY sum(v) DESC, kind LIMIT 2'),
  )
  expect(Object.keys((await db.rows('SELECT * FROM busy'))[0] ?? {})).toEqual(['kind', 'n'])
  await db.query("DELETE FROM t WHERE kind = 'k4' AND id > 200")
  await refreshView(db.pool, 'busy')
  expect(await db.rows("SELECT * FROM busy WHERE kind = 'k4'")).toEqual([])
  for (const name of ['top', 'busy', 'of_top']) await expectRight(name)
})

test('a view over a limited one reads what its readers see', async () => {
  await db.query("INSERT INTO t VALUES (3001, 'new', 5000)")
  await refreshView(db.pool, 'of_top')
  expect(await db.rows('SELECT v::int AS v FROM of_top')).toEqual(await db.rows('SELECT sum(v)::int AS v FROM top'))
  await expectRight('of_top')
})

test('a table that changes while the statement is put together is not passed over', async () => {
  await db.query(
    'CREATE TABLE kinds (kind text PRIMARY KEY, weight int); INSERT INTO kinds SELECT DISTINCT kind, 1 FROM t',
  )
  await apply(db, {
    ...views,
    weighed: { query: 'SELECT k.weight, sum(t.v) AS v FROM t JOIN kinds k ON k.kind = t.kind GROUP BY k.weight' },
  })
  await db.query('UPDATE t SET v = v + 1 WHERE id = 2')
  const [view] = await db.rows<{ id: number; cursor: string; consumed: string; text: string }>(
    `SELECT v.id, s.cursor::text AS cursor, s.consumed_xid::text AS consumed,
       tidemark.delta_statement(v.statements -> 'delta', c.changed) AS text
     FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id, tidemark.choose_statement(v, s) c WHERE v.view_name = 'weighed'`,
  )
  await db.query("UPDATE kinds SET weight = 2 WHERE kind = 'k3'")
  const [result] = await db.rows<{ blocked: boolean }>(view?.text ?? '', [view?.cursor, view?.consumed, view?.id])
  expect(result?.blocked).toBe(true)
  await preferDeltas()
  expect(await refreshView(db.pool, 'weighed')).toMatchObject({ mode: 'incremental' })
  await expectRight('weighed')
})

test('TRUNCATE, and a change of most rows, recompute everything', async () => {
  await db.query('UPDATE tidemark.state SET delta_ms = 1, full_ms = 1; UPDATE t SET v = v + 1')
  expect(await refreshView(db.pool, 'totals')).toMatchObject({ mode: 'full' })
  await preferDeltas()
  await db.query("TRUNCATE t; INSERT INTO t VALUES (1, 'k1', 1)")
  expect(await refreshView(db.pool, 'totals')).toMatchObject({ mode: 'full' })
  await expectRight()
})

test('a row that came and went, and that the query could not have computed, is no failure', async () => {
  await db.query(
    'CREATE TABLE shares (id int PRIMARY KEY, kind int, parts int); INSERT INTO shares VALUES (1, 1, 4), (2, 1, 5)',
  )
  await apply(db, { ...views, share: { query: 'SELECT kind, sum(100 / parts) AS v FROM shares GROUP BY kind' } })
  await preferDeltas()
  await db.query('INSERT INTO shares VALUES (3, 1, 0); UPDATE shares SET parts = 10 WHERE id = 3')
  expect(await refreshView(db.pool, 'share')).toMatchObject({ mode: 'full', updated: 1 })
  expect(await db.rows('SELECT * FROM share')).toEqual([{ kind: 1, v: '55' }])
  await db.query('INSERT INTO shares VALUES (4, 1, 0)')
  expect(await refreshView(db.pool, 'share')).toMatchObject({
    mode: 'failed',
    error: { code: 'REFRESH_FAILED', message: 'division by zero' },
  })
})

test('what a condition over two tables asks of one of them is asked of its changes', async () => {
  await db.query(`CREATE TABLE parts (id int PRIMARY KEY, brand text);
    CREATE TABLE lines (id int PRIMARY KEY, part int, n int);
    INSERT INTO parts SELECT i, 'b' || i % 4 FROM generate_series(1, 40) i;
    INSERT INTO lines SELECT i, 1 + i % 40, i % 30 FROM generate_series(1, 400) i`)
  await apply(db, {
    ...views,
    either: {
      query: `SELECT sum(l.n) AS n, count(*) AS lines FROM lines l, parts p
        WHERE (p.id = l.part AND p.brand = 'b1' AND l.n < 10) OR (p.id = l.part AND p.brand = 'b2' AND l.n > 20)`,
    },
  })
  for (const change of [
    'UPDATE lines SET n = n + 10',
    "UPDATE parts SET brand = 'b2' WHERE brand = 'b3'; UPDATE lines SET part = part % 40 + 1 WHERE id % 3 = 0",
    "DELETE FROM lines WHERE id % 7 = 0; INSERT INTO lines SELECT i, 5, i % 30 FROM generate_series(501, 540) i; DELETE FROM parts WHERE brand = 'b0'",
  ]) {
    await preferDeltas()
    await db.query(change)
    expect(await refreshView(db.pool, 'either')).toMatchObject({ mode: 'incremental' })
    await expectRight('either')
  }
})
