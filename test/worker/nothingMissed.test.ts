import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, startTestWorker, until } from './kit.js'

const db = await useTestDatabase()
const rounds = Number(process.env.TIDEMARK_MISSED_ROUNDS || 6)
const seed = Number(process.env.TIDEMARK_SEED || Date.now() % 1_000_000)

let state = seed + 1
function random(below: number): number {
  state = (state * 48271) % 2147483647
  return state % below
}

await db.query(`create table t (id int primary key, grp int, n int); create table u (grp int primary key, n int);
  insert into t select i, i % 20, i from generate_series(1, 500) i; insert into u select i, 0 from generate_series(0, 19) i`)
await deploy(db.pool, {
  lower: { query: 'select grp, sum(n) as total from t group by grp', freshness: '50ms' },
  upper: { query: 'select total % 5 as rest, count(*) as n from lower group by total % 5', freshness: '100ms' },
  other: {
    query: 'select t.grp, max(u.n) as n, count(*) as rows from t join u using (grp) group by t.grp',
    onChange: { debounce: '50ms' },
  },
})
const workers = [1, 2].map((number) =>
  startTestWorker({ database: db.pool, listen: db.url, settings: { name: `worker ${number}`, concurrency: 2 } }),
)
afterAll(() => Promise.all(workers.map((worker) => worker.stop())))

/** Transactions of all lengths: some that begin first commit last, some roll back, some fail a savepoint. */
async function transact(): Promise<void> {
  const client = await db.pool.connect()
  try {
    await client.query(random(3) === 0 ? 'begin isolation level repeatable read' : 'begin')
    for (let write = random(3); write >= 0; write--) {
      await client.query('savepoint a')
      await client.query(`update t set n = n + 1, grp = ${random(20)} where id = ${random(500) + 1}`)
      if (random(3) === 0) await client.query(`update u set n = n + 1 where grp = ${random(20)}`)
      if (random(4) === 0) await client.query('rollback to savepoint a')
      await sleep(random(4) === 0 ? random(150) : 0)
    }
    await client.query(random(5) === 0 ? 'rollback' : 'commit')
  } catch {
    await client.query('rollback')
  } finally {
    client.release()
  }
}

test(
  `whatever was written, a moment later nothing is pending (seed ${seed})`,
  async () => {
    await until(() => workers.every((worker) => worker.snapshot().listening), 'both listen')
    for (let round = 0; round < rounds; round++) {
      await Promise.all(
        [1, 2, 3, 4].map(async () => {
          for (let count = random(6); count >= 0; count--) await transact()
        }),
      )
      const calm = async () => {
        const [row] = await db.rows<{ calm: boolean }>(
          'select bool_and(pending_changes = 0) as calm from tidemark.freshness',
        )
        return row?.calm === true
      }
      await until(calm, `nothing is pending after round ${round}`)
      for (const view of ['lower', 'upper', 'other']) {
        expect(await verifyView(db.pool, view)).toMatchObject({ missing: 0, unexpected: 0 })
      }
    }
    expect(workers.flatMap(({ alertsRaised }) => alertsRaised)).toEqual([])
  },
  180_000 + rounds * 5_000,
)
