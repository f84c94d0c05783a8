/** The client of Supabase, from npm as it is, reads from a server of ours. */
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHandler, type Handler } from '../../src/http/index.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy } from '../worker/kit.js'
import { patient, reader } from './kit.js'

const db = await useTestDatabase()
const member = `member_${db.name}`
const secret = 'a secret of more than thirty-two bytes'
const page = 'https://shop.example.com'

let handler: Handler
let server: Server
let url: string
/** What the client sent last. */
let sent: { readonly path: string; readonly headers: Headers }

beforeAll(async () => {
  await db.query(`create schema reporting;
    create table orders (id int primary key, org int not null, region text, price numeric, placed timestamptz);
    insert into orders select i, i % 2, 'r' || i % 3, i * 1.5, '2026-01-01Z'::timestamptz + i * interval '1 h'
      from generate_series(1, 40) i;
    create role ${member}`)
  await deploy(db.pool, {
    mv_orders: { query: 'select id, org, region, price, placed from orders' },
    regions: { schema: 'reporting', query: 'select region, count(*) as orders from orders group by region' },
  })
  await db.query(`alter view mv_orders set (security_invoker = true);
    grant usage on schema tidemark_data to ${member};
    grant select on mv_orders, tidemark_data.mv_orders to ${member};
    alter table tidemark_data.mv_orders enable row level security;
    create policy own on tidemark_data.mv_orders for select to ${member}
      using (org = (current_setting('request.jwt.claims', true)::json ->> 'org')::int)`)
  handler = createHandler({
    database: db.pool,
    basePath: '/data',
    cors: { origins: [page] },
    access: { tokens: [{ name: 'page', token: reader }], jwt: { secret, roles: [member] } },
    limits: patient,
  })
  server = createAdaptorServer({ fetch: handler.fetch, overrideGlobalObjects: false }) as Server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data`
})

afterAll(async () => {
  await handler.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await db.query(`drop owned by ${member}; drop role ${member}`)
})

type Options = NonNullable<Parameters<typeof createClient>[2]>

class NoChannels {
  constructor() {
    throw new Error('a channel was opened')
  }
}

function client(key: string, options: Options = {}): SupabaseClient {
  const listening: typeof fetch = async (input, init) => {
    const request = new Request(input as string, init)
    sent = { path: new URL(request.url).pathname, headers: request.headers }
    return fetch(request)
  }
  return createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: listening },
    // Node 20 has none of its own, and the client wants one before it is used.
    realtime: { transport: NoChannels },
    ...options,
  } as never) as unknown as SupabaseClient
}

const sign = (claims: object): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret))

describe('supabase-js', () => {
  test('asks at /rest/v1, with a token of ours as its key', async () => {
    const { data, error, status } = await client(reader)
      .from('mv_orders')
      .select('id, price')
      .eq('region', 'r1')
      .lt('id', 8)
    expect({ data, error, status }).toEqual({
      data: [1, 4, 7].map((id) => ({ id, price: id * 1.5 })),
      error: null,
      status: 200,
    })
    expect(sent.path).toBe('/data/rest/v1/mv_orders')
    expect(sent.headers.get('apikey')).toBe(reader)
    expect(sent.headers.get('authorization')).toBe(`Bearer ${reader}`)
  })

  test('counts, pages, sorts, and takes one row', async () => {
    const supabase = client(reader)
    const counted = await supabase
      .from('mv_orders')
      .select('id', { count: 'exact' })
      .order('price', { ascending: false })
      .range(5, 7)
    expect(counted).toMatchObject({ count: 40, status: 206, data: [{ id: 35 }, { id: 34 }, { id: 33 }] })
    const head = await supabase.from('mv_orders').select('*', { count: 'exact', head: true }).or('org.eq.0,id.in.(1,3)')
    expect(head).toMatchObject({ count: 22, data: null, error: null })
    expect((await supabase.from('mv_orders').select('region').eq('id', 2).single()).data).toEqual({ region: 'r2' })
    expect((await supabase.from('mv_orders').select().eq('id', 0).maybeSingle()).data).toBeNull()
    expect((await supabase.from('mv_orders').select('id').eq('id', 2).csv()).data).toBe('id\n2')
  })

  test('reads from another schema', async () => {
    const { data } = await client(reader).schema('reporting').from('regions').select().order('region')
    expect(data).toEqual([13, 14, 13].map((orders, index) => ({ region: `r${index}`, orders })))
    expect(sent.headers.get('accept-profile')).toBe('reporting')
  })

  test('is told what is wrong as its types have it', async () => {
    const supabase = client(reader)
    expect(await supabase.from('mv_orders').select('nothing')).toMatchObject({
      status: 400,
      data: null,
      error: { code: '42703', message: expect.stringContaining('nothing') },
    })
    expect(await supabase.from('nothing').select()).toMatchObject({ status: 404, error: { code: 'PGRST205' } })
    expect(await supabase.from('mv_orders').insert({ id: 1 })).toMatchObject({
      status: 405,
      error: { code: 'PGRST117' },
    })
    expect(await supabase.rpc('version')).toMatchObject({ status: 400, error: { code: 'PGRST202' } })
    const wrong = await client('a-key-that-nobody-gave').from('mv_orders').select()
    expect(wrong).toMatchObject({ status: 401, error: { code: 'PGRST301' } })
  })

  test('as somebody who has signed in: the JWT decides, whatever the key is', async () => {
    for (const key of [reader, 'the-key-of-a-project-of-theirs']) {
      for (const org of [0, 1]) {
        const accessToken = async (): Promise<string> => sign({ role: member, org })
        const { data } = await client(key, { accessToken, auth: undefined } as never)
          .from('mv_orders')
          .select('org')
        expect(data).toHaveLength(20)
        expect(new Set(data?.map((row) => row.org))).toEqual(new Set([org]))
      }
    }
    // And a key that is such a JWT, as the keys of older projects are.
    const { data } = await client(await sign({ role: member, org: 1 }))
      .from('mv_orders')
      .select('org')
    expect(new Set(data?.map((row) => row.org))).toEqual(new Set([1]))
  })
})

describe('a page of another origin', () => {
  const preflight = async (path: string, origin: string, headers: string, method = 'GET'): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': headers },
    })

  test('may send whatever the client sends, and read what it reads', async () => {
    await client(reader).schema('reporting').from('regions').select('*', { count: 'exact' })
    const names = [...sent.headers.keys()].sort()
    expect(names).toEqual(
      expect.arrayContaining(['accept-profile', 'apikey', 'authorization', 'prefer', 'x-client-info']),
    )
    const asked = await preflight('/rest/v1/regions', page, names.join(','))
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, page])
    const allowed = (asked.headers.get('access-control-allow-headers') ?? '').split(',').map((name) => name.trim())
    expect(allowed.sort()).toEqual(names)
    const answer = await fetch(`${url}/rest/v1/mv_orders?limit=1`, { headers: { origin: page, apikey: reader } })
    expect(answer.headers.get('access-control-allow-origin')).toBe(page)
    // The count, for one, is read from a header.
    const exposed = (answer.headers.get('access-control-expose-headers') ?? '').toLowerCase()
    for (const name of ['content-range', 'etag', 'x-data-staleness-seconds']) expect(exposed).toContain(name)
    expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin')
  })

  test('that is not named may not', async () => {
    const asked = await preflight('/rest/v1/mv_orders', 'https://evil.example.com', 'apikey')
    expect(asked.headers.get('access-control-allow-origin')).toBeNull()
    const answer = await fetch(`${url}/rest/v1/mv_orders`, {
      headers: { origin: 'https://evil.example.com', apikey: reader },
    })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('the guide', () => {
  test('shows what is asked for here', async () => {
    const guide = readFileSync(new URL('../../docs/guides/http.md', import.meta.url), 'utf8')
    const [, shown = ''] =
      /```ts\nimport \{ createClient \} from '@supabase\/supabase-js'\n\n(.*?)```/s.exec(guide) ?? []
    const [, create, read] = /^const supabase = createClient\((.*?)\)\n(const .*)\n$/s.exec(shown) ?? []
    expect(create).toBe("'https://example.com/data', process.env.DASHBOARD_TOKEN ?? ''")
    const run = new Function('supabase', `return (async () => { ${read}; return { data, error } })()`)
    expect(await run(client(reader))).toEqual({
      error: null,
      data: [40, 37, 34].map((id) => ({ id, price: id * 1.5 })),
    })
  })
})
