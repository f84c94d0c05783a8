import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ViewOptions } from '../../src/define/options.js'
import type { AlertList, Lineage, RefreshAnswer, RunList, ViewDetail, ViewList } from '../../src/protocol/api.js'
import type { ServerStats } from '../../src/protocol/stats.js'
import { createTestDatabase, useTestDatabase } from '../kit/index.js'
import { deploy, until } from '../worker/kit.js'
import { expectProblem, noting, operator, reader, serve, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const statements: string[] = []
const served = handlers({ onConnect: noting(statements) })

const json = async <Body>(response: Response | Promise<Response>): Promise<Body> => {
  const answered = await response
  const text = await answered.text()
  expect({ status: answered.status, text }).toMatchObject({ status: 200 })
  expect(answered.headers.get('cache-control')).toBe('no-store')
  return JSON.parse(text) as Body
}

const get = <Body>(path: string): Promise<Body> => json<Body>(served.get(path, operator))
const post = <Body>(path: string, body?: object): Promise<Body> => json<Body>(served.post(path, operator, body))

const views: Readonly<Record<string, ViewOptions>> = {
  totals: {
    query: 'select customer, sum(total) as total, count(*) as n from orders group by customer',
    freshness: '10s',
    description: 'What each customer has spent',
    indexes: [['total']],
  },
  big: { query: 'select count(*) as n from totals where total > 500', key: [] },
  'Sales.by "day"': { query: 'select id, customer from orders where id < 3', schedule: '0 3 * * *', freshness: false },
  failing: { query: 'select id, 10 / divisor as share from broken', freshness: '1m' },
}

beforeAll(async () => {
  await db.query(`create schema "Sales";
    create table orders (id int generated always as identity primary key, customer int not null, total numeric(10,2));
    insert into orders (customer, total) select i % 10, i from generate_series(1, 100) i;
    create table broken (id int primary key, divisor int); insert into broken values (1, 1)`)
  await deploy(db.pool, views)
})

describe('views', () => {
  test('are listed with their freshness and their last runs', async () => {
    await db.query('insert into orders (customer, total) values (1, 5)')
    const { views } = await get<ViewList>('/api/views')
    expect(views.map(({ view }) => view)).toEqual(['Sales.by "day"', 'big', 'failing', 'totals'])
    const totals = views.find(({ view }) => view === 'totals')
    expect(totals).toMatchObject({
      state: 'ready',
      epoch: expect.stringMatching(/^\d+-\d+$/),
      asOf: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      pendingChanges: 1,
      targetSeconds: 10,
      rows: 10,
      lastError: null,
      description: 'What each customer has spent',
      incremental: true,
      bypassed: false,
      failures: 0,
      retryAt: null,
    })
    expect(totals?.stalenessSeconds).toBeGreaterThan(0)
    await post('/api/views/totals/refresh')
    const after = (await get<ViewList>('/api/views')).views.find(({ view }) => view === 'totals')
    expect(after).toMatchObject({ pendingChanges: 0, stalenessSeconds: 0 })
    expect(after?.epoch).not.toBe(totals?.epoch)
    expect(after?.recentRuns.at(-1)).toMatchObject({ failed: false, durationMs: expect.any(Number) })
  })

  test('are told in detail', async () => {
    const view = await get<ViewDetail>('/api/views/totals')
    expect(view).toMatchObject({
      view: 'totals',
      definition: expect.stringContaining('sum(total)'),
      key: ['customer'],
      storage: 'table',
      settings: { freshnessMs: 10_000, reconcile: { cron: '0 2 * * *', timeZone: 'UTC' }, maxRunMs: 600_000 },
      explanation: { view: 'totals', incremental: true },
      sizes: { table: expect.any(Number), toast: expect.any(Number), lastVacuum: null },
      reads: [{ name: 'orders', kind: 'table' }],
      readBy: ['big'],
    })
    expect(view.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'customer integer',
      'total numeric',
      'n bigint',
    ])
    expect(view.indexes.map(({ definition }) => definition).join()).toContain('(total)')
    const over = await get<ViewDetail>('/api/views/big')
    expect(over.reads).toEqual([{ name: 'totals', kind: 'view' }])
  })

  test('have names that need quoting, in a schema of their own', async () => {
    for (const name of ['Sales.by "day"', '"Sales"."by ""day"""', 'by "day"']) {
      const view = await get<ViewDetail>(`/api/views/${encodeURIComponent(name)}`)
      expect(view).toMatchObject({
        view: 'Sales.by "day"',
        settings: { schedule: { kind: 'cron', cron: '0 3 * * *' } },
      })
    }
  })

  test('are told apart from those that are not there', async () => {
    await expectProblem(await served.get('/api/views/nothing', operator), 404, 'UNKNOWN_VIEW')
    await expectProblem(await served.get('/api/views/nothing/freshness', operator), 404, 'UNKNOWN_VIEW')
    await expectProblem(await served.post('/api/views/nothing/refresh', operator), 404, 'UNKNOWN_VIEW')
    await expectProblem(await served.get('/api/nothing', operator), 404, 'NOT_FOUND')
  })

  test('are found as soon as they are deployed', async () => {
    await expectProblem(await served.get('/api/views/later/freshness', operator), 404, 'UNKNOWN_VIEW')
    await deploy(db.pool, { ...views, later: { query: 'select count(*) as n from orders', key: [] } })
    await until(async () => (await served.get('/api/views/later/freshness', operator)).status === 200, 'it is found')
  })
})

