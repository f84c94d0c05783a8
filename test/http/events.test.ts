import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ViewOptions } from '../../src/define/options.js'
import { refreshView } from '../../src/engine/refresh.js'
import { readPosition } from '../../src/http/events/cursor.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, until } from '../worker/kit.js'
import { expectProblem, type Heard, listen, operator, reader, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const served = handlers({ listen: db.url })

const views: Readonly<Record<string, ViewOptions>> = {
  one: { query: 'select g, count(*) as n from t group by g' },
  two: { query: 'select g, max(id) as last from t group by g' },
  share: { query: 'select id, 10 / divisor as share from broken' },
}

beforeAll(async () => {
  await db.query(`create table t (id int generated always as identity primary key, g int);
    insert into t (g) select i % 5 from generate_series(1, 50) i;
    create table broken (id int primary key, divisor int); insert into broken values (1, 1)`)
  await deploy(db.pool, views)
})

async function refresh(view: string): Promise<void> {
  await db.query('insert into t (g) values (1)')
  await refreshView(db.pool, view)
}

async function epochOf(view: string): Promise<string | undefined> {
  const [row] = await db.rows<{ epoch: string }>(
    `select view_id || '-' || epoch as epoch from tidemark.state where view_id = tidemark.find_view($1)`,
    [view],
  )
  return row?.epoch
}

/** What others did before is told, so that it is not taken for what comes now. */
async function settled(): Promise<void> {
  const heard = await listen(served, '/api/events', operator)
  await heard.stop()
  await listen(served, '/api/events', operator, heard.lastId).then((again) => again.stop())
}

beforeEach(settled)

const typesOf = (heard: Heard): string[] =>
  heard.events.map((event) => `${event.type} ${'view' in event ? event.view : ''}`)

describe('a stream', () => {
  test('tells of a refresh, soon', async () => {
    const heard = await listen(served, '/api/events', operator)
    const took: number[] = []
    for (let round = 1; round <= 10; round++) {
      const began = performance.now()
      await refresh('one')
      await until(() => heard.events.length === round, 'it is told')
      took.push(performance.now() - began)
    }
    expect(heard.events[0]).toMatchObject({
      type: 'refreshed',
      view: 'one',
      epoch: expect.stringMatching(/^\d+-\d+$/),
      mode: 'incremental',
      updated: 1,
      at: expect.stringMatching(/Z$/),
      asOf: expect.stringMatching(/Z$/),
    })
    // It listens: by itself it would look half a minute later. A machine that is busy is let off all rounds but one.
    expect(Math.min(...took)).toBeLessThan(300)
    await heard.stop()
  })

  test('ends a batch with its position, and stands for all of it', async () => {
    const heard = await listen(served, '/api/events', operator)
    const before = heard.lastId ?? ''
    const client = await db.connect()
    await client.query('insert into t (g) values (1)')
    await client.query('begin isolation level repeatable read')
    await client.query(`select tidemark.refresh('one'), tidemark.refresh('two')`)
    await client.query('commit')
    await until(() => heard.events.length === 2, 'both are told')
    const messages = heard.text.split('\n\n').filter((message) => /data:.*"type":"refreshed"/.test(message))
    expect(messages.map((message) => message.includes('id:'))).toEqual([false, true])
    expect(heard.lastId).not.toBe(before)
    await heard.stop()
  })

  test('of some views tells of no others', async () => {
    const heard = await listen(served, '/api/events?views=two', operator)
    await refresh('one')
    await refresh('two')
    await until(() => heard.events.length > 0, 'it is told')
    expect(typesOf(heard)).toEqual(['refreshed two'])
    await heard.stop()
  })

  test('tells what failed; and what it quotes only to those who may inspect', async () => {
    const inspecting = await listen(served, '/api/events', operator)
    const reading = await listen(served, '/api/events', reader)
    await db.query('update broken set divisor = 0')
    await refreshView(db.pool, 'share')
    await until(() => inspecting.events.length > 0 && reading.events.length > 0, 'both are told')
    expect(inspecting.events[0]).toMatchObject({
      type: 'failed',
      error: { code: 'REFRESH_FAILED', message: 'division by zero' },
    })
    expect(reading.events[0]).toMatchObject({
      type: 'failed',
      error: { code: 'REFRESH_FAILED', message: 'A refresh failed.' },
    })
    const alert = {
      kind: 'failed',
      view: 'share',
      message: 'share could not be refreshed: division by zero',
      at: new Date().toISOString(),
      error: { code: 'REFRESH_FAILED', message: 'division by zero', hint: 'x' },
    }
    await db.query('insert into tidemark.alert (alert) values ($1)', [JSON.stringify(alert)])
    await until(() => inspecting.events.length > 1 && reading.events.length > 1, 'both are told')
    expect(inspecting.text).toContain('could not be refreshed: division by zero')
    expect(reading.text).not.toContain('division')
    await db.query('update broken set divisor = 1')
    await refreshView(db.pool, 'share')
    await Promise.all([inspecting.stop(), reading.stop()])
  })

  test('tells that views have changed: paused, deployed, dropped', async () => {
    const heard = await listen(served, '/api/events', operator)
    await db.query(`select tidemark.pause('one')`)
    const changes = (): number => typesOf(heard).filter((type) => type === 'views ').length
    await until(() => changes() === 1, 'it is told of the pause')
    await db.query(`select tidemark.resume('one')`)
    await until(() => changes() === 2, 'it is told of its end')
    await deploy(db.pool, { ...views, three: { query: 'select count(*) as n from t', key: [] } })
    await until(() => changes() >= 3, 'it is told of a new view')
    await refresh('three')
    await until(() => typesOf(heard).includes('refreshed three'), 'and of what the new one does')
    await deploy(db.pool, views)
    await until(() => heard.events.at(-1)?.type === 'views', 'it is told that it is gone')
    expect(changes()).toBeGreaterThanOrEqual(4)
    await heard.stop()
  })

  test('is looked after without a connection to listen on', async () => {
    const polling = handlers()
    const heard = await listen(polling, '/api/events', operator)
    await refresh('one')
    await until(() => heard.events.length > 0, 'it is told')
    expect(typesOf(heard)).toEqual(['refreshed one'])
    await heard.stop()
  })
})

describe('a client that comes again', () => {
  test('is told what it has missed, and only that', async () => {
    const heard = await listen(served, '/api/events', operator)
    await refresh('one')
    const epoch = await epochOf('one')
    await until(() => heard.events.some((event) => event.type === 'refreshed' && event.epoch === epoch), 'it is told')
    await heard.stop()
    await refresh('two')
    await refresh('one')
    const again = await listen(served, '/api/events', operator, heard.lastId)
    await refresh('two')
    await until(() => again.events.length === 3, 'it is told the rest')
    expect(typesOf(again)).toEqual(['refreshed two', 'refreshed one', 'refreshed two'])
    await again.stop()
  })

  test('can name where it left off in the address as well', async () => {
    const heard = await listen(served, '/api/events', operator)
    await heard.stop()
    await refresh('two')
    const again = await listen(served, `/api/events?since=${encodeURIComponent(heard.lastId ?? '')}`, operator)
    expect(typesOf(again)).toEqual(['refreshed two'])
    await again.stop()
  })

  test('is told by another server', async () => {
    const heard = await listen(served, '/api/events?views=one', operator)
    await heard.stop()
    await refresh('one')
    const other = handlers({ listen: db.url })
    const again = await listen(other, '/api/events?views=one', operator, heard.lastId)
    expect(typesOf(again)).toEqual(['refreshed one'])
    await again.stop()
  })

  test('is told that views changed while it was away', async () => {
    const heard = await listen(served, '/api/events', operator)
    await heard.stop()
    await deploy(db.pool, { ...views, four: { query: 'select max(g) as n from t', key: [] } })
    const other = handlers({ listen: db.url })
    const again = await listen(other, '/api/events', operator, heard.lastId)
    expect(typesOf(again).at(-1)).toBe('views ')
    await again.stop()
    await deploy(db.pool, views)
  })

  test('from where nothing can be told any more is told to read everything again', async () => {
    const heard = await listen(served, '/api/events', operator)
    const [cursor = '', version = ''] = (heard.lastId ?? '').split('~')
    await heard.stop()
    const elsewhere = `1${cursor}~${version}`
    for (const since of [
      elsewhere,
      'x',
      '1.2:3',
      `${cursor.split('.')[0]}.9:5:`,
      `${cursor.split('.')[0]}.0:0:`,
      'é'.repeat(10),
      '9'.repeat(9_000),
      `${cursor}~a~b`,
    ]) {
      const again = await listen(served, `/api/events?since=${encodeURIComponent(since)}`, operator)
      expect(typesOf(again)).toEqual(['reset '])
      await refresh('one')
      await until(() => again.events.length === 2, 'it goes on from there')
      await again.stop()
    }
  })

  test('who missed too much is told to read everything again', async () => {
    const heard = await listen(served, '/api/events', operator)
    await heard.stop()
    await db.query(`insert into tidemark.run (view_id, started_at, finished_at, mode, duration_ms, epoch)
      select v.id, now(), now(), 'incremental', 1, 1 from tidemark.view v, generate_series(1, 1100) where v.view_name = 'one'`)
    const again = await listen(served, '/api/events', operator, heard.lastId)
    expect(typesOf(again)).toEqual(['reset '])
    await again.stop()
  })
})

test('a position is one that PostgreSQL reads, or none', async () => {
  const xid = fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.constantFrom(2n ** 63n - 1n, 2n ** 63n, 2n ** 64n))
  const snapshot = fc
    .tuple(xid, xid, fc.array(xid, { maxLength: 3 }), fc.constantFrom('', ',', 'x', '0', ':'))
    .map(([xmin, xmax, xips, end]) => `${xmin}:${xmax}:${xips}${end}`)
  let read = 0
  await fc.assert(
    fc.asyncProperty(snapshot, async (text) => {
      if (readPosition(`1-1.${text}`) === null) return
      read++
      await db.query('select $1::pg_snapshot', [text])
    }),
    { numRuns: 5_000 },
  )
  expect(read).toBeGreaterThan(50)
  for (const text of ['5:5:', '5:9:5,7', '5:9:7,7']) expect(readPosition(`1-1.${text}`)).not.toBeNull()
})

