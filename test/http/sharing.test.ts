/** What one caller was answered must not come to another: each test is named by how it might. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lookEveryMs } from '../../src/read/board.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy } from '../worker/kit.js'
import { operator, reader, tokens, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const anyone = `anyone_${db.name}`
const counted = 'select g, count(*) as n from t group by g'
const views = {
  open: { query: counted, freshness: '1m', read: { public: true } },
  closed: { query: counted, freshness: '1m' },
  computed: { query: 'select g, sum(note::int) as total from t group by g', read: { public: true, live: true } },
} as const

beforeAll(async () => {
  await db.query(`create table t (id int generated always as identity primary key, g int not null, note text not null default '1');
    insert into t (g) select i % 5 from generate_series(1, 50) i; create role ${anyone}`)
  await deploy(db.pool, views)
  await db.query(`grant select on open to ${anyone}`)
})

afterAll(() => db.query(`drop owned by ${anyone}; drop role ${anyone}`))

const said = (response: Response, name: string): string => response.headers.get(name) ?? ''

describe('a cache between', () => {
  test('is given what anybody is given, also where a token was shown', async () => {
    const served = handlers()
    for (const token of [undefined, reader]) {
      expect(said(await served.get('/rest/v1/open', token), 'cache-control')).toMatch(/^public, max-age=/)
    }
    expect(said(await served.get('/rest/v1/closed', reader), 'cache-control')).toMatch(/^private, /)
  })

  test('not what a token sees that others see under a role', async () => {
    const served = handlers({ access: { tokens, anonymousRole: anyone } })
    for (const token of [undefined, reader]) {
      expect(said(await served.get('/rest/v1/open', token), 'cache-control')).toMatch(/^private, /)
    }
  })

  test('not what was decided for this request alone, which may have been told by its cookie', async () => {
    const served = handlers({
      access: { authorize: (request) => (request.headers.get('cookie') === 'user=admin' ? true : undefined) },
    })
    const admin = await served.get('/rest/v1/open', undefined, { cookie: 'user=admin' })
    expect(said(admin, 'cache-control')).toMatch(/^private, /)
    expect(said(admin, 'vary')).toMatch(/\bCookie\b/)
    const anybody = await served.get('/rest/v1/open')
    expect(said(anybody, 'cache-control')).toMatch(/^public, /)
    expect(said(anybody, 'vary')).not.toMatch(/\bCookie\b/)
  })
})

describe('a view that is another one now', () => {
  const open = { query: counted, read: { public: true } } as const

  test.each([
    ['closed', { query: counted }],
    ['computed from something else, and closed', { query: 'select id, g, note from t' }],
  ])('is not open because it was: %s', async (_, closed) => {
    const served = handlers()
    await deploy(db.pool, { ...views, later: open })
    expect((await served.get('/rest/v1/later')).status).toBe(200)
    await deploy(db.pool, { ...views, later: closed })
    // What is remembered of a view is not older than that.
    await sleep(lookEveryMs)
    expect((await served.get('/rest/v1/later')).status).toBe(401)
  })

  test('nor because one of its name was that is gone', async () => {
    const served = handlers()
    await deploy(db.pool, { ...views, later: open })
    expect((await served.get('/rest/v1/later')).status).toBe(200)
    await deploy(db.pool, views)
    await deploy(db.pool, { ...views, later: { query: 'select id, g, note from t' } })
    await sleep(lookEveryMs)
    expect((await served.get('/rest/v1/later')).status).toBe(401)
  })
})

describe('an error', () => {
  test('does not quote rows that the query was computed from', async () => {
    const served = handlers({ access: { open: ['read', 'read-live'] } })
    expect((await served.get('/rest/v1/computed?fresh=1')).status).toBe(200)
    await db.query("update t set note = 'a secret' where id = 7")
    for (const query of ['', '&g=eq.2', '&select=g::text,total', '&g=eq.2&select=total::int']) {
      const answer = await served.get(`/rest/v1/computed?fresh=1${query}`)
      const text = await answer.text()
      expect([query, text.includes('secret')]).toEqual([query, false])
      expect(answer.status).toBe(query.includes('select') ? 400 : 500)
    }
    // What was asked is still told.
    const asked = await served.get('/rest/v1/computed?fresh=1&g=eq.one')
    expect(asked.status).toBe(400)
    expect(await asked.text()).toContain('one')
    await db.query("update t set note = '1' where id = 7")
  })
})

describe('a stream that nobody reads', () => {
  test('is not opened for HEAD', async () => {
    const served = handlers()
    const send = () =>
      served.handler.fetch(
        new Request('http://localhost/api/events', {
          method: 'HEAD',
          headers: { authorization: `Bearer ${operator}` },
        }),
      )
    const answers = await Promise.all(Array.from({ length: 5 }, send))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(said(answers[0] as Response, 'content-type')).toMatch(/^text\/event-stream/)
    const { events } = (await (await served.get('/api/stats', operator)).json()) as { events: { clients: number } }
    expect(events.clients).toBe(0)
  })
})
