/** Reads over HTTP from a cache: right in all that they say, of whoever asks alone, and no slower for a Redis that is gone. */
import { createServer, type Server, type Socket } from 'node:net'
import { SignJWT } from 'jose'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import { view } from '../../src/define/view.js'
import { refreshView } from '../../src/engine/refresh.js'
import { createHandler, type HandlerOptions } from '../../src/http/index.js'
import type { ServerStats } from '../../src/protocol/stats.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy } from '../worker/kit.js'
import { operator, patient, type Served, tokens, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const tenant = `tenant_${db.name}`
const secret = 'a secret of more than thirty-two bytes'
const ends: (() => unknown)[] = []

const rows = 'select id, org, g from t'
const deployed = {
  sums: { query: 'select g, count(*) as n from t group by g', read: { public: true } },
  owned: { query: rows, read: { cacheFor: '1m' } },
  uncached: { query: rows, read: { public: true, cacheFor: false } },
  closed: { query: 'select org, count(*) as n from t group by org' },
} as const

beforeAll(async () => {
  await db.query(`create table t (id int generated always as identity primary key, org int not null, g int);
    insert into t (org, g) select i % 2, i % 5 from generate_series(1, 50) i; create role ${tenant}`)
  await deploy(db.pool, deployed)
  await db.query(`alter view owned set (security_invoker = true); grant usage on schema tidemark_data to ${tenant};
    grant select on owned, tidemark_data.owned to ${tenant}; alter table tidemark_data.owned enable row level security;
    create policy own on tidemark_data.owned for select to ${tenant}
      using (org = (current_setting('request.jwt.claims', true)::json ->> 'org')::int)`)
})

afterAll(async () => {
  for (const end of ends.reverse()) await end()
  await db.query(`drop owned by ${tenant}; drop role ${tenant}`)
})

const sums = '/rest/v1/sums?order=g'
const sourceOf = (answer: Response): string | null => answer.headers.get('x-data-source')

async function right(): Promise<unknown> {
  return db.rows('select g, n::int from sums order by g')
}

/** A handler on a pool of its own, and the statements that it sends. */
function counted(options: Partial<HandlerOptions>, statementTimeoutMs?: number) {
  const sent: string[] = []
  const pool = new Pool({
    connectionString: db.url,
    max: 2,
    ...(statementTimeoutMs === undefined ? {} : { statement_timeout: statementTimeoutMs }),
  })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown
    const counting = (...given: unknown[]): unknown => {
      sent.push(String(given[0]))
      return query(...given)
    }
    client.query = counting as typeof client.query
  })
  const handler = createHandler({ database: pool, access: { tokens }, ...options })
  ends.push(async () => {
    await handler.close()
    await pool.end()
  })
  return { sent, get: (path: string) => handler.fetch(new Request(`http://localhost${path}`)) }
}

