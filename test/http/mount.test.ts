/** The handler within the frameworks that people have, mounted by the code that the guide shows. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { deploy, until } from '../worker/kit.js'
import { expectProblem, hear, patient } from './kit.js'

const db = await useTestDatabase()
const token = 'the-token-of-the-application'
const authorization = `Bearer ${token}`

interface Mounted {
  readonly url: string
  close(): Promise<void>
}

async function listenOn(server: Server): Promise<string> {
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

type Mount = () => Promise<Mounted>

/** The module of a framework, made anew, with a handler and a pool of its own. */
async function served<Module>(
  load: () => Promise<Module>,
  serverOf: (module: Module) => Promise<Server> | Server,
): Promise<Mounted> {
  vi.resetModules()
  const { handler, database } = await import('./mount/handler.js')
  const server = await serverOf(await load())
  const url = await listenOn(server)
  return {
    url,
    close: async () => {
      await handler.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await database.end()
    },
  }
}

/** The guide's handler, on a machine that may be busy. */
vi.mock('tidemark/http', async (importActual) => {
  const actual = await importActual<typeof import('../../src/http/index.js')>()
  const createHandler: typeof actual.createHandler = (options) => actual.createHandler({ limits: patient, ...options })
  return { ...actual, createHandler }
})

const built = process.env.TIDEMARK_TEST_NEXT

