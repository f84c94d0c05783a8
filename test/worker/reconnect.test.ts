import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { verifyView } from '../../src/engine/verify.js'
import { usePrivateServer } from '../kit/index.js'
import { deploy, startTestWorker, type TestWorker, until } from './kit.js'

const server = await usePrivateServer()
let pool: Pool
/** Nobody but the worker listens for its errors. */
let workerPool: Pool
let worker: TestWorker
const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)

beforeAll(async () => {
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  pool = new Pool({ connectionString: server.url, max: 6 })
  pool.on('error', () => {})
  await pool.query(`create table t (id int generated always as identity primary key, grp int, n int);
    insert into t (grp, n) select i % 10, i from generate_series(1, 1000) i`)
  await deploy(pool, {
    sums: { query: 'select grp, sum(n) as total from t group by grp', freshness: '100ms' },
    counts: { query: 'select total % 3 as rest, count(*) as n from sums group by total % 3', freshness: '200ms' },
  })
})

function start(): void {
  workerPool = new Pool({ connectionString: server.url, max: 6 })
  worker = startTestWorker({ database: workerPool, listen: server.url })
}

async function stop(): Promise<void> {
  await worker.stop()
  if (!workerPool.ended) await workerPool.end()
}

beforeEach(async () => {
  start()
  await until(() => worker.snapshot().listening && worker.refreshed.length > 0, 'it started')
})

afterAll(async () => {
  await stop()
  await pool.end()
  process.off('unhandledRejection', note)
  process.off('uncaughtException', note)
  expect(unhandled).toEqual([])
})

async function write(): Promise<void> {
  for (;;) {
    try {
      await pool.query('update t set n = n + 1 where id = (random() * 999)::int + 1')
      return
    } catch {
      await sleep(50)
    }
  }
}

/** A change that is made now is refreshed, by the worker and by nobody else. */
async function followsAgain(): Promise<void> {
  await write()
  const fresh = async () => {
    const [row] = await pool.query<{ n: string }>('select sum(pending_changes) as n from tidemark.freshness').then(
      ({ rows }) => rows,
      () => [],
    )
    return Number(row?.n ?? 1) === 0
  }
  await until(fresh, 'nothing is pending')
  for (const view of ['sums', 'counts']) {
    expect(await verifyView(pool, view)).toMatchObject({ missing: 0, unexpected: 0 })
  }
  expect(worker.alertsRaised).toEqual([])
  const { rows } = await pool.query("select from tidemark.run where mode = 'failed'")
  expect(rows).toEqual([])
  await stop()
}

describe('the worker goes on by itself', () => {
  test('when the connection for wake-ups is lost', async () => {
    await pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tidemark worker'",
    )
    await until(() => !worker.snapshot().listening, 'it notices')
    await until(() => worker.snapshot().listening, 'it listens again')
    await followsAgain()
  })

  test('when all of its connections are, again and again, while somebody writes', async () => {
    for (let round = 0; round < 10; round++) {
      await write()
      await pool.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null',
      )
      await sleep(50)
    }
    await followsAgain()
  })

  test('when the server restarts', async () => {
    await server.restart()
    await followsAgain()
  })

  test('when the server crashes in the middle of refreshes', async () => {
    for (let round = 0; round < 3; round++) {
      await write()
      await sleep(90)
      await server.kill9()
      await server.start()
    }
    await followsAgain()
  })

  test('when the server is away for a while, without asking all the time', async () => {
    await server.stop()
    await until(() => !worker.snapshot().online, 'it notices')
    const lines = worker.lines.length
    await sleep(2_500)
    const tries = worker.lines.slice(lines).filter(({ message }) => message === 'waiting for the database').length
    expect(tries).toBeLessThan(8)
    expect(worker.lines.filter(({ level }) => level === 'warn' || level === 'error').length).toBeLessThan(6)
    await server.start()
    await followsAgain()
  })

  test('when it was there first', async () => {
    await stop()
    await server.stop()
    start()
    await sleep(500)
    expect(worker.snapshot().online).toBe(false)
    await server.start()
    await until(() => worker.snapshot().online, 'it is there')
    await followsAgain()
  })
})