describe('an answer from the cache', () => {
  test('says what one from the database says, and a refresh that changes rows ends it', async () => {
    const served = handlers()
    const began = performance.now()
    const first = await served.get(sums)
    const second = await served.get(sums)
    expect([sourceOf(first), sourceOf(second)]).toEqual(['view', 'cache'])
    expect(second.headers.get('age')).toMatch(/^\d+$/)
    expect(Number(second.headers.get('age'))).toBeLessThanOrEqual((performance.now() - began) / 1000)
    for (const name of ['etag', 'x-data-epoch', 'content-range', 'content-type', 'vary']) {
      expect(second.headers.get(name), name).toBe(first.headers.get(name))
    }
    const [longer, shorter] = [first, second].map((answer) => {
      const [, control, seconds] = /^(public, max-age=)(\d+)/.exec(answer.headers.get('cache-control') ?? '') ?? []
      expect(control).toBe('public, max-age=')
      return Number(seconds)
    })
    expect(shorter).toBeLessThanOrEqual(longer ?? 0)
    expect(shorter).toBeGreaterThanOrEqual((longer ?? 0) - Math.ceil((performance.now() - began) / 1000))
    expect(await second.text()).toBe(await first.text())
    const tag = { 'if-none-match': first.headers.get('etag') ?? '' }
    expect((await served.get(sums, undefined, tag)).status).toBe(304)
    await db.query('insert into t (org, g) values (1, 1)')
    // Pending, and so the rows grow older, in the cache as elsewhere.
    const staleness = async () => Number((await served.get(sums)).headers.get('x-data-staleness-seconds'))
    await expect.poll(staleness).toBeGreaterThan(0)
    await refreshView(db.pool, 'sums')
    await expect.poll(async () => (await served.get(sums, undefined, tag)).status).toBe(200)
    const after = await served.get(sums)
    expect(await after.json()).toEqual(await right())
    expect(after.headers.get('etag')).not.toBe(tag['if-none-match'])
  })

  test('needs no database at all, and none is kept where the view or the server says so', async () => {
    const { sent, get } = counted({ limits: patient })
    await get(sums)
    const before = sent.length
    const answers = await Promise.all(Array.from({ length: 30 }, () => get(sums)))
    expect(answers.map(sourceOf)).toEqual(Array(30).fill('cache'))
    expect(sent.slice(before).filter((text) => text.includes('string_agg'))).toEqual([])
    for (const _ of [1, 2]) expect(sourceOf(await get('/rest/v1/uncached?limit=1'))).toBe('view')
    const off = counted({ limits: patient, cache: false })
    for (const _ of [1, 2]) expect(sourceOf(await off.get(sums))).toBe('view')
  })

  test('is counted in statistics and metrics', async () => {
    const served = handlers()
    for (const _ of [1, 2, 3]) await served.get(sums)
    const stats = (await (await served.get('/api/stats', operator)).json()) as ServerStats
    expect(stats.cache).toEqual({ memory: { hits: 2, misses: 1, errors: 0 }, redis: null, joined: 0 })
    const metrics = await (await served.get('/metrics', operator)).text()
    expect(metrics).toMatch(/^tidemark_cache_reads_total\{tier="memory",outcome="hit"\} 2$/m)
    expect(metrics).toMatch(/^tidemark_cache_reads_total\{tier="memory",outcome="miss"\} 1$/m)
    expect(metrics).toMatch(/^tidemark_cache_errors_total\{tier="memory"\} 0$/m)
    const without = handlers({ cache: false })
    expect(await (await without.get('/api/stats', operator)).json()).toMatchObject({ cache: null })
  })

  test('is of the claims that it was read under, and of no others', async () => {
    const served = handlers({ access: { tokens, jwt: { secret, roles: [tenant] } } })
    const sign = (claims: object): Promise<string> =>
      new SignJWT({ role: tenant, exp: Math.floor(Date.now() / 1000) + 600, ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(secret))
    const [zero, one] = await Promise.all([sign({ org: 0 }), sign({ org: 1 })])
    const path = '/rest/v1/owned?select=org&limit=5'
    const seen: (string | null)[] = []
    for (const [token, org] of [zero, one, zero, one, zero, one].map((token, index) => [token, index % 2] as const)) {
      const answer = await served.get(path, token)
      seen.push(sourceOf(answer))
      expect(answer.headers.get('cache-control')).toContain('private')
      expect(await answer.json()).toEqual(Array(5).fill({ org }))
    }
    expect(seen).toEqual(['view', 'view', 'cache', 'cache', 'cache', 'cache'])
    // Neither theirs for who reads everything, nor the other way round.
    const all = (await (await served.get('/rest/v1/owned?select=org&limit=1000', operator)).json()) as object[]
    expect(all.length).toBeGreaterThan(49)
    expect((await served.get(path, await sign({ org: 2 }))).headers.get('content-range')).toBe('*/*')
    expect((await served.get(path)).status).toBe(401)
  })
})

describe('an answer that is at hand', () => {
  const at = async (served: ReturnType<typeof handlers>, path: string, headers = {}, method = 'GET') =>
    served.handler.fetch(new Request(`http://localhost${path}`, { method, headers }))

  test('has the headers of any other, and those who may not read it are refused as ever', async () => {
    const served = handlers({ access: { tokens } })
    const path = '/rest/v1/uncached?limit=1'
    const hidden = '/rest/v1/closed?order=org'
    for (const _ of [1, 2, 3]) expect((await served.get(hidden, operator)).status).toBe(200)
    expect(sourceOf(await served.get(hidden, operator))).toBe('cache')
    expect((await served.get(hidden, operator)).headers.get('cache-control')).toContain('private')
    for (const headers of [{}, { authorization: 'Bearer wrong-wrong-wrong' }, { apikey: 'wrong-wrong-wrong' }]) {
      expect((await at(served, hidden, headers)).status).toBe(401)
    }
    for (const _ of [1, 2]) await at(served, sums)
    const answer = await at(served, sums)
    expect(sourceOf(answer)).toBe('cache')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect((await served.get(sums, operator, { 'accept-profile': 'elsewhere' })).status).toBe(404)
    expect((await at(served, sums, { accept: 'application/vnd.pgrst.object+json' })).status).toBe(406)
    expect((await at(served, sums, { accept: 'text/csv' })).headers.get('content-type')).toContain('text/csv')
    expect((await at(served, sums, { range: '0-1' })).headers.get('content-range')).toBe('0-1/*')
    const head = await at(served, sums, {}, 'HEAD')
    expect({ status: head.status, body: await head.text() }).toEqual({ status: 200, body: '' })
    expect((await at(served, '/rest/v1/rpc')).status).toBe(400)
    expect((await at(served, path, {}, 'POST')).status).toBe(405)
  })

  test('is not given once the view is closed, defined otherwise or gone', async () => {
    const definition = (text: string, open: boolean) => ({
      ...deployed,
      moving: { query: text, read: { public: open } },
    })
    const served = handlers({ listen: db.url })
    const read = () => served.get('/rest/v1/moving')
    await deploy(db.pool, definition('select 1 as one', true))
    for (const _ of [1, 2, 3]) expect(await (await read()).json()).toEqual([{ one: 1 }])
    expect(sourceOf(await read())).toBe('cache')
    await deploy(db.pool, definition('select 2 as two', true))
    await expect.poll(async () => (await read()).json()).toEqual([{ two: 2 }])
    await deploy(db.pool, definition('select 2 as two', false))
    await expect.poll(async () => (await read()).status).toBe(401)
  })
})

describe('an uncached read', () => {
  const path = '/rest/v1/sums?g=eq.1'
  const readsOf = async (options: Partial<HandlerOptions>, timeoutMs?: number): Promise<readonly string[]> => {
    const { sent, get } = counted({ cache: false, ...options }, timeoutMs)
    await get(path)
    const before = sent.length
    expect((await get(path)).status).toBe(200)
    return sent.slice(before)
  }

  test('is one statement where the pool limits statements as the server does', async () => {
    const sent = await readsOf({ limits: { ...patient, statementTimeout: '9s' } }, 9_000)
    expect(sent).toHaveLength(1)
    expect(sent[0]).toContain('string_agg')
  })

  test('sets its limit where the pool has none, or another', async () => {
    for (const timeoutMs of [undefined, 8_000]) {
      const sent = await readsOf({ limits: { ...patient, statementTimeout: '9s' } }, timeoutMs)
      expect(sent).toHaveLength(3)
      expect(sent[0]).toContain('SET LOCAL statement_timeout = 9000')
    }
  })
})

describe('a Redis that is', () => {
  async function fakeRedis(answer: (socket: Socket) => void): Promise<{ url: string; stop: () => void }> {
    const sockets = new Set<Socket>()
    const server: Server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      answer(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const stop = (): void => {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
    ends.push(stop)
    const address = server.address()
    return { url: `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, stop }
  }

  /** Answers as Redis does, as far as it is asked here. */
  function likeRedis(): (socket: Socket) => void {
    const kept = new Map<string, string>()
    return (socket) => {
      let rest = ''
      socket.setEncoding('latin1').on('data', (chunk) => {
        rest += String(chunk)
        for (let found = commandOf(rest); found !== undefined; found = commandOf(rest)) {
          rest = found.rest
          const [name = '', key = '', value = ''] = found.words
          if (name.toLowerCase() === 'set') kept.set(key, value)
          const stored = kept.get(key)
          if (name.toLowerCase() !== 'get') socket.write(name.toLowerCase() === 'info' ? '$0\r\n\r\n' : '+OK\r\n')
          else socket.write(stored === undefined ? '$-1\r\n' : `$${stored.length}\r\n${stored}\r\n`, 'latin1')
        }
      })
    }
  }

  function commandOf(text: string): { words: string[]; rest: string } | undefined {
    const head = /^\*(\d+)\r\n/.exec(text)
    if (head === null) return undefined
    let at = head[0].length
    const words: string[] = []
    for (let index = 0; index < Number(head[1]); index++) {
      const size = /^\$(\d+)\r\n/.exec(text.slice(at))
      if (size === null) return undefined
      const from = at + size[0].length
      at = from + Number(size[1]) + 2
      if (text.length < at) return undefined
      words.push(text.slice(from, at - 2))
    }
    return { words, rest: text.slice(at) }
  }

  const used = async (served: Served) =>
    ((await (await served.get('/api/stats', operator)).json()) as ServerStats).cache?.redis

  async function readMany(served: Served, times = 12): Promise<void> {
    const expected = await right()
    const began = performance.now()
    const before = (await used(served))?.errors ?? 0
    for (let round = 0; round < times; round++) {
      const answer = await served.get(sums)
      expect(answer.status).toBe(200)
      expect(await answer.json()).toEqual(expected)
    }
    // Who waits in vain is counted: one, and none for half a second after. What a read takes besides is the machine's.
    const errors = ((await used(served))?.errors ?? 0) - before
    expect(errors).toBeLessThanOrEqual(2 + (performance.now() - began) / 500)
  }

  test('gone, silent, or no Redis at the start costs next to nothing', async () => {
    const silent = await fakeRedis(() => undefined)
    const rubbish = await fakeRedis((socket) => socket.on('data', () => socket.write('?!\r\n')))
    for (const url of [silent.url, rubbish.url, 'redis://127.0.0.1:1']) {
      await readMany(handlers({ cache: { memory: false, redis: url } }))
    }
  })

  test('there is used by all servers; and when it dies midway nobody notices', async () => {
    const { url, stop } = await fakeRedis(likeRedis())
    const cache = { memory: false, redis: { url, timeout: '60ms' } } as const
    const [one, other] = [handlers({ cache }), handlers({ cache })]
    await expect.poll(async () => sourceOf(await one.get(sums))).toBe('cache')
    await expect.poll(async () => sourceOf(await other.get(sums))).toBe('cache')
    expect((await used(other))?.hits).toBeGreaterThan(0)
    stop()
    await readMany(one)
    await readMany(other)
    expect((await used(other))?.errors).toBeGreaterThan(0)
    expect(sourceOf(await other.get(sums))).toBe('view')
  })
})

describe('a view that is configured and not deployed', () => {
  const { views } = normaliseConfig({
    views: [
      view('pending', { query: 'select g, count(*)::int as n from t group by g', read: { public: true, live: true } }),
      view('not open', { query: 'select 1 as one', read: { live: true } }),
      view('kept only', { query: 'select 1 as one', read: { public: true } }),
    ],
  })

  test('is computed for the request, and counts as that, where its rules allow it', async () => {
    const served = handlers({ views, fresh: { perMinute: 2 } })
    const answer = await served.get('/rest/v1/pending?g=eq.1')
    expect({ status: answer.status, source: sourceOf(answer) }).toEqual({ status: 200, source: 'live' })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual(await db.rows('select g, count(*)::int as n from t where g = 1 group by g'))
    expect((await served.get('/rest/v1/pending')).status).toBe(200)
    expect((await served.get('/rest/v1/pending')).status).toBe(429)
    expect((await served.get('/rest/v1/not%20open')).status).toBe(401)
    expect((await served.get('/rest/v1/not%20open', operator)).status).toBe(200)
    expect((await served.get('/rest/v1/kept%20only', operator)).status).toBe(404)
    expect((await served.get('/api/views/pending', operator)).status).toBe(404)
    expect((await served.post('/api/views/pending/refresh', operator, {})).status).toBe(404)
  })

  test('is not there where nothing is computed for requests', async () => {
    const served = handlers({ views, fresh: false })
    expect((await served.get('/rest/v1/pending', operator)).status).toBe(404)
  })
})
