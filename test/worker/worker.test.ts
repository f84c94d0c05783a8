import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, makeTable, type TestWorker, until, useWorkers } from './kit.js'

const db = await useTestDatabase()
const start = useWorkers(db)
/** Less than the kit's interval of polls: what comes within it was told by a wake-up, also on a busy machine. */
const beforePollMs = 4_000

const sums = 'select grp, sum(n) as total from t group by grp'

beforeEach(async () => {
  await makeTable(db, 't')
  await makeTable(db, 'u')
})

/** Until the worker has nothing left to do. */
async function settled(worker: TestWorker): Promise<void> {
  const calm = () => {
    const { online, listening, views } = worker.snapshot()
    return online && listening && views.every((view) => view.pendingSince === null && !view.running)
  }
  await until(calm, 'the worker has nothing to do')
}

const touch = (table = 't') => db.query(`update ${table} set n = n + 1 where id = 1`)

describe('freshness', () => {
  test('a change is seen at once after a pause', async () => {
    await deploy(db.pool, { sums: { query: sums, freshness: '200ms' } })
    const worker = start()
    await settled(worker)
    await sleep(300)
    const before = worker.refreshed.length
    await touch()
    await until(() => worker.runsOf('sums').length === 1, 'the refresh', beforePollMs)
    await settled(worker)
    expect(worker.refreshed.length - before).toBe(1)
    expect(await verifyView(db.pool, 'sums')).toMatchObject({ missing: 0, unexpected: 0 })
  })

  test('constant writes cost one refresh per target, not one per change', async () => {
    await deploy(db.pool, { sums: { query: sums, freshness: '1s' } })
    const worker = start()
    await settled(worker)
    const began = performance.now()
    const seconds = () => (performance.now() - began) / 1000
    let oldest = 0
    /** How long the machine takes for next to nothing. */
    let slowest = 0
    while (seconds() < 3 || worker.runsOf('sums').length < 2) {
      const before = seconds()
      await touch()
      const [row] = await db.rows<{ age: number }>(
        "select staleness_seconds as age from tidemark.freshness where view = 'sums'",
      )
      slowest = Math.max(slowest, seconds() - before)
      oldest = Math.max(oldest, row?.age ?? 0)
    }
    expect(worker.runsOf('sums').length).toBeLessThanOrEqual(seconds() + 2)
    expect(oldest).toBeLessThan(1.7 + 4 * slowest)
  })

  test('a transaction that commits late is not missed, though later ones were seen before', async () => {
    await deploy(db.pool, { sums: { query: sums, freshness: '100ms' } })
    const worker = start()
    await settled(worker)
    const slow = await db.connect()
    await slow.query('begin')
    await slow.query('update t set n = n + 1000 where id = 2')
    for (let round = 1; round <= 5; round++) {
      await touch()
      await until(() => worker.runsOf('sums').length >= round, `refresh ${round}`)
    }
    await settled(worker)
    await sleep(300)
    const before = worker.runsOf('sums').length
    await slow.query('commit')
    await until(() => worker.runsOf('sums').length > before, 'the late change')
    expect(worker.runsOf('sums').at(-1)?.result).toMatchObject({ mode: 'incremental', updated: 1 })
  })

  test('a lost wake-up only makes it later', async () => {
    await deploy(db.pool, { sums: { query: sums, freshness: '500ms' } })
    const worker = start({ settings: { listen: false } })
    await until(() => worker.refreshed.length > 0, 'it started')
    await sleep(700)
    await touch()
    await until(() => worker.runsOf('sums').length === 1, 'the refresh', beforePollMs)
    expect(worker.snapshot()).toMatchObject({ listening: false, counters: { wakeUps: 0 } })
  })

  test('a view without a target is left alone until it is asked for', async () => {
    await deploy(db.pool, { sums: { query: sums, freshness: false } })
    const worker = start()
    await until(() => worker.snapshot().listening, 'it listens')
    await touch()
    await sleep(500)
    expect(worker.refreshed).toEqual([])
    await db.query("select tidemark.request('sums')")
    await until(() => worker.runsOf('sums').length === 1, 'the refresh', beforePollMs)
    expect(worker.refreshed[0]?.reason).toBe('request')
    await db.query("select tidemark.request('sums', true)")
    await until(() => worker.refreshed.length === 2, 'the second refresh', beforePollMs)
    expect(worker.refreshed[1]?.result.mode).toBe('full')
    expect(await db.rows('select from tidemark.request')).toEqual([])
  })
})

