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
    const started = performance.now()
    await touch()
    await until(() => worker.runsOf('sums').length === 1, 'the refresh')
    expect(performance.now() - started).toBeLessThan(2_000)
    await settled(worker)
    expect(worker.refreshed.length - before).toBe(1)
    expect(await verifyView(db.pool, 'sums')).toMatchObject({ missing: 0, unexpected: 0 })
  })

  test('constant writes cost one refresh per target, not one per change', async () => {
    await deploy(db.pool, { sums: { query: sums, freshness: '1s' } })
    const worker = start()
    await settled(worker)
    const until3s = Date.now() + 3_000
    let oldest = 0
    while (Date.now() < until3s) {
      await touch()
      const [row] = await db.rows<{ age: number }>(
        "select staleness_seconds as age from tidemark.freshness where view = 'sums'",
      )
      oldest = Math.max(oldest, row?.age ?? 0)
    }
    expect(worker.runsOf('sums').length).toBeGreaterThanOrEqual(2)
    expect(worker.runsOf('sums').length).toBeLessThanOrEqual(5)
    expect(oldest).toBeLessThan(1.8)
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
    await until(() => worker.runsOf('sums').length === 1, 'the refresh', 1_500)
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
    sums: { query: sums, freshness: '5s' },
    counts: { query: 'select count(*) as n from u', key: [] },
  })
  const worker = start({ settings: { pollIntervalMs: 1_000 } })
  await until(() => worker.refreshed.length === 2, 'it has looked at both views')
  await sleep(2_500)
  const before = worker.snapshot().counters
  await sleep(3_500)
  const after = worker.snapshot().counters
  expect(after.polls - before.polls).toBeGreaterThanOrEqual(2)
  expect(after.polls - before.polls).toBeLessThanOrEqual(5)
  expect(after.refreshes).toEqual(before.refreshes)
})

test('on change: once after a burst, and during an endless one at the longest wait', async () => {
  await deploy(db.pool, { sums: { query: sums, onChange: { debounce: '300ms', maxWait: '1200ms' } } })
  const worker = start()
  await settled(worker)
  for (let i = 0; i < 5; i++) {
    await touch()
    await sleep(50)
  }
  await until(() => worker.runsOf('sums').length === 1, 'the refresh after the burst')
  await settled(worker)
  expect(worker.runsOf('sums').length).toBe(1)
  const end = Date.now() + 3_000
  while (Date.now() < end) {
    await touch()
    await sleep(20)
  }
  expect(worker.runsOf('sums').length).toBeGreaterThanOrEqual(3)
  expect(worker.runsOf('sums').length).toBeLessThanOrEqual(5)
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
  for (const { reason, result } of times('by_cron')) {
    expect(reason).toBe('cron')
    // As-of is the start of the refresh: just after an even second.
    expect((result.asOf?.getTime() ?? 0) % 2_000).toBeLessThan(1_500)
  }
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
