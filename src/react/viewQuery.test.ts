import { describe, expect, test } from 'vitest'
import { queryString, type ViewQuery } from './viewQuery.js'

interface Row {
  readonly id: number
  readonly lane: string | null
  readonly p50: number | null
  readonly tags: readonly string[]
  readonly data: { readonly a: number }
  readonly at: string
  readonly open: boolean
  readonly 'odd, name': string
  readonly order: number
}

/** Decoded, for people to read. */
function written(query: ViewQuery<Row>): string {
  return [...new URLSearchParams(queryString(query))].map(([key, value]) => `${key}=${value}`).join(' & ')
}

describe('a query string', () => {
  test.each<[ViewQuery<Row>, string]>([
    [{}, ''],
    [{ select: ['id', 'odd, name'] }, 'select=id,"odd, name"'],
    [{ where: { id: 5 } }, 'id=eq.5'],
    [{ where: { lane: null } }, 'lane=is.null'],
    [{ where: { lane: ['a', 'b,c', 'd"\\', '', ')'] } }, 'lane=in.(a,"b,c","d\\"\\\\","",")")'],
    [{ where: { lane: [] } }, 'lane=in.()'],
    [{ where: { lane: 'a,b).or=(' } }, 'lane=eq.a,b).or=('],
    [{ where: { p50: { gt: 1, lte: 2.5 } } }, 'p50=gt.1 & p50=lte.2.5'],
    [{ where: { open: { is: true }, id: { neq: -1 } } }, 'open=is.true & id=neq.-1'],
    [{ where: { at: { gte: new Date(0) } } }, 'at=gte.1970-01-01T00:00:00.000Z'],
    [{ where: { tags: { cs: ['a', 'b"c'] } } }, 'tags=cs.{"a","b\\"c"}'],
    [{ where: { data: { cs: { a: 1 } } } }, 'data=cs.{"a":1}'],
    [{ where: { lane: { not: { in: ['a'] } } } }, 'lane=not.in.(a)'],
    [{ where: { p50: { not: { gt: 1, lt: 9 } } } }, 'not.and=(p50.gt.1,p50.lt.9)'],
    [
      { where: { or: [{ lane: 'a.b' }, { lane: 'x y', id: { lt: 3 } }] } },
      'or=(lane.eq.a.b,and(lane.eq."x y",id.lt.3))',
    ],
    [{ where: { not: { or: [{ id: 1 }, { lane: null }] } } }, 'not.and=(or(id.eq.1,lane.is.null))'],
    [{ where: { and: [{ order: 1 }, { id: 2 }] } }, '"order"=eq.1 & id=eq.2'],
    [{ order: 'id' }, 'order=id'],
    [{ order: ['p50.desc', 'id.asc'] }, 'order=p50.desc,id.asc'],
    [{ order: { column: 'odd, name', descending: true, nulls: 'last' } }, 'order="odd, name".desc.nullslast'],
    [{ where: { id: undefined as never }, limit: 20, offset: 40 }, 'limit=20 & offset=40'],
  ])('%j', (query, expected) => {
    expect(written(query)).toBe(expected)
  })

  test.each<ViewQuery<Row>>([{ where: { or: [] } }, { where: { or: [{}] } }, { where: { not: {} } }])(
    'is refused for %j, which the grammar cannot say',
    (query) => {
      expect(() => queryString(query)).toThrow(TypeError)
    },
  )
})
