import { beforeEach, describe, expect, it } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { apply, expectFresh, reset } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()

beforeEach(async () => {
  await reset(db)
  await db.query(
    'CREATE TABLE t (id int PRIMARY KEY, g int); INSERT INTO t SELECT i, i % 5 FROM generate_series(1, 1000) i',
  )
  await apply(db, {
    mv: 'SELECT g, count(*) AS n FROM t GROUP BY g',
    over: 'SELECT n % 2 AS odd, count(*) AS many FROM mv GROUP BY n % 2',
  })
})

describe('from psql alone', () => {
  it('a view is refreshed, and a view over it within one snapshot', async () => {
    await db.query('INSERT INTO t VALUES (1001, 7)')
    expect(await db.rows("SELECT view, mode, inserted, error FROM tidemark.refresh('mv')")).toEqual([
      { view: 'mv', mode: expect.stringMatching(/incremental|full/), inserted: '1', error: null },
    ])
    expect(await db.rows("SELECT mode FROM tidemark.refresh('mv')")).toEqual([{ mode: 'noop' }])
    expect(await db.rows("SELECT mode FROM tidemark.refresh('mv', true)")).toEqual([{ mode: 'full' }])
    await db.query('INSERT INTO t VALUES (1002, 7)')
    const [requested] = await db.rows<{ mode: string; error: { code: string; hint: string } }>(
      "SELECT mode, error FROM tidemark.refresh('over')",
    )
    expect(requested).toMatchObject({
      mode: 'requested',
      error: { code: 'REFRESH_NEEDS_SNAPSHOT', hint: expect.stringContaining('REPEATABLE READ') },
    })
    expect(await db.rows('SELECT * FROM tidemark.request')).toHaveLength(1)
    await db.query('CALL tidemark.tick()')
    expect(await db.rows('SELECT * FROM tidemark.request')).toEqual([])
    await expectFresh(db, 'over')
    await db.query('DELETE FROM t WHERE id > 1000')
    const client = await db.connect()
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    expect((await client.query("SELECT mode FROM tidemark.refresh('over')")).rows[0].mode).toMatch(/incremental|full/)
    await client.query('COMMIT')
    expect(
      await db.rows('SELECT view, state, pending_changes, staleness_seconds, last_error FROM tidemark.freshness'),
    ).toEqual([
      { view: 'mv', state: 'ready', pending_changes: '0', staleness_seconds: 0, last_error: null },
      { view: 'over', state: 'ready', pending_changes: '0', staleness_seconds: 0, last_error: null },
    ])
    expect(await db.query("SELECT tidemark.refresh('nope')").catch((error) => error)).toMatchObject({
      code: 'TM001',
      message: expect.stringContaining('nope'),
    })
  })

  it('a caller that writes and refreshes in one transaction loses nothing', async () => {
    const client = await db.connect()
    for (const end of ['COMMIT', 'ROLLBACK']) {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
      await client.query(
        "UPDATE t SET g = 9 WHERE id = 1; SELECT tidemark.refresh('over'); UPDATE t SET g = 10 WHERE id = 2; SELECT tidemark.refresh('over'); DELETE FROM t WHERE id = 3",
      )
      await client.query(
        "SAVEPOINT a; INSERT INTO t VALUES (2000, 2); SELECT tidemark.refresh('mv'); ROLLBACK TO a; SELECT tidemark.refresh('mv')",
      )
      await client.query(end)
      await expectFresh(db, 'mv')
      await expectFresh(db, 'over')
    }
    await client.query(
      "BEGIN; INSERT INTO t VALUES (3000, 30); SELECT tidemark.refresh('mv'); INSERT INTO t VALUES (3001, 31); SELECT tidemark.refresh('mv'); COMMIT",
    )
    await expectFresh(db, 'over')
  })

  it('tick() goes on behind a view that fails', async () => {
    await db.query(
      "ALTER TABLE t RENAME g TO h; INSERT INTO t VALUES (5000, 5); UPDATE tidemark.state SET as_of = as_of - interval '1 hour'",
    )
    await db.query('CREATE TABLE u (id int PRIMARY KEY, g int)')
    await db.query('CALL tidemark.tick()')
    expect(await db.rows('SELECT view, state FROM tidemark.freshness')).toEqual([
      { view: 'mv', state: 'error' },
      { view: 'over', state: 'ready' },
    ])
    await db.query('ALTER TABLE t RENAME h TO g; UPDATE tidemark.state SET retry_at = NULL')
    await db.query('CALL tidemark.tick()')
    await expectFresh(db, 'over')
  })
})

