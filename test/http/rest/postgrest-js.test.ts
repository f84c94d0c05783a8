import { PostgrestClient } from '@supabase/postgrest-js'
import { beforeAll, describe, expect, it } from 'vitest'
import { useTestDatabase } from '../../kit/index.js'
import { rowsOf, serveViews } from './kit.js'
import { deployThings } from './things.js'

const db = await useTestDatabase()
const server = serveViews(db)
const client = server.client()

beforeAll(() => deployThings(db))

const select = (columns = 'id') => client.from('things').select(columns)
type Builder = ReturnType<typeof select>

interface Case {
  readonly filter: (builder: Builder) => Builder
  /** The same, said in SQL. */
  readonly where: string
}

/** By the method that each is about; a name may have a remark behind it. */
const filters: Record<string, Case> = {
  eq: { filter: (all) => all.eq('name', 'apple 6'), where: `name = 'apple 6'` },
  'eq of a number that JavaScript cannot hold': {
    filter: (all) => all.eq('amount', '9007199254740001'),
    where: 'amount = 9007199254740001',
  },
  'eq of a column in quotes': { filter: (all) => all.eq('"Odd, \\"na.me\\""', 'note 1'), where: `note = 'note 1'` },
  'eq in JSON': { filter: (all) => all.eq('doc->n', 3), where: `doc -> 'n' = '3'` },
  'eq in JSON, as text': {
    filter: (all) => all.eq('doc->k->>"it\'s \\"x\\""', 'v1'),
    where: `doc -> 'k' ->> 'it''s "x"' = 'v1'`,
  },
  'eq in an array in JSON': { filter: (all) => all.eq('doc->l->>-1', '5'), where: `doc -> 'l' ->> -1 = '5'` },
  'eq in an array': { filter: (all) => all.eq('tags->>0', 't1'), where: `tags[1] = 't1'` },
  'eq in a composite': { filter: (all) => all.eq('spot->>lat', '7'), where: '(spot).lat = 7' },
  neq: { filter: (all) => all.neq('mood', 'sad'), where: `mood <> 'sad'` },
  gt: { filter: (all) => all.gt('price', 30), where: 'price > 30' },
  gte: { filter: (all) => all.gte('price', 30), where: 'price >= 30' },
  lt: { filter: (all) => all.lt('made', '2026-01-01T05:00:00Z'), where: `made < '2026-01-01T05:00:00Z'` },
  lte: { filter: (all) => all.lte('made', '2026-01-01T05:00:00Z'), where: `made <= '2026-01-01T05:00:00Z'` },
  like: { filter: (all) => all.like('name', 'a%'), where: `name LIKE 'a%'` },
  'like with asterisks': { filter: (all) => all.like('name', '*an*'), where: `name LIKE '%an%'` },
  'like with what is escaped': { filter: (all) => all.like('name', 'a\\_b\\%%'), where: `name LIKE 'a\\_b\\%%'` },
  likeAllOf: { filter: (all) => all.likeAllOf('name', ['a%', '%e%']), where: `name LIKE 'a%' AND name LIKE '%e%'` },
  likeAnyOf: { filter: (all) => all.likeAnyOf('name', ['b%', '%e 6']), where: `name LIKE 'b%' OR name LIKE '%e 6'` },
  ilike: { filter: (all) => all.ilike('name', 'A%'), where: `name ILIKE 'A%'` },
  ilikeAllOf: { filter: (all) => all.ilikeAllOf('name', ['A%', '%R%']), where: `name ILIKE 'A%' AND name ILIKE '%R%'` },
  ilikeAnyOf: { filter: (all) => all.ilikeAnyOf('name', ['B%', 'C%']), where: `name ILIKE 'B%' OR name ILIKE 'C%'` },
  regexMatch: { filter: (all) => all.regexMatch('name', '^[ab].*\\d{2}$'), where: `name ~ '^[ab].*\\d{2}$'` },
  regexIMatch: { filter: (all) => all.regexIMatch('name', '^APR'), where: `name ~* '^APR'` },
  is: { filter: (all) => all.is('note', null), where: 'note IS NULL' },
  'is true': { filter: (all) => all.is('active', true), where: 'active IS TRUE' },
  'is false': { filter: (all) => all.is('active', false), where: 'active IS FALSE' },
  isDistinct: { filter: (all) => all.isDistinct('note', 'note 1'), where: `note IS DISTINCT FROM 'note 1'` },
  in: { filter: (all) => all.in('id', [1, 2, 99]), where: 'id IN (1, 2, 99)' },
  'in of texts with commas, parentheses and quotes': {
    filter: (all) => all.in('name', ['dates (dried) 4', 'a_b%c 5', 'Cherry, \\"dark\\" 3']),
    where: `name IN ('dates (dried) 4', 'a_b%c 5', 'Cherry, "dark" 3')`,
  },
  notIn: { filter: (all) => all.notIn('mood', ['sad', 'ok']), where: `mood NOT IN ('sad', 'ok')` },
  contains: { filter: (all) => all.contains('tags', ['t1', 't2']), where: `tags @> '{t1,t2}'` },
  'contains, of JSON': {
    filter: (all) => all.contains('doc', { k: { 'it\'s "x"': 'v2' } }),
    where: `doc @> '{"k": {"it''s \\"x\\"": "v2"}}'`,
  },
  'contains, of a range': { filter: (all) => all.contains('span', '[8,9)'), where: `span @> '[8,9)'::int4range` },
  containedBy: { filter: (all) => all.containedBy('tags', ['t0', 't1', '"a,b"']), where: `tags <@ '{t0,t1,"a,b"}'` },
  'containedBy, of JSON': {
    filter: (all) => all.containedBy('doc->k', { 'it\'s "x"': 'v2' }),
    where: `doc -> 'k' <@ '{"it''s \\"x\\"": "v2"}'`,
  },
  'containedBy, of a range': {
    filter: (all) => all.containedBy('span', '[3,12)'),
    where: `span <@ '[3,12)'::int4range`,
  },
  rangeGt: { filter: (all) => all.rangeGt('span', '[1,9)'), where: `span >> '[1,9)'` },
  rangeGte: { filter: (all) => all.rangeGte('span', '[9,12)'), where: `span &> '[9,12)'` },
  rangeLt: { filter: (all) => all.rangeLt('span', '[9,12)'), where: `span << '[9,12)'` },
  rangeLte: { filter: (all) => all.rangeLte('span', '[9,12)'), where: `span &< '[9,12)'` },
  rangeAdjacent: { filter: (all) => all.rangeAdjacent('span', '[9,12)'), where: `span -|- '[9,12)'` },
  overlaps: { filter: (all) => all.overlaps('tags', ['t2']), where: `tags && '{t2}'` },
  'overlaps, of a range': {
    filter: (all) => all.overlaps('period', '[2026-01-05Z,2026-01-06Z)'),
    where: `period && '[2026-01-05Z,2026-01-06Z)'`,
  },
  textSearch: { filter: (all) => all.textSearch('words', 'cat & dog'), where: `words @@ to_tsquery('cat & dog')` },
  'textSearch with a language': {
    filter: (all) => all.textSearch('words', 'cats & ate', { config: 'english' }),
    where: `words @@ to_tsquery('english', 'cats & ate')`,
  },
  'textSearch, plain': {
    filter: (all) => all.textSearch('words', 'the cats', { type: 'plain', config: 'english' }),
    where: `words @@ plainto_tsquery('english', 'the cats')`,
  },
  'textSearch of a phrase': {
    filter: (all) => all.textSearch('words', 'fat cats', { type: 'phrase', config: 'english' }),
    where: `words @@ phraseto_tsquery('english', 'fat cats')`,
  },
  'textSearch as on the web': {
    filter: (all) => all.textSearch('words', '"fat cats" or barks', { type: 'websearch', config: 'english' }),
    where: `words @@ websearch_to_tsquery('english', '"fat cats" or barks')`,
  },
  'textSearch in a text': {
    filter: (all) => all.textSearch('name', 'dried', { config: 'english' }),
    where: `to_tsvector('english', name) @@ to_tsquery('english', 'dried')`,
  },
  match: { filter: (all) => all.match({ mood: 'ok', active: true }), where: `mood = 'ok' AND active` },
  not: { filter: (all) => all.not('note', 'is', null), where: 'note IS NOT NULL' },
  'not in': { filter: (all) => all.not('id', 'in', '(1,2,3)'), where: 'id NOT IN (1, 2, 3)' },
  'not like': { filter: (all) => all.not('name', 'like', 'a*'), where: `NOT name LIKE 'a%'` },
  'not contains': { filter: (all) => all.not('tags', 'cs', '{t1}'), where: `NOT tags @> '{t1}'` },
  or: { filter: (all) => all.or('id.lt.3,id.gt.20'), where: 'id < 3 OR id > 20' },
  'or, nested and negated': {
    filter: (all) =>
      all.or('id.eq.1,and(id.gt.10,not.or(mood.eq.sad,note.is.null)),name.in.("Cherry, \\"dark\\" 3",b)'),
    where: `id = 1 OR (id > 10 AND NOT (mood = 'sad' OR note IS NULL)) OR name = 'Cherry, "dark" 3'`,
  },
  'or with arrays, ranges and patterns': {
    filter: (all) => all.or('tags.cs.{t2,t0},span.ov."[1,3)",name.like(any).{b*,"C*, *"}'),
    where: `tags @> '{t2,t0}' OR span && '[1,3)' OR name LIKE 'b%' OR name LIKE 'C%, %'`,
  },
  'or twice': {
    filter: (all) => all.or('id.lt.10,mood.eq.ok').or('id.gt.5,mood.eq.sad'),
    where: `(id < 10 OR mood = 'ok') AND (id > 5 OR mood = 'sad')`,
  },
  filter: { filter: (all) => all.filter('id', 'eq(any)', '{1,2,3}'), where: "id = ANY ('{1,2,3}')" },
  'filter: all of some': { filter: (all) => all.filter('id', 'gt(all)', '{1,20}'), where: 'id > 20' },
  'filter: is not null': { filter: (all) => all.filter('note', 'is', 'not_null'), where: 'note IS NOT NULL' },
  'filter: is unknown': { filter: (all) => all.filter('active', 'is', 'unknown'), where: 'active IS UNKNOWN' },
  'filter: several on one column': { filter: (all) => all.gt('id', 3).lt('id', 6), where: 'id > 3 AND id < 6' },
  'filter: a column called select': { filter: (all) => all.eq('"select"', 4), where: 'id = 4' },
}