async function startNext(directory: string): Promise<Mounted> {
  const next = join(directory, 'node_modules/next/dist/bin/next')
  const child = spawn(process.execPath, [next, 'start', '--port', '0', '--hostname', '127.0.0.1'], {
    cwd: directory,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => output.push(String(text)))
  const address = (): string | undefined => /http:\/\/127\.0\.0\.1:\d+/.exec(output.join(''))?.[0]
  await until(() => address() !== undefined && output.join('').includes('Ready'), 'Next is ready')
  const ended = once(child, 'exit')
  return {
    url: address() ?? '',
    close: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

const express: Mount = () =>
  served(
    () => import('./mount/express.js'),
    ({ app }) => {
      app.get('/hello', (_request, response) => void response.send('hello'))
      app.post('/echo', (request, response) => void response.json(request.body))
      return createServer(app)
    },
  )

const mounts: Readonly<Record<string, Mount>> = {
  Hono: () =>
    served(
      () => import('./mount/hono.js'),
      ({ app }) => {
        app.get('/hello', (c) => c.text('hello'))
        app.post('/echo', async (c) => c.json((await c.req.json()) as object))
        return createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server
      },
    ),
  'node:http': () =>
    served(
      () => import('./mount/node.js'),
      ({ server }) => server,
    ),
  'Express 5': express,
  'Express 4': async () => {
    vi.doMock('express', () => vi.importActual('express-4'))
    return express().finally(() => vi.doUnmock('express'))
  },
  Fastify: () =>
    served(
      () => import('./mount/fastify.js'),
      async ({ fastify }) => {
        fastify.get('/hello', () => 'hello')
        fastify.post('/echo', (request) => request.body)
        await fastify.listen({ port: 0, host: '127.0.0.1' })
        return fastify.server
      },
    ),
  // 340 MB are too many to be installed for this. So it is done as Next calls a route handler; and by Next itself where
  // TIDEMARK_TEST_NEXT names a directory in which `next build` was run.
  'Next, as it calls': () => served(() => import('./mount/next.js'), nextServer),
  ...(built === undefined ? {} : { 'Next itself': () => startNext(built) }),
}

/** A request of its own class, and parameters that have to be waited for. */
function nextServer(route: typeof import('./mount/next.js')): Server {
  class NextRequest extends Request {}
  const fetch = (request: Request): Response | Promise<Response> => {
    const method = route[request.method as 'GET'] as
      | ((request: Request, route: object) => Promise<Response>)
      | undefined
    const { pathname } = new URL(request.url)
    if (!pathname.startsWith('/data/')) return pathname === '/hello' ? new Response('hello') : none(404)
    if (method === undefined) return none(405)
    const { url, method: verb, headers, body, signal } = request
    const given = new NextRequest(url, { method: verb, headers, body, signal, duplex: 'half' })
    return method(given, { params: Promise.resolve({ path: pathname.split('/').slice(2) }) })
  }
  return createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server
}

const none = (status: number): Response => new Response('', { status })
/** What an application of the framework was given besides, to be left alone. */
const others = (framework: string): readonly string[] =>
  framework === 'node:http' || framework === 'Next itself'
    ? []
    : framework.startsWith('Next')
      ? ['/hello']
      : ['/hello', '/echo']

beforeAll(async () => {
  vi.stubEnv('DATABASE_URL', db.url)
  vi.stubEnv('APP_TOKEN_SHA256', createHash('sha256').update(token).digest('hex'))
  await db.query(`create table t (id int generated always as identity primary key, g int not null, name text not null);
    insert into t (g, name) select i % 5, 'a&b=' || i % 5 || '%2F +' from generate_series(1, 50) i`)
  await deploy(db.pool, {
    open: { query: 'select g, name, count(*) as n from t group by g, name', read: { public: true } },
    closed: { query: 'select id, g from t' },
  })
})

for (const [framework, mount] of Object.entries(mounts)) {
  describe(framework, () => {
    let mounted: Mounted
    const at = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${mounted.url}${path}`, init)
    const post = (path: string, body?: string): Promise<Response> =>
      at(path, {
        method: 'POST',
        headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body }),
      })

    beforeAll(async () => {
      mounted = await mount()
    })
    afterAll(() => mounted?.close())

    test('reads rows, by a filter that nobody decodes twice', async () => {
      const name = 'a&b=3%2F +'
      const answer = await at(`/data/rest/v1/open?select=g,n,name&name=eq.${encodeURIComponent(name)}`)
      expect([answer.status, await answer.json()]).toEqual([200, [{ g: 3, n: 10, name }]])
      expect(answer.headers.get('x-data-staleness-seconds')).toMatch(/^[\d.]+$/)
      const tag = answer.headers.get('etag') ?? ''
      const again = await at(`/data/rest/v1/open?select=g,n,name&name=eq.${encodeURIComponent(name)}`, {
        headers: { 'if-none-match': tag },
      })
      expect([again.status, await again.text()]).toEqual([304, ''])
    })

    test('answers HEAD without a body, and 503 and other statuses as they are', async () => {
      const head = await at('/data/rest/v1/open', { method: 'HEAD', headers: { prefer: 'count=exact' } })
      expect([head.status, head.headers.get('content-range'), await head.text()]).toEqual([200, '0-4/5', ''])
      expect((await at('/data/rest/v1/open', { method: 'DELETE' })).status).toBeGreaterThanOrEqual(404)
    })

    test('says what is wrong as problem details', async () => {
      await expectProblem(await at('/data/api/views/closed/freshness'), 401, 'UNAUTHENTICATED')
      await expectProblem(await at('/data/nothing'), 404, 'NOT_FOUND')
      await expectProblem(await post('/data/api/views/closed/pause', '{}'), 403, 'FORBIDDEN')
      await expectProblem(await post('/data/api/views/closed/refresh', '{ not json'), 400, 'REQUEST_INVALID')
    })

    test('takes nothing that is not below its path, and leaves the rest of the application alone', async () => {
      for (const path of ['/rest/v1/open', '/database', '/datax/rest/v1/open']) {
        const answer = await at(path)
        expect([path, answer.status]).toEqual([path, 404])
      }
      const has = others(framework)
      if (has.includes('/hello')) expect(await (await at('/hello')).text()).toBe('hello')
      if (has.includes('/echo')) expect(await (await post('/echo', '{"a":[1]}')).json()).toEqual({ a: [1] })
    })

    test('refreshes by POST, with a body and without', async () => {
      await db.query("insert into t (g, name) values (1, 'new')")
      expect(await (await post('/data/api/views/closed/refresh')).json()).toMatchObject({ mode: 'incremental' })
      const full = await post('/data/api/views/closed/refresh', '{"full":true}')
      expect(await full.json()).toMatchObject({ view: 'closed', mode: 'full' })
    })

    test('streams events as they come; a client that goes away ends its stream', async () => {
      const clients = async (): Promise<string | undefined> =>
        /^tidemark_event_clients (\d+)$/m.exec(
          await (await at('/data/metrics', { headers: { authorization } })).text(),
        )?.[1]
      const gone = new AbortController()
      const heard = hear(await at('/data/api/events?views=closed', { headers: { authorization }, signal: gone.signal }))
      await until(() => heard.lastId !== undefined, 'the stream begins')
      expect(await clients()).toBe('1')
      await db.query("insert into t (g, name) values (1, 'newer')")
      expect((await post('/data/api/views/closed/refresh')).status).toBe(200)
      await until(() => heard.events.some(({ type }) => type === 'refreshed'), 'the event arrives')
      gone.abort()
      await until(async () => (await clients()) === '0', 'its stream ends')
    })
  })
}

describe('the guide', () => {
  const guide = readFileSync(new URL('../../docs/guides/http.md', import.meta.url), 'utf8')
  const blocks = [...guide.matchAll(/^```ts\n(.*?)^```/gms)].map(([, text = '']) => text)

  test.each(['handler', 'hono', 'node', 'express', 'fastify', 'next'])('shows the code of %s', (name) => {
    const code = readFileSync(new URL(`./mount/${name}.ts`, import.meta.url), 'utf8')
    expect(blocks).toContain(name === 'next' ? code.replace("'./handler.js'", "'@/handler'") : code)
  })
})
