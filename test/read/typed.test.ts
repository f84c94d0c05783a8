import { beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { createReader, type ReadRequest, writeToken } from '../../src/read/index.js'
import { apply, errorOf } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'
import { useWorkers } from '../worker/kit.js'

interface Row {
  id: number
  g: string | null
  n: string
  at: Date
  day: Date | null
  tags: string[]
  doc: { a?: number } | null
  ok: boolean | null
  price: string | null
  raw: Buffer | null
  code: string
}

const db = await useTestDatabase()
const startWorker = useWorkers(db)
const reader = createReader<{ mv: Row }>({ database: db.pool })
const query = 'SELECT id, g, n, at, day, tags, doc, ok, price, raw, code FROM t'

beforeAll(async () => {
  await db.query(`CREATE DOMAIN cents AS numeric(10, 2);
    CREATE TABLE t (id int PRIMARY KEY, g text, n bigint NOT NULL, at timestamptz NOT NULL, day date, tags text[], doc jsonb, ok boolean,
      price cents, raw bytea, code char(4));
    INSERT INTO t SELECT i, CASE WHEN i % 4 > 0 THEN 'g' || i % 4 END, 9007199254740993 + i, '2026-01-01 00:00:00.123456Z'::timestamptz + i % 7 * interval '1 microsecond',
      '2026-03-01'::date + i, ARRAY['a,b', '"\\', 't' || i % 2], jsonb_build_object('a', i), i % 3 = 0, i + 0.5, '\\x00ff', 'ab'
    FROM generate_series(1, 30) i;
    INSERT INTO t VALUES (31, NULL, 1, '2026-01-01Z', NULL, NULL, NULL, NULL, NULL, NULL, 'x')`)
})

// Views are dropped after each test.
beforeEach(async () => {
  await apply(db, { mv: { query, key: ['id'] } })
  reader.invalidate()
})

const ids = async (request: ReadRequest<Row>): Promise<number[]> =>
  (await reader.read('mv', { order: ['id'], ...request })).rows.map(({ id }) => id)

describe('typed reads', () => {
  it('give every value as pg does', async () => {
    const { rows } = await reader.read('mv', { order: ['id'] })
    expect(rows).toEqual((await db.query('SELECT * FROM mv ORDER BY id')).rows)
    const some = await reader.read('mv', { select: ['n', 'g'], where: { id: 3 } })
    expectTypeOf(some.rows).toEqualTypeOf<Pick<Row, 'n' | 'g'>[]>()
    expect(some).toMatchObject({ rows: [{ n: '9007199254740996', g: 'g3' }], source: 'view', next: null })
  })

  it('find rows by what was read of them, whatever its type', async () => {
    const [row] = (await reader.read('mv', { where: { id: 5 } })).rows
    if (row === undefined) throw new Error('no row')
    // A Date holds milliseconds, and the column microseconds.
    for (const column of ['g', 'n', 'day', 'tags', 'doc', 'ok', 'price', 'raw', 'code'] as const) {
      expect(await ids({ where: { id: 5, [column]: row[column] } }), column).toEqual([5])
      expect(await ids({ where: { id: 5, [column]: { ne: row[column] } } }), column).toEqual([])
    }
    expect(await ids({ where: { at: { gte: new Date('2026-01-01T00:00:00.124Z') } } })).toEqual([])
    expect((await ids({ where: { at: { gte: new Date('2026-01-01T00:00:00.123Z') } } })).length).toBe(30)
  })

  it('find rows by what was read of them, in a zone whose offset once had seconds, and in arrays of JSON', async () => {
    await db.query(`CREATE TABLE IF NOT EXISTS old (id int PRIMARY KEY, at timestamptz, plain timestamp, day date, docs jsonb[]);
      INSERT INTO old VALUES (1, '1801-02-03 04:05:06.789Z', '1801-02-03 04:05:06.789', '1801-02-03', ARRAY['{"a":1}'::jsonb, '"b"', '[1]', NULL]),
        (2, '0044-03-15 BC', '0044-03-15 BC', '0044-03-15 BC', '{}'), (3, '2026-07-01Z', '2026-07-01', '2026-07-01', ARRAY['[[2]]'::jsonb])`)
    await apply(db, { mv: { query, key: ['id'] }, old_things: { query: 'SELECT * FROM old', key: ['id'] } })
    const zone = process.env.TZ
    process.env.TZ = 'America/New_York'
    try {
      const old = createReader({ database: db.pool })
      const { rows } = await old.read('old_things')
      expect(rows).toHaveLength(3)
      for (const row of rows as Record<string, unknown>[]) {
        for (const [name, value] of Object.entries(row)) {
          const found = await old.read('old_things', { where: { [name]: { eq: value } } as never })
          expect([name, found.rows]).toEqual([name, [row]])
        }
      }
    } finally {
      if (zone === undefined) delete process.env.TZ
      else process.env.TZ = zone
    }
  })

  it('filter', async () => {
    expect(await ids({ where: { g: null } })).toEqual([4, 8, 12, 16, 20, 24, 28, 31])
    expect(await ids({ where: { g: { isNull: false }, id: { lt: 4, gte: 2 } } })).toEqual([2, 3])
    expect(await ids({ where: { $or: [{ id: { in: [1, 2] } }, { $not: { id: { lte: 30 } } }] } })).toEqual([1, 2, 31])
    expect(await ids({ where: { id: { notIn: [1, 2] }, $and: [{ id: { lt: 4 } }] } })).toEqual([3])
    expect(await ids({ where: { tags: { contains: ['"\\'] }, doc: { contains: { a: 7 } } } })).toEqual([7])
    expect(await ids({ where: { g: { ilike: 'G1' }, n: { lt: 9007199254741000n as never } } })).toEqual([1, 5])
  })

  it('refuse what a mistake would ask for', async () => {
    const code = async (request: object): Promise<string> =>
      (await errorOf(reader.read('mv', request as ReadRequest<Row>))).code
    expect(await code({ where: { id: undefined } })).toBe('READ_INVALID')
    expect(await code({ where: { id: { eq: undefined } } })).toBe('READ_INVALID')
    expect(await code({ where: { id: { gt: null } } })).toBe('READ_INVALID')
    expect(await code({ where: { nothing: 1 } })).toBe('READ_COLUMN_UNKNOWN')
    expect(await code({ where: { __proto__: null, constructor: 1 } })).toBe('READ_COLUMN_UNKNOWN')
    expect(await code({ order: ['nothing'] })).toBe('READ_COLUMN_UNKNOWN')
    expect(await code({ after: 'x', order: ['id'] })).toBe('READ_INVALID')
    expect(await code({ select: [] })).toBe('READ_INVALID')
  })
})

describe('pages', () => {
  const orders = [
    [],
    ['g'],
    [{ column: 'g', descending: true }],
    [
      { column: 'g', nulls: 'first' },
      { column: 'day', descending: true },
    ],
    [{ column: 'at', descending: true, nulls: 'last' }, 'ok'],
    ['price', { column: 'g', descending: true }],
  ] as const

  it.each(orders.map((order) => [JSON.stringify(order), order] as const))(
    'by %s show every row once, in order',
    async (_, order) => {
      const whole = (await reader.read('mv', { order: [...order], limit: 1_000 })).rows.map(({ id }) => id)
      expect(whole).toHaveLength(31)
      const seen: number[] = []
      let after: string | null | undefined
      do {
        const page = await reader.read('mv', {
          order: [...order],
          limit: 4,
          select: ['id'],
          ...(after ? { after } : {}),
        })
        expect(page.rows.every((row) => Object.keys(row).join() === 'id')).toBe(true)
        seen.push(...page.rows.map(({ id }) => id))
        after = page.next
      } while (after !== null)
      expect(seen).toEqual(whole)
    },
  )

  it('of another order are refused', async () => {
    const { next } = await reader.read('mv', { order: ['g'], limit: 3 })
    const error = await errorOf(reader.read('mv', { order: ['day'], limit: 3, after: next ?? '' }))
    expect(error.code).toBe('READ_INVALID')
  })
})

describe('what was written is read', () => {
  async function write(): Promise<{ id: number; token: string }> {
    const client = await db.pool.connect()
    try {
      await client.query('BEGIN')
      const { rows } = await client.query('INSERT INTO t (id, n, at) SELECT max(id) + 1, 1, now() FROM t RETURNING id')
      const token = await writeToken(client)
      await client.query('COMMIT')
      return { id: (rows as { id: number }[])[0]?.id ?? 0, token }
    } finally {
      client.release()
    }
  }

  it('as soon as the worker has seen to it, though it would have taken its time, and not out of a cache', async () => {
    await apply(db, { mv: { query, key: ['id'], freshness: '1h' } })
    await refreshView(db.pool, 'mv')
    startWorker()
    const cached = createReader<{ mv: Row }>({ database: db.pool, cache: true })
    for (let round = 0; round < 3; round++) {
      const before = await cached.read('mv', { where: { id: { gt: 30 } } })
      const { id, token } = await write()
      const after = await cached.read('mv', {
        where: { id: { gt: 30 } },
        afterWrite: token,
        afterWriteTimeoutMs: 20_000,
      })
      expect(after.rows).toHaveLength(before.rows.length + 1)
      expect(after.rows.map((row) => row.id)).toContain(id)
    }
    await cached.close()
  })

  it('or the read says that it was not', async () => {
    await db.query("SELECT tidemark.pause('mv')")
    const { id, token } = await write()
    const behind = await errorOf(reader.read('mv', { afterWrite: token, afterWriteTimeoutMs: 100 }))
    expect(behind.code).toBe('READ_BEHIND')
    expect((await reader.read('mv', { where: { id }, afterWrite: token, live: true })).rows).toHaveLength(1)
    await db.query('DELETE FROM tidemark.request')
    await refreshView(db.pool, 'mv')
    expect((await reader.read('mv', { where: { id }, afterWrite: token })).rows).toHaveLength(1)
    expect((await errorOf(reader.read('mv', { afterWrite: "1' OR true" }))).code).toBe('READ_INVALID')
  })

  it('and no token is given where nothing was written', async () => {
    expect((await errorOf(writeToken(db.pool))).code).toBe('WRITE_TOKEN_MISSING')
  })
})