describe('filters', () => {
  for (const [name, { filter, where }] of Object.entries(filters)) {
    it(name, async () => {
      const { data, error } = await filter(select()).order('id')
      expect(error).toBeNull()
      expect(data).toEqual(await rowsOf(db, `SELECT id FROM things WHERE ${where} ORDER BY id`))
      // A filter that keeps all rows, or none, shows nothing.
      expect(data?.length).toBeGreaterThan(0)
      expect(data?.length).toBeLessThan(24)
    })
  }

  it('there is a test of every method that filters', () => {
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(select())).filter((name) => name !== 'constructor')
    const tested = new Set(Object.keys(filters).map((name) => /^\w+/.exec(name)?.[0]))
    expect(methods.filter((method) => !tested.has(method))).toEqual([])
    expect(methods.length).toBeGreaterThan(25)
  })
})

const everything = 'SELECT * FROM things'

describe('select', () => {
  const selections: Record<string, readonly [columns: string | undefined, sql: string]> = {
    'all columns, of every type': [undefined, `${everything} ORDER BY id`],
    'columns, with spaces between them': ['id, name', 'SELECT id, name FROM things ORDER BY id'],
    'a column in quotes': ['"Odd, \\"na.me\\""', 'SELECT "Odd, ""na.me""" FROM things ORDER BY id'],
    'other names': ['number:id, "a b":name', 'SELECT id AS number, name AS "a b" FROM things ORDER BY id'],
    'other types': [
      'id::text, price::int, on:made::date, amount::text, mood::text',
      'SELECT id::text, price::int, made::date AS on, amount::text, mood::text FROM things ORDER BY things.id',
    ],
    'what is in JSON': [
      'doc->n, doc->l->0, doc->>k, last:doc->l->>-1, doc->missing',
      `SELECT doc -> 'n' AS n, doc -> 'l' -> 0 AS l, doc ->> 'k' AS k, doc -> 'l' ->> -1 AS last, doc -> 'missing' AS missing FROM things ORDER BY id`,
    ],
    'what is in JSON, as another type': ['n:doc->>n::int', `SELECT (doc ->> 'n')::int AS n FROM things ORDER BY id`],
    'what is in arrays and composites': [
      'first:tags->0, spot->lat',
      `SELECT to_jsonb(tags) -> 0 AS first, to_jsonb(spot) -> 'lat' AS lat FROM things ORDER BY id`,
    ],
    'all columns, and more': ['*, twice:id', 'SELECT *, id AS twice FROM things ORDER BY id'],
  }
  for (const [name, [columns, sql]] of Object.entries(selections)) {
    it(name, async () => {
      const { data, error } = await client.from('things').select(columns).order('id')
      expect(error).toBeNull()
      expect(data).toEqual(await rowsOf(db, sql))
    })
  }

  it('a view in another schema', async () => {
    const { data } = await client.schema('reporting').from('daily').select().order('id')
    expect(data).toEqual(await rowsOf(db, 'SELECT * FROM reporting.daily ORDER BY id'))
  })
})

