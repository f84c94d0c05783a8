import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, Pool } from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'
import { applyDeployment } from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import { useTestDatabase } from '../kit/index.js'
import { apply, applyTwice, configured, errorOf, expectFresh, reset } from './support.js'

const db = await useTestDatabase()

beforeEach(async () => {
  await reset(db)
  await db.query(
    'CREATE TABLE t (id serial PRIMARY KEY, g int, v int); INSERT INTO t (g, v) SELECT i % 50, i FROM generate_series(1, 5000) i',
  )
})

const views = {
  first: { mv: 'SELECT g, count(*) AS n FROM t GROUP BY g', over: 'SELECT n, count(*) AS many FROM mv GROUP BY n' },
  wider: { mv: 'SELECT g, sum(v) AS n FROM t GROUP BY g', over: 'SELECT n, count(*) AS many FROM mv GROUP BY n' },
}

/** Sessions that write all the time; returns the longest time that one write took. */
async function writers(count: number): Promise<() => Promise<{ longestMs: number; writes: number }>> {
  let stop = false
  let longestMs = 0
  let writes = 0
  const failures: unknown[] = []
  const loops = Array.from({ length: count }, async (_, number) => {
    const client = await db.connect()
    for (let turn = 0; !stop; turn++) {
      const started = performance.now()
      try {
        await client.query('BEGIN')
        await client.query('INSERT INTO t (g, v) VALUES ($1, $2)', [turn % 60, turn])
        await client.query('UPDATE t SET v = v + 1, g = (g + 1) % 60 WHERE id = $1', [(turn * 8 + number) % 5000])
        await client.query(turn % 5 === 0 ? 'ROLLBACK' : 'COMMIT')
        writes++
      } catch (error) {
        failures.push(error)
        await client.query('ROLLBACK')
      }
      longestMs = Math.max(longestMs, performance.now() - started)
      await sleep(5)
    }
    await client.end()
  })
  return async () => {
    stop = true
    await Promise.all(loops)
    expect(failures).toEqual([])
    return { longestMs, writes }
  }
}

describe('while eight clients write', () => {
  it('views are made, changed and dropped; nobody fails or waits long, and nothing is lost', async () => {
    const stop = await writers(8)
    for (const round of [views.first, views.wider, views.first, { mv: views.wider.mv }, views.first]) {
      await apply(db, round)
      for (const name of Object.keys(round)) await expectFresh(db, name)
    }
    const { longestMs, writes } = await stop()
    expect(writes).toBeGreaterThan(50)
    expect(longestMs).toBeLessThan(3000)
    for (const name of ['mv', 'over']) await expectFresh(db, name)
    await applyTwice(db, views.first)
  })
})

describe('a transaction that stays open', () => {
  it('is waited for briefly, again and again: writers do not queue behind it', async () => {
    const other = 'SELECT v % 3 AS v, count(*) AS n FROM t GROUP BY v % 3'
    await apply(db, { other })
    const open = await db.connect()
    await open.query('BEGIN; UPDATE t SET v = v + 1 WHERE id = 4999')
    const stop = await writers(2)
    const applied = apply(db, { ...views.first, other })
    await sleep(3500)
    await refreshView(db.pool, 'other')
    await open.query('COMMIT')
    await applied
    expect((await stop()).longestMs).toBeLessThan(3000)
    for (const name of ['mv', 'over', 'other']) await expectFresh(db, name)
  })

  it('in the end is told of, and nothing has changed', async () => {
    const open = await db.connect()
    await open.query('BEGIN; UPDATE t SET v = v + 1 WHERE id = 4999')
    const error = await errorOf(apply(db, views.first, { lockTimeoutMs: 1200 }))
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', hint: expect.stringContaining('pg_stat_activity') })
    await open.query('COMMIT')
    await applyTwice(db, views.first)
    const reader = await db.connect()
    await reader.query('BEGIN; SELECT * FROM mv')
    expect(await errorOf(apply(db, views.wider, { lockTimeoutMs: 1200 }))).toMatchObject({ code: 'LOCK_TIMEOUT' })
    expect(
      await db.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'tidemark_data'::regnamespace AND relname LIKE '%~new%'",
      ),
    ).toEqual([])
    await reader.query('COMMIT')
    await expectFresh(db, 'over')
    await applyTwice(db, views.wider)
    for (const name of ['mv', 'over']) await expectFresh(db, name)
  })
})

