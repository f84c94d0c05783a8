import { beforeEach, expect, test } from 'vitest'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy } from '../worker/kit.js'

const db = await useTestDatabase()

beforeEach(async () => {
  await deploy(db.pool, {})
  await db.query(`drop table if exists event cascade;
    create table event (id int generated always as identity primary key, at timestamptz not null, day date)`)
})

const refresh = async (view: string): Promise<string | undefined> =>
  (await db.rows<{ mode: string }>('select mode from tidemark.refresh($1)', [view]))[0]?.mode

const ids = async (query: string): Promise<number[]> =>
  (await db.rows<{ id: number }>(`select id from (${query}) q order by id`)).map(({ id }) => id)

/** Rows for which so many milliseconds are left, seen by the view while they still are. */
async function comeIn(view: string, ...left: readonly number[]): Promise<void> {
  for (const ms of left) {
    await db.query('insert into event (at) values (now() + make_interval(secs => $1::float / 1000))', [ms])
  }
  await refresh(view)
}

/** That row has left by now. */
async function crossed(id: number): Promise<void> {
  await db.query('select pg_sleep(extract(epoch from at - clock_timestamp()) + 0.05) from event where id = $1', [id])
}

const coming = { query: 'select id, at from event where at > now()' }
const day = 86_400_000

test('rows that expired since the last refresh are nothing that verify would report', async () => {
  await deploy(db.pool, { coming })
  await comeIn('coming', 3_000, 3_100, day)
  expect(await ids('select id from coming')).toEqual([1, 2, 3])
  await crossed(2)
  expect(await ids('select id from coming')).toEqual([1, 2, 3])
  expect(await verifyView(db.pool, 'coming')).toMatchObject({ missing: 0, unexpected: 0 })
  expect(await ids('select id from coming')).toEqual([3])
})

test('a row that is written and crosses a bound in the same while counts as it was and as it is', async () => {
  await deploy(db.pool, { coming })
  await comeIn('coming', 3_000, -day, 3_000, 3_000)
  expect(await ids('select id from coming')).toEqual([1, 3, 4])
  await db.query("update event set at = at + interval '1 hour' where id in (1, 2); delete from event where id = 3")
  await crossed(4)
  expect(await refresh('coming')).not.toBe('noop')
  expect(await ids('select id from coming')).toEqual([1])
})

test('a transaction that began before the last refresh may take the clock back', async () => {
  await deploy(db.pool, { coming })
  await comeIn('coming', 3_000, day)
  const earlier = await db.connect()
  await earlier.query('begin; select now()')
  await crossed(1)
  expect(await refresh('coming')).not.toBe('noop')
  expect(await ids('select id from coming')).toEqual([2])
  const { rows } = await earlier.query<{ mode: string }>("select mode from tidemark.refresh('coming')")
  expect(rows[0]?.mode).not.toBe('noop')
  await earlier.query('commit')
  expect(await ids('select id from coming')).toEqual([1, 2])
  expect(await refresh('coming')).not.toBe('noop')
  expect(await ids('select id from coming')).toEqual([2])
})

test('what reads the date is recomputed when the date is another one, and not before', async () => {
  await db.query(
    "insert into event (at, day) select now() - interval '1 day', current_date - i from generate_series(1, 3) i",
  )
  await deploy(db.pool, {
    ages: { query: 'select id, current_date - day as days from event' },
    today: { query: 'select id, at from event where at >= current_date' },
  })
  expect([await refresh('ages'), await refresh('today')]).toEqual(['noop', 'noop'])
  // All as it was a day ago.
  await db.query(`update tidemark_data.ages set days = days - 1;
    insert into tidemark_data.today select id, at from event;
    update tidemark.state set as_of = as_of - interval '1 day'`)
  expect(await refresh('ages')).toBe('full')
  expect((await db.rows<{ days: number }>('select days from ages order by id')).map(({ days }) => days)).toEqual([
    1, 2, 3,
  ])
  expect(await refresh('today')).not.toBe('noop')
  expect(await ids('select id from today')).toEqual([])
  expect([await refresh('ages'), await refresh('today')]).toEqual(['noop', 'noop'])
})

test('a window without a key to follow is recomputed when a row crosses a bound, and not before', async () => {
  await deploy(db.pool, { all: { query: 'select array_agg(id order by id) as ids from event where at > now()' } })
  await comeIn('all', 3_000, day)
  expect(await refresh('all')).toBe('noop')
  await crossed(1)
  expect(await refresh('all')).toBe('full')
  expect(await db.rows('select ids from "all"')).toEqual([{ ids: [2] }])
  expect(await refresh('all')).toBe('noop')
})
