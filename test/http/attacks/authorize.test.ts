/** Each test is named by what it tries. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { expectProblem, reader } from '../kit.js'
import { useAttacked } from './kit.js'

const { db, handlers, tenant } = await useAttacked()

describe('authorize', () => {
  test('decides before all else; what it leaves open, the other rules decide', async () => {
    const asked: string[] = []
    const served = handlers({
      access: {
        tokens: [{ name: 'r', token: reader }],
        authorize: (request, action, view) => {
          asked.push(`${action} ${view}`)
          const cookie = request.headers.get('cookie')
          if (cookie === 'user=1') return { role: tenant, claims: { org: 1 } }
          return cookie === 'user=banned' ? false : undefined
        },
      },
    })
    const found = (await (
      await served.get('/rest/v1/owned?select=org', undefined, { cookie: 'user=1' })
    ).json()) as object[]
    expect(new Set(found.map((row) => JSON.stringify(row)))).toEqual(new Set(['{"org":1}']))
    expect(asked).toContain('read owned')
    expect((await served.get('/rest/v1/open', reader, { cookie: 'user=banned' })).status).toBe(403)
    expect((await served.get('/rest/v1/open')).status).toBe(200)
    expect((await served.get('/rest/v1/closed')).status).toBe(401)
  })

  test.each<[string, () => unknown]>([
    ['a text', () => 'yes'],
    ['a number', () => 1],
    ['a list', () => []],
    ['the record of a user', () => ({ id: 7, name: 'somebody' })],
    ['a Response that refuses', () => new Response(null, { status: 401 })],
    ['a role that a session does not have', () => ({ role: undefined, claims: {} })],
    ['no role at all', () => ({ role: '' })],
    ['claims that are a text', () => ({ role: tenant, claims: '{"org":1}' })],
  ])('that answers %s by mistake opens nothing', async (_, authorize) => {
    const served = handlers({ access: { authorize: authorize as never } })
    await expectProblem(await served.post('/api/views/open/pause', undefined, {}), 500, 'INTERNAL')
    expect((await served.get('/rest/v1/closed')).status).toBe(500)
    expect(served.log).toMatchObject([{ level: 'error' }, { level: 'error' }])
    const [{ paused }] = (
      await db.query("select state = 'paused' as paused from tidemark.freshness where view = 'open'")
    ).rows as [{ paused: boolean }]
    expect(paused).toBe(false)
  })

  test('that throws opens nothing, and says nothing', async () => {
    const served = handlers({
      access: {
        authorize: () => {
          throw new Error('select password from users')
        },
      },
    })
    await expectProblem(await served.get('/api/views'), 500, 'INTERNAL')
    expect((await served.get('/rest/v1/open')).status).toBe(500)
  })
})

describe('authorize that never ends', () => {
  const never = new Promise<never>(() => undefined)
  const limits = { authorizeTimeout: '200ms' } as const

  test('holds no request for longer than the limit, and opens nothing', async () => {
    const served = handlers({ access: { open: ['read', 'operate'], authorize: () => never }, limits })
    const began = performance.now()
    const [read, freshness, pause] = await Promise.all([
      served.get('/rest/v1/open'),
      served.get('/api/views/open/freshness'),
      served.post('/api/views/open/pause', undefined, {}),
    ])
    expect(performance.now() - began).toBeGreaterThan(190)
    expect(performance.now() - began).toBeLessThan(5_000)
    expect({ status: read.status, after: read.headers.get('retry-after') }).toEqual({ status: 503, after: '1' })
    expect(await read.json()).toMatchObject({ code: 'PGRST003', message: expect.stringContaining('"read"') })
    await expectProblem(freshness, 503, 'OVERLOADED')
    await expectProblem(pause, 503, 'OVERLOADED')
    for (const action of ['read', 'freshness', 'operate']) {
      expect(served.log).toContainEqual(
        expect.objectContaining({ level: 'warn', details: { action, view: 'open', waitedMs: 200 } }),
      )
    }
    expect(served.log).toHaveLength(3)
    const { rows } = await db.query("select state from tidemark.freshness where view = 'open'")
    expect(rows).toEqual([{ state: 'ready' }])
  })

  test('is told once for a request that asks it about many views', async () => {
    const served = handlers({ access: { authorize: () => never }, limits })
    await expectProblem(await served.get('/api/views'), 503, 'OVERLOADED')
    expect(served.log).toHaveLength(1)
  })

  test('what it says afterwards, a refusal or an error, is nobody’s any more', async () => {
    const late: ((said: boolean | Promise<never>) => void)[] = []
    const authorize = () => new Promise<boolean>((resolve) => late.push(resolve))
    const served = handlers({ access: { open: ['read'], authorize }, limits })
    expect((await served.get('/rest/v1/closed')).status).toBe(503)
    expect((await served.get('/rest/v1/closed')).status).toBe(503)
    late[0]?.(true)
    late[1]?.(Promise.reject(new Error('too late')))
    await sleep(20)
    expect(served.log).toHaveLength(2)
  })

  test('one that takes its time is waited for', async () => {
    const authorize = () => sleep(100, true)
    const served = handlers({ access: { authorize }, limits: { authorizeTimeout: '10s' } })
    expect((await served.get('/rest/v1/closed')).status).toBe(200)
    expect(served.log).toEqual([])
  })
})
