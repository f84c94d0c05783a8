import { describe, expect, it } from 'vitest'
import { RestError } from '../../../src/http/rest/errors.js'
import { parseQuery } from '../../../src/http/rest/parse.js'
import type { ColumnPath, Condition } from '../../../src/read/query.js'

function column(name: string, ...steps: readonly (string | number | [string | number])[]): ColumnPath {
  return {
    column: name,
    steps: steps.map((step) => (Array.isArray(step) ? { key: step[0], asText: true } : { key: step, asText: false })),
  }
}

function compare(name: string, operator: string, ...values: readonly string[]): Condition {
  return { kind: 'compare', column: column(name), operator, values } as Condition
}

function where(queryString: string): Condition | undefined {
  return parseQuery(queryString).where
}

function failure(queryString: string): RestError {
  try {
    parseQuery(queryString)
  } catch (error) {
    if (error instanceof RestError) return error
    throw error
  }
  throw new Error(`was understood: ${queryString}`)
}

describe('filters', () => {
  const understood: Record<string, Condition> = {
    'id=eq.5': compare('id', 'eq', '5'),
    'id=neq.5': compare('id', 'neq', '5'),
    'id=gt.5': compare('id', 'gt', '5'),
    'id=gte.5': compare('id', 'gte', '5'),
    'id=lt.5': compare('id', 'lt', '5'),
    'id=lte.5': compare('id', 'lte', '5'),
    'id=isdistinct.5': compare('id', 'isdistinct', '5'),
    'name=like.*a_b%25*': compare('name', 'like', '%a_b%%'),
    'name=ilike.a*': compare('name', 'ilike', 'a%'),
    'name=match.%5Ea*': compare('name', 'match', '^a*'),
    'name=imatch.a': compare('name', 'imatch', 'a'),
    'tags=cs.{a,b}': compare('tags', 'cs', '{a,b}'),
    'tags=cd.{a,b}': compare('tags', 'cd', '{a,b}'),
    'during=ov.[2017-01-01,2017-06-30]': compare('during', 'ov', '[2017-01-01,2017-06-30]'),
    'during=sl.(1,10)': compare('during', 'sl', '(1,10)'),
    'during=sr.(1,10)': compare('during', 'sr', '(1,10)'),
    'during=nxr.(1,10)': compare('during', 'nxr', '(1,10)'),
    'during=nxl.(1,10)': compare('during', 'nxl', '(1,10)'),
    'during=adj.(1,10)': compare('during', 'adj', '(1,10)'),
    'id=eq.': compare('id', 'eq', ''),
    'name=eq.a.b.c': compare('name', 'eq', 'a.b.c'),
    'name=eq.%22quotes%22': compare('name', 'eq', '"quotes"'),
    'name=eq.John+Doe%2B': compare('name', 'eq', 'John Doe+'),
    'name=eq.a=b': compare('name', 'eq', 'a=b'),
    'name=not.eq.a': { kind: 'not', condition: compare('name', 'eq', 'a') },
    'not=eq.a': compare('not', 'eq', 'a'),
    'id=in.(1,2)': { kind: 'in', column: column('id'), values: ['1', '2'] },
    'id=in.()': { kind: 'in', column: column('id'), values: [] },
    'id=in.(%22%22)': { kind: 'in', column: column('id'), values: [''] },
    'id=in.(a,)': { kind: 'in', column: column('id'), values: ['a', ''] },
    'id=not.in.(1)': { kind: 'not', condition: { kind: 'in', column: column('id'), values: ['1'] } },
    'name=in.("a,b","c(d)",e f)': { kind: 'in', column: column('name'), values: ['a,b', 'c(d)', 'e f'] },
    'name=in.("say \\"hi\\"","back\\\\slash")': {
      kind: 'in',
      column: column('name'),
      values: ['say "hi"', 'back\\slash'],
    },
    'name=in.("a"b,say "hi")': { kind: 'in', column: column('name'), values: ['"a"b', 'say "hi"'] },
    'id=is.null': { kind: 'is', column: column('id'), truth: 'null' },
    'id=is.NULL': { kind: 'is', column: column('id'), truth: 'null' },
    'id=is.not_null': { kind: 'is', column: column('id'), truth: 'not_null' },
    'id=is.true': { kind: 'is', column: column('id'), truth: 'true' },
    'id=is.False': { kind: 'is', column: column('id'), truth: 'false' },
    'id=is.unknown': { kind: 'is', column: column('id'), truth: 'unknown' },
    'id=not.is.null': { kind: 'not', condition: { kind: 'is', column: column('id'), truth: 'null' } },
    'words=fts.fat+%26+cat': { kind: 'search', column: column('words'), search: 'fts', words: 'fat & cat' },
    'words=plfts(english).fat cat': {
      kind: 'search',
      column: column('words'),
      search: 'plfts',
      words: 'fat cat',
      language: 'english',
    },
    'words=not.phfts(german).fat': {
      kind: 'not',
      condition: { kind: 'search', column: column('words'), search: 'phfts', words: 'fat', language: 'german' },
    },
    'words=wfts."fat cat"': { kind: 'search', column: column('words'), search: 'wfts', words: '"fat cat"' },
    'name=like(any).{*a*,"b,c",d\\"e}': {
      kind: 'compare',
      column: column('name'),
      operator: 'like',
      values: ['%a%', 'b,c', 'd"e'],
      quantifier: 'any',
    },
    'id=eq(any).{1,2}': {
      kind: 'compare',
      column: column('id'),
      operator: 'eq',
      values: ['1', '2'],
      quantifier: 'any',
    },
    'id=gt(all).{}': { kind: 'compare', column: column('id'), operator: 'gt', values: [], quantifier: 'all' },
    'id=not.lte(all).{ 1 , "" ,a b}': {
      kind: 'not',
      condition: {
        kind: 'compare',
        column: column('id'),
        operator: 'lte',
        values: ['1', '', 'a b'],
        quantifier: 'all',
      },
    },
    'id=gte.1&id=lte.5': { kind: 'and', conditions: [compare('id', 'gte', '1'), compare('id', 'lte', '5')] },
  }
  for (const [queryString, condition] of Object.entries(understood)) {
    it(queryString, () => expect(where(queryString)).toEqual(condition))
  }
})