describe('order, limit and range', () => {
  const changes: Record<string, readonly [(builder: Builder) => PromiseLike<{ data: unknown }>, sql: string]> = {
    'order: descending': [(all) => all.order('id', { ascending: false }), 'ORDER BY id DESC'],
    'order by two': [(all) => all.order('note').order('id', { ascending: false }), 'ORDER BY note, id DESC'],
    'order: nulls first': [
      (all) => all.order('note', { nullsFirst: true }).order('id'),
      'ORDER BY note NULLS FIRST, id',
    ],
    'order: nulls last': [
      (all) => all.order('note', { ascending: false, nullsFirst: false }).order('id'),
      'ORDER BY note DESC NULLS LAST, id',
    ],
    'order by what is in JSON': [
      (all) => all.order('doc->k->>"it\'s \\"x\\""', { ascending: false }).order('id'),
      `ORDER BY doc -> 'k' ->> 'it''s "x"' DESC, id`,
    ],
    limit: [(all) => all.order('id').limit(3), 'ORDER BY id LIMIT 3'],
    'limit of none': [(all) => all.order('id').limit(0), 'LIMIT 0'],
    range: [(all) => all.order('id').range(5, 9), 'ORDER BY id OFFSET 5 LIMIT 5'],
    'range behind the end': [(all) => all.order('id').range(20, 99), 'ORDER BY id OFFSET 20'],
  }
  for (const [name, [change, sql]] of Object.entries(changes)) {
    it(name, async () => {
      const { data } = await change(select())
      expect(data).toEqual(await rowsOf(db, `SELECT id FROM things ${sql}`))
    })
  }
})

