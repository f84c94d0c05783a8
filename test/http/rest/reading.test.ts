import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { defaultReading } from '../../../src/define/normalise-view.js'
import { refreshView } from '../../../src/engine/refresh.js'
import { cacheControl } from '../../../src/http/rest/headers.js'
import { RatePerMinute } from '../../../src/http/rest/rate.js'
import { lookEveryMs } from '../../../src/read/board.js'
import { useTestDatabase } from '../../kit/index.js'
import { rowsOf, serveViews } from './kit.js'
import { deployThings } from './things.js'

const db = await useTestDatabase()
const server = serveViews(db)

beforeAll(() => deployThings(db))

async function codeOf(response: Response): Promise<unknown> {
  const body = (await response.json()) as Record<string, unknown>
  expect(Object.keys(body).sort()).toEqual(['code', 'details', 'hint', 'message'])
  return body.code
}

describe('how old the rows are', () => {
  it('is said beside them', async () => {
    const response = await server.get('things?id=eq.1')
    const [state] = await db.rows<{ epoch: string; as_of: Date }>(
      `SELECT v.id || '-' || s.epoch AS epoch, s.as_of FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id WHERE v.view_name = 'things'`,
    )
    expect(response.status).toBe(200)
    expect(response.headers.get('x-data-epoch')).toBe(state?.epoch)
    expect(response.headers.get('x-data-source')).toBe('view')
    expect(response.headers.get('x-data-as-of')).toBe(state?.as_of.toISOString())
    expect(response.headers.get('last-modified')).toBe(state?.as_of.toUTCString())
    const staleness = Number(response.headers.get('x-data-staleness-seconds'))
    expect(staleness).toBeGreaterThanOrEqual(0)
    expect(staleness).toBeLessThan(1)
  })

  it('grows while a change is pending', async () => {
    await db.query(`UPDATE thing SET note = 'pending' WHERE id = 20`)
    await db.query('SELECT pg_sleep(0.6)')
    const response = await server.get('things?id=eq.20')
    expect(Number(response.headers.get('x-data-staleness-seconds'))).toBeGreaterThan(0.3)
    await refreshView(db.pool, 'things')
    expect(await (await server.get('things?id=eq.20&select=note')).json()).toEqual([{ note: 'pending' }])
  })
})

describe('a request that is given up', () => {
  const given = (path: string): { request: Request; readonly looks: number } => {
    const request = new Request(`http://localhost/rest/v1/${path}`, { signal: AbortSignal.abort() })
    let looks = 0
    const { signal } = request
    Object.defineProperty(request, 'signal', {
      get: () => {
        looks++
        return signal
      },
    })
    return {
      request,
      get looks() {
        return looks
      },
    }
  }

  it('is not computed for', async () => {
    expect((await server.answer(given('things?id=eq.1&fresh=1').request)).status).toBe(499)
  })

  // A signal is made where somebody looks at it: on a server, that costs more than all else of a read.
  it('is not even noticed where rows are kept', async () => {
    const one = given('things?id=eq.1')
    expect((await server.answer(one.request)).status).toBe(200)
    expect(one.looks).toBe(0)
  })
})

