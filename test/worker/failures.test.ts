import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Alert } from '../../src/protocol/alert.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, makeTable, type TestWorker, until, useWorkers } from './kit.js'

const db = await useTestDatabase()
const start = useWorkers(db)

beforeEach(async () => {
  await makeTable(db, 't')
})

async function started(worker: TestWorker): Promise<void> {
  await until(() => worker.snapshot().listening && worker.refreshed.length > 0, 'it started')
}

const state = async (view: string) => {
  const [row] = await db.rows<{ state: string; failures: number }>(
    'select state, failures from tidemark.state where view_id = tidemark.find_view($1)',
    [view],
  )
  return row
}

const kinds = (worker: TestWorker) => worker.alertsRaised.map(({ kind }) => kind)

/** Fails while any n is 0, and takes as long as the largest n says. */
const fragile = 'select grp, sum(100 / n) as total from t group by grp'
const breakIt = () => db.query('update t set n = 0 where id = 1')
const mendIt = () => db.query('update t set n = 5 where id = 1')

describe('a view that keeps failing', () => {
  const retry = { initialDelay: '50ms', maxDelay: '100ms', quarantineAfter: 3 } as const

  test('is quarantined, told of once, and comes back when it is asked for', async () => {
    await deploy(db.pool, { fragile: { query: fragile, freshness: '100ms', retry } })
    const worker = start()
    await started(worker)
    await breakIt()
    await until(() => kinds(worker).includes('quarantined'), 'the quarantine')
    expect(worker.alertsRaised).toMatchObject([
      { kind: 'failed', view: 'fragile', failures: 1, error: { code: 'REFRESH_FAILED', message: 'division by zero' } },
      { kind: 'quarantined', view: 'fragile', failures: 3 },
    ])
    await mendIt()
    await sleep(500)
    expect(await state('fragile')).toEqual({ state: 'quarantined', failures: 3 })
    await db.query("select tidemark.request('fragile')")
    await until(() => kinds(worker).includes('recovered'), 'the recovery')
    expect(worker.alertsRaised.at(-1)).toMatchObject({ kind: 'recovered', view: 'fragile', failures: 3 })
    expect(await state('fragile')).toEqual({ state: 'ready', failures: 0 })
  })

  test('that was asked for in vain is not tried again and again', async () => {
    await deploy(db.pool, { fragile: { query: fragile, freshness: false, retry: { ...retry, quarantineAfter: 1 } } })
    const worker = start()
    await until(() => worker.snapshot().listening, 'it listens')
    await breakIt()
    await db.query("select tidemark.request('fragile')")
    await until(() => kinds(worker).includes('quarantined'), 'the quarantine')
    await sleep(500)
    expect(worker.snapshot().counters.refreshes.failed).toBe(1)
    await db.query("select tidemark.request('fragile')")
    await until(() => worker.snapshot().counters.refreshes.failed === 2, 'one more try')
    await sleep(300)
    expect(worker.snapshot().counters.refreshes.failed).toBe(2)
  })

  test('comes back by being deployed again', async () => {
    await deploy(db.pool, { fragile: { query: fragile, freshness: '100ms', retry: { ...retry, quarantineAfter: 1 } } })
    const worker = start()
    await started(worker)
    await breakIt()
    await until(() => kinds(worker).includes('quarantined'), 'the quarantine')
    await mendIt()
    await deploy(db.pool, { fragile: { query: fragile, freshness: '100ms', retry } })
    const before = worker.runsOf('fragile').length
    await db.query('update t set n = 7 where id = 2')
    await until(() => worker.runsOf('fragile').length > before, 'it is refreshed again')
  })
})

test('a refresh that runs too long is cut off, and told of while it runs', async () => {
  const query =
    'select grp, sum(n) as total, max(pg_sleep(n::float8 / 100)::text) as slept from t where n >= 50 group by grp'
  await db.query('delete from t where n >= 50')
  await deploy(db.pool, {
    slow: {
      query,
      freshness: '100ms',
      maxRunTime: '3s',
      alerts: { slowerThan: '300ms' },
      retry: { initialDelay: '5s' },
    },
  })
  const worker = start()
  await started(worker)
  await db.query('insert into t (grp, n) values (1, 50)')
  await until(() => kinds(worker).includes('slow'), 'a slow refresh')
  expect(worker.alertsRaised[0]).toMatchObject({ view: 'slow', limitMs: 300 })
  await db.query('insert into t (grp, n) values (2, 500)')
  await until(() => kinds(worker).includes('failed'), 'the failure')
  expect(kinds(worker)).toEqual(['slow', 'failed'])
  expect(worker.alertsRaised[1]).toMatchObject({ view: 'slow', error: { code: 'REFRESH_TIMEOUT' } })
  expect(await state('slow')).toEqual({ state: 'error', failures: 1 })
})

