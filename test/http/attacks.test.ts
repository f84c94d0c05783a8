/** Each test is named by what it tries. */
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAdaptorServer } from '@hono/node-server'
import { exportJWK, exportSPKI, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, until } from '../worker/kit.js'
import { expectProblem, hear, listen, operator, reader, type Served, serve, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const tenant = `tenant_${db.name}`
const stranger = `stranger_${db.name}`
const secret = 'a secret of more than thirty-two bytes'

beforeAll(async () => {
  await db.query(`create table t (id int generated always as identity primary key, org int not null, g int);
    insert into t (org, g) select i % 2, i % 5 from generate_series(1, 50) i;
    create role ${tenant}; create role ${stranger}`)
  await deploy(db.pool, {
    open: { query: 'select g, count(*) as n from t group by g', read: { public: true } },
    closed: { query: 'select org, count(*) as n from t group by org' },
    owned: { query: 'select id, org, g from t' },
  })
  await db.query(`alter view owned set (security_invoker = true);
    grant usage on schema tidemark_data to ${tenant};
    grant select on owned, tidemark_data.owned to ${tenant};
    alter table tidemark_data.owned enable row level security;
    create policy own on tidemark_data.owned for select to ${tenant}
      using (org = (current_setting('request.jwt.claims', true)::json ->> 'org')::int)`)
})

afterAll(async () => {
  await db.query(`drop owned by ${tenant}; drop role ${tenant}; drop role ${stranger}`)
})

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

describe('tokens of an issuer with public keys', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let issuer: Server
  let served: Served
  let answers = 200

  beforeAll(async () => {
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
    issuer = createServer((_, response) => {
      response.writeHead(answers, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] }))
    })
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
    const { port } = issuer.address() as { port: number }
    served = handlers({ access: { jwt: { jwksUrl: `http://127.0.0.1:${port}/keys`, roles: [tenant] } } })
  })
  afterAll(() => void issuer.close())

  const sign = (alg: string, key: Parameters<SignJWT['sign']>[0], kid = 'one'): Promise<string> =>
    new SignJWT({ role: tenant, org: 1 }).setProtectedHeader({ alg, kid }).setExpirationTime('1m').sign(key)

  test('the issuer cannot be reached: 503, and not 401', async () => {
    answers = 500
    await expectProblem(
      await served.get('/api/views/owned/freshness', await sign('RS256', pair.privateKey)),
      503,
      'OVERLOADED',
    )
    answers = 200
  })

  test('valid', async () => {
    expect((await served.get('/api/views/owned/freshness', await sign('RS256', pair.privateKey))).status).toBe(200)
  })

  test('the public key taken for a secret: HS256 for RS256', async () => {
    const pem = await exportSPKI(pair.publicKey)
    const head = Buffer.from(JSON.stringify({ alg: 'HS256', kid: 'one' })).toString('base64url')
    const body = Buffer.from(
      JSON.stringify({ role: tenant, org: 1, exp: Math.floor(Date.now() / 1000) + 60 }),
    ).toString('base64url')
    for (const by of [pem, pem.trim(), pair.publicKey.export({ type: 'spki', format: 'der' })]) {
      const forged = `${head}.${body}.${createHmac('sha256', by).update(`${head}.${body}`).digest('base64url')}`
      await expectProblem(await served.get('/api/views/owned/freshness', forged), 401, 'UNAUTHENTICATED')
    }
  })

  test('signed with another key of the same name, or by a key that is not published', async () => {
    for (const kid of ['one', 'two']) {
      await expectProblem(
        await served.get('/api/views/owned/freshness', await sign('RS256', other.privateKey, kid)),
        401,
        'UNAUTHENTICATED',
      )
    }
  })
})

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

