/** One project through all commands, in the order in which somebody would use them. */
import { beforeAll, expect, test } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { done, json, project, shapes, tidemark } from './kit.js'

const db = await useTestDatabase()
let cwd = ''

const views = `
  view('mv_totals', { query: './views/totals.sql' }),
  view('reports.mv_busy', { query: 'select customer, total from mv_totals where orders > 2' }),
  view('mv_all', { query: 'select percentile_disc(0.5) within group (order by customer) as median from orders', key: [] })`

beforeAll(async () => {
  cwd = await project(views, {
    'views/totals.sql': 'select customer, count(*) as orders, sum(amount) as total\nfrom orders group by customer\n',
  })
  await db.query('create schema reports; create table orders (id int primary key, customer int, amount numeric)')
  await db.query('insert into orders select n, n % 20, n from generate_series(1, 100) n')
})

const options = () => ({ cwd, url: db.url })

test('explain needs nothing deployed, and tells every table', async () => {
  const { value, code } = await json(shapes.explain, ['explain'], options())
  expect(code).toBe(0)
  expect(value.map(({ view, incremental }) => [view, incremental])).toEqual([
    ['mv_totals', true],
    ['reports.mv_busy', true],
    ['mv_all', false],
  ])
  expect(value[0]?.sources).toEqual([{ table: 'orders', maintenance: 'delta', key: ['customer'] }])
  const named = await json(shapes.explain, ['explain', 'mv_busy'], options())
  expect(named.value.map(({ view }) => view)).toEqual(['reports.mv_busy'])
  expect(await db.rows(`select from pg_namespace where nspname like 'tidemark%'`)).toEqual([])
})

test('plan tells what apply would do, and --strict fails where a view is not incremental', async () => {
  const plain = await json(shapes.plan, ['plan'], options())
  expect(plain.code).toBe(0)
  expect(plain.value.changes.map((change) => change.object)).toContain('reports.mv_busy')
  const strict = await json(shapes.strictPlan, ['plan', '--strict'], options())
  expect(strict.code).toBe(1)
  expect(strict.value.rejections).toMatchObject([
    { view: 'mv_all', table: 'orders', code: 'aggregate_over_everything' },
  ])
  const told = await tidemark(['plan', '--strict'], options())
  expect([told.code, told.stderr]).toEqual([1, ''])
  expect(told.stdout).toContain('1 view is not incremental.')
})

test('what works from the catalog says so when there is none', async () => {
  for (const command of ['status', 'refresh', 'verify', 'drop']) {
    const { value, code } = await json(shapes.error, [command], options())
    expect([code, value.error.code, value.error.hint]).toEqual([2, 'NOT_DEPLOYED', 'Run: tidemark apply'])
  }
})

test('apply deploys; the second time there is nothing to do', async () => {
  const first = await json(shapes.apply, ['apply'], options())
  expect(first.code).toBe(0)
  expect(first.value.views.map(({ view, rows }) => [view, rows])).toEqual([
    ['mv_totals', 20],
    ['reports.mv_busy', 20],
    ['mv_all', 1],
  ])
  const second = await tidemark(['apply'], options())
  expect(second).toMatchObject({ code: 0, stderr: '' })
  expect(second.stdout).toContain('Nothing had to be changed.')
})

test('status tells what is pending; refresh does it, upstream first', async () => {
  await db.query('update orders set amount = amount + 1 where customer = 3')
  const before = await json(shapes.status, ['status'], options())
  expect(before.value.find(({ view }) => view === 'mv_totals')).toMatchObject({
    state: 'ready',
    rows: 20,
    lastError: null,
  })
  expect(before.value.find(({ view }) => view === 'mv_totals')?.pendingChanges).toBeGreaterThan(0)
  const { value, code } = await json(shapes.refresh, ['refresh'], options())
  expect(code).toBe(0)
  expect(value.map(({ view }) => view)).toEqual(['mv_all', 'mv_totals', 'reports.mv_busy'])
  expect(value[1]).toMatchObject({ mode: 'incremental', slices: 1, inserted: 0, updated: 1, deleted: 0 })
  const again = await json(shapes.refresh, ['refresh', 'mv_totals', 'mv_totals'], options())
  expect(again.value).toMatchObject([{ view: 'mv_totals', mode: 'noop' }])
  const full = await json(shapes.refresh, ['refresh', 'mv_totals', '--full'], options())
  expect(full.value).toMatchObject([{ view: 'mv_totals', mode: 'full', inserted: 0, updated: 0, deleted: 0 }])
})