test('a view that is out of date for too long is told of once, and when that ends', async () => {
  const alerts = { stalerThan: '500ms', onFailure: false } as const
  await deploy(db.pool, {
    sums: { query: 'select grp, sum(n) as total from t group by grp', freshness: '100ms', alerts },
  })
  const worker = start()
  await started(worker)
  // Somebody holds the view, so that every refresh is skipped.
  const holder = await db.connect()
  await holder.query("select pg_advisory_lock(1953064301, tidemark.find_view('sums'))")
  await db.query('update t set n = n + 1')
  await until(() => kinds(worker).length > 0, 'the alert')
  expect(worker.alertsRaised[0]).toMatchObject({ kind: 'stale', view: 'sums', limitMs: 500 })
  expect(worker.alertsRaised[0]?.stalenessSeconds).toBeGreaterThan(0.5)
  const began = performance.now()
  const before = worker.snapshot().counters.refreshes.skipped
  await sleep(700)
  const skipped = worker.snapshot().counters.refreshes.skipped
  expect(skipped).toBeGreaterThan(0)
  expect(skipped - before).toBeLessThan((10 * (performance.now() - began)) / 1000)
  await holder.query('select pg_advisory_unlock_all()')
  await until(() => kinds(worker).length > 1, 'the end of it')
  expect(kinds(worker)).toEqual(['stale', 'recovered'])
})

test('a paused view is left alone', async () => {
  await deploy(db.pool, { sums: { query: 'select grp, sum(n) as total from t group by grp', freshness: '100ms' } })
  const worker = start()
  await started(worker)
  await db.query("update tidemark.state set state = 'paused'")
  await sleep(100)
  await db.query('update t set n = n + 1 where id = 1')
  await sleep(500)
  expect(worker.runsOf('sums')).toEqual([])
  await db.query("update tidemark.state set state = 'ready'")
  await until(() => worker.runsOf('sums').length === 1, 'it goes on')
})

describe('webhooks', () => {
  let server: Server | undefined

  afterEach(async () => {
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)))
    server = undefined
  })

  async function listen(answers: readonly number[]): Promise<{ url: string; bodies: Alert[]; keys: unknown[] }> {
    const bodies: Alert[] = []
    const keys: unknown[] = []
    let calls = 0
    server = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk) => {
        text += String(chunk)
      })
      request.on('end', () => {
        bodies.push(JSON.parse(text) as Alert)
        keys.push(request.headers.authorization)
        response.statusCode = answers[calls++] ?? 200
        response.end('thank you')
      })
    })
    const listening = server
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
    return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/secret-path`, bodies, keys }
  }

  test('get each alert, again where it did not arrive, in order', async () => {
    const { url, bodies, keys } = await listen([503, 200, 200])
    await deploy(db.pool, { fragile: { query: fragile, freshness: '100ms', retry: { initialDelay: '100ms' } } })
    const heard: Alert[] = []
    const worker = start({
      alerts: {
        webhooks: [{ url, headers: { authorization: 'Bearer s3cret' }, timeoutMs: 30_000 }],
        onAlert: async (alert) => {
          heard.push(alert)
          throw new Error('the hook is broken')
        },
      },
    })
    await started(worker)
    await breakIt()
    await until(() => kinds(worker).includes('failed'), 'the failure')
    await mendIt()
    await until(() => bodies.length === 3, 'the deliveries')
    expect(bodies.map(({ kind }) => kind)).toEqual(['failed', 'failed', 'recovered'])
    expect(keys).toEqual(['Bearer s3cret', 'Bearer s3cret', 'Bearer s3cret'])
    expect(heard).toEqual(worker.alertsRaised)
    const log = JSON.stringify(worker.lines)
    expect(log).not.toMatch(/s3cret|secret-path/)
    expect(log).toContain('onAlert failed')
  })

  test('that do not answer hold nothing up, and are given up', async () => {
    const { url } = await listen([404])
    await deploy(db.pool, { fragile: { query: fragile, freshness: '100ms', retry: { initialDelay: '100ms' } } })
    const dead = { url: 'http://127.0.0.1:9/secret-path', headers: { 'x-key': 's3cret' }, timeoutMs: 200 }
    const worker = start({ alerts: { webhooks: [dead, { url, headers: {}, timeoutMs: 30_000 }] } })
    await started(worker)
    await breakIt()
    await until(() => kinds(worker).includes('failed'), 'the failure')
    await mendIt()
    await until(() => kinds(worker).includes('recovered'), 'the recovery')
    await until(() => worker.snapshot().counters.undelivered >= 2, 'giving up')
    const given = worker.lines.filter(({ message }) => message === 'an alert could not be delivered')
    expect(given.map(({ details }) => details)).toContainEqual(
      expect.objectContaining({ webhook: 2, reason: 'it answered 404' }),
    )
    expect(JSON.stringify(worker.lines)).not.toMatch(/s3cret|secret-path/)
  })
})