describe('count', () => {
  it.each(['exact', 'planned', 'estimated'] as const)('%s', async (count) => {
    const { data, count: total, status } = await client.from('things').select('id', { count }).lt('id', 11).limit(2)
    expect({ rows: data?.length, total, status }).toEqual({ rows: 2, total: 10, status: 206 })
  })

  it('of all that there is', async () => {
    const { count, status } = await client.from('things').select('id', { count: 'exact' })
    expect({ count, status }).toEqual({ count: 24, status: 200 })
  })

  it('without rows', async () => {
    const { data, count, error } = await client.from('things').select('*', { count: 'exact', head: true }).gt('id', 20)
    expect({ data, count, error }).toEqual({ data: null, count: 4, error: null })
  })

  it('behind the end', async () => {
    const { error, status } = await client.from('things').select('id', { count: 'exact' }).range(100, 110)
    expect(status).toBe(416)
    expect(error).toMatchObject({ code: 'PGRST103', details: expect.stringContaining('24') })
  })
})

describe('one row, and other forms', () => {
  it('single', async () => {
    const { data, error } = await client.from('things').select('id, name, doc').eq('id', 3).single()
    expect(error).toBeNull()
    expect([data]).toEqual(await rowsOf(db, 'SELECT id, name, doc FROM things WHERE id = 3'))
  })

  it.each([
    ['no row', 0],
    ['several rows', 2],
  ])('single: %s', async (_, most) => {
    const { data, error, status } = await client.from('things').select().lte('id', most).single()
    expect(data).toBeNull()
    expect(status).toBe(406)
    expect(error).toMatchObject({ code: 'PGRST116', message: expect.any(String), hint: null })
    expect(error?.details).toContain(most === 0 ? '0 rows' : 'more than one row')
  })

  it('maybeSingle', async () => {
    expect(await client.from('things').select('id').eq('id', 3).maybeSingle()).toMatchObject({ data: { id: 3 } })
    expect(await client.from('things').select('id').eq('id', 99).maybeSingle()).toMatchObject({
      data: null,
      error: null,
    })
    expect(await client.from('things').select('id').lt('id', 9).maybeSingle()).toMatchObject({
      error: { code: 'PGRST116' },
    })
  })

  it('csv', async () => {
    const { data, error } = await client.from('things').select('id, name, note').lt('id', 6).order('id').csv()
    expect(error).toBeNull()
    expect(data).toBe(
      [
        'id,name,note',
        '1,Apricot 1,note 1',
        '2,banana 2,note 2',
        '3,"Cherry, ""dark"" 3",note 3',
        '4,dates (dried) 4,note 4',
        '5,a_b%c 5,',
      ].join('\n'),
    )
  })

  it('stripNulls', async () => {
    const { data } = await client.from('things').select('id, note, doc').lt('id', 6).order('id').stripNulls()
    const stripped =
      'SELECT json_strip_nulls(row_to_json(r)) AS row FROM (SELECT id, note, doc FROM things WHERE id < 6 ORDER BY id) r'
    const expected = await db.rows<{ row: object }>(stripped)
    expect(data).toEqual(expected.map(({ row }) => row))
    expect(data?.[4]).not.toHaveProperty('note')
    expect(await client.from('things').select('id, note').eq('id', 5).stripNulls().single()).toMatchObject({
      data: { id: 5 },
    })
  })

  it('throwOnError', async () => {
    await expect(client.from('things').select('missing').throwOnError()).rejects.toMatchObject({ code: '42703' })
  })

  it('a request that is given up, of which nothing is logged', async () => {
    const { status } = await client.from('things').select('missing').abortSignal(AbortSignal.abort())
    expect(status).toBe(499)
    expect(server.logged).toEqual([])
  })

  it('rollback, which has nothing to roll back', async () => {
    const { data } = await client.from('things').select('id').eq('id', 1).rollback()
    expect(data).toEqual([{ id: 1 }])
  })
})