describe('names', () => {
  const understood: Record<string, ColumnPath> = {
    'first_name=eq.a': column('first_name'),
    'with-dash=eq.a': column('with-dash'),
    'Unit%20Price=eq.a': column('Unit Price'),
    '%20trimmed%20=eq.a': column('trimmed'),
    'Größe=eq.a': column('Größe'),
    '%D9%85=eq.a': column('م'),
    '$1=eq.a': column('$1'),
    '"information.cpe"=eq.a': column('information.cpe'),
    '"say \\"hi\\""=eq.a': column('say "hi"'),
    '"select"=eq.a': column('select'),
    '"a.order"=eq.a': column('a.order'),
    '" spaces "=eq.a': column(' spaces '),
    'columns=eq.a': column('columns'),
    'fresh=eq.a': column('fresh'),
    '__proto__=eq.a': column('__proto__'),
    'data->a=eq.a': column('data', 'a'),
    'data->>a=eq.a': column('data', ['a']),
    'data->a->0->>b=eq.a': column('data', 'a', 0, ['b']),
    'data->-1=eq.a': column('data', -1),
    'data->-0=eq.a': column('data', 0),
    'data->"0"=eq.a': column('data', '0'),
    'data->1a=eq.a': column('data', '1a'),
    'data->>"it\'s"=eq.a': column('data', ["it's"]),
    'data->"a->>b"=eq.a': column('data', 'a->>b'),
    'with-dash->a-b=eq.a': column('with-dash', 'a-b'),
    'data->""=eq.a': column('data', ''),
  }
  for (const [queryString, path] of Object.entries(understood)) {
    it(queryString, () => expect(where(queryString)).toMatchObject({ kind: 'compare', column: path }))
  }
})