describe('requests', () => {
  const served = handlers({
    access: { open: ['read', 'freshness', 'inspect', 'refresh', 'operate'] },
    limits: { maxBody: 1_000 },
  })
  const post = async (init: RequestInit): Promise<Response> =>
    served.handler.fetch(new Request('http://localhost/api/views/open/refresh', { method: 'POST', ...init }))
  const json = { 'content-type': 'application/json' }

  test('a body that is too large, said so or not', async () => {
    const large = JSON.stringify({ full: 'x'.repeat(2_000) })
    await expectProblem(await post({ body: large, headers: json }), 413, 'REQUEST_TOO_LARGE')
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent++
        controller.enqueue(new Uint8Array(500).fill(32))
      },
    })
    await expectProblem(
      await post({ body: endless, headers: json, duplex: 'half' } as RequestInit),
      413,
      'REQUEST_TOO_LARGE',
    )
    expect(sent).toBeLessThan(10)
  })

  test('a body of another kind', async () => {
    await expectProblem(
      await post({ body: 'full=true', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      415,
      'REQUEST_INVALID',
    )
    await expectProblem(await post({ body: '{"__proto__":{"full":true}}', headers: json }), 400, 'REQUEST_INVALID')
    await expectProblem(await post({ body: Buffer.from([0xff, 0xfe, 0x7b]), headers: json }), 400, 'REQUEST_INVALID')
  })

  test('from a page of another origin', async () => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      await expectProblem(await post({ headers: headers as unknown as Record<string, string> }), 403, 'FORBIDDEN')
    }
    expect((await post({ headers: { origin: 'http://localhost', host: 'localhost' } })).status).toBe(200)
    const answer = await served.get('/rest/v1/open', undefined, { origin: 'https://evil.example' })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('from a page of an origin that is allowed', async () => {
    const shared = handlers({ cors: { origins: ['https://app.example.com'] } })
    const allowed = await shared.get('/rest/v1/open', undefined, { origin: 'https://app.example.com' })
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(allowed.headers.get('access-control-expose-headers')).toContain('X-Data-Staleness-Seconds')
    const other = await shared.get('/rest/v1/open', undefined, { origin: 'https://evil.example' })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })

  test.each([
    '/api/views/%00',
    '/api/views/%FF',
    '/api/views/..%2f..%2fetc%2fpasswd',
    `/api/views/${'x'.repeat(8_000)}`,
    '/api/views/a%27%20or%201=1/freshness',
    '/console/..%2f..%2fpackage.json',
    '/api/events?views=%00',
    `/api/events?views=${'a,'.repeat(600)}`,
  ])('an address that is none: %#', async (path) => {
    const answer = await served.get(path)
    expect([400, 404]).toContain(answer.status)
    expect(await answer.text()).not.toMatch(/ at .*\.ts|SELECT|22021/)
  })

  test('every answer has the headers that keep browsers from guessing', async () => {
    for (const path of ['/api/views', '/api/nothing', '/rest/v1/open', '/healthz']) {
      const { headers } = await served.get(path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    }
  })
})

describe('capacity', () => {
  test('a pool that is exhausted: a clear 503, soon, and for many at once', async () => {
    const served = serve(db.url, { connections: 1, limits: { connectionWait: '200ms', maxWaiting: 5 } })
    await served.get('/api/views', operator)
    const blocker = await db.connect()
    await blocker.query('begin; lock table tidemark.run in access exclusive mode')
    const holding = served.get('/api/runs', operator)
    const locked = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await until(async () => (await db.rows(locked)).length > 0, 'the connection is taken')
    const began = performance.now()
    const answers = await Promise.all(Array.from({ length: 50 }, () => served.get('/api/lineage', operator)))
    expect(performance.now() - began).toBeLessThan(5_000)
    for (const answer of answers) {
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      await expectProblem(answer, 503, 'OVERLOADED')
    }
    await blocker.query('rollback')
    expect((await holding).status).toBe(200)
    expect((await served.get('/api/lineage', operator)).status).toBe(200)
    await served.close()
  })

  test('a statement that takes too long is given up', async () => {
    const served = handlers({ limits: { statementTimeout: '200ms' } })
    const blocker = await db.connect()
    await blocker.query('begin; lock table tidemark.run in access exclusive mode')
    await expectProblem(await served.get('/api/runs', operator), 504, 'READ_TIMEOUT')
    await blocker.query('rollback')
  })

  test('a client that does not read is given up; the others hear on', async () => {
    const served = serve(db.url, { listen: db.url })
    const server = createAdaptorServer({ fetch: served.handler.fetch }) as Server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`GET /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${operator}\r\n\r\n`)
    await new Promise((resolve) => socket.once('data', resolve))
    socket.pause()
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    const heard = await listen(served, '/api/events', operator)
    const text = 'x'.repeat(100_000)
    let told = 0
    for (let round = 0; round < 200; round++) {
      const alert = { kind: 'stale', view: 'open', message: text, at: new Date().toISOString() }
      await db.query('insert into tidemark.alert (alert) values ($1)', [JSON.stringify(alert)])
      told++
      await until(() => heard.events.length >= told, 'the other one is told')
      const stats = (await (await served.get('/api/stats', operator)).json()) as {
        events: { clients: number; dropped: number }
      }
      if (stats.events.dropped > 0) {
        expect(stats.events).toMatchObject({ clients: 1, dropped: 1 })
        break
      }
    }
    expect(told).toBeLessThan(200)
    socket.resume()
    await closed
    await heard.stop()
    await served.close()
    await new Promise((resolve) => server.close(resolve))
    await db.query('truncate tidemark.alert')
  })
})
