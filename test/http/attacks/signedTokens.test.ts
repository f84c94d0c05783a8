/** Each test is named by what it tries. */
import { type JWTPayload, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { refreshView } from '../../../src/engine/refresh.js'
import { until } from '../../worker/kit.js'
import { expectProblem, hear, listen } from '../kit.js'
import { useAttacked } from './kit.js'

const { db, handlers, tenant, stranger } = await useAttacked()
const secret = 'a secret of more than thirty-two bytes'

describe('signed tokens', () => {
  const served = handlers({
    access: { jwt: { secret, roles: [tenant, stranger], issuer: 'us', audience: 'views' } },
  })
  const key = new TextEncoder().encode(secret)
  const good = { role: tenant, org: 1, iss: 'us', aud: 'views' }
  const sign = (claims: JWTPayload, { seconds = 60, alg = 'HS256', by = key } = {}): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg })
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(by)
  const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 600

  test('valid: reads the rows of its tenant, and of no other', async () => {
    for (const org of [0, 1]) {
      const answer = await served.get('/rest/v1/owned?select=org', await sign({ ...good, org }))
      const found = (await answer.json()) as { org: number }[]
      expect(new Set(found.map((row) => row.org))).toEqual(new Set([org]))
      expect(found).toHaveLength(25)
    }
  })

  test('one tenant after the other, at the same time, and cached for neither', async () => {
    const [zero, one] = await Promise.all([sign({ ...good, org: 0 }), sign({ ...good, org: 1 })])
    const asked = Array.from({ length: 40 }, (_, index) => index % 2)
    const answers = await Promise.all(
      asked.map((org) => served.get('/rest/v1/owned?select=org', org === 0 ? zero : one)),
    )
    for (const [index, answer] of answers.entries()) {
      expect(answer.headers.get('cache-control') ?? '').not.toContain('public')
      const found = (await answer.json()) as { org: number }[]
      expect(new Set(found.map((row) => row.org))).toEqual(new Set([asked[index]]))
    }
  })

  test('another tenant’s rows, asked for by a filter', async () => {
    const answer = await served.get('/rest/v1/owned?org=eq.0', await sign(good))
    expect(await answer.json()).toEqual([])
  })

  test('a view that the role may not read: neither rows nor how fresh it is', async () => {
    const token = await sign({ ...good, role: stranger })
    expect((await served.get('/rest/v1/owned', token)).status).toBe(403)
    await expectProblem(await served.get('/api/views/owned/freshness', token), 403, 'FORBIDDEN')
    await expectProblem(await served.get('/api/events?views=owned', token), 403, 'FORBIDDEN')
    const heard = await listen(served, '/api/events', token)
    await db.query('insert into t (org, g) values (1, 1)')
    await refreshView(db.pool, 'owned')
    await refreshView(db.pool, 'open')
    await until(() => heard.events.length > 0, 'it hears of the public view')
    expect(heard.text).not.toContain('owned')
    await heard.stop()
  })

  test('a view that the role may not read: whatever is asked, nothing is told of its columns', async () => {
    const token = await sign({ ...good, role: stranger })
    const asked = [
      'owned?select=orgg',
      'owned?orgg=eq.1',
      'owned?org=eq.x',
      'owned?org=fts.x',
      'owned?select=g->a',
      'owned?order=gg',
      'owned?select=id::date',
      'owned?fresh=1',
      'closed?select=nn',
    ]
    const answers = await Promise.all(
      asked.map(async (path) => {
        const answer = await served.get(`/rest/v1/${path}`, token)
        return { path, status: answer.status, body: (await answer.json()) as Record<string, unknown> }
      }),
    )
    for (const { path, status, body } of answers.filter(({ path: of }) => !of.endsWith('fresh=1'))) {
      expect({ path, status, body }).toMatchObject({ status: 403, body: { code: '42501', details: null } })
      expect({ path, message: body.message }).toEqual({ path, message: 'Permission denied.' })
    }
    expect(JSON.stringify(answers.map(({ body }) => body))).not.toMatch(/org\b|Perhaps|integer|row-level|column/)
    // Those who may read it are helped.
    const helped = (await (await served.get('/rest/v1/owned?select=orgg', await sign(good))).json()) as { hint: string }
    expect(helped.hint).toContain('org')
    // The document names what the role may read, and no columns of anything else.
    const documentOf = async (role: string) => {
      const answer = await served.get('/openapi.json', await sign({ ...good, role }))
      const { paths } = (await answer.json()) as { paths: object }
      return Object.keys(paths).filter((path) => path.startsWith('/rest/'))
    }
    expect([await documentOf(stranger), await documentOf(tenant)]).toEqual([[], ['/rest/v1/owned']])
  })

  test('a role that is not allowed: the superuser, say', async () => {
    for (const role of ['postgres', `${tenant}"; set role postgres; --`, '', null, 7, [tenant], { toString: tenant }]) {
      await expectProblem(
        await served.get('/api/views/owned/freshness', await sign({ ...good, role } as JWTPayload)),
        403,
        'FORBIDDEN',
      )
    }
  })

  test.each([
    ['expired', () => sign(good, { seconds: -60 })],
    ['without an end', () => new SignJWT(good).setProtectedHeader({ alg: 'HS256' }).sign(key)],
    ['not valid yet', () => sign({ ...good, nbf: exp })],
    ['from another issuer', () => sign({ ...good, iss: 'them' })],
    ['for another audience', () => sign({ ...good, aud: 'others' })],
    ['signed with another secret', () => sign(good, { by: new TextEncoder().encode('x'.repeat(32)) })],
    ['unsigned: alg none', async () => `${base64({ alg: 'none', typ: 'JWT' })}.${base64({ ...good, exp })}.`],
    ['unsigned: alg nOnE', async () => `${base64({ alg: 'nOnE' })}.${base64({ ...good, exp })}.`],
    [
      'with the signature of another',
      async () => {
        const [head, , signature] = (await sign(good)).split('.')
        return `${head}.${base64({ ...good, org: 0, exp })}.${signature}`
      },
    ],
    ['with its signature cut off', async () => (await sign(good)).replace(/\.[^.]+$/, '.')],
    ['of broken parts', async () => 'e30.e30.e30'],
  ])('%s', async (_, make) => {
    const token = await make()
    await expectProblem(await served.get('/api/views/owned/freshness', token), 401, 'UNAUTHENTICATED')
    expect((await served.get('/rest/v1/owned', token)).status).toBe(401)
  })

  test('a stream ends with the token that it was opened with', async () => {
    const response = await served.get('/api/events?views=owned', await sign(good, { seconds: 1 }))
    expect(response.status).toBe(200)
    const heard = hear(response)
    await until(() => heard.ended, 'it ends')
  })
})