describe('nested conditions', () => {
  const a = compare('a', 'eq', '1')
  const b = compare('b', 'gt', '2')
  const understood: Record<string, Condition> = {
    'and=(a.eq.1,b.gt.2)': { kind: 'and', conditions: [a, b] },
    'or=(a.eq.1,b.gt.2)': { kind: 'or', conditions: [a, b] },
    'or=(a.eq.1)': { kind: 'or', conditions: [a] },
    'not.or=(a.eq.1,b.gt.2)': { kind: 'not', condition: { kind: 'or', conditions: [a, b] } },
    'not.and=(a.eq.1)': { kind: 'not', condition: { kind: 'and', conditions: [a] } },
    'or= ( a.eq.1 , and ( b.gt.2 ) ) ': {
      kind: 'or',
      conditions: [compare('a', 'eq', '1 '), { kind: 'and', conditions: [compare('b', 'gt', '2 ')] }],
    },
    'or=(a.eq.1,not.and(a.eq.1,b.gt.2))': {
      kind: 'or',
      conditions: [a, { kind: 'not', condition: { kind: 'and', conditions: [a, b] } }],
    },
    'a=eq.1&or=(a.eq.1,b.gt.2)&or=(b.gt.2)': {
      kind: 'and',
      conditions: [a, { kind: 'or', conditions: [a, b] }, { kind: 'or', conditions: [b] }],
    },
    'or=(a.not.eq.1,a.is.null)': {
      kind: 'or',
      conditions: [
        { kind: 'not', condition: a },
        { kind: 'is', column: column('a'), truth: 'null' },
      ],
    },
    'or=(a.in.(1,2),a.in.("3,4"))': {
      kind: 'or',
      conditions: [
        { kind: 'in', column: column('a'), values: ['1', '2'] },
        { kind: 'in', column: column('a'), values: ['3,4'] },
      ],
    },
    'or=(a.eq."1,)",t.cs.{x,y},t.ov."[1,2)")': {
      kind: 'or',
      conditions: [compare('a', 'eq', '1,)'), compare('t', 'cs', '{x,y}'), compare('t', 'ov', '[1,2)')],
    },
    'or=(a.like(any).{x*,"y,z"},a.like(all)."{x}")': {
      kind: 'or',
      conditions: [
        { kind: 'compare', column: column('a'), operator: 'like', values: ['x%', 'y,z'], quantifier: 'any' },
        { kind: 'compare', column: column('a'), operator: 'like', values: ['x'], quantifier: 'all' },
      ],
    },
    'or=(w.fts(english).cat,and.eq.1,or.gt.2,not.eq.3)': {
      kind: 'or',
      conditions: [
        { kind: 'search', column: column('w'), search: 'fts', words: 'cat', language: 'english' },
        compare('and', 'eq', '1'),
        compare('or', 'gt', '2'),
        compare('not', 'eq', '3'),
      ],
    },
    'and=(data->>x.eq.1,"a.b"->0.eq.2)': {
      kind: 'and',
      conditions: [
        { ...compare('data', 'eq', '1'), column: column('data', ['x']) } as Condition,
        { ...compare('a.b', 'eq', '2'), column: column('a.b', 0) } as Condition,
      ],
    },
  }
  for (const [queryString, condition] of Object.entries(understood)) {
    it(queryString, () => expect(where(queryString)).toEqual(condition))
  }
})

describe('select', () => {
  const understood: Record<string, unknown> = {
    '': ['*'],
    'select=*': ['*'],
    'select=a,b': [{ source: column('a') }, { source: column('b') }],
    'select= a , b ': [{ source: column('a') }, { source: column('b') }],
    'select=*,x:a': ['*', { source: column('a'), alias: 'x' }],
    'select=fullName:full_name,"a:b":c': [
      { source: column('full_name'), alias: 'fullName' },
      { source: column('c'), alias: 'a:b' },
    ],
    'select=a::text': [{ source: column('a'), cast: 'text' }],
    'select=a::INTEGER,b::double precision,c:d::bigint': [
      { source: column('a'), cast: 'integer' },
      { source: column('b'), cast: 'float8' },
      { source: column('d'), alias: 'c', cast: 'bigint' },
    ],
    'select=data->a,data->>b,data->c->0,data->1,x:data->>d::int': [
      { source: column('data', 'a'), alias: 'a' },
      { source: column('data', ['b']), alias: 'b' },
      { source: column('data', 'c', 0), alias: 'c' },
      { source: column('data', 1), alias: 'data' },
      { source: column('data', ['d']), alias: 'x', cast: 'int' },
    ],
    'select="a,b","*",count': [{ source: column('a,b') }, { source: column('*') }, { source: column('count') }],
  }
  for (const [queryString, select] of Object.entries(understood)) {
    it(queryString, () => expect(parseQuery(queryString).select).toEqual(select))
  }
})

