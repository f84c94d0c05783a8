/** A page whose name leads to the server after it was loaded is of the server's origin to a browser: only its name tells it. */
import { once } from 'node:events'
import { request } from 'node:http'
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { hostRules } from '../../src/cli/serve/hostRules.js'
import { listenOn } from '../../src/cli/serve/listen.js'
import { hostCheck } from '../../src/http/hosts.js'
import { nodeListener } from '../../src/http/node.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy } from '../worker/kit.js'
import { expectProblem, type Served, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const evil = 'evil.example:8432'

beforeAll(async () => {
  await db.query(
    'create table t (id int primary key, g int); insert into t select i, i % 5 from generate_series(1, 20) i',
  )
  await deploy(db.pool, { counts: { query: 'select g, count(*) as n from t group by g', read: { public: true } } })
})

/** Over a connection: `fetch` sends no `Host` but its own. */
async function send(served: Served, host: string, path: string, method = 'GET'): Promise<Response> {
  const server = await listenOn(served.handler, '127.0.0.1', 0)
  const { hostname, port } = new URL(server.url)
  // As a page of the server itself would have it sent.
  const headers = { host, 'sec-fetch-site': 'same-origin', origin: `http://${host}`, 'x-forwarded-host': 'localhost' }
  try {
    return await new Promise((resolve, reject) => {
      const sent = request({ hostname, port, method, path, headers }, (answer) => {
        let text = ''
        answer.on('data', (chunk) => {
          text += String(chunk)
        })
        const { statusCode: status = 0, headers } = answer
        answer.on('end', () =>
          resolve(new Response(text, { status, headers: { 'content-type': headers['content-type'] ?? '' } })),
        )
      })
      sent.on('error', reject)
      sent.end()
    })
  } finally {
    await server.close(100)
  }
}

const open = { access: { open: ['read', 'freshness', 'refresh', 'operate', 'inspect', 'metrics'] } } as const
const local = handlers({ ...open, hosts: [] })
const crossing = handlers({ ...open, hosts: [], cors: { origins: '*' } })
const read = '/rest/v1/counts?select=g,n&order=g'
const paths = [read, '/api/views', '/api/events', '/metrics', '/openapi.json', '/healthz', '/console/', '/nothing']

test.each([
  ['no cors', local],
  ['cors', crossing],
])('by a name that it does not go by nothing is told, remembered or not: %s', async (_, served) => {
  for (const _ of [1, 2]) {
    for (const path of paths) await expectProblem(await send(served, evil, path), 403, 'HOST_UNKNOWN')
    expect((await send(served, '127.0.0.1', read)).status).toBe(200)
  }
  const told = await expectProblem(await send(served, evil, read), 403, 'HOST_UNKNOWN')
  expect(told).toMatchObject({ detail: expect.stringContaining('"evil.example"') })
  expect(told.hint).toContain('`http.hosts`')
})

test('nor is anything done', async () => {
  const state = () =>
    db.rows('select s.state, v.bypassed, (select count(*) from tidemark.run) from tidemark.state s, tidemark.view v')
  const before = await state()
  for (const served of [local, crossing]) {
    for (const operation of ['refresh', 'pause', 'bypass', 'verify']) {
      const answer = await send(served, evil, `/api/views/counts/${operation}`, 'POST')
      await expectProblem(answer, 403, 'HOST_UNKNOWN')
    }
  }
  expect(await state()).toEqual(before)
  expect((await send(local, 'localhost', '/api/views/counts/pause', 'POST')).status).toBe(200)
  expect(await state()).not.toEqual(before)
})

test('an app that is mounted in another one refuses it too', async () => {
  const headers = { host: evil }
  const answer = await local.handler.app.fetch(new Request(`http://localhost${read}`, { headers }))
  await expectProblem(answer, 403, 'HOST_UNKNOWN')
  // Where the name is only in the address, as with HTTP/2, it is found there.
  await expectProblem(await local.handler.app.fetch(new Request(`http://${evil}${read}`)), 403, 'HOST_UNKNOWN')
})

/** Over HTTP/2, which has no header `Host`. */
async function statusBy(authority: string): Promise<unknown> {
  const server = createServer(nodeListener(local.handler)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  try {
    const stream = session.request({ ':path': read, ':authority': authority })
    const [headers] = (await once(stream, 'response')) as [{ ':status': number }]
    stream.resume()
    await once(stream, 'end')
    return headers[':status']
  } finally {
    session.close()
    server.close()
  }
}

test('over HTTP/2 too', async () => {
  for (const _ of [1, 2]) expect([await statusBy(evil), await statusBy('localhost:1')]).toEqual([403, 200])
})

test('what is mounted elsewhere answers to any name, unless names are given', async () => {
  expect((await send(handlers(open), evil, read)).status).toBe(200)
  expect((await send(handlers({ ...open, hosts: '*' }), evil, read)).status).toBe(200)
  const named = handlers({ ...open, hosts: ['data.example.com'] })
  expect((await send(named, 'data.example.com', read)).status).toBe(200)
  await expectProblem(await send(named, 'example.com', read), 403, 'HOST_UNKNOWN')
})

describe('a name', () => {
  const check = hostCheck(['data.example.com', '.example.org'])

  test.each([
    ...[
      'localhost',
      'LOCALHOST:8432',
      'localhost.',
      'app.localhost:1',
      '127.0.0.1',
      '127.0.0.1:8432',
      '192.168.1.7:80',
    ],
    ...['[::1]', '[::1]:8432', '[fe80::1]:80', 'data.example.com', 'Data.Example.COM:443', 'data.example.com.'],
    ...['example.org', 'a.b.example.org:8432', '', null],
  ])('%s is one that it goes by', (host) => {
    expect(check?.(host)).toBeUndefined()
  })

  test.each([
    ...['evil.example', 'evil.example:8432', 'evil.example.', 'localhost.evil.example', 'notlocalhost', 'x', '.'],
    ...['127.0.0.1.evil.example', '127.0.0.1.nip.io', '[::1].evil.example', '[evil.example]', 'a.data.example.com'],
    ...['notexample.org', 'example.org.evil.example', 'evil.example:80:80', 'localhost:80.evil.example', '[::1', ':80'],
  ])('%s is not', (host) => {
    expect(check?.(host)).toMatchObject({ code: 'HOST_UNKNOWN', status: 403 })
  })

  test.each(['127.0.0.1', '127.0.0.9', '::1', '::ffff:127.0.0.1', 'localhost'])(
    '%s is of the machine itself',
    async (own) => {
      expect(await hostRules(null, own)).toEqual([own])
      expect(await hostRules(['a.example'], own)).toEqual(['a.example', own])
      expect(await hostRules('*', own)).toBe('*')
    },
  )

  test.each(['0.0.0.0', '::', '192.0.2.1', 'nothing.invalid'])('%s is not of the machine itself', async (other) => {
    expect(await hostRules(null, other)).toBeNull()
    expect(await hostRules(['a.example'], other)).toEqual(['a.example', other])
  })
})
