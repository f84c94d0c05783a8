import type { Client } from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'
import type { LiveEvent } from '../../src/protocol/events.js'
import { apply, reset } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()

beforeEach(async () => {
  await reset(db)
  await db.query(
    'CREATE TABLE t (id int PRIMARY KEY, g int); INSERT INTO t SELECT i, i % 5 FROM generate_series(1, 100) i',
  )
  await db.query('CREATE TABLE other (id int PRIMARY KEY)')
  await apply(db, {
    mv: 'SELECT g, count(*) AS n FROM t GROUP BY g',
    mv2: 'SELECT g, max(id) AS last FROM t GROUP BY g',
    over: 'SELECT n % 2 AS odd, count(*) AS many FROM mv GROUP BY n % 2',
  })
})

interface Since {
  cursor: string
  complete: boolean
  events: LiveEvent[]
}

async function since(cursor: string | null, most = 1000): Promise<Since> {
  const [found] = await db.rows<Since>('SELECT cursor, complete, events FROM tidemark.events_since($1, $2)', [
    cursor,
    most,
  ])
  if (found === undefined) throw new Error('no cursor')
  return found
}

describe('events', () => {
  it('are those since a cursor, once each', async () => {
    const start = await since(null)
    expect(start).toMatchObject({ complete: true, events: [] })
    await db.query('INSERT INTO t VALUES (1000, 7)')
    await db.query("SELECT tidemark.refresh('mv')")
    const first = await since(start.cursor)
    const [status] = await db.rows<{ epoch: string }>(
      "SELECT v.id || '-' || s.epoch AS epoch FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id WHERE view_name = 'mv'",
    )
    expect(first.events).toMatchObject([
      { type: 'refreshed', view: 'mv', epoch: status?.epoch, inserted: 1, deleted: 0 },
    ])
    expect((await since(first.cursor)).events).toEqual([])
    await db.query("SELECT tidemark.refresh('mv')")
    expect((await since(first.cursor)).events).toEqual([])
    await db.query('INSERT INTO t VALUES (1001, 7)')
    for (const view of ['mv', 'mv2']) await db.query('SELECT tidemark.refresh($1)', [view])
    expect((await since(first.cursor)).events.map(({ type }) => type)).toEqual(['refreshed', 'refreshed'])
    expect((await since(start.cursor)).events).toHaveLength(3)
    expect(await since(start.cursor, 2)).toMatchObject({ complete: false, events: [{ view: 'mv' }, { view: 'mv2' }] })
  })

  it('are not missed where what is numbered first is committed last', async () => {
    const { cursor } = await since(null)
    const slow = await db.connect()
    await db.query('INSERT INTO t VALUES (1000, 7)')
    await slow.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await slow.query("SELECT tidemark.refresh('mv')")
    await db.query("SELECT tidemark.refresh('mv2')")
    const between = await since(cursor)
    expect(between.events).toMatchObject([{ view: 'mv2' }])
    await slow.query('COMMIT')
    expect((await since(between.cursor)).events).toMatchObject([{ view: 'mv' }])
  })

  it('of a failure and an alert are told, and of another cluster not guessed', async () => {
    const { cursor } = await since(null)
    await db.query('ALTER TABLE t DROP COLUMN g CASCADE')
    await db.query("SELECT tidemark.refresh('mv')")
    await db.query(
      `INSERT INTO tidemark.alert (alert) VALUES ('{"kind":"stale","view":"mv"}'), ('{"kind":"slow","view":"mv"}')`,
    )
    expect((await since(cursor)).events).toMatchObject([
      { type: 'failed', view: 'mv', error: { code: 'SOURCE_CHANGED' } },
      { type: 'stale', view: 'mv' },
      { type: 'alert', view: 'mv', alert: { kind: 'slow' } },
    ])
    expect(await since(`1${cursor}`)).toMatchObject({ complete: false, events: [] })
  })

  it('are not guessed where another server took over, which lacks transactions that the one before it had', async () => {
    const { cursor } = await since(null)
    const [, cluster = '', timeline = '', xmax = ''] = /^(\d+)-(\d+)\.\d+:(\d+):/.exec(cursor) ?? []
    expect(await since(`${cluster}-${timeline}.${xmax}:${xmax}:`)).toMatchObject({ complete: true, events: [] })
    const ahead = BigInt(xmax) + 1_000n
    expect(await since(`${cluster}-${timeline}.${ahead}:${ahead}:`)).toMatchObject({ complete: false, events: [] })
    expect(await since(cursor.replace('-', '-1'))).toMatchObject({ complete: false, events: [] })
  })

  it('that were forgotten are said to be missing, to those alone who left off before', async () => {
    const early = await since(null)
    for (let id = 1000; id < 1012; id++) {
      await db.query('INSERT INTO t VALUES ($1, 7)', [id])
      await db.query("SELECT tidemark.refresh('mv')")
    }
    const middle = await since(early.cursor)
    expect(middle).toMatchObject({ complete: true })
    expect(middle.events).toHaveLength(12)
    await db.query('SELECT tidemark.forget_runs(2)')
    expect(await since(early.cursor)).toMatchObject({ complete: false })
    expect(await since(middle.cursor)).toMatchObject({ complete: true, events: [] })
    await db.query("INSERT INTO t VALUES (1012, 7); SELECT tidemark.refresh('mv')")
    expect(await since(middle.cursor)).toMatchObject({ complete: true, events: [{ view: 'mv' }] })
  })

  it('that were restored from a cluster with higher numbers of transactions are none', async () => {
    const { cursor } = await since(null)
    await db.query("INSERT INTO t VALUES (1000, 7); SELECT tidemark.refresh('mv')")
    await db.query(`INSERT INTO tidemark.alert (alert) VALUES ('{"kind":"slow","view":"mv"}')`)
    await db.query("UPDATE tidemark.run SET xid = '9000000000'; UPDATE tidemark.alert SET xid = '9000000000'")
    await db.query("UPDATE tidemark.forgotten SET xid = '9000000000'")
    expect(await since(cursor)).toMatchObject({ complete: true, events: [] })
  })

  it('wake those who listen, when they are committed', async () => {
    const told: (string | undefined)[] = []
    const listener = await db.connect()
    listener.on('notification', ({ payload }) => told.push(payload))
    await listener.query('LISTEN tidemark_event')
    await db.query("INSERT INTO t VALUES (1000, 7); SELECT tidemark.refresh('mv')")
    await db.query("SELECT tidemark.pause('mv')")
    await expect.poll(() => told).toEqual(['', 'views'])
  })
})