describe('what is not supported is refused, with a code', () => {
  const refused: Record<string, readonly [() => PromiseLike<{ error: unknown; status: number }>, number, string]> = {
    insert: [() => client.from('things').insert({ id: 1 }), 405, 'PGRST117'],
    upsert: [() => client.from('things').upsert({ id: 1 }), 405, 'PGRST117'],
    update: [() => client.from('things').update({ id: 1 }).eq('id', 1), 405, 'PGRST117'],
    delete: [() => client.from('things').delete().eq('id', 1), 405, 'PGRST117'],
    rpc: [() => client.rpc('tidemark.refresh', { view: 'things' }), 400, 'PGRST202'],
    'rpc by GET': [() => client.rpc('version', {}, { get: true }), 400, 'PGRST202'],
    embedding: [() => client.from('things').select('id, closed(*)'), 400, 'PGRST200'],
    'embedding, spread': [() => client.from('things').select('id, ...closed(secret)'), 400, 'PGRST200'],
    'a filter on what is embedded': [() => select().eq('closed.id', 1), 400, 'PGRST108'],
    'an order of what is embedded': [() => select().order('id', { referencedTable: 'closed' }), 400, 'PGRST108'],
    'a limit of what is embedded': [() => select().limit(1, { referencedTable: 'closed' }), 400, 'PGRST108'],
    'conditions on what is embedded': [() => select().or('id.eq.1', { referencedTable: 'closed' }), 400, 'PGRST108'],
    aggregates: [() => client.from('things').select('price.sum()'), 400, 'PGRST123'],
    count: [() => client.from('things').select('count()'), 400, 'PGRST123'],
    explain: [() => select().explain(), 406, 'PGRST107'],
    'explain as JSON': [() => select().explain({ format: 'json', analyze: true }), 406, 'PGRST107'],
    geojson: [() => select().geojson(), 406, 'PGRST107'],
    'another type': [() => client.from('things').select('id::regclass'), 400, 'PGRST100'],
    'a view that is not there': [() => client.from('missing').select(), 404, 'PGRST205'],
    'a view of another schema': [() => client.schema('reporting').from('things').select(), 404, 'PGRST205'],
    'a column that is not there': [() => client.from('things').select('missing'), 400, '42703'],
    'a value of another type': [() => select().eq('id', 'one'), 400, '22P02'],
    'an operator that the type does not have': [() => select().like('id', '1%'), 400, '42883'],
  }
  for (const [name, [ask, status, code]] of Object.entries(refused)) {
    it(name, async () => {
      const answer = await ask()
      expect(answer).toMatchObject({ status, error: { code } })
      const { message, details, hint } = answer.error as Record<string, unknown>
      expect(message).toEqual(expect.stringMatching(/\w/))
      expect([details, hint].every((text) => text === null || typeof text === 'string')).toBe(true)
    })
  }

  it('and a name that is none is not asked for', () => {
    expect(() => new PostgrestClient('http://localhost').from(' ')).toThrow()
  })
})
