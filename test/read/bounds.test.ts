import { beforeEach, describe, expect, it } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { createReader, writeToken } from '../../src/read/index.js'
import { apply, errorOf, reset } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
const lower = 'SELECT g, count(*) AS n FROM t GROUP BY g'
const upper = { query: 'SELECT o.g, o.name, l.n FROM other o JOIN lower l ON l.g = o.g', key: ['g'] }

beforeEach(async () => {
  await reset(db)
  await db.query(`CREATE TABLE t (id int PRIMARY KEY, g int);
    CREATE TABLE other (g int PRIMARY KEY, name text);
    INSERT INTO t SELECT i, i % 3 FROM generate_series(1, 30) i; INSERT INTO other SELECT i, 'n' || i FROM generate_series(0, 2) i`)
  await apply(db, { lower, upper })
})

const read = async (view: string) => {
  const answer = await createReader({ database: db.pool }).readJson({ view, query: {} })
  return { ...answer, rows: JSON.parse(answer.body) as { name: string; n: number }[] }
}

async function write(): Promise<{ token: string; at: number }> {
  const client = await db.connect()
  await client.query('BEGIN; INSERT INTO t VALUES (100, 1)')
  const token = await writeToken(client)
  await client.query('COMMIT')
  const [row] = await db.rows<{ at: number }>('SELECT extract(epoch FROM clock_timestamp())::float8 AS at')
  await client.end()
  return { token, at: row?.at ?? 0 }
}

const now = async (): Promise<number> => {
  const [row] = await db.rows<{ at: number }>('SELECT extract(epoch FROM clock_timestamp())::float8 AS at')
  return row?.at ?? 0
}

/** `upper` takes up what `lower` had when it was paused, and `lower` goes on. */
async function pauseAndGoOn(): Promise<{ token: string; at: number; goneOn: number }> {
  await db.query("SELECT tidemark.pause('lower')")
  const written = await write()
  await db.query("SELECT pg_sleep(0.5); UPDATE other SET name = 'x' WHERE g = 0")
  expect((await refreshView(db.pool, 'upper')).mode).toBe('incremental')
  await db.query("SELECT tidemark.resume('lower')")
  const goneOn = await now()
  await refreshView(db.pool, 'lower')
  return { ...written, goneOn }
}

describe('a view over one that was paused', () => {
  it('is as old as what it took up of that one, also once that one has gone on', async () => {
    const { at, goneOn } = await pauseAndGoOn()
    const asked = await now()
    const answer = await read('upper')
    expect(answer.rows.find(({ name }) => name === 'n1')?.n).toBe(10)
    expect(answer.stalenessSeconds).toBeGreaterThanOrEqual(asked - at)
    expect(Number(answer.asOf) / 1000).toBeLessThanOrEqual(at)
    await refreshView(db.pool, 'upper')
    const mended = await read('upper')
    expect(mended.rows.find(({ name }) => name === 'n1')?.n).toBe(11)
    expect(mended.stalenessSeconds).toBe(0)
    await db.query('INSERT INTO t VALUES (101, 1)')
    const pending = (await read('upper')).stalenessSeconds
    expect(pending).toBeGreaterThan(0)
    // It counts from when the lower one was brought up to date, which is what it took up.
    expect(pending).toBeLessThan((await now()) - goneOn)
  })

  it('nor is one younger that was built then', async () => {
    await db.query("SELECT tidemark.pause('lower')")
    const { token, at } = await write()
    await db.query('SELECT pg_sleep(0.5)')
    const views = { lower, upper, top: { query: 'SELECT g, n + 1 AS next FROM upper', key: ['g'] } }
    await apply(db, { ...views, upper: { ...upper, query: upper.query.replace('l.n', 'l.n, 1 AS one') } })
    await db.query("SELECT tidemark.resume('lower')")
    await refreshView(db.pool, 'lower')
    for (const view of ['upper', 'top']) {
      const asked = await now()
      expect((await read(view)).stalenessSeconds).toBeGreaterThanOrEqual(asked - at)
      expect(await db.rows('SELECT tidemark.has_passed($1, $2::xid8) AS passed', [view, token])).toEqual([
        { passed: false },
      ])
    }
    await refreshView(db.pool, 'top')
    for (const view of ['upper', 'top']) {
      expect((await read(view)).stalenessSeconds).toBe(0)
      expect(await db.rows('SELECT tidemark.has_passed($1, $2::xid8) AS passed', [view, token])).toEqual([
        { passed: true },
      ])
    }
  })

  it('has not passed what that one did not hold then', async () => {
    const { token } = await pauseAndGoOn()
    const passed = () => db.rows('SELECT tidemark.has_passed($1, $2::xid8) AS passed', ['upper', token])
    expect(await passed()).toEqual([{ passed: false }])
    await refreshView(db.pool, 'upper')
    expect(await passed()).toEqual([{ passed: true }])
  })
})

describe('tidemark.freshness', () => {
  const freshness = () =>
    db.rows(
      'SELECT pending_changes = 0 AS settled, staleness_seconds = 0 AS fresh FROM tidemark.freshness ORDER BY view',
    )

  it('says of a view over another what reading it says', async () => {
    const settled = { settled: true, fresh: true }
    expect(await freshness()).toEqual([settled, settled])
    await db.query('INSERT INTO t VALUES (100, 1)')
    expect(await freshness()).toEqual([
      { settled: false, fresh: false },
      { settled: true, fresh: false },
    ])
    await refreshView(db.pool, 'upper')
    expect(await freshness()).toEqual([settled, settled])
  })
})

describe('a view that is in another cluster now', () => {
  it('is known not to be fresh: numbers of transactions mean nothing there', async () => {
    await db.query('UPDATE tidemark.state SET system_identifier = system_identifier + 1')
    for (const view of ['lower', 'upper']) expect((await read(view)).stalenessSeconds).toBeGreaterThan(0)
    const due = await db.rows<{ n: number }>('SELECT count(*)::int AS n FROM tidemark.due()')
    expect(due).toEqual([{ n: 2 }])
    await refreshView(db.pool, 'upper')
    for (const view of ['lower', 'upper']) expect((await read(view)).stalenessSeconds).toBe(0)
  })
})

describe('a read that waits for its write', () => {
  it('is refused where nothing that holds it can be had', async () => {
    const { token } = await write()
    await db.query(
      "UPDATE tidemark.state SET state = 'error' WHERE view_id = tidemark.find_view('lower'); ALTER TABLE t RENAME TO gone",
    )
    const reader = createReader({ database: db.pool })
    expect(await reader.readJson({ view: 'lower', query: {} })).toMatchObject({ source: 'view' })
    const error = await errorOf(
      reader.readJson({ view: 'lower', query: {}, afterWrite: token, afterWriteTimeoutMs: 50 }),
    )
    expect(error.code).toBe('READ_BEHIND')
  })
})
