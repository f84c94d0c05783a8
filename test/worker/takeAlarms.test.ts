import { beforeEach, expect, test } from 'vitest'
import { takeAlarms } from '../../src/worker/catalog.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, makeTable } from './kit.js'

const db = await useTestDatabase()
let id = 0

beforeEach(async () => {
  await makeTable(db, 't')
  await deploy(db.pool, { sums: { query: 'select grp, sum(n) as total from t group by grp', freshness: '1h' } })
  const [view] = await db.rows<{ id: number }>("select id from tidemark.view where view_name = 'sums'")
  id = view?.id ?? 0
})

/** As a refresh leaves it. */
async function leave(failures: number, state: string): Promise<void> {
  await db.query('update tidemark.state set failures = $2, state = $3 where view_id = $1', [id, failures, state])
}

const take = () => takeAlarms(db.pool, [id])

test('each of many who look at once finds a different thing to tell, or nothing', async () => {
  for (const [failures, state, kind] of [
    [1, 'error', 'failed'],
    [4, 'quarantined', 'quarantined'],
    [0, 'ready', 'recovered'],
    [2, 'quarantined', 'quarantined'],
    [0, 'ready', 'recovered'],
  ] as const) {
    await leave(failures, state)
    const found = (await Promise.all(Array.from({ length: 8 }, take))).flat()
    expect(found).toEqual([{ id, kind, failures: expect.any(Number) }])
  }
})

test('nothing is told of a view that did not fail, nor twice of one that goes on failing', async () => {
  expect(await take()).toEqual([])
  await leave(1, 'error')
  expect(await take()).toEqual([{ id, kind: 'failed', failures: 1 }])
  await leave(3, 'error')
  expect(await take()).toEqual([])
  await leave(0, 'ready')
  expect(await take()).toEqual([{ id, kind: 'recovered', failures: 3 }])
  expect(await take()).toEqual([])
})

test('a view that is paused while it is given up is not told to fail again when it goes on', async () => {
  await leave(4, 'quarantined')
  expect(await take()).toEqual([{ id, kind: 'quarantined', failures: 4 }])
  await leave(4, 'paused')
  expect(await take()).toEqual([])
  await leave(4, 'error')
  expect(await take()).toEqual([])
  await leave(0, 'ready')
  expect(await take()).toEqual([{ id, kind: 'recovered', failures: 4 }])
})

test('a view that is not there any more is passed over', async () => {
  expect(await takeAlarms(db.pool, [987_654, id])).toEqual([])
})