describe('order, limit, offset, fresh', () => {
  it('order', () => {
    expect(parseQuery('order=a,b.desc,c.asc.nullsfirst, d.nullslast ,"e.desc".desc,data->x->>0.desc').order).toEqual([
      { column: column('a'), descending: false },
      { column: column('b'), descending: true },
      { column: column('c'), descending: false, nulls: 'first' },
      { column: column('d'), descending: false, nulls: 'last' },
      { column: column('e.desc'), descending: true },
      { column: column('data', 'x', [0]), descending: true },
    ])
  })

  it('limit and offset', () => {
    expect(parseQuery('limit=20&offset=0')).toMatchObject({ select: ['*'], limit: 20, offset: 0 })
    expect(parseQuery('limit=0').limit).toBe(0)
  })

  it('fresh and defaults', () => {
    expect(parseQuery('fresh=1').fresh).toBe(true)
    expect(parseQuery('fresh=true').fresh).toBe(true)
    expect(parseQuery('fresh=0').fresh).toBe(false)
    expect(parseQuery('').defaults).toBe(true)
    expect(parseQuery('defaults=0').defaults).toBe(false)
    expect(parseQuery('defaults=eq.1').where).toEqual(compare('defaults', 'eq', '1'))
    expect(parseQuery('fresh=eq.1')).toMatchObject({ fresh: false, where: compare('fresh', 'eq', '1') })
  })
})

describe('what is not understood', () => {
  const refused: Record<string, readonly [code: string, details?: RegExp]> = {
    'id=5': ['PGRST100', /expected an operator, found "5"/],
    'id=': ['PGRST100', /expected an operator, found the end/],
    id: ['PGRST100'],
    'id=noop.5': ['PGRST100', /found "noop\.5"/],
    'id=EQ.5': ['PGRST100'],
    'id=constructor.5': ['PGRST100'],
    'id=__proto__.5': ['PGRST100'],
    'id=not.not.eq.5': ['PGRST100'],
    'id=in.1,2': ['PGRST100'],
    'id=in.(1,2': ['PGRST100'],
    'id=in.(1,2)3': ['PGRST100', /expected the end, found "3"/],
    'id=in.("a': ['PGRST100'],
    'id=is.nil': ['PGRST100'],
    'id=is.null;': ['PGRST100'],
    'id=neq(any).{1}': ['PGRST100'],
    'id=cs(any).{1}': ['PGRST100'],
    'id=in(any).{1}': ['PGRST100'],
    'id=eq(some).{1}': ['PGRST100'],
    'id=eq(any).1': ['PGRST100'],
    'id=eq(any).{1': ['PGRST100'],
    'id=eq(any).{1}x': ['PGRST100'],
    'id=eq(any).{1,}': ['PGRST100'],
    'id=eq(any).{NULL}': ['PGRST100'],
    'id=eq(any).{{1},{2}}': ['PGRST100'],
    'id=eq(any).{"a}': ['PGRST100'],
    'words=fts().cat': ['PGRST100'],
    'words=fts(a.b).cat': ['PGRST100'],
    "words=fts(english').cat": ['PGRST100'],
    '=eq.5': ['PGRST100'],
    '""=eq.5': ['PGRST100'],
    'a,b=eq.5': ['PGRST100'],
    "a'=eq.5": ['PGRST100'],
    'a;b=eq.5': ['PGRST100'],
    '"a=eq.5': ['PGRST100'],
    'data->=eq.5': ['PGRST100'],
    'data->>a->b=eq.5': ['PGRST100'],
    "data->'a'=eq.5": ['PGRST100'],
    'data->99999999999=eq.5': ['PGRST100'],
    'and=()': ['PGRST100'],
    'and=a.eq.1': ['PGRST100'],
    'and=(a.eq.1': ['PGRST100'],
    'and=(a.eq.1))': ['PGRST100'],
    'and=(a.eq.1,)': ['PGRST100'],
    'and=(a=eq.1)': ['PGRST100'],
    'or=(a.in.1,2)': ['PGRST100'],
    'or=(xor(a.eq.1))': ['PGRST100'],
    'or=(p.ov.[1,2))': ['PGRST100'],
    'select=': ['PGRST100'],
    'select=a,': ['PGRST100'],
    'select=a b;c': ['PGRST100'],
    'select=a::regclass': ['PGRST100', /expected a type/],
    'select=a::text[]': ['PGRST100'],
    'select=a::': ['PGRST100'],
    'select=a::constructor': ['PGRST100'],
    'select=*::text': ['PGRST100'],
    'order=': ['PGRST100'],
    'order=a.up': ['PGRST100'],
    'order=a.desc.nulls': ['PGRST100'],
    'order=a.desc.asc': ['PGRST100'],
    'limit=ten': ['PGRST100'],
    'limit=1.5': ['PGRST100'],
    'limit=99999999999999999999': ['PGRST100'],
    'limit=1&limit=2': ['PGRST100'],
    'offset=1&offset=2': ['PGRST100'],
    'order=a&order=b': ['PGRST100'],
    'select=a&select=b': ['PGRST100'],
    'fresh=yes': ['PGRST100'],
    'fresh=1&fresh=0': ['PGRST100'],
    'defaults=no': ['PGRST100'],
    'limit=-1': ['PGRST103'],
    'offset=-1': ['PGRST103'],
    'id=eq.%00': ['PGRST100', /NUL/],
    '%00=eq.5': ['PGRST100', /NUL/],
    'id=eq.%': ['PGRST100', /percent/],
    'id=eq.%zz': ['PGRST100', /percent/],
    'id=eq.%ff': ['PGRST100', /percent/],
    'id=eq.%c0%80': ['PGRST100', /percent/],
    'id=eq.%ed%a0%80': ['PGRST100', /percent/],
    'select=*,orders(*)': ['PGRST200'],
    'select=x:orders!inner(id)': ['PGRST200'],
    'select=...orders(id)': ['PGRST200'],
    'select=orders.id': ['PGRST123'],
    'select=amount.sum()': ['PGRST123'],
    'select=count()': ['PGRST123'],
    'select=total:amount::int.sum()': ['PGRST123'],
    'orders.id=eq.5': ['PGRST108'],
    'orders.order=id': ['PGRST108'],
    'orders.limit=5': ['PGRST108'],
    'orders.or=(id.eq.5)': ['PGRST108'],
    'order=orders(id)': ['PGRST108'],
  }
  for (const [queryString, [code, details]] of Object.entries(refused)) {
    it(queryString, () => {
      const { status, body } = failure(queryString)
      expect(body.code).toBe(code)
      expect(status).toBe(code === 'PGRST103' ? 416 : 400)
      if (details !== undefined) expect(body.details).toMatch(details)
    })
  }
})