describe('runs and alerts', () => {
  test('are told newest first, a page at a time', async () => {
    for (let round = 0; round < 3; round++) {
      await db.query('insert into orders (customer, total) values (2, 7)')
      await post('/api/views/totals/refresh')
    }
    const { runs } = await get<RunList>('/api/views/totals/runs?limit=2')
    expect(runs).toHaveLength(2)
    expect(runs[0]).toMatchObject({ view: 'totals', mode: 'incremental', updated: 1, worker: 'http', error: null })
    const older = await get<RunList>(`/api/runs?limit=1&before=${runs[1]?.id}`)
    expect(Number(older.runs[0]?.id)).toBeLessThan(Number(runs[1]?.id))
  })

  test('alerts are those that were raised', async () => {
    const alert = { kind: 'stale', view: 'totals', message: 'old', at: new Date().toISOString() }
    await db.query('insert into tidemark.alert (alert) values ($1)', [JSON.stringify(alert)])
    expect((await get<AlertList>('/api/alerts')).alerts[0]).toEqual({ ...alert, id: expect.stringMatching(/^\d+$/) })
  })

  test.each([
    '/api/runs?limit=0',
    '/api/runs?limit=1001',
    '/api/runs?limit=ten',
    '/api/alerts?before=1;drop',
    '/api/runs?before=-1',
  ])(
    '%s is refused',
    async (path) => void (await expectProblem(await served.get(path, operator), 400, 'REQUEST_INVALID')),
  )
})

test('lineage: what reads what, and what waits where', async () => {
  await db.query('insert into orders (customer, total) select 3, 1 from generate_series(1, 4)')
  const { nodes, edges } = await get<Lineage>('/api/lineage')
  const node = (name: string) => nodes.find((one) => one.name === name)
  expect(node('orders')).toMatchObject({ id: 'table:orders', kind: 'table', pending: node('Sales.by "day"')?.pending })
  expect(node('totals')).toMatchObject({ id: 'view:totals', kind: 'view', pending: 4, state: 'ready', rows: 10 })
  expect(node('broken')).toMatchObject({ kind: 'table', pending: 0 })
  expect(edges).toContainEqual({
    from: 'table:orders',
    to: 'view:totals',
    maintenance: expect.stringMatching(/slice|delta/),
  })
  expect(edges).toContainEqual({ from: 'view:totals', to: 'view:big', maintenance: expect.any(String) })
  const known = new Set(nodes.map(({ id }) => id))
  for (const { from, to } of edges) expect([known.has(from), known.has(to)]).toEqual([true, true])
})

