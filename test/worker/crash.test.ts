import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyView } from '../../src/engine/verify.js'
import { usePrivateServer } from '../kit/index.js'
import { deploy, startTestWorker, type TestWorker, until } from './kit.js'

const times = Number(process.env.TIDEMARK_CRASH_TIMES || 2)
const server = await usePrivateServer()
let pool: Pool
let writing = true
let writers: Promise<void>[] = []
const children: ChildProcess[] = []
const views = ['sums', 'counts', 'joined']

beforeAll(async () => {
  pool = new Pool({ connectionString: server.url, max: 10 })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  await pool.query(`create table t (id int primary key, grp int, n int);
    create table g (grp int primary key, label int);
    insert into t select i, i % 50, i from generate_series(1, 5000) i;
    insert into g select i, i % 7 from generate_series(0, 49) i`)
  await deploy(pool, {
    sums: { query: 'select grp, sum(n) as total from t group by grp', freshness: '50ms' },
    counts: { query: 'select total % 3 as rest, count(*) as n from sums group by total % 3', freshness: '50ms' },
    joined: {
      query: 'select label, count(*) as n, max(n) as most from t join g using (grp) group by label',
      freshness: '50ms',
    },
  })
  writers = [1, 2, 3].map(write)
})

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  writing = false
  await Promise.all(writers)
  await pool.end()
})

async function write(): Promise<void> {
  while (writing) {
    const text =
      Math.random() < 0.9
        ? 'update t set n = n + 1, grp = (random() * 49)::int where id = (random() * 4999)::int + 1'
        : 'begin; update g set label = (label + 1) % 7 where grp = (random() * 49)::int; select pg_sleep(0.02); commit'
    await pool.query(text).catch(() => sleep(20))
    await sleep(2)
  }
}

/** Nobody but a worker has to do anything. */
async function caughtUp(worker: TestWorker): Promise<void> {
  const before = worker.refreshed.length
  await until(() => worker.refreshed.length > before + 3, 'it refreshes', 60_000)
  for (const view of views) expect(await verifyView(pool, view)).toMatchObject({ missing: 0, unexpected: 0 })
  const { rows } = await pool.query("select view, state from tidemark.freshness where state <> 'ready'")
  expect(rows).toEqual([])
}

test(
  `a worker that is killed ${times} times in the middle of refreshes loses nothing`,
  async () => {
    const said: unknown[] = []
    for (let time = 0; time < times; time++) {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', fileURLToPath(new URL('process.ts', import.meta.url)), server.url],
        {
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        },
      )
      children.push(child)
      let refreshes = 0
      child.on('message', (message) => (message === 'refreshed' ? refreshes++ : said.push(message)))
      await until(() => refreshes > 5, 'it works', 60_000)
      await sleep(Math.random() * 100)
      child.kill('SIGKILL')
      await once(child, 'exit')
      if (time % 10 !== times % 10) continue
      for (const view of views) expect(await verifyView(pool, view)).toMatchObject({ missing: 0, unexpected: 0 })
    }
    const worker = startTestWorker({ database: pool, listen: server.url })
    await caughtUp(worker)
    await worker.stop()
    expect(said).toEqual([])
  },
  180_000 + times * 30_000,
)

test(
  `a server that is killed ${times} times under a worker loses nothing, and the worker goes on by itself`,
  async () => {
    const worker = startTestWorker({ database: pool, listen: server.url })
    for (let time = 0; time < times; time++) {
      const before = worker.refreshed.length
      await until(() => worker.refreshed.length > before + 3, 'it works', 60_000)
      await sleep(Math.random() * 100)
      await server.kill9()
      await server.start()
    }
    await caughtUp(worker)
    await worker.stop()
    expect(worker.alertsRaised).toEqual([])
  },
  180_000 + times * 30_000,
)
