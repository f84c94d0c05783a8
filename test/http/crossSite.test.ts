/** What a page of somebody else's can have a browser send, with the cookies of its user: over a real connection. */
import { request } from 'node:http'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listenOn } from '../../src/cli/serve/listen.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy } from '../worker/kit.js'
import { type Served, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const cookie = 'session=of-an-operator'

beforeAll(async () => {
  await db.query(
    'create table t (id int primary key, g int); insert into t select i, i % 5 from generate_series(1, 20) i',
  )
  await deploy(db.pool, { counts: { query: 'select g, count(*) as n from t group by g' } })
})

type Headers = Readonly<Record<string, string>>

const access = { authorize: (asked: Request) => asked.headers.get('cookie') === cookie || undefined }
const closed = handlers({ access })
const toAll = handlers({ access, cors: { origins: '*' } })
const toOne = handlers({ access, cors: { origins: ['https://app.example.com'] } })
const withCookies = handlers({ access, cors: { origins: ['https://app.example.com'], credentials: true } })

const operations = ['refresh', 'pause', 'resume', 'bypass', 'verify'] as const
/** Forms can send these without the browser asking first; and no body at all. */
const simple: readonly [string, Headers, string][] = [
  ['no body', {}, ''],
  ['the body of a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'on=true'],
  ['an empty form', { 'content-type': 'application/x-www-form-urlencoded' }, ''],
  ['JSON called text', { 'content-type': 'text/plain' }, '{"on":true}'],
  ['JSON', { 'content-type': 'application/json' }, '{"on":true}'],
]

async function post(served: Served, operation: string, headers: Headers, body = ''): Promise<number> {
  const server = await listenOn(served.handler, '127.0.0.1', 0)
  const { hostname, port } = new URL(server.url)
  try {
    return await new Promise<number>((resolve, reject) => {
      const sent = request(
        { hostname, port, method: 'POST', path: `/api/views/counts/${operation}`, headers: { cookie, ...headers } },
        (answer) => {
          answer.resume()
          answer.on('end', () => resolve(answer.statusCode ?? 0))
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  } finally {
    await server.close(100)
  }
}

const stateOf = async () =>
  db.rows(
    "select s.state, v.bypassed from tidemark.state s join tidemark.view v on v.id = s.view_id where v.view_name = 'counts'",
  )
const runs = async () => db.rows('select count(*)::int as n from tidemark.run')

beforeEach(async () => {
  await db.query("select tidemark.resume('counts'); select tidemark.bypass('counts', false)")
})

const host = 'data.example.com'
const strangers: readonly [string, Headers][] = [
  ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['another site, in a browser that says no more', { origin: 'https://evil.example' }],
  ['an origin that is kept secret', { origin: 'null' }],
  ['another site, with no origin', { 'sec-fetch-site': 'cross-site' }],
  ['another host of the same site', { origin: 'https://blog.example.com', 'sec-fetch-site': 'same-site' }],
  ['another host of the same site, with no origin', { 'sec-fetch-site': 'same-site' }],
  ['the same host without encryption', { origin: `http://${host}`, 'sec-fetch-site': 'cross-site' }],
  ['another port of the same host', { origin: `https://${host}:8443`, 'sec-fetch-site': 'same-site' }],
  ['an origin that begins as the host does', { origin: `https://${host}.evil.example` }],
  ['an origin that is none', { origin: `//${host}` }],
]

describe.each(strangers)('from %s', (_, headers) => {
  test.each(operations)('%s is refused, whatever its body is, and does nothing', async (operation) => {
    const before = [await stateOf(), await runs()]
    for (const [kind, more, body] of simple) {
      for (const served of [closed, toAll, toOne, withCookies]) {
        expect(await post(served, operation, { host, ...headers, ...more }, body), kind).toBe(403)
      }
    }
    expect([await stateOf(), await runs()]).toEqual(before)
  })
})

describe.each<[string, Headers]>([
  ['a page of its own', { origin: `https://${host}`, 'sec-fetch-site': 'same-origin' }],
  ['a page of its own, in a browser that says no more', { origin: `https://${host}` }],
  [
    'a page of its own behind a proxy that changes the host',
    { origin: 'https://x.example', 'sec-fetch-site': 'same-origin' },
  ],
  ['a client that is no browser', {}],
])('from %s', (_, headers) => {
  test.each(operations)('%s is done', async (operation) => {
    const body = operation === 'bypass' ? '{"on":true}' : '{}'
    for (const served of [closed, toAll, withCookies]) {
      expect(await post(served, operation, { host, ...headers, 'content-type': 'application/json' }, body)).toBe(200)
    }
  })
})

test('from an origin that is allowed: with cookies where those are allowed too, else without', async () => {
  const headers = { host, origin: 'https://app.example.com', 'sec-fetch-site': 'same-site' }
  expect(await post(withCookies, 'pause', headers)).toBe(200)
  expect(await post(toOne, 'pause', headers)).toBe(403)
  expect(await post(toOne, 'pause', { ...headers, cookie: '' })).toBe(401)
  expect(await post(toAll, 'pause', { ...headers, cookie: '', origin: 'https://any.example' })).toBe(401)
  expect(await post(toAll, 'pause', { ...headers, cookie: '', authorization: 'Basic dTpw' })).toBe(403)
})
