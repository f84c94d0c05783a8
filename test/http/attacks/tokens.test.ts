/** Each test is named by what it tries. */
import { describe, expect, test } from 'vitest'
import { expectProblem, operator, reader, type Served } from '../kit.js'
import { useAttacked } from './kit.js'

const { handlers } = await useAttacked()

const everything = [
  '/rest/v1/closed',
  '/api/views/closed',
  '/api/views/closed/freshness',
  '/api/events?views=closed',
  '/api/stats',
  '/api/lineage',
  '/api/runs',
]
const statusesOf = (served: Served, token?: string): Promise<number[]> =>
  Promise.all(everything.map(async (path) => (await served.get(path, token)).status))

describe('tokens', () => {
  const served = handlers()

  test('missing: everything is closed but what is public', async () => {
    expect(await statusesOf(served)).toEqual(everything.map(() => 401))
    expect((await served.get('/rest/v1/open')).status).toBe(200)
    expect((await served.get('/api/views/open/freshness')).status).toBe(200)
    expect((await served.get('/api/views/open')).status).toBe(401)
    const { views } = (await (await served.get('/api/views')).json()) as { views: { view: string }[] }
    expect(views.map(({ view }) => view)).toEqual(['open'])
    // Whether a view is there is not told either.
    expect((await served.get('/rest/v1/nothing')).status).toBe(401)
  })

  test.each([
    ['wrong', 'a-token-that-nobody-gave'],
    ['empty', ''],
    ['the hash of the right one', '8f0d1f5c'.repeat(8)],
    ['the right one, cut short', operator.slice(0, -1)],
    ['very long', 'x'.repeat(7_000)],
  ])('%s', async (_, token) => {
    expect(await statusesOf(served, token)).toEqual(everything.map(() => 401))
  })

  test('allowed less than is asked', async () => {
    for (const path of ['pause', 'resume', 'bypass', 'verify', 'refresh']) {
      await expectProblem(await served.post(`/api/views/open/${path}`, reader, {}), 403, 'FORBIDDEN')
    }
  })

  test('named in the header of Supabase', async () => {
    expect((await served.get('/rest/v1/closed', undefined, { apikey: operator })).status).toBe(200)
    expect((await served.get('/rest/v1/closed', undefined, { apikey: 'wrong-wrong-wrong' })).status).toBe(401)
  })
})