describe('ETag', () => {
  const tagOf = async (path: string, headers = {}) => (await server.get(path, headers)).headers.get('etag')

  it('answers 304 while nothing changed, with all that is said beside the rows', async () => {
    const first = await server.get('things?id=lt.4')
    const tag = first.headers.get('etag') ?? ''
    expect(tag).toMatch(/^W\/"[\w-]{27}"$/)
    // What a reader knows of a view's epoch is as old as that.
    await sleep(lookEveryMs + 20)
    const reads = server.reads.count
    const again = await server.get('things?id=lt.4', { 'if-none-match': `"other", ${tag}` })
    expect(again.status).toBe(304)
    expect(server.reads.count).toBe(reads)
    expect(await again.text()).toBe('')
    expect(again.headers.get('etag')).toBe(tag)
    for (const name of ['vary', 'cache-control', 'x-data-epoch', 'x-data-staleness-seconds']) {
      expect(again.headers.get(name), name).not.toBeNull()
    }
    expect(again.headers.get('content-type')).toBeNull()
  })

  it('is another one after a refresh that changed rows, and answers 200', async () => {
    const before = await tagOf('things')
    await db.query(`UPDATE thing SET note = 'changed' WHERE id = 21`)
    expect(await tagOf('things')).toBe(before)
    await refreshView(db.pool, 'things')
    await sleep(lookEveryMs + 20)
    const after = await server.get('things', { 'if-none-match': before ?? '' })
    expect(after.status).toBe(200)
    expect(after.headers.get('etag')).not.toBe(before)
  })

  it('is another one for each question and form', async () => {
    const tags = await Promise.all([
      tagOf('things'),
      tagOf('things?order=id'),
      tagOf('things?limit=3'),
      tagOf('things?select=id'),
      tagOf('things?select=id&id=in.(1,2)'),
      tagOf('things?select=id&name=in.(1,2)'),
      tagOf('things?select=id&name=in.("1,2")'),
      tagOf('things', { accept: 'text/csv' }),
      tagOf('things', { accept: 'application/vnd.pgrst.array+json;nulls=stripped' }),
      tagOf('things', { prefer: 'count=exact' }),
      tagOf('things', { range: '0-4' }),
    ])
    expect(tags).not.toContain(null)
    expect(new Set(tags).size).toBe(tags.length)
  })

  it('does not answer by time: rows can change twice within a second', async () => {
    const { headers } = await server.get('things')
    const again = await server.get('things', { 'if-modified-since': headers.get('last-modified') ?? '' })
    expect(again.status).toBe(200)
    const contradicted = await server.get('things', {
      'if-modified-since': new Date(Date.now() + 60_000).toUTCString(),
      'if-none-match': '"other"',
    })
    expect(contradicted.status).toBe(200)
  })

  it('is of the answer itself where that depends on more than the rows: words for the time, conditions of the view', async () => {
    // The same answer to other questions has the same tag only where the answer is what counts.
    const clock = [await tagOf('things?made=lt.tomorrow&limit=0'), await tagOf('things?made=lt.now&limit=0')]
    expect(clock[0]).toBe(clock[1])
    const plain = [await tagOf('things?made=lt.2026-01-01&limit=0'), await tagOf('things?made=lt.2026-01-02&limit=0')]
    expect(plain[0]).not.toBe(plain[1])
    const recent = [await tagOf('recent?id=eq.100'), await tagOf('recent?id=eq.101')]
    expect(recent[0]).toBe(recent[1])
    const guarded = [await tagOf('guarded?id=eq.100'), await tagOf('guarded?id=eq.101')]
    expect(guarded[0]).not.toBe(guarded[1])
    const head = await server.get('recent?id=eq.100', {}, 'HEAD')
    expect(head.headers.get('etag')).toBeNull()
  })

  it('is the same for HEAD', async () => {
    const head = await server.get('things?order=id', {}, 'HEAD')
    expect(head.headers.get('etag')).toBe(await tagOf('things?order=id'))
  })
})

describe('Cache-Control', () => {
  const shared = { shared: true, personal: false }
  const read = (changes: object) => ({ ...defaultReading, ...changes })
  const cases: Record<
    string,
    readonly [freshnessMs: number | null, reading: object, staleness: number | null, said: string]
  > = {
    'no target: it is asked for each time': [null, {}, 0, 'public, no-cache'],
    'what is left of the target': [30_000, {}, 12.4, 'public, max-age=17, stale-while-revalidate=30'],
    'nothing is left': [5_000, {}, 60, 'public, max-age=0, stale-while-revalidate=5'],
    'nobody knows how old': [5_000, {}, null, 'public, max-age=0, stale-while-revalidate=5'],
    cacheFor: [null, { cacheForMs: 60_000, cacheChosen: true }, 0, 'public, max-age=60, stale-while-revalidate=60'],
    'cacheFor less than the target': [
      300_000,
      { cacheForMs: 60_000, cacheChosen: true },
      10,
      'public, max-age=60, stale-while-revalidate=60',
    ],
    'no caching': [30_000, { cacheForMs: null, cacheChosen: true }, 0, 'public, no-cache'],
  }
  for (const [name, [freshnessMs, reading, staleness, said]] of Object.entries(cases)) {
    it(name, () => expect(cacheControl({ freshnessMs, read: read(reading) }, shared, staleness)).toBe(said))
  }

  it('what is personal is cached only where that was chosen', () => {
    const personal = { shared: false, personal: true }
    expect(cacheControl({ freshnessMs: 30_000, read: read({}) }, personal, 0)).toBe('private, no-cache')
    const chosen = read({ cacheForMs: 60_000, cacheChosen: true })
    expect(cacheControl({ freshnessMs: null, read: chosen }, personal, 0)).toMatch(/^private, max-age=60,/)
  })

  it('is public for a public view, and private for another one; and varies by who asks', async () => {
    const open = await server.get('things')
    expect(open.headers.get('cache-control')).toMatch(/^public, /)
    expect(open.headers.get('vary')).toMatch(/\bAuthorization\b.*\bapikey\b/)
    expect((await server.get('closed')).headers.get('cache-control')).toMatch(/^private, /)
  })
})

