import { beforeAll, describe, expect, it } from 'vitest'
import { createReader } from '../../src/read/index.js'
import type { Condition, ReadQuery } from '../../src/read/query.js'
import { apply, errorOf } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
const reader = createReader({ database: db.pool })

beforeAll(async () => {
  await db.query(`CREATE TABLE t (id int PRIMARY KEY, g text, n bigint, tags text[], doc jsonb, at timestamptz, d date);
    INSERT INTO t SELECT i, CASE WHEN i % 4 > 0 THEN 'g' || i % 4 END, i * 10, ARRAY['t' || i % 2],
      jsonb_build_object('a', jsonb_build_object('b', i), 'l', jsonb_build_array(i, i + 1)), '2026-01-01Z'::timestamptz + i * interval '1 day', '2026-01-01'
    FROM generate_series(1, 20) i`)
  await apply(db, {
    mv: { query: 'SELECT id, g, n, tags, doc, at, d FROM t', key: ['id'] },
    guarded: {
      query: 'SELECT g, count(*) AS n FROM t GROUP BY g',
      read: { guard: 'n >= 5 -- enough', filter: "g <> 'g1'" },
    },
    'Odd "name': { query: `SELECT id, g AS "a""b", n AS "read_row" FROM t`, key: ['id'] },
  })
})

async function ids(query: ReadQuery): Promise<unknown[]> {
  const { body } = await reader.readJson({ view: 'mv', query })
  return (JSON.parse(body) as { id: unknown }[]).map(({ id }) => id)
}

const column = (name: string) => ({ column: name, steps: [] })
const compare = (name: string, operator: string, value: string) =>
  ({ kind: 'compare', column: column(name), operator, values: [value] }) as Condition
const byId = [{ column: column('id'), descending: false }]