test('statistics of the server', async () => {
  const stats = await get<ServerStats>('/api/stats')
  expect(stats).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+/),
    postgres: expect.stringMatching(/^1[5-9]/),
    // This request itself holds one.
    pool: { busy: expect.any(Number), waiting: 0, refused: 0 },
    events: { clients: 0, listening: false, dropped: 0 },
    worker: null,
  })
  expect(stats.requests).toBeGreaterThan(1)
})

describe('a refresh by POST', () => {
  test('says what came of it', async () => {
    await post('/api/views/totals/refresh')
    await db.query('insert into orders (customer, total) values (4, 1)')
    const answer = await post<RefreshAnswer>('/api/views/totals/refresh')
    expect(answer).toMatchObject({ view: 'totals', mode: 'incremental', joined: false, updated: 1, error: null })
    expect(answer.epoch).toBe((await get<{ epoch: string }>('/api/views/totals/freshness')).epoch)
    expect(await post('/api/views/totals/refresh')).toMatchObject({ mode: 'noop', joined: false })
    expect(await post('/api/views/totals/refresh', { full: true })).toMatchObject({ mode: 'full', joined: false })
    expect(await post('/api/views/big/refresh')).toMatchObject({ view: 'big', error: null })
  })

  test('that fails says so, and quotes nothing to those who may not inspect', async () => {
    await db.query('update broken set divisor = 0')
    const failed = await post<RefreshAnswer>('/api/views/failing/refresh')
    expect(failed).toMatchObject({ mode: 'failed', error: { code: 'REFRESH_FAILED', message: 'division by zero' } })
    const token = 'may-refresh-and-no-more'
    const other = handlers({ access: { tokens: [{ name: 'r', token, actions: ['refresh', 'freshness'] }] } })
    const told = await json<RefreshAnswer>(other.post('/api/views/failing/refresh', token))
    expect(told.error).toEqual({ code: 'REFRESH_FAILED', message: 'A refresh failed.' })
    const { views } = await json<ViewList>(other.get('/api/views', token))
    expect(JSON.stringify(views)).not.toContain('division')
    expect(views.find(({ view }) => view === 'failing')?.state).toBe('error')
    await db.query('update broken set divisor = 1')
  })

  test('joins the one that another request is waiting for', async () => {
    await db.query('insert into orders (customer, total) values (5, 1)')
    const blocker = await db.connect()
    await blocker.query('begin; lock table orders in access exclusive mode')
    const both = [post<RefreshAnswer>('/api/views/totals/refresh'), post<RefreshAnswer>('/api/views/totals/refresh')]
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await until(async () => (await db.rows(waiting)).length > 0, 'it waits')
    await sleep(100)
    await blocker.query('rollback')
    const [first, second] = await Promise.all(both)
    expect([first?.joined, second?.joined]).toEqual([false, true])
    expect({ ...second, joined: false }).toEqual(first)
  })

  /** It looks now and then whether the refresh that another session runs has ended. */
  async function waitsForAnother(): Promise<void> {
    statements.length = 0
    await until(() => statements.some((text) => text.endsWith(' AS busy')), 'it waits')
  }

  test('joins the one that a worker runs, and answers with its result', async () => {
    await db.query('insert into orders (customer, total) values (6, 1)')
    const worker = await db.connect()
    await worker.query(`begin isolation level repeatable read; set local tidemark.worker = 'elsewhere'`)
    await worker.query(`select * from tidemark.refresh('totals')`)
    const asked = post<RefreshAnswer>('/api/views/totals/refresh')
    let done = false
    void asked.then(() => {
      done = true
    })
    await waitsForAnother()
    expect(done).toBe(false)
    await worker.query('commit')
    expect(await asked).toMatchObject({ mode: 'incremental', joined: true, updated: 1, error: null })
    const { runs } = await get<RunList>('/api/views/totals/runs?limit=1')
    expect(runs[0]?.worker).toBe('elsewhere')
  })

  test('does it itself, when the one it waited for was undone', async () => {
    await db.query('insert into orders (customer, total) values (7, 1)')
    const worker = await db.connect()
    await worker.query('begin isolation level repeatable read')
    await worker.query(`select * from tidemark.refresh('totals')`)
    const asked = post<RefreshAnswer>('/api/views/totals/refresh')
    await waitsForAnother()
    await worker.query('rollback')
    expect(await asked).toMatchObject({ mode: 'incremental', joined: true, updated: 1 })
    expect((await get<RunList>('/api/views/totals/runs?limit=1')).runs[0]?.worker).toBe('http')
  })

  test('gives up waiting after a while', async () => {
    const impatient = handlers({ limits: { refreshWait: '200ms' } })
    const worker = await db.connect()
    await worker.query('begin isolation level repeatable read')
    await worker.query(`select * from tidemark.refresh('totals', true)`)
    await expectProblem(await impatient.post('/api/views/totals/refresh', operator), 503, 'LOCK_TIMEOUT')
    await worker.query('rollback')
  })

  test.each([
    ['{', 'is not JSON'],
    ['[]', 'a JSON object'],
    ['{"ful":true}', 'unknown field'],
    ['{"full":"yes"}', 'is true or false'],
  ])('refuses the body %s', async (body, message) => {
    const problem = await expectProblem(
      await served.post('/api/views/totals/refresh', operator, body),
      400,
      'REQUEST_INVALID',
    )
    expect(problem.detail).toContain(message)
  })
})

