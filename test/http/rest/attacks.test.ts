import fc from 'fast-check'
import { Pool } from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { comparisons, textSearches } from '../../../src/read/query.js'
import { useTestDatabase } from '../../kit/index.js'
import { rowsOf, serveViews } from './kit.js'
import { quote } from './print.js'
import { deployThings } from './things.js'

const db = await useTestDatabase()
const server = serveViews(db)
/** What no request may change, or bring to light by the view things. */
let before: unknown[]

const hostileTexts = [
  `'; DROP TABLE thing; --`,
  `' OR '1'='1`,
  `x' UNION SELECT secret FROM thing --`,
  `1); DELETE FROM thing; --`,
  `$1`,
  `$$; SELECT 1; $$`,
  `\\'; SELECT 1 --`,
  `E'\\047'`,
  `"; SELECT secret FROM thing; --`,
  `""`,
  `*/ SELECT 1 /*`,
  `(SELECT secret FROM thing LIMIT 1)`,
  `{"$gt": ""}`,
  `{{{{`,
  `[1,2`,
  `\u2028\u202e`,
  `ʼ; DROP TABLE thing`,
  `％27`,
  `:text`,
  `?1`,
  `%(name)s`,
  'NULL',
  'a'.repeat(5_000),
  '😀'.repeat(100),
]

beforeAll(async () => {
  await db.query('CREATE TABLE hostile (id int PRIMARY KEY, text text)')
  for (const [id, text] of hostileTexts.entries()) await db.query('INSERT INTO hostile VALUES ($1, $2)', [id, text])
  await deployThings(db, { hostile_view: { query: 'SELECT id, text FROM hostile', key: ['id'] } })
  before = await rowsOf(db, 'SELECT * FROM thing ORDER BY id')
})

const encode = encodeURIComponent

interface Answer {
  readonly status: number
  readonly text: string
}

/** Asks, and makes sure that what is answered is an answer: rows, or an error with a code that is the request's fault. */
async function ask(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await server.get(path, headers)
  const text = await response.text()
  expect(text).not.toMatch(/secret \d|tidemark_data|node_modules/)
  if (response.status === 200 || response.status === 206) {
    expect(Array.isArray(JSON.parse(text))).toBe(true)
  } else {
    expect({ path: path.slice(0, 200), status: response.status, logged: server.logged.at(-1) }).toMatchObject({
      status: expect.toSatisfy((status: number) => [400, 404, 406, 414, 416, 504].includes(status)),
    })
    const body = JSON.parse(text) as Record<string, unknown>
    expect(body.code).toMatch(/^(PGRST\d{3}|[0-9A-Z]{5}|REQUEST_TOO_LARGE)$/)
  }
  return { status: response.status, text }
}

const operators = [...Object.keys(comparisons), ...Object.keys(textSearches), 'in', 'is']
const columns = ['id', 'name', 'tags', 'doc', 'doc->>k', 'span', 'words', 'mood', 'made', 'spot']

describe('hostile values', () => {
  for (const operator of operators) {
    it(`cannot leave their place: ${operator}`, async () => {
      for (const column of columns) {
        for (const text of column === 'name' || column === 'id' ? hostileTexts : hostileTexts.slice(0, 5)) {
          await ask(`things?select=id&limit=1&${encode(column)}=${operator}.${encode(text)}`)
        }
        // All at once, quoted, in a list and in an array.
        const all = hostileTexts.slice(0, 20).map(quote).join(',')
        await ask(`things?select=id&limit=1&${encode(column)}=not.${operator}.${encode(`(${all})`)}`)
        await ask(`things?select=id&limit=1&or=${encode(`(${column}.${operator}.${quote(hostileTexts[0] ?? '')})`)}`)
        await ask(`things?select=id&limit=1&${encode(column)}=${operator}(any).${encode(`{${all}}`)}`)
      }
    })
  }

  it('are compared as they are, and nothing else', async () => {
    for (const [id, text] of hostileTexts.entries()) {
      for (const filter of [
        `text=eq.${encode(text)}`,
        `text=in.(${encode(quote(text))})`,
        `and=(${encode(`text.eq.${quote(text)}`)})`,
        `text=eq(any).{${encode(quote(text))}}`,
        `text=not.isdistinct.${encode(text)}`,
      ]) {
        const response = await server.get(`hostile_view?select=id&${filter}`)
        expect([filter.slice(0, 60), await response.json()]).toEqual([filter.slice(0, 60), [{ id }]])
      }
    }
  })
})