describe('ranges', () => {
  const ranged = async (headers: Record<string, string>, query = '') => {
    const response = await server.get(`things?select=id&order=id${query}`, headers)
    const rows = response.ok
      ? ((await response.json()) as { id: number }[]).map(({ id }) => id)
      : await codeOf(response)
    return [response.status, response.headers.get('content-range'), rows]
  }
  const cases: Record<string, readonly [headers: Record<string, string>, query: string, answer: unknown[]]> = {
    'of the first rows': [{ range: '0-1' }, '', [200, '0-1/*', [1, 2]]],
    'with a unit': [{ range: '2-3', 'range-unit': 'items' }, '', [200, '2-3/*', [3, 4]]],
    'with an open end': [{ range: '22-' }, '', [200, '22-23/*', [23, 24]]],
    'with a count': [{ range: '0-1', prefer: 'count=exact' }, '', [206, '0-1/24', [1, 2]]],
    'to behind the end': [{ range: '22-99', prefer: 'count=exact' }, '', [206, '22-23/24', [23, 24]]],
    'of all': [{ range: '0-99', prefer: 'count=exact' }, '&id=lt.3', [200, '0-1/2', [1, 2]]],
    'from right behind the end': [{ range: '24-30', prefer: 'count=exact' }, '', [206, '*/24', []]],
    'from far behind the end': [{ range: '25-30', prefer: 'count=exact' }, '', [416, '*/24', 'PGRST103']],
    'from behind the end, not counted': [{ range: '25-30' }, '', [200, '*/*', []]],
    'and limit and offset: what they share': [{ range: '2-5' }, '&offset=4&limit=10', [200, '4-5/*', [5, 6]]],
    'and limit and offset: nothing': [{ range: '0-3' }, '&offset=4', [416, null, 'PGRST103']],
    'that ends before it starts': [{ range: '5-2' }, '', [416, null, 'PGRST103']],
    'of bytes, which nobody means': [{ range: 'bytes=0-1' }, '&limit=3', [200, '0-2/*', [1, 2, 3]]],
    'of another unit': [{ range: '0-1', 'range-unit': 'pages' }, '&limit=3', [200, '0-2/*', [1, 2, 3]]],
    'that is none': [{ range: '-5' }, '&limit=3', [200, '0-2/*', [1, 2, 3]]],
    'as parameters': [{ prefer: 'count=exact' }, '&limit=2&offset=1', [206, '1-2/24', [2, 3]]],
    'of no rows': [{ prefer: 'count=exact' }, '&limit=0', [206, '*/24', []]],
    'that are negative': [{}, '&limit=-1', [416, null, 'PGRST103']],
  }
  for (const [name, [headers, query, answer]] of Object.entries(cases)) {
    it(name, async () => expect(await ranged(headers, query)).toEqual(answer))
  }

  it('never of more rows than the server gives', async () => {
    const small = serveViews(db, { access: { open: ['read'] }, limits: { maxRows: 5 } })
    for (const query of ['', '&limit=10', '&limit=5']) {
      const response = await small.get(`things?select=id${query}`, { prefer: 'count=exact' })
      expect([response.status, response.headers.get('content-range')]).toEqual([206, '0-4/24'])
      expect(await response.json()).toHaveLength(5)
    }
    expect((await small.get('things', { range: '2-99' })).headers.get('content-range')).toBe('2-6/*')
  })
})

describe('HEAD', () => {
  it.each(['', '?id=lt.5&limit=2', '?limit=0', '?offset=23'])('says what GET says, without rows: %s', async (query) => {
    for (const headers of [{}, { prefer: 'count=exact' }, { accept: 'text/csv' }] as Record<string, string>[]) {
      const get = await server.get(`things${query}`, headers)
      const head = await server.get(`things${query}`, headers, 'HEAD')
      expect(await head.text()).toBe('')
      expect(head.status).toBe(get.status)
      for (const name of ['content-range', 'content-type', 'etag', 'preference-applied', 'vary']) {
        expect(head.headers.get(name), name).toBe(get.headers.get(name))
      }
    }
  })

  it('of an error', async () => {
    const head = await server.get('things?id=eq.one', {}, 'HEAD')
    expect([head.status, await head.text()]).toEqual([400, ''])
  })
})