describe('bounds', () => {
  it('conditions nest 16 deep, and no deeper', () => {
    const nested = (depth: number) => `or=${'(and'.repeat(depth - 1)}(a.eq.1)${')'.repeat(depth - 1)}`
    expect(where(nested(16))).toMatchObject({ kind: 'or' })
    expect(failure(nested(17)).body.details).toMatch(/16 deep/)
    expect(failure(nested(100_000)).body.details).toMatch(/16 deep/)
  })

  it('a request has 250 conditions, and no more', () => {
    expect(where(Array(250).fill('a=eq.1').join('&'))).toMatchObject({ kind: 'and' })
    expect(failure(Array(251).fill('a=eq.1').join('&')).body.code).toBe('PGRST100')
    expect(failure(`or=(${Array(250).fill('a.eq.1').join(',')})`).body.code).toBe('PGRST100')
  })

  it('a list has 10 000 values, and no more', () => {
    expect(where(`a=in.(${Array(10_000).fill('1').join(',')})`)).toMatchObject({ kind: 'in' })
    expect(failure(`a=in.(${Array(10_001).fill('1').join(',')})`).body.details).toMatch(/10000/)
    expect(failure(`a=eq(any).{${Array(10_001).fill('1').join(',')}}`).body.details).toMatch(/10000/)
  })

  it('a name has 63 bytes, and no more: PostgreSQL would find another column by its beginning', () => {
    expect(where(`${'ä'.repeat(31)}a=eq.1`)).toMatchObject({ kind: 'compare' })
    expect(failure(`${'ä'.repeat(32)}=eq.1`).body.message).toMatch(/too long/)
    expect(failure(`select=data->"${'k'.repeat(64)}"`).body.hint).toMatch(/63 bytes/)
    expect(parseQuery(`select=k:data->"${'k'.repeat(64)}"`).select).toMatchObject([{ alias: 'k' }])
  })

  it('a long run of text is read in one pass', () => {
    const started = performance.now()
    for (const run of ['"', '\\', '(', '{', ',', '->', 'not.', ' ', 'a', '"\\']) {
      const text = encodeURIComponent(run.repeat(200_000 / run.length))
      for (const queryString of [
        `a=in.(${text}`,
        `a=eq(any).{${text}`,
        `or=(a.eq.${text}`,
        `${text}=eq.1`,
        `select=${text}`,
      ]) {
        try {
          parseQuery(queryString)
        } catch (error) {
          expect(error).toBeInstanceOf(RestError)
        }
      }
    }
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})