/** So slow that there is time to do something meanwhile; and it does not hold up other statements on the table. */
const slow =
  'SELECT g, sum(v) + sum(length(pg_sleep(0.001)::text)) AS n FROM (SELECT * FROM t ORDER BY id LIMIT 600) q GROUP BY g'

async function buildIsRunning(): Promise<number> {
  for (;;) {
    const [found] = await db.rows<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'INSERT INTO "tidemark_data"."%~new"%' AND datname = current_database()`,
    )
    if (found !== undefined) return found.pid
    await sleep(20)
  }
}

describe('a long build', () => {
  it('leaves the old version fresh and readable, and is not older than that when it takes over', async () => {
    await applyTwice(db, { mv: views.first.mv })
    const applied = apply(db, { mv: slow })
    await buildIsRunning()
    await db.query('INSERT INTO t (g, v) VALUES (777, 1)')
    expect(await refreshView(db.pool, 'mv')).toMatchObject({ mode: expect.stringMatching(/incremental|full/) })
    expect(await db.rows('SELECT n FROM mv WHERE g = 777')).toEqual([{ n: '1' }])
    await applied
    await expectFresh(db, 'mv')
  })

  it('that is cut off leaves what was, and the next apply cleans up and completes', async () => {
    await applyTwice(db, { mv: views.first.mv })
    const applied = errorOf(apply(db, { mv: slow }))
    await db.query('SELECT pg_terminate_backend($1)', [await buildIsRunning()])
    expect(await applied).toMatchObject({ code: 'DATABASE_UNREACHABLE' })
    await db.query('INSERT INTO t (g, v) VALUES (778, 1)')
    await expectFresh(db, 'mv')
    await applyTwice(db, { mv: views.wider.mv })
    await expectFresh(db, 'mv')
  })

  it('whose client dies does not keep the next apply waiting', async () => {
    await applyTwice(db, { mv: views.first.mv })
    // A pool whose connections can be cut off as a killed process would cut them.
    const pool = new Pool({ connectionString: db.url, max: 5 })
    const clients: Client[] = []
    pool.on('error', () => undefined)
    pool.on('connect', (client) => {
      client.on('error', () => undefined)
      clients.push(client as unknown as Client)
    })
    const endless =
      'SELECT g, sum(v) + sum(length(pg_sleep(0.1)::text)) AS n FROM (SELECT * FROM t ORDER BY id LIMIT 1500) q GROUP BY g'
    const applied = errorOf(applyDeployment(pool, configured({ mv: endless })))
    await buildIsRunning()
    for (const client of clients)
      (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
    expect(await applied).toMatchObject({ code: 'DATABASE_UNREACHABLE' })
    const started = performance.now()
    await applyTwice(db, { mv: views.wider.mv })
    expect(performance.now() - started).toBeLessThan(40_000)
    await expectFresh(db, 'mv')
    await pool.end()
  })

  it('that was cut off between build and swap is cleaned up', async () => {
    await applyTwice(db, views.first)
    const reader = await db.connect()
    await reader.query('BEGIN; SELECT * FROM mv')
    const applied = errorOf(apply(db, views.wider))
    // It waits for the reader: what it built is there, and has not taken over.
    let swapper: { pid: number } | undefined
    while (swapper === undefined) {
      ;[swapper] = await db.rows<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'CREATE OR REPLACE VIEW%' AND datname = current_database()`,
      )
      await sleep(2)
    }
    await db.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> $1 AND query NOT LIKE '%SELECT * FROM mv%'`,
      [swapper.pid],
    )
    await db.query('SELECT pg_terminate_backend($1)', [swapper.pid])
    await applied
    await reader.query('COMMIT')
    await db.query('INSERT INTO t (g, v) VALUES (779, 1)')
    await expectFresh(db, 'over')
    await applyTwice(db, views.wider)
    expect(await db.rows('SELECT 1 FROM tidemark.view')).toHaveLength(2)
    expect(
      await db.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'tidemark_data'::regnamespace AND relname LIKE '%~%' AND relkind = 'r'",
      ),
    ).toEqual([])
    for (const name of ['mv', 'over']) await expectFresh(db, name)
  })

  it('of which there are two: the second waits for the first', async () => {
    const both = await Promise.all([apply(db, views.first), apply(db, views.first)])
    expect(both.map(({ changes }) => changes.length).sort()).toEqual([0, expect.any(Number)])
    await applyTwice(db, views.first)
  })
})
