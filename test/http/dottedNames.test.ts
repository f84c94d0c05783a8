/** A view whose name has a dot in it, and one that is called so with its schema: none is taken for the other. */
import { beforeAll, expect, test } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import type { RunList, ViewList } from '../../src/protocol/api.js'
import { apply } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'
import { until } from '../worker/kit.js'
import { listen, operator, tokens, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const ofRep = 'a-token-for-the-sales-of-the-schema-rep'
const ofPublic = 'a-token-for-the-view-with-a-dot'
const served = handlers({
  access: {
    tokens: [
      ...tokens,
      { name: 'rep', token: ofRep, views: ['rep.sales'] },
      { name: 'public', token: ofPublic, views: ['public.rep.sales'] },
    ],
  },
})

beforeAll(async () => {
  await db.query(`CREATE SCHEMA rep; CREATE TABLE secret (id int PRIMARY KEY); CREATE TABLE known (id int PRIMARY KEY);
    INSERT INTO secret VALUES (1); INSERT INTO known VALUES (2)`)
  await apply(db, {
    'rep.sales': { schema: 'public', query: 'SELECT id FROM known', read: { public: true } },
    sales: { schema: 'rep', query: 'SELECT id FROM secret' },
  })
})

async function rowsAt(name: string, token?: string): Promise<unknown> {
  const response = await served.get(`/rest/v1/${name}`, token)
  return response.status === 200 ? response.json() : response.status
}

test('a token for one of them reads that one alone', async () => {
  expect(await rowsAt('rep.sales', ofRep)).toEqual([{ id: 1 }])
  expect(await rowsAt('public.rep.sales', ofPublic)).toEqual([{ id: 2 }])
  expect(await rowsAt('rep.sales', ofPublic)).toBe(403)
  expect(await rowsAt('public.rep.sales', ofRep)).toBe(403)
  expect(await rowsAt('public.rep.sales')).toEqual([{ id: 2 }])
  expect(await rowsAt('rep.sales')).toBe(401)
})

test('lists call each by another name, by which it is found', async () => {
  const namesFor = async (token?: string): Promise<string[]> => {
    const list = (await (await served.get('/api/views', token)).json()) as ViewList
    return list.views.map(({ view }) => view).sort()
  }
  expect(await namesFor()).toEqual(['public.rep.sales'])
  expect(await namesFor(operator)).toEqual(['public.rep.sales', 'rep.sales'])
})

test('events of the closed one are told to nobody who may see the other alone', async () => {
  const anybody = await listen(served, '/api/events')
  const everything = await listen(served, '/api/events', operator)
  await db.query('INSERT INTO secret VALUES (3); INSERT INTO known VALUES (4)')
  await refreshView(db.pool, 'rep.sales')
  await refreshView(db.pool, 'public.rep.sales')
  const refreshed = (): string[] =>
    everything.events.flatMap((event) => (event.type === 'refreshed' ? [event.view] : [])).sort()
  await until(() => refreshed().length === 2, 'both are told')
  expect(refreshed()).toEqual(['public.rep.sales', 'rep.sales'])
  await until(() => anybody.events.length > 0, 'the open one is told')
  expect(anybody.events).toMatchObject([{ type: 'refreshed', view: 'public.rep.sales' }])
  expect(new Set(anybody.freshness.map((told) => 'view' in told && told.view))).toEqual(new Set(['public.rep.sales']))
  const { runs } = (await (await served.get('/api/runs', operator)).json()) as RunList
  expect(new Set(runs.map(({ view }) => view))).toEqual(new Set(['public.rep.sales', 'rep.sales']))
  await anybody.stop()
  await everything.stop()
})
