import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { useOwnServer } from '../../test/kit/index.js'
import { migrate } from '../engine/migrate.js'
import { type PollConnection, Poller, parseSnapshot } from './poll.js'

// A server of its own: a poll sees that a transaction ended in any database, also in those of other tests.
const db = await useOwnServer()
const sources = [
  { id: 1, log: 'first', keptBy: null },
  { id: 2, log: 'second "quoted"', keptBy: null },
]
let poller: Poller

beforeAll(async () => {
  await migrate(db.pool)
  for (const { log } of sources) {
    await db.query(
      `create table tidemark_log."${log.replaceAll('"', '""')}" (tidemark_xid xid8 not null, tidemark_sign smallint)`,
    )
  }
})

beforeEach(async () => {
  poller = new Poller()
  poller.watch(sources)
  await db.query('select pg_current_xact_id()')
})

const insert = 'insert into tidemark_log.first values (pg_current_xact_id(), 1)'

/** Both ways: prepared on a session of its own, and through a pool. */
describe.each(['session', 'pool'])('a poll on a %s', (kind) => {
  let connection: PollConnection
  const seen = async (expectsNews = true) => (await poller.poll(connection, expectsNews)).seen

  beforeAll(async () => {
    const client = await db.connect()
    const query: PollConnection['query'] = (text, values) => client.query(text, values as unknown[])
    connection = kind === 'session' ? { session: client, query } : { query }
  })

  test('takes everything for new at first', async () => {
    expect((await seen())?.sources).toBeNull()
    expect((await seen())?.sources).toEqual([])
    poller.forget()
    expect((await seen())?.sources).toBeNull()
  })

  test('says which logs have new rows, once', async () => {
    await seen()
    await db.query(insert)
    await db.query(`insert into tidemark_log."second ""quoted""" values (pg_current_xact_id(), 1)`)
    expect((await seen())?.sources).toEqual([1, 2])
    expect((await seen())?.sources).toEqual([])
  })

  test('asks no more when no transaction has ended', async () => {
    await seen()
    expect(await seen(false)).toBeUndefined()
    await db.query('select count(*) from tidemark_log.first')
    expect(await seen(false)).toBeUndefined()
    await db.query(insert)
    expect((await seen(false))?.sources).toEqual([1])
  })

  test('sees a transaction that began before others and commits after them', async () => {
    await seen()
    const slow = await db.connect()
    await slow.query('begin')
    await slow.query(insert)
    expect((await seen())?.sources).toEqual([])
    for (let round = 0; round < 3; round++) {
      await db.query(insert)
      expect((await seen())?.sources).toEqual([1])
    }
    await slow.query('commit')
    expect((await seen(false))?.sources).toEqual([1])
    expect(await seen(false)).toBeUndefined()
  })

  test('sees what was written after a savepoint, also when it began before', async () => {
    const slow = await db.connect()
    await slow.query('begin; select pg_current_xact_id(); savepoint a')
    await db.query('select pg_current_xact_id()')
    await seen()
    await slow.query(`${insert}; release savepoint a; savepoint b; ${insert}; rollback to savepoint b`)
    await db.query('select pg_current_xact_id()')
    expect((await seen())?.sources).toEqual([])
    await slow.query('commit')
    expect((await seen(false))?.sources).toEqual([1])
  })

  test('tells requests, each view once', async () => {
    await db.query(
      `insert into tidemark.view (id, schema_name, view_name, storage, storage_name, definition, canonical,
        definition_hash, key_columns, moves, statements, explanation, settings, time_zone)
      overriding system value values (7, 'public', $1, 'table', $1, '', '', '', '{}', false, '{}', '{}', '{}', 'UTC')`,
      [`asked by ${kind}`],
    )
    const first = await seen()
    await db.query('insert into tidemark.request values (7, false), (7, true), (7, false)')
    const second = await seen(false)
    expect([...(second?.requests ?? [])]).toEqual([[7, { at: expect.any(Number), full: true }]])
    expect(second?.version).toBe(first?.version)
    await db.query('delete from tidemark.view')
    expect((await seen(false))?.version).not.toBe(first?.version)
  })

  test('goes on after an error', async () => {
    await seen()
    poller.watch([...sources, { id: 3, log: 'missing', keptBy: null }])
    await db.query(insert)
    await expect(seen()).rejects.toMatchObject({ code: '42P01' })
    poller.watch(sources)
    expect((await seen())?.sources).toEqual([1])
  })
})

/** The order in which transactions begin, write, commit and roll back is at random: none is missed, none seen twice. */
test('whatever the order of things, each commit is seen by exactly one poll', async () => {
  const clients = await Promise.all([1, 2, 3, 4].map(() => db.connect()))
  const session = await db.connect()
  const connection: PollConnection = { session, query: (text, values) => session.query(text, values as unknown[]) }
  let seed = 20260115
  const random = (below: number) => {
    seed = (seed * 48271) % 2147483647
    return seed % below
  }
  const open = clients.map(() => ({ began: false, wrote: false }))
  await poller.poll(connection, true)
  let unseen = 0
  for (let step = 0; step < 1_500; step++) {
    const which = random(clients.length)
    const client = clients[which]
    const state = open[which]
    if (client === undefined || state === undefined) continue
    const act = random(5)
    if (act === 0 && !state.began) {
      await client.query(random(2) === 0 ? 'begin' : 'begin isolation level repeatable read')
      open[which] = { began: true, wrote: false }
    } else if (act === 1 && state.began) {
      await client.query(insert)
      state.wrote = true
    } else if (act === 2 && state.began) {
      const commits = random(4) > 0
      await client.query(commits ? 'commit' : 'rollback')
      if (commits && state.wrote) unseen++
      open[which] = { began: false, wrote: false }
    } else if (act === 3) {
      await db.query(random(2) === 0 ? 'select pg_current_xact_id()' : 'select 1')
    } else {
      const { seen } = await poller.poll(connection, random(2) === 0)
      expect(seen?.sources ?? []).toEqual(unseen > 0 ? [1] : [])
      unseen = 0
    }
  }
  await Promise.all(clients.map((client) => client.query('rollback')))
})

test('reads snapshots', () => {
  expect(parseSnapshot('10:20:11,15')).toEqual({ xmax: '20', running: ['11', '15'] })
  expect(parseSnapshot('10:10:')).toEqual({ xmax: '10', running: [] })
  expect(() => parseSnapshot("1:2:3'")).toThrow('not a snapshot')
})