it('a search that negates more often than PostgreSQL has room for is an error of who asks', async () => {
  for (const query of [`fts.${'!'.repeat(200)}a`, `fts.${'! '.repeat(33)}a`, `wfts.${'-'.repeat(200)}a`]) {
    expect([query, (await ask(`things?words=${encode(query)}`)).status]).toEqual([query, 400])
  }
  expect((await ask(`things?words=${encode(`fts.${'!'.repeat(32)}cat`)}`)).status).toBe(200)
})

describe('hostile names', () => {
  for (const text of hostileTexts) {
    it(`are names of nothing: ${text.slice(0, 40)}`, async () => {
      const name = encode(quote(text))
      const bare = encode(text)
      for (const query of [
        `${name}=eq.1`,
        `${bare}=eq.1`,
        `select=${name}`,
        `select=${bare}`,
        `select=id::${bare}`,
        `order=${name}.desc`,
        `order=id.${bare}`,
        `or=(${name}.eq.1)`,
        `words=fts(${bare}).cat`,
        `id=${bare}.1`,
        `id=eq(${bare}).{1}`,
      ]) {
        const { status } = await ask(`things?${query}`)
        expect([query, status]).toEqual([query, 400])
      }
      // As a key in JSON, and as what a column is called, any name will do.
      await ask(`things?select=id&doc->>${name}=eq.1`)
      await ask(`things?select=id&order=doc->${name}`)
      const alias = await ask(`things?limit=1&select=${name}:id`)
      if (alias.status === 200) expect(Object.keys((JSON.parse(alias.text) as object[])[0] ?? {})).toEqual([text])
      else expect(Buffer.byteLength(text) > 63 || text === '').toBe(true)
      expect((await ask(`${bare}`)).status).toBeGreaterThanOrEqual(400)
      expect((await ask('things', { 'accept-profile': encode(text) })).status).toBe(404)
    })
  }

  it('do not lead to what is beside the view: system columns, whole rows, other tables, casts to a catalog', async () => {
    for (const query of [
      'select=ctid',
      'select=xmin',
      'select=tableoid',
      'select=things',
      'select="things.*"',
      'select=secret',
      'secret=like.s*',
      'order=secret',
      'select=thing.secret',
      'select=name::regproc',
      'select=id::"pg_catalog.int4"',
      'select=xmin::text',
      'things=eq.1',
    ]) {
      expect([query, (await ask(`things?${query}`)).status]).toEqual([query, 400])
    }
    for (const path of [
      'thing',
      'pg_catalog.pg_user',
      'pg_user',
      'tidemark.view',
      'information_schema.tables',
      '..%2fthing',
    ]) {
      expect([path, (await ask(path)).status]).toEqual([path, 404])
    }
    expect((await ask('pg_user', { 'accept-profile': 'pg_catalog' })).status).toBe(404)
    expect((await ask('view', { 'accept-profile': 'tidemark' })).status).toBe(404)
  })

  it('a name that only begins like a column is not that column', async () => {
    expect((await ask(`things?select=${'n'.repeat(64)}`)).status).toBe(400)
  })
})

