/** What a stream tells of how fresh views are: a client that takes it at its word is never wrong for long. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ViewOptions } from '../../src/define/options.js'
import { refreshView } from '../../src/engine/refresh.js'
import type { FreshnessTold, LiveEvent } from '../../src/protocol/events.js'
import type { ViewFreshness } from '../../src/protocol/freshness.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, until } from '../worker/kit.js'
import { expectProblem, type Heard, listen, noting, operator, reader, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const served = handlers({ listen: db.url })

const views: Readonly<Record<string, ViewOptions>> = {
  one: { query: 'select g, count(*) as n from t group by g' },
  two: { query: 'select g, max(id) as last from u group by g' },
  above: { query: 'select g, n from one where n > 3', key: ['g'] },
  share: { query: 'select id, 10 / divisor as share from broken' },
  moving: { query: `select id from broken where now() > timestamptz '2020-01-01'`, schedule: { every: '1h' } },
}

beforeAll(async () => {
  await db.query(`create table t (id int generated always as identity primary key, g int);
    insert into t (g) select i % 5 from generate_series(1, 50) i;
    create table u (id int generated always as identity primary key, g int); insert into u (g) values (1);
    create table broken (id int primary key, divisor int); insert into broken values (1, 1)`)
  await deploy(db.pool, views)
})

const write = (table = 't'): Promise<unknown> => db.query(`insert into ${table} (g) values (1)`)

function toldOf(heard: Heard, view: string): FreshnessTold[] {
  return heard.freshness.filter((event) => event.type === 'freshness').filter((event) => event.view === view)
}

function lastOf(heard: Heard, view: string): ViewFreshness | undefined {
  return toldOf(heard, view).at(-1)?.freshness
}

async function hearing(path: string, token = operator, since?: string, by = served): Promise<Heard> {
  const heard = await listen(by, path, token, since)
  await until(() => heard.freshness.length > 0, 'it is told how fresh the views are')
  return heard
}

async function fresh(...names: string[]): Promise<void> {
  for (const name of names) await refreshView(db.pool, name)
}

describe('a stream tells', () => {
  test('of each view, when it begins, and of no other', async () => {
    await fresh('one', 'two')
    const heard = await hearing('/api/events?views=one,two')
    await until(() => heard.freshness.length === 2, 'both are told')
    const [row] = await db.rows<{ epoch: string }>(
      `select view_id || '-' || epoch as epoch from tidemark.state where view_id = tidemark.find_view('one')`,
    )
    expect(lastOf(heard, 'one')).toMatchObject({
      view: 'one',
      state: 'ready',
      stalenessSeconds: 0,
      pendingChanges: 0,
      epoch: row?.epoch,
    })
    expect(lastOf(heard, 'two')).toMatchObject({ stalenessSeconds: 0 })
    await sleep(300)
    expect(heard.freshness).toHaveLength(2)
    await heard.stop()
  })

  test('when changes begin to wait, soon, and once; and again after the next refresh', async () => {
    await fresh('one', 'two')
    const heard = await hearing('/api/events?views=one,two')
    const took: number[] = []
    for (let round = 1; round <= 8; round++) {
      const before = toldOf(heard, 'one').length
      const began = performance.now()
      await write()
      await until(() => toldOf(heard, 'one').length > before, 'it is told')
      took.push(performance.now() - began)
      const told = lastOf(heard, 'one')
      expect(told).toMatchObject({ pendingChanges: 1, stalenessSeconds: expect.any(Number) })
      expect(told?.stalenessSeconds).toBeGreaterThan(0)
      await write()
      await sleep(350)
      expect(toldOf(heard, 'one')).toHaveLength(before + 1)
      await refreshView(db.pool, 'one')
      await until(() => heard.events.length === round, 'the refresh is told')
    }
    // Sooner than it would look by itself; a machine that is busy is let off all rounds but one.
    expect(Math.min(...took)).toBeLessThan(900)
    expect(toldOf(heard, 'two')).toHaveLength(1)
    await heard.stop()
  })

  test('what was held back: a write whose wake-up another transaction was to send', async () => {
    await fresh('one')
    const heard = await hearing('/api/events?views=one')
    await sleep(300)
    const first = await db.connect()
    await first.query('begin; insert into u (g) values (7)')
    await write()
    await until(() => toldOf(heard, 'one').length === 2, 'it is told')
    await first.query('rollback')
    await heard.stop()
  })

  test('who has no connection to listen on, too', async () => {
    await fresh('one')
    const polling = handlers({ connections: 2 })
    const heard = await hearing('/api/events?views=one', operator, undefined, polling)
    await write()
    await until(() => lastOf(heard, 'one')?.stalenessSeconds !== 0, 'it is told')
    await heard.stop()
  })

  test('that a view over another one is as old as that', async () => {
    await fresh('one', 'above')
    const heard = await hearing('/api/events?views=above')
    expect(lastOf(heard, 'above')).toMatchObject({ stalenessSeconds: 0 })
    await write()
    await until(() => toldOf(heard, 'above').length === 2, 'it is told')
    expect(lastOf(heard, 'above')?.stalenessSeconds).toBeGreaterThan(0)
    await refreshView(db.pool, 'above')
    await until(() => heard.events.length > 0, 'a refresh took in both')
    await heard.stop()
  })

  test('behind a refresh that what moves with the clock is not fresh for that', async () => {
    const heard = await hearing('/api/events?views=moving')
    await refreshView(db.pool, 'moving', { full: true })
    await until(() => heard.events.some(({ type }) => type === 'refreshed'), 'the refresh is told')
    const before = heard.freshness.length
    await until(() => toldOf(heard, 'moving').length > before, 'and that it ages all the same')
    expect(lastOf(heard, 'moving')?.stalenessSeconds).toBeGreaterThan(0)
    await heard.stop()
  })

  test('of a pause, and of its end', async () => {
    const heard = await hearing('/api/events?views=one')
    await db.query(`select tidemark.pause('one')`)
    await until(() => lastOf(heard, 'one')?.state === 'paused', 'it is told of the pause')
    await db.query(`select tidemark.resume('one')`)
    await until(() => lastOf(heard, 'one')?.state === 'ready', 'it is told of its end')
    await heard.stop()
  })

  test('what is wrong in full to those alone who may inspect', async () => {
    await db.query('update broken set divisor = 0')
    await refreshView(db.pool, 'share')
    const inspecting = await hearing('/api/events?views=share')
    const reading = await hearing('/api/events?views=share', reader)
    expect(lastOf(inspecting, 'share')).toMatchObject({ state: 'error', lastError: { message: 'division by zero' } })
    expect(lastOf(reading, 'share')).toMatchObject({ state: 'error', lastError: { message: 'A refresh failed.' } })
    expect(reading.text).not.toContain('division')
    expect(lastOf(reading, 'share')?.stalenessSeconds).toBeGreaterThan(0)
    await Promise.all([inspecting.stop(), reading.stop()])
    await db.query('update broken set divisor = 1')
    await refreshView(db.pool, 'share')
  })

  test('how many changes wait, now and then', async () => {
    await fresh('one')
    await write()
    const heard = await hearing('/api/events?views=one')
    expect(lastOf(heard, 'one')).toMatchObject({ pendingChanges: 1 })
    await db.query('insert into t (g) select 1 from generate_series(1, 20)')
    await until(() => lastOf(heard, 'one')?.pendingChanges === 21, 'it is counted again')
    await heard.stop()
  })
})

/** What a client makes of what it is told: whether it shows a view as being without changes that wait. */
function believesQuiet(heard: { readonly all: readonly LiveEvent[] }, view: string): boolean | null {
  let quiet: boolean | null = null
  for (const event of heard.all) {
    if (event.type === 'refreshed' && event.view === view) quiet = true
    if (event.type === 'freshness' && event.view === view) quiet = event.freshness.stalenessSeconds === 0
  }
  return quiet
}