describe('housekeeping', () => {
  it('keeps the history of runs bounded, and looks at it only where it has grown by a fifth', async () => {
    const runs = async (where = 'true') =>
      Number((await db.rows<{ n: string }>(`SELECT count(*) AS n FROM tidemark.run WHERE ${where}`))[0]?.n)
    const [{ views } = { views: 0 }] = await db.rows<{ views: number }>(
      'SELECT count(*)::integer AS views FROM tidemark.view',
    )
    const kept = 10
    await db.query('DELETE FROM tidemark.run')
    let most = 0
    for (let run = 0; run < 4 * kept; run++) {
      await refreshView(db.pool, 'mv', { full: true })
      await db.query(`CALL tidemark.maintain(kept_runs => ${kept})`)
      most = Math.max(most, await runs())
    }
    expect(most).toBe(1.2 * kept * views)
    expect(await runs("view_id = tidemark.find_view('mv')")).toBeGreaterThanOrEqual(kept)
    const newest = await db.rows('SELECT max(id) - min(id) + 1 = count(*) AS unbroken FROM tidemark.run')
    expect(newest).toEqual([{ unbroken: true }])
    await db.query('CALL tidemark.maintain(kept_runs => 1)')
    expect(await runs("view_id = tidemark.find_view('mv')")).toBe(1)
  })

  it('leaves a log that somebody has locked for the next time', async () => {
    const holder = await db.connect()
    const other = await db.connect()
    await other.query("SET statement_timeout = '20s'")
    for (const log of ['t', '~1_0', '~1_1']) {
      await holder.query(`BEGIN; LOCK TABLE tidemark_log."${log}" IN ACCESS EXCLUSIVE MODE`)
      await other.query('CALL tidemark.maintain(grown => 0)').finally(() => holder.query('ROLLBACK'))
    }
    await db.query('CALL tidemark.maintain(grown => 0)')
    await expectFresh(db, 'over')
  })

  it('gives the space of logs back', async () => {
    const size = async () =>
      Number(
        (
          await db.rows<{ s: string }>(
            "SELECT sum(pg_total_relation_size(inhrelid)) AS s FROM pg_inherits WHERE inhparent = 'tidemark_log.t'::regclass",
          )
        )[0]?.s,
      )
    for (let round = 0; round < 6; round++) {
      await db.query('UPDATE t SET g = g + 1')
      await expectFresh(db, 'over')
      await db.query('CALL tidemark.maintain(grown => 8192)')
    }
    await db.query('CALL tidemark.maintain(grown => 8192)')
    await db.query('CALL tidemark.maintain(grown => 8192)')
    expect(await size()).toBeLessThan(200_000)
    await db.query('UPDATE t SET g = g + 1')
    const before = await db.rows('SELECT pending_changes FROM tidemark.freshness WHERE view = $1', ['mv'])
    await db.query('CALL tidemark.maintain(grown => 0)')
    await db.query('CALL tidemark.maintain(grown => 0)')
    expect(await db.rows('SELECT pending_changes FROM tidemark.freshness WHERE view = $1', ['mv'])).toEqual(before)
    await expectFresh(db, 'over')
  })
})

it('a database that was copied to another cluster is recomputed', async () => {
  await db.query('INSERT INTO t VALUES (6000, 60)')
  // As a logical restore leaves it: a cursor and logs whose transaction ids mean nothing here.
  await db.query(`UPDATE tidemark.state SET system_identifier = 42, cursor = '900000:900000:', consumed_xid = '900000'`)
  expect((await refreshView(db.pool, 'over')).mode).toBe('full')
  await expectFresh(db, 'mv')
  await db.query('INSERT INTO t VALUES (6001, 60)')
  await expectFresh(db, 'over')
})

it('what a refresh changed is on the disk before anybody reads it, though nothing else waits for that', async () => {
  const client = await db.pool.connect()
  try {
    await client.query('SET synchronous_commit = off')
    const after = async (): Promise<unknown> => {
      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM tidemark.refresh('mv')")
      const { rows } = await client.query("SELECT current_setting('synchronous_commit') AS waits")
      await client.query('COMMIT')
      return rows[0].waits
    }
    await after()
    expect(await after()).toBe('off')
    await client.query('INSERT INTO t VALUES (7000, 70)')
    expect(await after()).toBe('local')
    expect((await client.query("SELECT current_setting('synchronous_commit') AS waits")).rows).toEqual([
      { waits: 'off' },
    ])
  } finally {
    client.release(true)
  }
})
