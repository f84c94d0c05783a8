import { beforeEach, describe, expect, it } from 'vitest'
import { bypassView } from '../../src/deploy/index.js'
import { createReader } from '../../src/read/index.js'
import { useTestDatabase } from '../kit/index.js'
import { apply, errorOf, expectFresh, plan, reset } from './support.js'

const db = await useTestDatabase()
const limited = 'SELECT g, count(*) AS n FROM t GROUP BY g HAVING count(*) > 1 ORDER BY n DESC, g LIMIT 2'
const views = { mv: limited, over: 'SELECT sum(n) AS all FROM mv' }

beforeEach(async () => {
  await reset(db)
  await db.query(
    'CREATE TABLE t (id int PRIMARY KEY, g int); INSERT INTO t SELECT i, i % 3 FROM generate_series(1, 30) i',
  )
  await apply(db, views)
})

const rows = (): Promise<unknown[]> => db.rows('SELECT g, n::int FROM mv ORDER BY g')
const live = [
  { g: 0, n: 10 },
  { g: 2, n: 11 },
]

describe('a bypassed view', () => {
  it('is computed by all who read it, and kept on meanwhile; turned off, its kept rows are read again', async () => {
    const reader = createReader({ database: db.pool, cache: true })
    await reader.readJson({ view: 'mv', query: {} })
    await bypassView(db.pool, 'mv', true)
    await bypassView(db.pool, 'mv', true)
    await db.query('INSERT INTO t VALUES (100, 2)')
    expect(await rows()).toEqual(live)
    const read = await createReader({ database: db.pool }).readJson({ view: 'mv', query: {} })
    expect([read.source, JSON.parse(read.body)]).toEqual(['live', [live[1], live[0]]])
    expect(await expectFresh(db, 'mv')).toBe('incremental')
    await expectFresh(db, 'over')
    await db.query('INSERT INTO t VALUES (101, 1), (102, 1)')
    await bypassView(db.pool, 'mv', false)
    expect(await rows()).toEqual(live)
    await expectFresh(db, 'mv')
    expect(await rows()).toEqual([
      { g: 1, n: 12 },
      { g: 2, n: 11 },
    ])
    await expect.poll(async () => (await reader.readJson({ view: 'mv', query: {} })).source).not.toBe('live')
  })

  it('stays so through a deployment, an altered definition too, and keeps its grants and options', async () => {
    await db.query('ALTER VIEW mv SET (security_barrier = true); GRANT SELECT ON mv TO PUBLIC')
    await bypassView(db.pool, 'mv', true)
    expect(await plan(db, views)).toEqual([])
    await apply(db, views)
    await db.query('INSERT INTO t VALUES (100, 2)')
    expect(await rows()).toEqual(live)
    await apply(db, { ...views, mv: limited.replace('LIMIT 2', 'LIMIT 1') })
    expect(await rows()).toEqual([live[1]])
    await db.query('INSERT INTO t VALUES (101, 1), (102, 1)')
    expect(await rows()).toEqual([{ g: 1, n: 12 }])
    await bypassView(db.pool, 'mv', false)
    expect(await rows()).toEqual([live[1]])
    const [{ options, readable } = {}] = await db.rows<{ options: string[]; readable: boolean }>(
      `SELECT reloptions AS options, relacl::text LIKE '%=r/%' AS readable FROM pg_class WHERE relname = 'mv' AND relkind = 'v'`,
    )
    expect([options, readable]).toEqual([['security_barrier=true'], true])
  })

  it('is dropped like any other', async () => {
    await bypassView(db.pool, 'mv', true)
    await apply(db, {})
    expect(await db.rows("SELECT to_regclass('mv') AS view, to_regclass('tidemark_data.mv') AS kept")).toEqual([
      { view: null, kept: null },
    ])
  })

  it('is none where policies on the kept rows would be passed by, nor a native materialized view', async () => {
    await db.query('ALTER TABLE tidemark_data.mv ENABLE ROW LEVEL SECURITY')
    expect((await errorOf(bypassView(db.pool, 'mv', true))).code).toBe('LIVE_REFUSED')
    await apply(db, { ...views, native: { query: 'SELECT id FROM t', storage: 'matview' } })
    expect((await errorOf(bypassView(db.pool, 'native', true))).code).toBe('LIVE_REFUSED')
    expect((await errorOf(bypassView(db.pool, 'none', true))).code).toBe('UNKNOWN_VIEW')
  })

  it('waits for those who read it only so long', async () => {
    const reading = await db.connect()
    await reading.query('BEGIN; SELECT * FROM mv')
    expect((await errorOf(bypassView(db.pool, 'mv', true, { lockTimeoutMs: 300 }))).code).toBe('LOCK_TIMEOUT')
    await reading.query('COMMIT')
    await bypassView(db.pool, 'mv', true)
  })
})