describe('operators', () => {
  test('pause and resume a view', async () => {
    expect(await post('/api/views/totals/pause')).toEqual({ view: 'totals', state: 'paused', bypassed: false })
    expect(await get('/api/views/totals/freshness')).toMatchObject({ state: 'paused' })
    expect(await post('/api/views/totals/resume', {})).toEqual({ view: 'totals', state: 'ready', bypassed: false })
  })

  test('verify a view', async () => {
    expect(await post('/api/views/totals/verify')).toEqual({
      view: 'totals',
      missing: 0,
      unexpected: 0,
      checkedAt: expect.stringMatching(/Z$/),
    })
    await db.query('update tidemark_data.totals set n = n + 1 where customer = 1')
    expect(await post('/api/views/totals/verify')).toMatchObject({ missing: 1, unexpected: 1 })
    await post('/api/views/totals/refresh', { full: true })
  })

  test('have to say whether to bypass', async () => {
    await expectProblem(await served.post('/api/views/totals/bypass', operator, {}), 400, 'REQUEST_INVALID')
  })
})

test('a reader sees how fresh views are, and nothing else of them', async () => {
  expect((await served.get('/api/views/totals/freshness', reader)).status).toBe(200)
  for (const path of ['views/totals', 'views/totals/runs', 'runs', 'alerts', 'lineage', 'stats']) {
    await expectProblem(await served.get(`/api/${path}`, reader), 403, 'FORBIDDEN')
  }
  for (const path of ['refresh', 'pause', 'resume', 'bypass', 'verify']) {
    await expectProblem(await served.post(`/api/views/totals/${path}`, reader, {}), 403, 'FORBIDDEN')
  }
})

describe('health', () => {
  test('the process is alive, the database answers', async () => {
    expect(await (await served.get('/healthz')).text()).toBe('ok\n')
    expect(await (await served.get('/readyz')).text()).toBe('ok\n')
  })

  test('it is not ready without a database, or a catalog; and alive still', async () => {
    const away = serve('postgres://me:secret@127.0.0.1:1/x')
    const bare = await createTestDatabase()
    const empty = serve(bare.url)
    const answers = await Promise.all([away.get('/readyz'), empty.get('/readyz'), away.get('/healthz')])
    expect(await Promise.all(answers.map(async (answer) => [answer.status, await answer.text()]))).toEqual([
      [503, 'DATABASE_UNREACHABLE\n'],
      [503, 'NOT_DEPLOYED\n'],
      [200, 'ok\n'],
    ])
    await expectProblem(await away.get('/api/views', operator), 503, 'DATABASE_UNREACHABLE')
    for (const path of ['views', 'views/totals', 'lineage', 'runs', 'alerts']) {
      const { hint } = await expectProblem(await empty.get(`/api/${path}`, operator), 503, 'NOT_DEPLOYED')
      expect(hint).toBe('Run: tidemark apply')
    }
    await Promise.all([away.close(), empty.close()])
    await bare.drop()
  })
})
