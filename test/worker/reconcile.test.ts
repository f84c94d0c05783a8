import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, startTestWorker, type TestWorker, until } from './kit.js'

const db = await useTestDatabase()
let worker: TestWorker

beforeEach(async () => {
  await db.query(`drop table if exists t cascade;
    create table t (id int generated always as identity primary key, grp int, n int);
    insert into t (grp, n) select i % 10, i from generate_series(1, 100) i`)
  await deploy(db.pool, {
    sums: {
      query: 'select grp, sum(n) as total from t group by grp',
      freshness: '100ms',
      reconcile: '* * * * * *',
    },
  })
})

afterEach(async () => {
  await worker.stop()
  await deploy(db.pool, {})
})

const reconciles = () => worker.refreshed.filter(({ reason }) => reason === 'reconcile')

test('a reconcile mends what drifted, and says so', async () => {
  worker = startTestWorker({ database: db.pool, listen: db.url })
  await until(() => reconciles().length > 0, 'a reconcile')
  expect(worker.alertsRaised).toEqual([])
  await db.query('delete from tidemark_data.sums where grp = 3')
  await db.query('update tidemark_data.sums set total = total + 1 where grp in (4, 5)')
  await until(() => worker.alertsRaised.length > 0, 'the alert')
  expect(worker.alertsRaised).toMatchObject([
    { kind: 'drift', view: 'sums', drift: { inserted: 1, updated: 2, deleted: 0 } },
  ])
  expect(await verifyView(db.pool, 'sums')).toMatchObject({ missing: 0, unexpected: 0 })
  const before = reconciles().length
  await until(() => reconciles().length > before, 'the next reconcile')
  expect(worker.alertsRaised).toHaveLength(1)
})

test('changes that come while it works are no drift', async () => {
  worker = startTestWorker({ database: db.pool, listen: db.url })
  const end = Date.now() + 3_000
  while (Date.now() < end || reconciles().length < 2) {
    await db.query('update t set n = n + 1 where id = (random() * 99)::int + 1')
    await sleep(3)
  }
  expect(worker.alertsRaised).toEqual([])
})

test('what only rounding makes different is no drift', async () => {
  await db.query('alter table t add column x float8; update t set x = id / 7.0')
  await deploy(db.pool, {
    floats: { query: 'select grp, sum(x) as total from t group by grp', freshness: '100ms', reconcile: '* * * * * *' },
  })
  worker = startTestWorker({ database: db.pool, listen: db.url })
  await until(() => reconciles().length > 0, 'a reconcile')
  await db.query('update tidemark_data.floats set total = total * (1 + 1e-13)')
  const mended = () => reconciles().some(({ result }) => (result.updated ?? 0) > 0)
  await until(mended, 'it is rewritten')
  expect(worker.alertsRaised).toEqual([])
})
