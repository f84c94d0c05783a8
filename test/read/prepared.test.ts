import pg, { type QueryConfig } from 'pg'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Connection, Database } from '../../src/engine/database.js'
import { createReader } from '../../src/read/index.js'
import { PreparedStatements } from '../../src/read/prepared.js'
import type { Condition } from '../../src/read/query.js'
import { apply } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
const pool = new pg.Pool({ connectionString: db.url, max: 1 })
afterAll(() => pool.end())

interface Row {
  readonly n: number
}

let prepared: PreparedStatements
beforeEach(() => {
  prepared = new PreparedStatements(pool)
})

const text = 'SELECT $1::integer + 1 AS n'
const ask = async (asked: string = text, value = 1) => (await prepared.run<Row>(asked, [value])).map(({ n }) => n)
/** On the one connection there is. */
const names = async () =>
  (await pool.query<{ name: string }>('SELECT name FROM pg_prepared_statements ORDER BY 1')).rows.map(
    ({ name }) => name,
  )
const session = async () => (await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid

describe('a statement', () => {
  it('is prepared when it comes again, under a name that its text alone decides', async () => {
    await pool.query('DEALLOCATE ALL')
    expect(await ask()).toEqual([2])
    expect(await names()).toEqual([])
    expect(await ask(text, 5)).toEqual([6])
    const [name] = await names()
    expect(name).toMatch(/^tidemark_.{43}$/)
    expect(await ask(text, 7)).toEqual([8])
    expect(await names()).toEqual([name])
    const { rows } = await pool.query('SELECT statement FROM pg_prepared_statements')
    expect(rows).toEqual([{ statement: text }])
  })

  it('that is very long never is', async () => {
    const long = `${text} ${'-- long '.repeat(2_000)}`
    for (let times = 0; times < 3; times++) expect(await ask(long)).toEqual([2])
    const { rows } = await pool.query('SELECT 1 FROM pg_prepared_statements WHERE length(statement) > 9000')
    expect(rows).toEqual([])
  })

  it('that fails is an error each time, and leaves the connection of use', async () => {
    const failing = 'SELECT 1 / $1::integer AS n'
    expect(await ask(failing, 1)).toEqual([1])
    const before = await session()
    for (let times = 0; times < 3; times++) {
      await expect(ask(failing, 0)).rejects.toMatchObject({ code: '22012' })
    }
    expect(await ask(failing, 1)).toEqual([1])
    expect(await session()).toBe(before)
  })

  it('of which what it gives has changed is answered as it is now', async () => {
    await pool.query('CREATE TABLE changing AS SELECT 1 AS n')
    const read = 'SELECT * FROM changing WHERE $1::integer = 1'
    for (let times = 0; times < 2; times++) expect(await prepared.run(read, [1])).toEqual([{ n: 1 }])
    await pool.query('ALTER TABLE changing ADD COLUMN m integer')
    expect(await prepared.run(read, [1])).toEqual([{ n: 1, m: null }])
    await pool.query('DROP TABLE changing')
    await expect(prepared.run(read, [1])).rejects.toMatchObject({ code: '42P01' })
  })
})

describe('a connection', () => {
  it('that is lost under a statement is an error of that statement alone, and the next one has another', async () => {
    const slow = 'SELECT $1::integer AS n, pg_sleep(CASE WHEN $1::integer = 1 THEN 20 ELSE 0 END)'
    for (const value of [2, 3]) expect(await ask(slow, value)).toEqual([value])
    const lost = await session()
    const asked = ask(slow, 1).catch((error: unknown) => error)
    await db.query('SELECT pg_terminate_backend($1)', [lost])
    expect(await asked).toMatchObject({ code: '57P01' })
    expect(await ask(slow, 4)).toEqual([4])
    expect(await session()).not.toBe(lost)
  })

  it('on which hundreds were prepared is given up for a new one', async () => {
    const before = await session()
    for (let nth = 0; nth < 110; nth++) for (const value of [1, 2]) await ask(`${text} -- ${nth}`, value)
    expect(await session()).not.toBe(before)
    expect((await names()).length).toBeLessThan(30)
  })

  it('that is handed out for a statement at a time is noticed: nothing fails, and nothing is prepared any more', async () => {
    for (let times = 0; times < 2; times++) await ask()
    // As behind a pooler, where the next statement meets another connection.
    await pool.query('DEALLOCATE ALL')
    expect(await ask(text, 10)).toEqual([11])
    for (let times = 0; times < 3; times++) expect(await ask(`${text} -- another`)).toEqual([2])
    expect(await names()).toEqual([])
  })

  it('on which somebody else prepared the same already is noticed as well', async () => {
    const asked = `${text} -- theirs`
    const others = new pg.Pool({ connectionString: db.url, max: 1 })
    const theirs = new PreparedStatements(others)
    for (let times = 0; times < 2; times++) await theirs.run(asked, [1])
    const { rows } = await others.query<{ name: string }>('SELECT name FROM pg_prepared_statements')
    await others.end()
    await pool.query(`PREPARE "${rows[0]?.name}" (integer) AS SELECT 'wrong' AS n`)
    for (let times = 0; times < 3; times++) expect(await ask(asked)).toEqual([2])
    await pool.query('DEALLOCATE ALL')
  })
})

it('a view whose columns are of other types after it is deployed anew is read as before, on the same connections', async () => {
  await db.query(
    'CREATE TABLE t (id int PRIMARY KEY, g int); INSERT INTO t SELECT i, i % 3 FROM generate_series(1, 9) i',
  )
  const deployed = (g: string) => apply(db, { typed: { query: `SELECT id, ${g} AS g FROM t`, key: ['id'] } })
  const reader = createReader({ database: pool, statementTimeoutMs: false })
  const found = async (value: string): Promise<number> => {
    const where: Condition = {
      kind: 'compare',
      column: { column: 'g', steps: [] },
      operator: 'eq',
      values: [value],
    }
    return (await reader.readJson({ view: 'typed', query: { where } })).rows
  }
  await deployed('g')
  for (let times = 0; times < 8; times++) expect(await found('1')).toBe(3)
  expect(await names()).not.toEqual([])
  const before = await session()
  for (const [g, value] of [
    ['g::text', '1'],
    ['g::numeric / 2', '0.5'],
    ['make_date(2026, 1, 1 + g)', '2026-01-02'],
    ['g * 10000000000', '10000000000'],
  ] as const) {
    // At once: the reader remembers for a while what the view was.
    await deployed(g)
    for (let times = 0; times < 8; times++) expect([g, await found(value)]).toEqual([g, 3])
  }
  expect(await session()).toBe(before)
  await reader.close()
})

it('a database that is not known to take names is given none', async () => {
  const seen: unknown[] = []
  const plain: Database = {
    query: async (asked: string | QueryConfig, values?: readonly unknown[]) => {
      seen.push(asked)
      return pool.query(asked as string, values as unknown[]) as never
    },
    connect: async (): Promise<Connection> => {
      throw new Error('no connection was asked for')
    },
  }
  const statements = new PreparedStatements(plain)
  for (let times = 0; times < 3; times++) expect(await statements.run(text, [1])).toEqual([{ n: 2 }])
  expect(seen).toEqual([text, text, text])
})
