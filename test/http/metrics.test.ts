import { beforeAll, describe, expect, test } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, until } from '../worker/kit.js'
import { expectProblem, operator, reader, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const served = handlers({ listen: db.url })

beforeAll(async () => {
  await db.query(`create type mood as enum ('sad', 'ok');
    create table t (id int generated always as identity primary key, g int not null, feels mood, "odd name" jsonb);
    insert into t (g, feels) select i % 5, 'ok' from generate_series(1, 50) i`)
  await deploy(db.pool, {
    sums: { query: 'select g, count(*) as n from t group by g', read: { public: true }, description: 'How many' },
    'odd view': { query: 'select id, feels, "odd name" from t' },
  })
})

describe('metrics', () => {
  const read = async (): Promise<string> => (await served.get('/metrics', operator)).text()

  test('count what happens, and tell how views are', async () => {
    await db.query('insert into t (g) values (1)')
    expect(await read()).toMatch(/^tidemark_view_pending_changes\{view="sums"\} 1$/m)
    const counted = /^tidemark_refreshes_total\{view="sums",mode="(incremental|full)"\} \d+$/m
    // What happened before the server could follow events is not counted: it began before the catalog was there.
    const refreshed = async () => {
      await db.query('insert into t (g) values (1)')
      await refreshView(db.pool, 'sums')
      return counted.test(await read())
    }
    await until(refreshed, 'a refresh is counted')
    const text = await read()
    expect(text).toMatch(/^tidemark_view_staleness_seconds\{view="sums"\} 0$/m)
    expect(text).toMatch(/^tidemark_view_rows\{view="odd view"\} 50$/m)
    expect(text).toMatch(/^tidemark_view_state\{view="sums",state="ready"\} 1$/m)
    expect(text).toMatch(/^tidemark_refresh_duration_seconds_count\{view="sums"\} \d+$/m)
    expect(text).toMatch(/^tidemark_http_requests_total\{status="200"\} \d+$/m)
    expect(text).toMatch(/^tidemark_event_clients 0$/m)
  })

  test('are for those who may see them', async () => {
    await expectProblem(await served.get('/metrics'), 401, 'UNAUTHENTICATED')
    await expectProblem(await served.get('/metrics', reader), 403, 'FORBIDDEN')
  })

  test('do not count names that somebody makes up', async () => {
    for (const name of ['made-up-1', 'made-up-2']) await served.get(`/rest/v1/${name}`, operator)
    expect(await read()).not.toContain('made-up')
  })
})
