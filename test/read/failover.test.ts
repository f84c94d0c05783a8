/** A standby takes over that lacks the last transactions: what was cached of those is not served. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { createReader } from '../../src/read/index.js'
import { useOwnServer, usePrivateServer } from '../kit/index.js'
import { deploy, until } from '../worker/kit.js'

const run = promisify(execFile)
const first = await useOwnServer({ settings: { wal_level: 'replica' } })
const second = await usePrivateServer({ settings: { wal_level: 'replica', hot_standby: true } })
const url = new URL(first.server.url)
url.port = String(second.port)
const other = new pg.Pool({ connectionString: url.href, max: 4 })
other.on('error', () => undefined)
afterAll(() => other.end())

/** The second server becomes what the first one is now: a standby of it, which hears nothing more. */
async function copyToStandby(): Promise<void> {
  await Promise.all([first.server.stop(), second.stop()])
  const [from, to] = [first.server.dataDirectory, second.dataDirectory]
  const settings = await readFile(join(to, 'postgresql.conf'), 'utf8')
  await run('find', [to, '-mindepth', '1', '-delete'])
  await run('cp', ['-a', `${from}/.`, to])
  await writeFile(join(to, 'postgresql.conf'), settings)
  await run('cp', ['-a', join(to, 'PG_VERSION'), join(to, 'standby.signal')])
  await first.server.start()
}

async function takeOver(): Promise<void> {
  const started = second.start()
  await until(async () => (await other.query('select').catch(() => null)) !== null, 'the standby can be read', 20_000)
  await other.query('select pg_promote()')
  await started
}

async function historyOf(database: pg.Pool): Promise<string> {
  const { rows } = await database.query('select tidemark.history() as history')
  return rows[0].history
}

test('rows of before the failover are not served as those of after it, though their epochs are equal', async () => {
  await first.query('create table t (id int primary key, n int); insert into t values (1, 1)')
  await deploy(first.pool, { sums: { query: 'select id, n from t', read: { cacheFor: '1h' } } })
  await copyToStandby()
  let current: pg.Pool = first.pool
  const database = {
    query: (text: string, values?: unknown[]) => current.query(text, values),
    connect: () => current.connect(),
  }
  const reader = createReader({ database: database as unknown as pg.Pool, cache: true })
  const read = async () => {
    const { body, epoch, source } = await reader.readJson({ view: 'sums', query: {} })
    return { body, epoch, source }
  }
  const write = async (pool: pg.Pool, n: number): Promise<void> => {
    await pool.query('update t set n = $1', [n])
    expect((await refreshView(pool, 'sums')).mode).toBe('incremental')
  }
  await until(async () => (await first.pool.query('select').catch(() => null)) !== null, 'it is there again', 20_000)
  await write(first.pool, 2)
  const before = await historyOf(first.pool)
  await takeOver()
  await write(other, 3)
  expect(await historyOf(other)).toBe(before.replace(/-1$/, '-2'))
  await read()
  const old = await read()
  expect(old).toMatchObject({ body: '[{"id":1,"n":2}]', source: 'cache' })
  // The moment of the failover: who read is connected to the other one from now on, and knows nothing of it.
  current = other
  await sleep(300)
  const found = await read()
  expect(found).toEqual({ body: '[{"id":1,"n":3}]', epoch: old.epoch, source: 'view' })
  expect(await read()).toMatchObject({ body: '[{"id":1,"n":3}]' })
})
