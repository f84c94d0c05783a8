import { beforeEach, expect, test } from 'vitest'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, until, useWorkers } from './kit.js'

const db = await useTestDatabase()
const start = useWorkers(db)

beforeEach(async () => {
  await db.query(`drop table if exists event cascade;
    create table event (id int generated always as identity primary key, grp int not null, at timestamptz not null);
    create index on event (at); create index on event (grp);
    insert into event (grp, at) select i % 10, now() - interval '1 hour' from generate_series(1, 100) i`)
})

/** Of each group a row that leaves the last minute in so many seconds. */
async function comeIn(...leaving: readonly number[]): Promise<void> {
  const rows = leaving.map((seconds, grp) => `(${grp}, now() - interval '1 minute' + interval '${seconds} s')`)
  await db.query(`insert into event (grp, at) values ${rows.join(', ')}`)
}

const recent = {
  query: `select grp, array_agg(id order by id) as ids from event where at > now() - interval '1 minute' group by grp`,
  freshness: '200ms',
} as const

const kept = async (view: string): Promise<number> =>
  Number((await db.rows<{ n: string }>(`select count(*) as n from ${view}`))[0]?.n)

test('rows leave a window as time passes, each by a refresh of its own slice', async () => {
  await deploy(db.pool, { recent })
  // So few rows would be computed anew as soon.
  await db.query('update tidemark.state set full_ms = 1e9, batch_ms = 1e9, slice_ms = 0.01')
  const worker = start()
  await until(() => worker.refreshed.length > 0, 'it runs')
  // On a busy machine it takes a while until they are seen, and until they are seen to leave.
  await comeIn(5, 9, 60)
  await until(async () => (await kept('recent')) === 3, 'three groups are there')
  await until(async () => (await kept('recent')) === 1, 'two groups are gone')
  await until(() => worker.runsOf('recent').length === 3, 'the worker says so')
  const runs = worker.runsOf('recent').slice(1)
  expect(runs.map(({ reason }) => reason)).toEqual(['freshness', 'freshness'])
  expect(runs.map(({ result }) => result)).toMatchObject([
    { mode: 'incremental', slices: 1, deleted: 1, inserted: 0 },
    { mode: 'incremental', slices: 1, deleted: 1, inserted: 0 },
  ])
  expect(await verifyView(db.pool, 'recent')).toMatchObject({ missing: 0, unexpected: 0 })
})

test('where no row crosses a bound, a refresh only moves the as-of on', async () => {
  await comeIn(60)
  await deploy(db.pool, { recent })
  const deployed = performance.now()
  const worker = start()
  const noops = () => worker.refreshed.filter(({ result }) => result.mode === 'noop')
  await until(() => noops().length > 4, 'it is refreshed several times')
  expect(worker.runsOf('recent')).toEqual([])
  const [state] = await db.rows<{ staleness: number; epoch: string }>(
    `select staleness_seconds as staleness, epoch from tidemark.freshness, tidemark.state where view = 'recent'`,
  )
  expect(state).toMatchObject({ epoch: '1' })
  expect(state?.staleness).toBeLessThan((performance.now() - deployed) / 1000 - 0.4)
  expect(state?.staleness).toBeGreaterThan(0)
})

test('a view over a window follows it, and a reconcile finds no drift', async () => {
  await deploy(db.pool, {
    recent: { query: recent.query, reconcile: '* * * * * *' },
    groups: {
      query: 'select grp % 2 as odd, array_agg(grp order by grp) as grps from recent group by 1',
      freshness: '300ms',
    },
  })
  const worker = start()
  await until(() => worker.refreshed.length > 0, 'it runs')
  await comeIn(6, 7, 60)
  await until(async () => (await kept('groups')) === 2, 'both are there')
  await until(async () => (await kept('groups')) === 1, 'the odd group is gone')
  await until(() => worker.refreshed.filter(({ reason }) => reason === 'reconcile').length >= 2, 'two reconciles')
  expect(worker.alertsRaised).toEqual([])
  expect(await verifyView(db.pool, 'groups')).toMatchObject({ missing: 0, unexpected: 0 })
})