/** All that was told, in its order. */
function inOrder(heard: Heard): { readonly all: readonly LiveEvent[] } {
  return {
    all: [...heard.text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? '') as LiveEvent),
  }
}

test('while sessions write and refresh as they please, what a client takes from it comes out right', async () => {
  await fresh('one', 'two', 'above')
  const heard = await hearing('/api/events?views=one,two,above')
  for (let round = 0; round < 4; round++) {
    let going = true
    const writer = async (table: string, pauseMs: number): Promise<void> => {
      while (going) {
        await write(table)
        await sleep(Math.random() * pauseMs)
      }
    }
    const refresher = async (view: string): Promise<void> => {
      while (going) {
        await refreshView(db.pool, view).catch(() => undefined)
        await sleep(Math.random() * 40)
      }
    }
    const all = [writer('t', 30), writer('t', 90), writer('u', 60), ...['one', 'two', 'above'].map(refresher)]
    await sleep(1_200)
    going = false
    await Promise.all(all)
    // Some end with changes that wait, some without.
    if (round % 2 === 0) await fresh('one', 'above')
    if (round > 1) await fresh('two')
    const truth = async (): Promise<Record<string, boolean>> => {
      const found = await db.rows<{ view: string; fresh: boolean }>(
        `select v.view_name as view, r.fresh from tidemark.view v, lateral tidemark.read_state(v.id, true) r
         where v.view_name in ('one', 'two', 'above') and v.replaces is null`,
      )
      return Object.fromEntries(found.map(({ view, fresh: quiet }) => [view, quiet]))
    }
    const present = await truth()
    const believed = (): object => {
      const told = inOrder(heard)
      return Object.fromEntries(Object.keys(present).map((view) => [view, believesQuiet(told, view)]))
    }
    await until(() => JSON.stringify(believed()) === JSON.stringify(present), 'it comes out right')
    await sleep(1_300)
    expect(believed()).toEqual(present)
  }
  await heard.stop()
})