describe('readJson', () => {
  it('gives the rows as PostgreSQL makes them, how many there are, and how old they are', async () => {
    const query = { order: byId, limit: 2, offset: 1, where: compare('n', 'gt', '50') }
    const answer = await reader.readJson({ view: 'mv', query, count: 'exact' })
    const { rows } = await db.query('SELECT * FROM mv WHERE n > 50 ORDER BY id LIMIT 2 OFFSET 1')
    const [plain] = await db.rows<{ all: unknown }>(
      'SELECT json_agg(r) AS all FROM (SELECT * FROM mv WHERE n > 50 ORDER BY id LIMIT 2 OFFSET 1) r',
    )
    expect(JSON.parse(answer.body)).toEqual(plain?.all)
    expect(answer).toMatchObject({ rows: rows.length, total: 15, source: 'view', stalenessSeconds: expect.any(Number) })
    expect(answer.epoch).toMatch(/^\d+-\d+$/)
    expect(answer.asOf).toBeInstanceOf(Date)
  })

  it.each<[string, Condition, number[]]>([
    ['in', { kind: 'in', column: column('id'), values: ['3', '4', '99'] }, [3, 4]],
    ['in nothing', { kind: 'in', column: column('id'), values: [] }, []],
    ['not', { kind: 'not', condition: compare('id', 'gt', '2') }, [1, 2]],
    [
      'or',
      {
        kind: 'or',
        conditions: [
          compare('id', 'eq', '1'),
          { kind: 'and', conditions: [compare('id', 'gt', '18'), compare('id', 'lt', '20')] },
        ],
      },
      [1, 19],
    ],
    ['is null', { kind: 'is', column: column('g'), truth: 'null' }, [4, 8, 12, 16, 20]],
    [
      'like any',
      { kind: 'compare', column: column('g'), operator: 'like', values: ['%1', 'g2'], quantifier: 'any' },
      [1, 2, 5, 6, 9, 10, 13, 14, 17, 18],
    ],
    [
      'all',
      { kind: 'compare', column: column('id'), operator: 'gt', values: ['18', '17'], quantifier: 'all' },
      [19, 20],
    ],
    [
      'an array that contains',
      { kind: 'and', conditions: [compare('tags', 'cs', '{t1}'), compare('id', 'lt', '4')] },
      [1, 3],
    ],
    ['JSON that contains', compare('doc', 'cs', '{"a":{"b":7}}'), [7]],
    [
      'a path in JSON',
      {
        kind: 'compare',
        column: {
          column: 'doc',
          steps: [
            { key: 'a', asText: false },
            { key: 'b', asText: true },
          ],
        },
        operator: 'eq',
        values: ['5'],
      },
      [5],
    ],
    [
      'a place in JSON',
      {
        kind: 'compare',
        column: {
          column: 'doc',
          steps: [
            { key: 'l', asText: false },
            { key: -1, asText: false },
          ],
        },
        operator: 'eq',
        values: ['9'],
      },
      [8],
    ],
    [
      'distinct from',
      { kind: 'and', conditions: [compare('g', 'isdistinct', 'g1'), compare('id', 'lt', '5')] },
      [2, 3, 4],
    ],
    [
      'text search',
      { kind: 'search', column: column('g'), search: 'plfts', words: 'g3', language: 'simple' },
      [3, 7, 11, 15, 19],
    ],
  ])('filters by %s', async (_, where, expected) => {
    expect(await ids({ where, order: byId })).toEqual(expected)
  })

  it('selects paths under their names, casts, and orders by paths with NULLs where they are asked for', async () => {
    const query: ReadQuery = {
      select: [
        {
          source: {
            column: 'doc',
            steps: [
              { key: 'a', asText: false },
              { key: 'b', asText: true },
            ],
          },
        },
        {
          source: {
            column: 'doc',
            steps: [
              { key: 'l', asText: false },
              { key: 0, asText: false },
            ],
          },
          alias: 'first',
        },
        { source: column('n'), cast: 'text' },
        { source: column('n'), cast: 'float8', alias: 'f' },
        { source: column('n'), cast: 'int', alias: 'i' },
        { source: column('g'), alias: 'id' },
      ],
      order: [
        { column: column('g'), descending: true, nulls: 'last' },
        { column: column('id'), descending: true },
      ],
      limit: 1,
    }
    const { body } = await reader.readJson({ view: 'mv', query })
    expect(body).toBe('[{"b":"19","first":19,"n":"190","f":190,"i":190,"id":"g3"}]')
  })

  it('gives CSV with a head, quoted where it has to be', async () => {
    const { body, rows } = await reader.readJson({
      view: 'Odd "name',
      query: { order: byId, limit: 4, where: compare('id', 'gte', '3') },
      format: 'csv',
    })
    expect([body, rows]).toEqual(['id,"a""b",read_row\n3,g3,30\n4,,40\n5,g1,50\n6,g2,60', 4])
    const empty = await reader.readJson({
      view: 'mv',
      query: { select: [{ source: column('id') }], limit: 0 },
      format: 'csv',
    })
    expect([empty.body, empty.rows]).toEqual(['id', 0])
  })

  it('reads hostile names, also one that is that of the row', async () => {
    const { body } = await reader.readJson({ view: 'Odd "name', query: { order: byId, limit: 1 } })
    expect(JSON.parse(body)).toEqual([{ id: 1, 'a"b': 'g1', read_row: 10 }])
    expect((await reader.readJson({ view: 'mv', query: { limit: 0 } })).body).toBe('[]')
  })

  it('holds to the guard always, and to the filter unless told not to', async () => {
    const groups = async (defaults?: boolean, live?: boolean) => {
      const { body, total } = await reader.readJson({
        view: 'guarded',
        query: {
          order: [{ column: column('g'), descending: false }],
          where: { kind: 'or', conditions: [compare('n', 'lt', '100')] },
        },
        count: 'exact',
        ...(defaults === undefined ? {} : { defaults }),
        ...(live === undefined ? {} : { live }),
      })
      return [(JSON.parse(body) as { g: string }[]).map(({ g }) => g), total]
    }
    expect(await groups()).toEqual([['g2', 'g3'], 2])
    expect(await groups(false)).toEqual([['g1', 'g2', 'g3', null], 4])
    expect(await groups(true, true)).toEqual([['g2', 'g3'], 2])
    await db.query("DELETE FROM t WHERE id = 2; SELECT tidemark.refresh('guarded')")
    expect(await groups(false)).toEqual([['g1', 'g3', null], 3])
    await db.query("INSERT INTO t (id, g, n) VALUES (2, 'g2', 20); SELECT tidemark.refresh('guarded')")
  })

  it('names what is wrong', async () => {
    const code = async (query: ReadQuery, view = 'mv') => (await errorOf(reader.readJson({ view, query }))).code
    expect(await code({}, 'none')).toBe('UNKNOWN_VIEW')
    expect(await code({}, 'a\0b')).toBe('UNKNOWN_VIEW')
    expect(await code({ where: compare('x" OR true --', 'eq', '1') })).toBe('READ_COLUMN_UNKNOWN')
    expect(await code({ where: compare('id', 'eq', 'one') })).toBe('READ_INVALID')
    expect(await code({ where: compare('id', 'like', '1') })).toBe('READ_INVALID')
    expect(await code({ where: compare('id', 'constructor', '1') })).toBe('READ_INVALID')
    expect(await code({ where: compare('g', 'match', '(') })).toBe('READ_INVALID')
    expect(await code({ where: compare('g', 'eq', 'a\0b') })).toBe('READ_INVALID')
    expect(await code({ select: [{ source: column('id'), alias: '' }] })).toBe('READ_INVALID')
    expect(await code({ limit: -1 })).toBe('READ_INVALID')
    expect(await code({ limit: 1.5 })).toBe('READ_INVALID')
  })

  it('is ended by its limit', async () => {
    const blocker = await db.connect()
    await blocker.query('BEGIN; LOCK TABLE mv IN ACCESS EXCLUSIVE MODE')
    try {
      const error = await errorOf(reader.readJson({ view: 'mv', query: {}, statementTimeoutMs: 50 }))
      expect(error.code).toBe('READ_TIMEOUT')
    } finally {
      await blocker.query('ROLLBACK')
    }
  })
})