describe('Prefer', () => {
  it('says what was done', async () => {
    const applied = async (prefer: string) =>
      (await server.get('things?limit=1', { prefer })).headers.get('preference-applied')
    expect(await applied('count=exact')).toBe('count=exact')
    expect(await applied('count=planned')).toBe('count=exact')
    expect(await applied('handling=strict, count=exact')).toBe('handling=strict, count=exact')
    expect(await applied('respond-async, timezone=UTC')).toBeNull()
  })

  it.each(['timezone=Europe/Berlin', 'unknown', 'count=some', 'handling=strict; a=b, x=1'])(
    'handling=strict refuses %s',
    async (preference) => {
      const response = await server.get('things', { prefer: `handling=strict, ${preference}` })
      expect(response.status).toBe(400)
      expect(await codeOf(response)).toBe('PGRST122')
    },
  )

  it('handling=strict takes what is about writes', async () => {
    const response = await server.get('things?limit=1', {
      prefer: 'handling=strict, return=minimal, tx=rollback, max-affected=3',
    })
    expect(response.status).toBe(200)
  })
})

describe('Accept', () => {
  const chosen: Record<string, string> = {
    '*/*': 'application/json; charset=utf-8',
    '': 'application/json; charset=utf-8',
    'application/json': 'application/json; charset=utf-8',
    'text/html, application/xhtml+xml, */*;q=0.8': 'application/json; charset=utf-8',
    'text/csv': 'text/csv; charset=utf-8',
    'application/json;q=0.5, text/csv': 'text/csv; charset=utf-8',
    'APPLICATION/JSON': 'application/json; charset=utf-8',
    'application/vnd.pgrst.object+json': 'application/vnd.pgrst.object+json; charset=utf-8',
    'application/vnd.pgrst.object': 'application/vnd.pgrst.object+json; charset=utf-8',
    'application/vnd.pgrst.array+json;nulls=stripped':
      'application/vnd.pgrst.array+json; nulls=stripped; charset=utf-8',
  }
  for (const [accept, contentType] of Object.entries(chosen)) {
    it(accept === '' ? 'nothing' : accept, async () => {
      const response = await server.get('things?id=eq.1', { accept })
      expect([response.status, response.headers.get('content-type')]).toEqual([200, contentType])
    })
  }

  it.each([
    'text/html',
    'application/geo+json',
    'application/openapi+json',
    'text/csv;nulls=stripped',
    'application/json;q=0',
    '///',
  ])('refuses %s', async (accept) => {
    const response = await server.get('things', { accept })
    expect(response.status).toBe(406)
    expect(await codeOf(response)).toBe('PGRST107')
  })

  it('gives the text that PostgreSQL made, to the last digit', async () => {
    const text = await (await server.get('things?id=eq.1&select=amount,price,made,plain')).text()
    const [row] = await db.rows<{ text: string }>(
      `SELECT row_to_json(r)::text AS text FROM (SELECT amount, price, made, plain FROM things WHERE id = 1) r`,
    )
    expect(text).toBe(`[${row?.text}]`)
    expect(text).toContain('9007199254740001')
    expect(text).toContain('"plain":{"b" : 1, "a" : null}')
  })
})