describe('who comes back', () => {
  test('is told what happened, and then how fresh each view is', async () => {
    await fresh('one', 'two')
    const first = await hearing('/api/events?views=one,two')
    await first.stop()
    await write()
    await refreshView(db.pool, 'one')
    await write('u')
    const again = await hearing('/api/events?views=one,two', operator, first.lastId)
    await until(() => again.freshness.length === 2, 'both are told')
    expect(inOrder(again).all.map(({ type }) => type)).toEqual(['refreshed', 'freshness', 'freshness'])
    expect(lastOf(again, 'one')).toMatchObject({ stalenessSeconds: 0 })
    expect(lastOf(again, 'two')).toMatchObject({ pendingChanges: 1 })
    await again.stop()
  })

  test('to another server is told by that one', async () => {
    await fresh('one')
    const first = await hearing('/api/events?views=one')
    await first.stop()
    await write()
    const other = handlers({ listen: db.url })
    const again = await hearing('/api/events?views=one', operator, first.lastId, other)
    expect(lastOf(again, 'one')).toMatchObject({ pendingChanges: 1 })
    await again.stop()
  })
})

test('a hundred clients cost the database no more than one', async () => {
  await fresh('one', 'two')
  const crowded = handlers({ listen: counted, limits: { maxEventClients: 200 }, onConnect: noting(statements) })
  const first = await hearing('/api/events?views=one,two', operator, undefined, crowded)
  const others = await Promise.all(
    Array.from({ length: 100 }, () => listen(crowded, '/api/events?views=one,two', operator)),
  )
  const all = [first, ...others]
  await until(() => all.every(({ freshness }) => freshness.length === 2), 'all are told')
  await sleep(300)
  statements.length = 0
  const began = performance.now()
  /** In each it looks by itself, once. */
  const seconds = (): number => (performance.now() - began) / 1000
  await write()
  await until(() => all.every(({ freshness }) => freshness.length === 3), 'all are told')
  await sleep(500)
  // A few looks, and one answer for all.
  expect(statements.length).toBeGreaterThan(3)
  expect(statements.length).toBeLessThan(30 + 10 * seconds())
  expect(all.every(({ freshness }) => freshness.length === 3)).toBe(true)
  await Promise.all(all.map((heard) => heard.stop()))
})

const statements: string[] = []

async function counted(): Promise<Client> {
  const client = new Client(db.url)
  await client.connect()
  noting(statements)(client)
  return client
}

describe('names', () => {
  const odd = ['sales, by day', 'the "best"', 'größe 日本', 'a b', '100%', 'x&y=z+1', `o'clock`]
  const ask = (names: readonly string[]): string => `/api/events?${new URLSearchParams({ views: names.join(',') })}`
  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

  test('with commas, quotes, spaces and letters of any kind can be asked for, and are told as they were asked for', async () => {
    const options = { query: 'select g, count(*) as n from t group by g' }
    await deploy(db.pool, { ...views, ...Object.fromEntries(odd.map((name) => [name, options])) })
    const heard = await listen(served, ask(odd.map(quoted)), operator)
    await until(() => heard.freshness.length === odd.length, 'all are told')
    for (const name of odd) expect(lastOf(heard, name)).toMatchObject({ view: name, stalenessSeconds: 0 })
    await write()
    await refreshView(db.pool, 'sales, by day')
    await until(() => heard.events.some((event) => 'view' in event && event.view === 'sales, by day'), 'it is told')
    await heard.stop()
    for (const name of odd) {
      const answer = await served.get(`/api/views/${encodeURIComponent(name)}/freshness`, operator)
      expect(await answer.json()).toMatchObject({ view: name })
    }
    const plain = await hearing(ask(odd.filter((name) => !/^"|,/.test(name))))
    await plain.stop()
  })

  test('of one view that is asked for by two are both told', async () => {
    const heard = await listen(served, ask(['one', 'public.one']), operator)
    await until(() => heard.freshness.length === 2, 'both are told')
    expect(heard.freshness.map((event) => 'view' in event && event.view).sort()).toEqual(['one', 'public.one'])
    await heard.stop()
  })

  test.each(['"open', 'one,,two', ',one', 'one,', '"one"two'])('that are no list are refused: %s', async (given) => {
    const response = await served.get(`/api/events?${new URLSearchParams({ views: given })}`, operator)
    const { hint } = await expectProblem(response, 400, 'REQUEST_INVALID')
    expect(hint).toContain('double quotes')
  })

  test('with a comma that stand in no quotes are two, which are not there', async () => {
    await expectProblem(await served.get(ask(['sales, by day']), operator), 404, 'UNKNOWN_VIEW')
  })
})