test('an idle worker asks once in a while whether any transaction has ended, and does nothing else', async () => {
  await deploy(db.pool, {
    sums: { query: sums, freshness: '2s' },
    counts: { query: 'select count(*) as n from u', key: [] },
  })
  const worker = start({ settings: { pollIntervalMs: 1_000 } })
  await until(() => worker.refreshed.length === 2, 'it has looked at both views')
  await sleep(2_500)
  const before = worker.snapshot().counters
  const began = performance.now()
  await sleep(2_500)
  await until(() => worker.snapshot().counters.polls >= before.polls + 2, 'it asks twice')
  const after = worker.snapshot().counters
  expect(after.polls - before.polls).toBeLessThanOrEqual((performance.now() - began) / 1_000 + 1.5)
  expect(after.refreshes).toEqual(before.refreshes)
})

test('on change: once after a burst, and during an endless one at the longest wait', async () => {
  await deploy(db.pool, { sums: { query: sums, onChange: { debounce: '300ms', maxWait: '1200ms' } } })
  const worker = start()
  await settled(worker)
  const began = performance.now()
  /** Pauses that are long enough for a refresh: a busy machine makes some. */
  let pauses = 0
  let last = began
  const write = async (pauseMs: number): Promise<void> => {
    await touch()
    await sleep(pauseMs)
    if (performance.now() - last > 200) pauses++
    last = performance.now()
  }
  for (let i = 0; i < 5; i++) await write(50)
  await until(() => worker.runsOf('sums').length >= 1, 'the refresh after the burst')
  await settled(worker)
  expect(worker.runsOf('sums').length).toBeLessThanOrEqual(1 + pauses)
  const before = worker.runsOf('sums').length
  pauses = 0
  last = performance.now()
  const endless = last
  while (worker.runsOf('sums').length < before + 2) await write(20)
  const longest = Math.floor((performance.now() - endless) / 1_200)
  expect(longest).toBeGreaterThanOrEqual(2 - pauses)
  expect(worker.runsOf('sums').length - before).toBeLessThanOrEqual(longest + pauses)
})

test('schedules: by cron with seconds, and by interval', async () => {
  await deploy(db.pool, {
    by_cron: { query: sums, schedule: '*/2 * * * * *' },
    by_interval: { query: sums, schedule: { every: '1s' } },
  })
  const worker = start()
  const times = (view: string) => worker.refreshed.filter((event) => event.view === view)
  await until(() => times('by_cron').length >= 2 && times('by_interval').length >= 3, 'the schedules')
  expect(times('by_interval').every(({ reason }) => reason === 'interval')).toBe(true)
  expect(times('by_cron').every(({ reason }) => reason === 'cron')).toBe(true)
  // As-of is the start of the refresh: just after an even second, unless the machine is busy.
  const late = times('by_cron').map(({ result }) => (result.asOf?.getTime() ?? 0) % 2_000)
  expect(Math.min(...late)).toBeLessThan(1_000)
})