describe('access', () => {
  test('without credentials there is nothing to hear', async () => {
    await expectProblem(await served.get('/api/events'), 401, 'UNAUTHENTICATED')
    await expectProblem(await served.get('/api/events?views=one'), 401, 'UNAUTHENTICATED')
  })

  test('a token for one view hears of that one alone', async () => {
    const token = 'a-token-for-one-view'
    const narrow = handlers({ listen: db.url, access: { tokens: [{ name: 'n', token, views: ['one'] }] } })
    await expectProblem(await narrow.get('/api/events?views=one,two', token), 403, 'FORBIDDEN')
    const heard = await listen(narrow, '/api/events', token)
    await refresh('two')
    await refresh('one')
    await until(() => heard.events.length > 0, 'it is told')
    await sleep(100)
    expect(typesOf(heard)).toEqual(['refreshed one'])
    await heard.stop()
  })

  test('there are only so many clients', async () => {
    const small = handlers({ limits: { maxEventClients: 2 } })
    const both = await Promise.all([listen(small, '/api/events', operator), listen(small, '/api/events', operator)])
    const refused = await small.get('/api/events', operator)
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    await expectProblem(refused, 503, 'OVERLOADED')
    await both[0].stop()
    await (await listen(small, '/api/events', operator)).stop()
    await both[1].stop()
  })
})

test('closing the handler ends all streams', async () => {
  const other = handlers({ listen: db.url })
  const heard = await listen(other, '/api/events', operator)
  await other.handler.close()
  await until(() => heard.ended, 'the stream ends')
  await expectProblem(await other.get('/api/events', operator), 503, 'OVERLOADED')
})
