import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, startTestWorker, type TestWorker, until } from './kit.js'

const db = await useTestDatabase()
let worker: TestWorker | undefined

const sums = 'select grp, sum(n) as total from t group by grp'

beforeAll(async () => {
  await db.query('create table t (id int generated always as identity primary key, grp int, n int)')
  await db.query('insert into t (grp, n) select i % 10, i from generate_series(1, 100) i')
})

afterEach(async () => {
  await worker?.stop()
  worker = undefined
})

describe('freshness', () => {
  test('a change is seen at once after a pause', async () => {
    await deploy(db.pool, { sums: { query: sums, freshness: '5s' } })
    worker = startTestWorker({ database: db.pool, listen: db.url })
    await until(() => worker?.snapshot().listening === true && worker.refreshed.length > 0, 'it started')
    const started = performance.now()
    await db.query('update t set n = n + 1 where id = 1')
    await until(() => worker?.runsOf('sums').length === 1, 'the refresh')
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(await verifyView(db.pool, 'sums')).toMatchObject({ missing: 0, unexpected: 0 })
    await sleep(300)
    expect(worker.refreshed.length).toBeLessThanOrEqual(3)
  })
})