describe('fresh=1', () => {
  it('computes the rows, and is not to be cached', async () => {
    await db.query(`UPDATE thing SET note = 'brand new' WHERE id = 22`)
    const response = await server.get('things?id=eq.22&select=note&fresh=1')
    expect(await response.json()).toEqual([{ note: 'brand new' }])
    expect(response.headers.get('x-data-source')).toBe('live')
    expect(response.headers.get('x-data-staleness-seconds')).toBe('0')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('etag')).toBeNull()
    expect(await (await server.get('things?id=eq.22&select=note')).json()).not.toEqual([{ note: 'brand new' }])
    await refreshView(db.pool, 'things')
  })

  it('is refused for a view that does not allow it, and where the server does not', async () => {
    const denied = await server.get('closed?fresh=1')
    expect([denied.status, await codeOf(denied)]).toEqual([403, '42501'])
    const never = await serveViews(db, { access: { open: ['read', 'read-live'] }, fresh: false }).get('things?fresh=1')
    expect([never.status, await codeOf(never)]).toEqual([403, '42501'])
  })

  it('is given so many times in a minute, for each view', async () => {
    const limited = serveViews(db, { access: { open: ['read', 'read-live'] }, fresh: { perMinute: 2 } })
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await limited.get('things?fresh=1&limit=1')).status)
    expect(statuses).toEqual([200, 200, 429])
    const refused = await limited.get('things?fresh=1')
    expect(await codeOf(refused)).toBe('TOO_MANY_REQUESTS')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(20)
    expect((await limited.get('things')).status).toBe(200)
  })

  it('comes back with time', () => {
    let now = 0
    const rate = new RatePerMinute(60, () => now)
    for (let i = 0; i < 60; i++) expect(rate.take('a')).toBe(0)
    expect(rate.take('a')).toBe(1)
    expect(rate.take('b')).toBe(0)
    now = 2_500
    expect([rate.take('a'), rate.take('a'), rate.take('a')]).toEqual([0, 0, 1])
    now = 10_000_000
    for (let i = 0; i < 60; i++) expect(rate.take('a')).toBe(0)
    expect(rate.take('a')).toBe(1)
  })
})

describe("a view's own conditions", () => {
  it('its guard holds always, and its filter unless defaults=0', async () => {
    const read = async (query: string) => (await server.get(`guarded?select=id&order=id${query}`)).json()
    expect(await read('')).toEqual(
      await rowsOf(db, 'SELECT id FROM guarded WHERE id <= 12 AND active IS NOT TRUE ORDER BY id'),
    )
    expect(await read('&defaults=0')).toEqual(await rowsOf(db, 'SELECT id FROM guarded WHERE id <= 12 ORDER BY id'))
    expect(await read('&defaults=0&or=(id.gt.0,id.lt.0)')).toHaveLength(12)
    expect(await read('&or=(id.gt.12,id.eq.3)&defaults=0')).toEqual([{ id: 3 }])
  })

  it('a count is of what may be read', async () => {
    const response = await server.get('guarded?defaults=0&limit=1', { prefer: 'count=exact' })
    expect(response.headers.get('content-range')).toBe('0-0/12')
  })
})

describe('who may read', () => {
  const locked = serveViews(db, {
    access: { tokens: [{ name: 'dashboard', token: 'a-token-of-some-length', views: ['closed'] }] },
  })

  it('a public view: everybody', async () => {
    expect((await locked.get('things?limit=1')).status).toBe(200)
  })

  it('another one: whoever has a token for it', async () => {
    const anonymous = await locked.get('closed')
    expect([anonymous.status, await codeOf(anonymous)]).toEqual([401, 'PGRST302'])
    expect(anonymous.headers.get('www-authenticate')).toBe('Bearer')
    const wrong = await locked.get('closed', { authorization: 'Bearer wrong' })
    expect([wrong.status, await codeOf(wrong)]).toEqual([401, 'PGRST301'])
    const right = await locked
      .client({ authorization: 'Bearer a-token-of-some-length' })
      .from('closed')
      .select('id')
      .limit(1)
    expect(right).toMatchObject({ status: 200, data: [{ id: 1 }] })
    const elsewhere = await locked.get('guarded', { authorization: 'Bearer a-token-of-some-length' })
    expect([elsewhere.status, await codeOf(elsewhere)]).toEqual([403, '42501'])
  })

  it('who may not read is not told which views there are', async () => {
    const [known, unknown] = await Promise.all([locked.get('closed'), locked.get('nothing')])
    expect(unknown.status).toBe(known.status)
    expect(await unknown.json()).toEqual(await known.json())
  })
})

describe('methods and paths', () => {
  it('OPTIONS says which methods there are', async () => {
    const response = await server.get('things', {}, 'OPTIONS')
    expect([response.status, response.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s is refused', async (method) => {
    const response = await server.get('things', {}, method)
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    expect(await codeOf(response)).toBe('PGRST117')
  })

  it.each(['', 'things/1', 'things/a/b'])('there is nothing at "%s"', async (path) => {
    const response = await server.get(path)
    expect([response.status, await codeOf(response)]).toEqual([404, 'PGRST125'])
  })
})