test('views that move with the clock, and native materialized views, are refreshed by time alone', async () => {
  await deploy(db.pool, {
    recent: {
      query: 'select count(*) as n from t where clock_timestamp() > now()',
      key: [],
      freshness: '500ms',
    },
    native: { query: sums, storage: 'matview', key: ['grp'], freshness: '500ms' },
  })
  const worker = start()
  await until(() => worker.runsOf('recent').length >= 2 && worker.runsOf('native').length >= 2, 'two refreshes of each')
  const started = Date.now()
  const before = worker.refreshed.length
  await sleep(2_000)
  const rate = (worker.refreshed.length - before) / ((Date.now() - started) / 1000)
  expect(rate).toBeLessThan(6)
})

describe('views over views', () => {
  const views = {
    lower: { query: sums, freshness: '100ms' },
    upper: { query: 'select total % 2 as odd, count(*) as n from lower group by total % 2', freshness: '400ms' },
  } as const

  test('follow a change of the table, the upper one without the lower one’s being done twice', async () => {
    await deploy(db.pool, views)
    const worker = start()
    await settled(worker)
    await sleep(500)
    await touch()
    await until(() => worker.runsOf('upper').length === 1, 'the upper view follows')
    await settled(worker)
    const runs = await db.rows<{ mode: string }>(
      "select mode from tidemark.run r join tidemark.view v on v.id = r.view_id where view_name = 'lower'",
    )
    expect(runs.length).toBe(1)
    expect(await verifyView(db.pool, 'upper')).toMatchObject({ missing: 0, unexpected: 0 })
    expect(
      worker.refreshed.filter(({ result }) => result.mode === 'noop' && result.view === 'upper').length,
    ).toBeLessThan(3)
  })

  test('follow the lower one when it was refreshed by itself', async () => {
    await deploy(db.pool, { ...views, lower: { query: sums, freshness: false } })
    const worker = start()
    await settled(worker).catch(() => undefined)
    await touch()
    await until(() => worker.runsOf('upper').length === 1, 'the upper view follows')
  })

  test('follow a lower one that changes by time alone', async () => {
    await db.query('drop table if exists moments; create table moments (at timestamptz)')
    await deploy(db.pool, {
      lately: {
        query: "select count(*) as n from moments where at > now() - interval '1 second'",
        key: [],
        freshness: '200ms',
      },
      any: { query: 'select n > 0 as any, count(*) as rows from lately group by n > 0', freshness: '200ms' },
    })
    const worker = start()
    await settled(worker).catch(() => undefined)
    const any = async () => (await db.rows<{ any: boolean }>('select "any" from "any"'))[0]?.any
    await db.query('insert into moments values (now())')
    await until(async () => (await any()) === true, 'the row is seen')
    await until(async () => (await any()) === false, 'the row has aged')
    expect(worker.alertsRaised).toEqual([])
  })

  test('wait while the lower one fails, and nobody else does', async () => {
    await deploy(db.pool, { ...views, other: { query: 'select sum(n) as n from u', key: [], freshness: '100ms' } })
    const worker = start()
    await settled(worker)
    await db.query('alter table t rename column n to m')
    await db.query('update t set m = m + 1 where id = 1')
    await until(() => worker.alertsRaised.some(({ kind }) => kind === 'failed'), 'the alert')
    await touch('u')
    await until(() => worker.runsOf('other').length === 1, 'the other view goes on')
    const failed = worker.alertsRaised.filter(({ kind }) => kind === 'failed')
    expect(failed).toHaveLength(1)
    expect(failed[0]).toMatchObject({ view: 'lower', failures: 1, error: { code: 'SOURCE_CHANGED' } })
    const before = worker.snapshot().counters.refreshes.failed
    await sleep(1_500)
    expect(worker.snapshot().counters.refreshes.failed - before).toBeLessThanOrEqual(3)
    await db.query('alter table t rename column m to n')
    await until(() => worker.alertsRaised.some(({ kind }) => kind === 'recovered'), 'recovery without a hand')
    await until(async () => (await verifyView(db.pool, 'upper')).missing === 0, 'the upper view follows')
    expect(worker.alertsRaised.filter(({ kind }) => kind === 'recovered')).toMatchObject([{ view: 'lower' }])
  })
})
