import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { deploy, startTestWorker, type TestWorker, until } from './kit.js'

const db = await useTestDatabase()
let worker: TestWorker

/** Refreshing it takes as many seconds as the largest n. */
const slow = 'select grp, max(pg_sleep(n)::text) as slept, max(n) as n from t group by grp'

beforeEach(async () => {
  await db.query('drop table if exists t cascade; create table t (id int primary key, grp int, n float8)')
  await db.query('insert into t select i, i, 0 from generate_series(1, 5) i')
  await deploy(db.pool, { slow: { query: slow, freshness: '100ms' } })
})

afterEach(async () => {
  await worker.stop()
  await deploy(db.pool, {})
})

async function startSlowRefresh(seconds: number, shutdownTimeoutMs: number): Promise<void> {
  worker = startTestWorker({ database: db.pool, listen: db.url, settings: { shutdownTimeoutMs } })
  await until(() => worker.snapshot().listening && worker.refreshed.length > 0, 'it started')
  await db.query('update t set n = $1 where id = 1', [seconds])
  await until(() => worker.snapshot().views.some(({ running }) => running), 'the refresh runs')
  await sleep(100)
}

const state = async () => {
  const [row] = await db.rows<{ state: string; failures: number; n: number; active: string }>(
    `select state, failures, (select max(n) from slow) as n,
       (select count(*) from pg_stat_activity where datname = current_database() and application_name like 'tidemark %-%') as active from tidemark.state`,
  )
  return row
}

describe('stop()', () => {
  test('lets a refresh in flight end', async () => {
    await startSlowRefresh(2, 30_000)
    expect(worker.snapshot().views.some(({ running }) => running)).toBe(true)
    await worker.stop()
    expect(await state()).toEqual({ state: 'ready', failures: 0, n: 2, active: '0' })
  })

  test('cancels it when that takes too long, and that is no failure of the view', async () => {
    await startSlowRefresh(60, 200)
    const started = performance.now()
    await worker.stop()
    expect(performance.now() - started).toBeLessThan(20_000)
    // A cancelled session takes a moment to be gone.
    await expect.poll(state).toEqual({ state: 'ready', failures: 0, n: 0, active: '0' })
    expect(worker.alertsRaised).toEqual([])
    expect(await db.rows("select from tidemark.run where mode = 'failed'")).toEqual([])
  })

  test('can be called twice, and by a signal, and leaves nothing running', async () => {
    worker = startTestWorker({ database: db.pool, listen: db.url })
    await until(() => worker.snapshot().listening, 'it listens')
    const stopped = [worker.stop(), worker.stop()]
    await Promise.all([...stopped, worker.done])
    const polls = worker.snapshot().counters.polls
    await db.query('update t set n = 0.01 where id = 1')
    await sleep(300)
    expect(worker.snapshot()).toMatchObject({ stopping: true, listening: false, counters: { polls } })
  })

  test('ends even when the database does not answer', async () => {
    // Whose connections never come.
    const hanging = { query: () => new Promise<never>(() => {}), connect: () => new Promise<never>(() => {}) }
    const stuck = startTestWorker({ database: hanging, settings: { listen: false, shutdownTimeoutMs: 50 } })
    await sleep(50)
    const started = performance.now()
    await stuck.stop()
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})