describe('tricks with encoding', () => {
  it('what is encoded twice is decoded once', async () => {
    expect((await ask('things?name=eq.apple%25206')).text).toBe('[]')
    expect((await ask('things?select=id&name=eq.apple%206')).text).toBe('[{"id":6}]')
    expect((await ask('things?name=eq.%2527%2520OR%25201=1')).text).toBe('[]')
  })

  it('an encoded delimiter of the query string is no delimiter', async () => {
    expect((await ask('things?name=eq.x%26id=eq.1')).text).toBe('[]')
    expect((await ask('things?name%3Deq.x=eq.1')).status).toBe(400)
  })

  it.each(['%00', 'a%00b', '%c0%af', '%ff', '%ed%a0%80', '%', '%2', '%u0027', '%f4%90%80%80'])(
    'what is no text is refused: %s',
    async (raw) => {
      for (const query of [`name=eq.${raw}`, `${raw}=eq.1`, `select=${raw}`, `or=(name.eq.${raw})`, `order=${raw}`]) {
        expect([query, (await ask(`things?${query}`)).status]).toEqual([query, 400])
      }
      expect((await ask(`thi${raw}ngs`)).status).toBe(404)
    },
  )

  it('parameters that are given twice', async () => {
    for (const query of [
      'limit=1&limit=100000',
      'select=id&select=name',
      'order=id&order=name',
      'offset=0&%6Fffset=1',
    ]) {
      expect([query, (await ask(`things?${query}`)).status]).toEqual([query, 400])
    }
    expect((await ask('things?select=id&id=gt.3&id=lt.5')).text).toBe('[{"id":4}]')
  })
})

describe('requests that are too much', () => {
  it('an in-list as long as the URL allows', async () => {
    const some = Array.from({ length: 9_000 }, (_, i) => i).join(',')
    const { status, text } = await ask(`things?select=id&id=in.(${some})`)
    expect([status, (JSON.parse(text) as []).length]).toEqual([200, 24])
  })

  it('a longer URL', async () => {
    expect((await ask(`things?id=in.(${'1,'.repeat(40_000)}1)`)).status).toBe(414)
    expect((await ask(`things?name=eq.${'a'.repeat(1_000_000)}`)).status).toBe(414)
  })

  it('conditions that are nested without end', async () => {
    for (const opening of ['or(', 'and(', 'not.or(', 'or(id.eq.1,']) {
      expect((await ask(`things?or=(${opening.repeat(3_000)}`)).status).toBe(400)
    }
    const deepest = `or=${'(and'.repeat(15)}(id.eq.1)${')'.repeat(15)}`
    expect((await ask(`things?select=id&${deepest}`)).text).toBe('[{"id":1}]')
  })

  it('as many conditions as are allowed', async () => {
    const many = Array.from({ length: 240 }, (_, i) => `id.eq.${i}`).join(',')
    expect((await ask(`things?select=id&or=(${many})`)).status).toBe(200)
    expect((await ask(`things?select=id&or=(${many},${many})`)).status).toBe(400)
  })

  it('a path in JSON without end, numbers without end', async () => {
    expect((await ask(`things?doc${'->a'.repeat(5_000)}=eq.1`)).status).toBe(400)
    for (const query of [
      'limit=999999999999999',
      'offset=999999999999999',
      `id=eq.${'9'.repeat(5_000)}`,
      'doc->99999999999=eq.1',
    ]) {
      const { status } = await ask(`things?${query}`)
      expect([200, 400]).toContain(status)
    }
  })

  it('a column thousands of times', async () => {
    expect((await ask(`things?select=${'id,'.repeat(1_200)}id`)).status).toBe(400)
    expect((await ask(`things?limit=1&select=${'id,'.repeat(900)}id`)).status).toBe(200)
  })

  it('a header that is none', async () => {
    for (const headers of [
      { range: `${'9'.repeat(500)}-` },
      { range: '-'.repeat(8_000) },
      { accept: 'a/b;'.repeat(4_000) },
      { accept: ','.repeat(8_000) },
      { prefer: `${'count=exact,'.repeat(2_000)}=;,` },
      { prefer: '__proto__=1, constructor=2' },
      { 'if-none-match': '"'.repeat(8_001) },
      { 'accept-profile': 'public.' },
    ] as Record<string, string>[]) {
      await ask('things?limit=1', headers)
    }
  })
})

