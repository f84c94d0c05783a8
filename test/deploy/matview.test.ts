import { beforeEach, describe, expect, it } from 'vitest'
import { dropDeployment } from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import { readStatus } from '../../src/engine/status.js'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'
import { apply, applyTwice, errorOf, plan, reset } from './support.js'

const db = await useTestDatabase()
const query = 'SELECT g, count(*) AS n FROM t GROUP BY g'

beforeEach(async () => {
  await reset(db)
  await db.query(
    'CREATE TABLE t (id int PRIMARY KEY, g int); INSERT INTO t SELECT i, i % 5 FROM generate_series(1, 100) i',
  )
})

/** REFRESH CONCURRENTLY keeps the file; a plain one makes a new one. */
async function file(): Promise<unknown> {
  return db.rows("SELECT relfilenode FROM pg_class WHERE relname = 'mv'")
}

describe('a native materialized view', () => {
  it('is made, refreshed without blocking its readers, and stays when Tidemark goes', async () => {
    await applyTwice(db, { mv: { query, storage: 'matview', indexes: [['n']], description: 'kept natively' } })
    expect(await db.rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'mv'")).toHaveLength(2)
    const before = await file()
    await db.query('INSERT INTO t VALUES (1000, 9)')
    expect(await refreshView(db.pool, 'mv')).toMatchObject({ mode: 'full' })
    expect(await file()).toEqual(before)
    expect(await db.rows('SELECT n FROM mv WHERE g = 9')).toEqual([{ n: '1' }])
    expect((await readStatus(db.pool))[0]).toMatchObject({
      view: 'mv',
      state: 'ready',
      rows: 6,
      asOf: expect.any(Date),
    })
    expect(await db.rows('SELECT mode FROM tidemark.run')).toEqual([{ mode: 'full' }])
    await applyTwice(db, { mv: { query, storage: 'matview', indexes: [['n', 'g']], freshness: '1m' } })
    expect(await db.rows("SELECT 1 FROM pg_trigger WHERE tgname LIKE 'tidemark%'")).toEqual([])
    await dropDeployment(db.pool)
    expect(await db.rows('SELECT n FROM mv WHERE g = 9')).toEqual([{ n: '1' }])
  })

  it('is read by another view from its first deployment on', async () => {
    await applyTwice(db, {
      total: { query: 'SELECT sum(n) AS n FROM mv', key: [] },
      mv: { query, storage: 'matview' },
    })
    await db.query('INSERT INTO t VALUES (1000, 9)')
    expect(await refreshView(db.pool, 'total')).toMatchObject({ mode: 'full' })
    expect(await db.rows('SELECT n FROM total')).toEqual([{ n: '101' }])
  })

  it('is adopted as it is: populated or not, with a unique index or without', async () => {
    await db.query(`CREATE MATERIALIZED VIEW mv AS ${query} WITH NO DATA; COMMENT ON MATERIALIZED VIEW mv IS 'mine'`)
    expect(await plan(db, { mv: { query, storage: 'matview', freshness: '1s' } })).toMatchObject([
      { action: 'prepare database' },
      { action: 'adopt view' },
    ])
    await applyTwice(db, { mv: { query, storage: 'matview', freshness: '1s' } })
    expect((await readStatus(db.pool))[0]).toMatchObject({ asOf: null, state: 'ready' })
    await db.query('CALL tidemark.tick()')
    expect(await db.rows('SELECT count(*)::int AS n FROM mv')).toEqual([{ n: 5 }])
    expect(await refreshView(db.pool, 'mv')).toMatchObject({ mode: 'full' })
    await db.query('CREATE UNIQUE INDEX u ON mv (g)')
    const before = await file()
    expect(await refreshView(db.pool, 'mv')).toMatchObject({ mode: 'full' })
    expect(await file()).toEqual(before)
    await dropDeployment(db.pool)
    expect(
      await db.rows(
        "SELECT obj_description('mv'::regclass) AS said, (SELECT count(*)::int FROM pg_indexes WHERE tablename = 'mv') AS indexes",
      ),
    ).toEqual([{ said: 'mine', indexes: 1 }])
  })

  it('is not adopted when its query is another, and cannot change its own', async () => {
    await db.query('CREATE MATERIALIZED VIEW mv AS SELECT g, count(*) + 1 AS n FROM t GROUP BY g')
    expect(await errorOf(apply(db, { mv: { query, storage: 'matview' } }))).toMatchObject({ code: 'NAME_TAKEN' })
    expect(await errorOf(apply(db, { mv: query }))).toMatchObject({
      code: 'NAME_TAKEN',
      hint: expect.stringContaining('matview'),
    })
    await db.query('DROP MATERIALIZED VIEW mv')
    await applyTwice(db, { mv: { query, storage: 'matview' } })
    for (const changed of [{ query: `${query} HAVING count(*) > 1`, storage: 'matview' as const }, { query }]) {
      expect(await errorOf(apply(db, { mv: changed, also: query }))).toMatchObject({
        code: 'DEPENDENT_BLOCKS',
        view: 'mv',
      })
      expect(await db.rows("SELECT 1 FROM tidemark.view WHERE view_name = 'also'")).toEqual([])
    }
    await applyTwice(db, { also: query })
    expect(await db.rows('SELECT count(*)::int AS n FROM mv')).toEqual([{ n: 5 }])
    expect(await errorOf(apply(db, { also: { query, storage: 'matview' } }))).toMatchObject({
      code: 'DEPENDENT_BLOCKS',
    })
  })

  it('is verified against its query, and not against a storage table', async () => {
    await applyTwice(db, { mv: { query, storage: 'matview' } })
    await db.query('INSERT INTO t VALUES (1000, 9)')
    expect(await verifyView(db.pool, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
    expect(await db.rows('SELECT n FROM mv WHERE g = 9')).toEqual([{ n: '1' }])
    await db.query('INSERT INTO t VALUES (1001, 10)')
    const [compared] = await db.rows("SELECT missing, unexpected FROM tidemark.verify_now(tidemark.find_view('mv'))")
    expect(compared).toEqual({ missing: '1', unexpected: '0' })
  })

  it('that fails, or was dropped, says so and comes back', async () => {
    await db.query('CREATE TABLE divisor (d int); INSERT INTO divisor VALUES (1)')
    const failing = 'SELECT g / (SELECT max(d) FROM divisor) AS g, count(*) AS n FROM t GROUP BY g'
    await applyTwice(db, { mv: { query: failing, storage: 'matview', key: ['g'] } })
    await db.query('UPDATE divisor SET d = 0')
    expect(await refreshView(db.pool, 'mv')).toMatchObject({ mode: 'failed', error: { code: 'REFRESH_FAILED' } })
    await db.query('UPDATE divisor SET d = 1')
    await applyTwice(db, { mv: { query: failing, storage: 'matview', key: ['g'] } })
    expect((await readStatus(db.pool))[0]).toMatchObject({ state: 'ready', lastError: null })
    await db.query('DROP MATERIALIZED VIEW mv')
    expect(await refreshView(db.pool, 'mv')).toMatchObject({ mode: 'failed', error: { code: 'SOURCE_CHANGED' } })
    await applyTwice(db, { mv: { query: failing, storage: 'matview', key: ['g'] } })
    expect(await refreshView(db.pool, 'mv')).toMatchObject({ mode: 'full' })
  })
})
