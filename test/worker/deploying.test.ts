import { afterEach, beforeEach, expect, test } from 'vitest'
import { dropDeployment } from '../../src/deploy/index.js'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, startTestWorker, type TestWorker, until } from './kit.js'

const db = await useTestDatabase()
let worker: TestWorker

const sums = { query: 'select grp, sum(n) as total from t group by grp', freshness: '100ms' } as const
const counts = { query: 'select grp, count(*) as n from t group by grp', freshness: '100ms' } as const

beforeEach(async () => {
  await db.query(`drop table if exists t cascade;
    create table t (id int generated always as identity primary key, grp int, n int);
    insert into t (grp, n) select i % 10, i from generate_series(1, 100) i`)
  worker = startTestWorker({ database: db.pool, listen: db.url })
})

afterEach(async () => {
  await worker.stop()
  await dropDeployment(db.pool)
})

const views = () => worker.snapshot().views.map(({ view }) => view)
const write = () => db.query('insert into t (grp, n) values (1, 1)')

test('a worker that was there before the first deployment waits for it, and says so once', async () => {
  const waiting = () =>
    worker.lines.filter(({ level, message }) => level === 'warn' && message === 'waiting for the database')
  await until(() => waiting().length > 0, 'it says so')
  expect(waiting()).toMatchObject([{ details: { error: { code: 'NOT_DEPLOYED', hint: 'Run: tidemark apply' } } }])
  await deploy(db.pool, { sums })
  await until(() => views().includes('sums'), 'it finds the view')
  await write()
  await until(() => worker.runsOf('sums').length > 0, 'it refreshes it')
  expect(waiting().length).toBe(1)
})

test('views that come, change and go are noticed', async () => {
  await deploy(db.pool, { sums })
  await until(() => views().includes('sums'), 'the first view')
  await deploy(db.pool, { sums, counts })
  await until(() => views().includes('counts'), 'the second view')
  await write()
  await until(() => worker.runsOf('counts').length > 0 && worker.runsOf('sums').length > 0, 'both are refreshed')
  await deploy(db.pool, {
    sums: { ...sums, freshness: false },
    counts: { ...counts, query: `${counts.query} having count(*) > 0` },
  })
  // It refreshes what the deployment left due, and knows that nothing asks for the other any more.
  const known = (view: string) => worker.snapshot().views.find((found) => found.view === view)
  await until(async () => {
    await write()
    const found = known('sums')
    return found !== undefined && found.pendingSince !== null && found.nextReason !== 'freshness' && !found.running
  }, 'the setting is noticed')
  const before = worker.runsOf('sums').length
  const countsBefore = worker.runsOf('counts').length
  await write()
  await until(() => worker.runsOf('counts').length > countsBefore, 'the changed view')
  expect(worker.runsOf('sums').length).toBe(before)
  expect(await verifyView(db.pool, 'counts')).toMatchObject({ missing: 0, unexpected: 0 })
  await deploy(db.pool, { counts: { ...counts } })
  await until(() => !views().includes('sums'), 'the dropped view is forgotten')
  await dropDeployment(db.pool)
  await until(() => !worker.snapshot().online, 'nothing is deployed any more')
  await deploy(db.pool, { sums })
  await until(() => worker.snapshot().online && views().join() === 'sums', 'the new deployment')
  expect(worker.alertsRaised).toEqual([])
})

test('deployments and refreshes go on side by side', async () => {
  await deploy(db.pool, { sums })
  let writing = true
  const writer = (async () => {
    while (writing) await write()
  })()
  for (let round = 0; round < 5; round++) {
    const query = `select grp, sum(n) as total, ${round} as round from t group by grp`
    await deploy(db.pool, { sums: { ...sums, query }, counts })
    await deploy(db.pool, { sums: { ...sums, query } })
  }
  writing = false
  await writer
  await until(() => worker.snapshot().views.every(({ pendingSince }) => pendingSince === null), 'nothing is pending')
  expect(worker.alertsRaised).toEqual([])
  expect(await verifyView(db.pool, 'sums')).toMatchObject({ missing: 0, unexpected: 0 })
})

test('a log that somebody has locked hides neither the changes of other tables, nor what was asked for', async () => {
  await db.query('drop table if exists u; create table u (grp int, n int)')
  await deploy(db.pool, {
    sums,
    other: { query: 'select grp, sum(n) as total from u group by grp', freshness: '100ms' },
    asked: { query: 'select grp, max(n) as most from u group by grp', freshness: false },
  })
  const knows = (view: string, state: string) =>
    worker.snapshot().views.some((found) => found.view === view && found.state === state)
  await until(() => knows('other', 'ready') && knows('asked', 'ready') && worker.snapshot().listening, 'all views')
  await db.query("select tidemark.pause('other')")
  await until(() => knows('other', 'paused'), 'the pause')
  const holder = await db.connect()
  const [log] = await db.rows<{ name: string }>(
    "select format('%I', log_name) as name from tidemark.source where table_name = 't'",
  )
  await holder.query('begin')
  await holder.query(`lock table tidemark_log.${log?.name} in access exclusive mode`)
  await db.query('insert into u values (1, 1)')
  await until(() => worker.lines.some(({ message }) => message.includes('log is locked')), 'it cannot look')
  await db.query("select tidemark.resume('other'); select tidemark.request('asked')")
  await until(() => worker.runsOf('other').length > 0, 'the other view, which goes on by now')
  await until(() => worker.runsOf('asked').length > 0, 'the one that was asked for')
  await holder.query('rollback')
  await write()
  await until(() => worker.runsOf('sums').length > 0, 'the view over the locked log')
})