test('the catalog is enough: no configuration where the database is named', async () => {
  const elsewhere = { cwd: '/' }
  const status = await json(shapes.status, ['status', '--database', db.url], elsewhere)
  expect(status.value.map(({ view, stalenessSeconds }) => [view, stalenessSeconds])).toEqual([
    ['mv_all', 0],
    ['mv_totals', 0],
    ['reports.mv_busy', 0],
  ])
  const one = await json(shapes.status, ['status', 'reports.mv_busy'], {
    ...elsewhere,
    env: { TIDEMARK_DATABASE_URL: db.url },
  })
  expect(one.value).toHaveLength(1)
})

test('verify finds drift, and ends with 1', async () => {
  expect((await json(shapes.verify, ['verify'], options())).code).toBe(0)
  await db.query('update tidemark_data.mv_totals set total = -1 where customer in (4, 5)')
  await db.query('delete from tidemark_data.mv_totals where customer = 6')
  const { value, code } = await json(shapes.verify, ['verify', 'mv_totals'], options())
  expect([code, value]).toMatchObject([1, [{ view: 'mv_totals', missing: 3, unexpected: 2 }]])
  const told = await tidemark(['verify', 'mv_totals'], options())
  expect([told.code, told.stderr]).toEqual([1, ''])
  expect(told.stdout).toContain('differs from its query')
  await done(['refresh', '--full'], options())
  await done(['verify'], options())
})

test('a refresh that fails ends with 1, and the other views go on', async () => {
  await db.query('alter table orders rename column amount to price')
  const { value, code } = await json(shapes.refresh, ['refresh', '--full'], options())
  expect(code).toBe(1)
  expect(value.map(({ view, mode }) => [view, mode])).toEqual([
    ['mv_all', 'full'],
    ['mv_totals', 'failed'],
    ['reports.mv_busy', 'failed'],
  ])
  expect(value[1]?.error?.code).toBe('SOURCE_CHANGED')
  const status = await json(shapes.status, ['status', 'mv_totals'], options())
  expect(status.value).toMatchObject([{ state: 'error', lastError: { code: 'SOURCE_CHANGED' } }])
  const verified = await json(shapes.verify, ['verify'], options())
  expect(verified.code).toBe(1)
  expect(verified.value[0]).toMatchObject({ view: 'mv_all', missing: 0, unexpected: 0 })
  expect(verified.value[1]).toMatchObject({ view: 'mv_totals', missing: null, error: { code: 'REFRESH_FAILED' } })
  await db.query('alter table orders rename column price to amount')
  await done(['refresh'], options())
})

test('a view that left the configuration is dropped by apply, and said to be lost', async () => {
  const smaller = await project(views.slice(0, views.indexOf("view('mv_all'")), {
    'views/totals.sql': 'select customer, count(*) as orders, sum(amount) as total from orders group by customer',
  })
  const planned = await json(shapes.plan, ['plan'], { cwd: smaller, url: db.url })
  expect(planned.value.changes).toMatchObject([{ action: 'drop view', object: 'mv_all', destructive: true }])
  await done(['apply'], { cwd: smaller, url: db.url })
  expect(await db.rows(`select to_regclass('mv_all') as found`)).toEqual([{ found: null }])
})

test('drop removes one view, or everything; base tables stay as they were', async () => {
  const one = await json(shapes.plan, ['drop', 'reports.mv_busy'], options())
  expect(one.value.changes).toMatchObject([{ action: 'drop view', object: 'reports.mv_busy' }])
  const all = await json(shapes.plan, ['drop', '--yes'], options())
  expect(all.value.changes).toMatchObject([{ object: 'mv_totals', destructive: true }])
  expect(await db.rows(`select from pg_namespace where nspname like 'tidemark%'`)).toEqual([])
  expect(await db.rows(`select from pg_trigger where tgrelid = 'orders'::regclass`)).toEqual([])
  expect(await db.rows('select count(*)::int as n from orders')).toEqual([{ n: 100 }])
})