describe('a token of a write', () => {
  async function write(text: string, client: Client): Promise<string> {
    await client.query('BEGIN')
    await client.query(text)
    const { rows } = await client.query('SELECT pg_current_xact_id()::text AS token')
    return (rows as { token: string }[])[0]?.token ?? ''
  }

  async function passed(view: string, token: string): Promise<boolean> {
    const [row] = await db.rows<{ passed: boolean }>('SELECT tidemark.has_passed($1, $2::xid8) AS passed', [
      view,
      token,
    ])
    return row?.passed ?? false
  }

  it('is passed once the view holds what was written, by whatever views it reads', async () => {
    const client = await db.connect()
    const token = await write('INSERT INTO t VALUES (1000, 7)', client)
    expect(await passed('mv', token)).toBe(false)
    await db.query("SELECT tidemark.refresh('mv')")
    expect(await passed('mv', token)).toBe(false)
    await client.query('COMMIT')
    expect([await passed('mv', token), await passed('over', token)]).toEqual([false, false])
    await db.query("SELECT tidemark.refresh('mv')")
    // The view over it has not read yet what that changed.
    expect([await passed('mv', token), await passed('over', token)]).toEqual([true, false])
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await client.query("SELECT tidemark.refresh('over')")
    await client.query('COMMIT')
    expect(await passed('over', token)).toBe(true)
  })

  it('of a write to something else is passed at once, and of one undone too', async () => {
    const client = await db.connect()
    const token = await write('INSERT INTO other VALUES (1)', client)
    await client.query('COMMIT')
    expect([await passed('mv', token), await passed('over', token)]).toEqual([true, true])
    const undone = await write('INSERT INTO t VALUES (1000, 7)', client)
    await client.query('ROLLBACK')
    expect(await passed('mv', undone)).toBe(true)
  })

  it('is passed by a native materialized view that was refreshed after it', async () => {
    await apply(db, { native: { query: 'SELECT g, count(*) AS n FROM t GROUP BY g', storage: 'matview' } })
    const client = await db.connect()
    const token = await write('INSERT INTO t VALUES (1000, 7)', client)
    // It began before the write was committed.
    await db.query("SELECT tidemark.refresh('native')")
    await client.query('COMMIT')
    expect(await passed('native', token)).toBe(false)
    await db.query("SELECT tidemark.refresh('native')")
    expect(await passed('native', token)).toBe(true)
  })

  it('is not passed by a view over one that is paused', async () => {
    const client = await db.connect()
    await db.query("SELECT tidemark.pause('mv')")
    const token = await write('INSERT INTO t VALUES (1000, 7)', client)
    await client.query('COMMIT')
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await client.query("SELECT tidemark.refresh('over')")
    await client.query('COMMIT')
    expect(await passed('over', token)).toBe(false)
    await db.query("SELECT tidemark.resume('mv')")
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await client.query("SELECT tidemark.refresh('over')")
    await client.query('COMMIT')
    expect(await passed('over', token)).toBe(true)
  })
})
