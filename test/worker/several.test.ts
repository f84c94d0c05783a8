import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'pg'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, makeTable, type TestWorker, until, useWorkers } from './kit.js'

const db = await useTestDatabase()
const pools = [1, 2, 3].map(() => new Pool({ connectionString: db.url, max: 6 }))
for (const pool of pools) pool.on('error', () => {})
const start = useWorkers(db)
let workers: TestWorker[] = []

beforeEach(async () => {
  await makeTable(db, 't')
})

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()))
})

async function startThree(): Promise<void> {
  workers = pools.map((pool, index) => start({ database: pool, settings: { name: `worker ${index + 1}` } }))
  await until(() => workers.every((worker) => worker.snapshot().listening), 'all of them listen')
  await until(() => workers.some((worker) => worker.snapshot().leads), 'one of them leads')
}

test('several workers share the work, and each change is refreshed once or little more', async () => {
  await deploy(db.pool, {
    sums: { query: 'select grp, sum(n) as total from t group by grp', freshness: '200ms' },
    counts: { query: 'select total % 3 as rest, count(*) as n from sums group by total % 3', freshness: '300ms' },
  })
  await startThree()
  await sleep(500)
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  const refreshes = () => workers.reduce((sum, worker) => sum + worker.runsOf('sums').length, 0)
  while (seconds() < 3 || refreshes() < 9) {
    await db.query('update t set n = n + 1 where id = (random() * 99)::int + 1')
    await sleep(10)
  }
  await sleep(1_000)
  expect(workers.filter((worker) => worker.snapshot().leads)).toHaveLength(1)
  const [sums] = await db.rows<{ n: number }>(
    `select count(*)::int as n from tidemark.run r join tidemark.view v on v.id = r.view_id
     where view_name = 'sums' and mode <> 'failed'`,
  )
  // Two views with targets of 200 and 300 ms: alone, one worker would refresh the lower one up to ten times a second.
  expect(sums?.n).toBeGreaterThan(8)
  expect(sums?.n).toBeLessThan(11 * seconds())
  const skipped = workers.reduce((sum, worker) => sum + worker.snapshot().counters.refreshes.skipped, 0)
  expect(skipped).toBeLessThan(15 * seconds())
  expect(await verifyView(db.pool, 'sums')).toMatchObject({ missing: 0, unexpected: 0 })
  expect(await verifyView(db.pool, 'counts')).toMatchObject({ missing: 0, unexpected: 0 })
})

test('each alert is raised once, whichever worker ran the refresh', async () => {
  await deploy(db.pool, {
    fragile: {
      query: 'select grp, sum(100 / n) as total from t group by grp',
      freshness: '100ms',
      retry: { initialDelay: '100ms', maxDelay: '100ms', quarantineAfter: 4 },
      alerts: { stalerThan: '3s' },
    },
  })
  await startThree()
  const alerts = () => workers.flatMap((worker) => worker.alertsRaised.map(({ kind }) => kind))
  await db.query('update t set n = 0 where id = 1')
  await until(() => alerts().includes('quarantined') && alerts().includes('stale'), 'the alerts')
  await sleep(300)
  expect(alerts().sort()).toEqual(['failed', 'quarantined', 'stale'])
  await db.query('update t set n = 9 where id = 1')
  await db.query("select tidemark.request('fragile')")
  await until(() => alerts().includes('recovered'), 'the recovery')
  await sleep(300)
  expect(alerts().sort()).toEqual(['failed', 'quarantined', 'recovered', 'stale'])
})

test('another one leads when the first is stopped', async () => {
  await startThree()
  const first = workers.find((worker) => worker.snapshot().leads)
  await first?.stop()
  await until(() => workers.some((worker) => worker !== first && worker.snapshot().leads), 'the next one leads')
})