describe('statements that would run on', () => {
  it('a regular expression that backtracks without end is ended by the limit, and the connection serves on', async () => {
    await db.query(`UPDATE thing SET name = repeat('a', 4001) WHERE id = 1`)
    await db.query(`SELECT tidemark.refresh('things')`)
    const hurried = serveViews(db, { access: { open: ['read'] }, limits: { statementTimeout: '200ms' } })
    const started = performance.now()
    // As long as three of them twice over never is: every way to part it is tried.
    const response = await hurried.get(`things?select=id&name=match.${encode('^(a+)(a+)(a+)\\1\\2\\3\\1\\2\\3$')}`)
    await db.query(`UPDATE thing SET name = 'Apricot 1' WHERE id = 1`)
    expect(performance.now() - started).toBeLessThan(5_000)
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([504, '57014'])
    expect((await hurried.get('things?select=id&limit=1')).status).toBe(200)
  })

  it('a regular expression that is none', async () => {
    for (const pattern of ['(', '[', '*', '\\', '(?<=a', 'a{999999}']) {
      expect([pattern, (await ask(`things?name=match.${encode(pattern)}`)).status]).toEqual([pattern, 400])
    }
    for (const pattern of ['\\', '%\\']) {
      expect([pattern, (await ask(`things?name=like.${encode(pattern)}`)).status]).toEqual([pattern, 400])
    }
  })
})

describe('anything at all', () => {
  const piece = fc.oneof(
    fc.constantFrom(...operators.map((operator) => `${operator}.`), ...columns),
    fc.constantFrom(
      '=',
      '&',
      '.',
      ',',
      '(',
      ')',
      '{',
      '}',
      '%22',
      '%27',
      '->',
      '->>',
      '::',
      'not.',
      'or=',
      'and=(',
      'select=',
      'order=',
      'limit=',
      '*',
      ';',
      '--',
    ),
    fc
      .string({ unit: 'grapheme', maxLength: 5 })
      .filter((text) => !/\p{Surrogate}/u.test(text))
      .map(encode),
  )

  it('is answered, and changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
        await ask(`things?${pieces.join('')}`)
      }),
      { numRuns: 500 },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...columns),
        fc.constantFrom(...operators),
        piece,
        piece,
        async (column, operator, ...value) => {
          await ask(`things?select=id&${encode(column)}=${operator}.${value.join('')}`)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('after all that', () => {
  it('every row is as it was, nothing unforeseen was logged, and no connection is lost', async () => {
    expect(await rowsOf(db, 'SELECT * FROM thing ORDER BY id')).toEqual(before)
    expect(server.logged).toEqual([])
    expect((await server.get('things?limit=1')).status).toBe(200)
  })

  it('a database that is away is 503, and says nothing of where it is', async () => {
    const away = new Pool({
      connectionString: 'postgres://someone:password@127.0.0.1:1/nowhere',
      connectionTimeoutMillis: 1_000,
    })
    const { restRoutes } = await import('../../../src/http/rest/routes.js')
    const { createReader } = await import('../../../src/read/index.js')
    const routes = restRoutes({
      reader: createReader({ database: away }),
      access: {
        recall: () => undefined,
        check: async () => ({
          view: { id: 1, name: 'v', qualified: 'public.v', schema: 'public', viewName: 'v', public: true, live: true },
        }),
      } as never,
      views: { invalidate() {} },
      limits: { maxRows: 10, statementTimeoutMs: 1_000 },
      fresh: null,
      log: { debug() {}, info() {}, warn() {}, error() {} },
    })
    const response = await routes.request('/v')
    const text = await response.text()
    expect([response.status, (JSON.parse(text) as { code: string }).code]).toEqual([503, 'PGRST000'])
    expect(response.headers.get('retry-after')).toBe('1')
    expect(text).not.toMatch(/127\.0\.0\.1|password|someone|nowhere/)
    await away.end()
  })
})
