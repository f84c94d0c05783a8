import { beforeEach, describe, expect, it } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { readStatus } from '../../src/engine/status.js'
import { useTestDatabase } from '../kit/index.js'
import { apply, applyTwice, errorOf, expectFresh, plan, reset } from './support.js'

const db = await useTestDatabase()

beforeEach(async () => {
  await reset(db)
  await db.query(`CREATE TABLE t (id int PRIMARY KEY, g int, v int, spare int); INSERT INTO t SELECT i, i % 5, i, 0 FROM generate_series(1, 100) i;
    CREATE TABLE u (id int PRIMARY KEY, g int); INSERT INTO u VALUES (1, 1)`)
})

const query = 'SELECT g, count(*) AS n, sum(v) AS total FROM t WHERE v > 0 GROUP BY g'
const other = 'SELECT g, count(*) AS n FROM u GROUP BY g'

interface Case {
  what: string
  alter: string
  /** Writes that must not fail afterwards. */
  write: string
  /** What mends it, besides applying. */
  repair?: string
  fixed?: string
}

const cases: Case[] = [
  {
    what: 'a column is dropped',
    alter: 'ALTER TABLE t DROP COLUMN v',
    write: 'INSERT INTO t VALUES (1001, 1, 1)',
    fixed: 'SELECT g, count(*) AS n FROM t GROUP BY g',
  },
  {
    what: 'a column is renamed',
    alter: 'ALTER TABLE t RENAME v TO w',
    write: 'UPDATE t SET w = w + 1',
    fixed: 'SELECT g, count(*) AS n, sum(w) AS total FROM t WHERE w > 0 GROUP BY g',
  },
  {
    what: 'a column is retyped',
    alter: 'ALTER TABLE t ALTER v TYPE numeric USING v + 0.5',
    write: 'UPDATE t SET v = v + 0.25',
  },
  {
    what: 'a key column is retyped',
    alter: 'ALTER TABLE t ALTER g TYPE bigint',
    write: 'UPDATE t SET g = 5000000000 WHERE id = 1',
  },
  {
    what: 'a key column becomes text',
    alter: "ALTER TABLE t ALTER g TYPE text USING 'g' || g",
    write: "UPDATE t SET g = 'new' WHERE id = 1",
  },
  {
    what: 'the table is renamed',
    alter: 'ALTER TABLE t RENAME TO renamed',
    write: 'UPDATE renamed SET v = v + 1',
    fixed: query.replace('FROM t', 'FROM renamed'),
  },
  {
    what: 'the table moves to another schema',
    alter: 'CREATE SCHEMA IF NOT EXISTS elsewhere; ALTER TABLE t SET SCHEMA elsewhere',
    write: 'UPDATE elsewhere.t SET v = v + 1',
    fixed: query.replace('FROM t', 'FROM elsewhere.t'),
  },
  {
    what: 'the table is dropped',
    alter: 'DROP TABLE t CASCADE',
    write: 'SELECT 1',
    repair: 'CREATE TABLE t (v int, g int, id int PRIMARY KEY); INSERT INTO t VALUES (1, 2, 3)',
  },
  {
    what: 'the table is dropped and made again',
    alter: 'DROP TABLE t CASCADE; CREATE TABLE t (v int, g int, id int PRIMARY KEY); INSERT INTO t VALUES (1, 2, 3)',
    write: 'INSERT INTO t VALUES (4, 5, 6)',
  },
  {
    what: 'another table takes its name',
    alter: 'ALTER TABLE t RENAME TO t_old; CREATE TABLE t (LIKE t_old INCLUDING ALL); INSERT INTO t VALUES (1, 2, 3)',
    write: 'INSERT INTO t VALUES (4, 5, 6); UPDATE t_old SET v = 0',
  },
  { what: 'the trigger is dropped', alter: 'DROP TRIGGER tidemark_capture_1 ON t', write: 'UPDATE t SET v = v + 1' },
  { what: 'the TRUNCATE trigger is dropped', alter: 'DROP TRIGGER tidemark_truncate_1 ON t', write: 'TRUNCATE t' },
  {
    what: 'the trigger is disabled',
    alter: 'ALTER TABLE t DISABLE TRIGGER tidemark_capture_1',
    write: 'UPDATE t SET v = v + 1',
  },
  { what: 'all triggers are disabled', alter: 'ALTER TABLE t DISABLE TRIGGER ALL', write: 'UPDATE t SET v = v + 1' },
]

describe('when under a view', () => {
  it.each(cases)('$what, writers go on, it says so, and apply mends it', async ({ alter, write, repair, fixed }) => {
    await applyTwice(db, { mv: query, fine: other })
    const kept = await db.rows('SELECT * FROM mv ORDER BY 1')
    await db.query(alter)
    await db.query(write)
    await db.query('INSERT INTO u SELECT max(id) + 1, 3 FROM u')
    expect(await refreshView(db.pool, 'mv')).toMatchObject({
      mode: 'failed',
      error: { code: 'SOURCE_CHANGED', hint: expect.stringContaining('apply') },
    })
    expect(await db.rows('SELECT * FROM mv ORDER BY 1')).toEqual(kept)
    const [status] = (await readStatus(db.pool)).filter(({ view }) => view === 'mv')
    expect(status).toMatchObject({ state: 'error', lastError: { code: 'SOURCE_CHANGED' } })
    await expectFresh(db, 'fine')
    await db.query(write === 'INSERT INTO t VALUES (1001, 1, 1)' ? 'DELETE FROM t WHERE id = 1001' : 'SELECT 1')
    if (repair !== undefined) await db.query(repair)
    await applyTwice(db, { mv: fixed ?? query, fine: other })
    expect(await db.rows('SELECT state FROM tidemark.state')).toEqual([{ state: 'ready' }, { state: 'ready' }])
    await expectFresh(db, 'mv')
    await db.query(write.replace(/INSERT INTO t VALUES \(4, 5, 6\)/, 'INSERT INTO t VALUES (7, 8, 9)'))
    await expectFresh(db, 'mv')
    await db.query('DROP SCHEMA IF EXISTS elsewhere CASCADE')
  })

  it.each(cases)('$what and nobody refreshed since, apply alone mends it', async ({ alter, write, repair, fixed }) => {
    await applyTwice(db, { mv: query })
    await db.query(alter)
    await db.query(write)
    if (repair !== undefined) await db.query(repair)
    await applyTwice(db, { mv: fixed ?? query })
    await expectFresh(db, 'mv')
    await db.query('DROP SCHEMA IF EXISTS elsewhere CASCADE')
  })

  it('a column is added, nothing happens; nor when one is altered that it does not read', async () => {
    await applyTwice(db, { mv: query })
    await db.query(
      'ALTER TABLE t ADD COLUMN more int DEFAULT 3; ALTER TABLE t ALTER spare TYPE text; UPDATE t SET v = v + 1 WHERE id < 5',
    )
    await expectFresh(db, 'mv')
    await db.query('ALTER TABLE t DROP COLUMN spare; UPDATE t SET v = v + 1 WHERE id < 5')
    await expectFresh(db, 'mv')
    await applyTwice(db, { mv: query })
  })

  it('a definition changes what is captured, other views of the table do not start again', async () => {
    await db.query('INSERT INTO t SELECT i, i % 500, i, 0 FROM generate_series(101, 20000) i')
    await applyTwice(db, { mv: query })
    await applyTwice(db, { mv: query, wide: 'SELECT g, spare, max(id) AS last FROM t GROUP BY g, spare' })
    await db.query('UPDATE t SET v = v + 1 WHERE id = 7; UPDATE t SET spare = 2 WHERE id = 8')
    expect(await expectFresh(db, 'mv')).toBe('incremental')
    expect(await expectFresh(db, 'wide')).toBe('incremental')
  })

  it('a function or an ordinary view that it reads is dropped or changed', async () => {
    await db.query(
      `CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1'; CREATE VIEW w AS SELECT * FROM t WHERE v > 0`,
    )
    const views = { mv: 'SELECT f(g) AS g, count(*) AS n FROM w GROUP BY f(g)' }
    await applyTwice(db, views)
    await db.query('DROP FUNCTION f; UPDATE t SET v = v + 1')
    expect(await refreshView(db.pool, 'mv')).toMatchObject({ mode: 'failed', error: { code: 'SOURCE_CHANGED' } })
    expect(await errorOf(apply(db, views))).toMatchObject({ code: 'QUERY_INVALID', view: 'mv' })
    await db.query(`CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 2'`)
    await applyTwice(db, views)
    await expectFresh(db, 'mv')
    await db.query('CREATE OR REPLACE VIEW w AS SELECT * FROM t WHERE v > 50')
    expect(await refreshView(db.pool, 'mv')).toMatchObject({ mode: 'failed', error: { code: 'SOURCE_CHANGED' } })
    await applyTwice(db, views)
    await expectFresh(db, 'mv')
  })
})

describe('a function of the query', () => {
  it('is replaced: apply computes its views anew, and no others', async () => {
    await db.query(`CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1';
      CREATE VIEW w AS SELECT id, f(v) AS v FROM t`)
    const views = { mv: 'SELECT id, f(g) AS g FROM t', behind: 'SELECT id, v FROM w', other }
    await applyTwice(db, views)
    await db.query(`CREATE OR REPLACE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 2'`)
    expect(await plan(db, views)).toEqual([
      { action: 'rebuild view', object: 'mv' },
      { action: 'rebuild view', object: 'behind' },
    ])
    await applyTwice(db, views)
    await expectFresh(db, 'mv')
    await expectFresh(db, 'behind')
  })
})

describe('a key that is not unique', () => {
  it('at the build: says which values, and swaps nothing', async () => {
    await applyTwice(db, { mv: { query: 'SELECT g, v FROM t', key: ['v'] } })
    const kept = await db.rows('SELECT * FROM mv ORDER BY 2')
    const error = await errorOf(apply(db, { mv: { query: 'SELECT g, v + 1 AS v FROM t', key: ['g'] } }))
    expect(error).toMatchObject({ code: 'KEY_NOT_UNIQUE', view: 'mv', message: expect.stringMatching(/\(g\)=\(\d\)/) })
    expect(await db.rows('SELECT * FROM mv ORDER BY 2')).toEqual(kept)
    await expectFresh(db, 'mv')
    expect(await errorOf(apply(db, { one: { query: 'SELECT g FROM t', key: [] } }))).toMatchObject({
      code: 'KEY_NOT_UNIQUE',
    })
    expect(await db.rows('SELECT view_name FROM tidemark.view')).toHaveLength(1)
  })

  it('at a first build: the table is not captured for a view that is not there', async () => {
    expect(await errorOf(apply(db, { mv: { query: 'SELECT g, v FROM t', key: ['g'] } }))).toMatchObject({
      code: 'KEY_NOT_UNIQUE',
    })
    expect(await db.rows("SELECT tgname FROM pg_trigger WHERE tgrelid = 't'::regclass")).toEqual([])
    expect(await db.rows('SELECT id FROM tidemark.source')).toEqual([])
    await applyTwice(db, { mv: { query: 'SELECT g, v FROM t', key: ['v'] } })
    await expectFresh(db, 'mv')
  })

  it('later: the view is in error, keeps its rows, and recovers by itself', async () => {
    await applyTwice(db, { mv: { query: 'SELECT v, g FROM t', key: ['v'] } })
    const kept = await db.rows('SELECT * FROM mv ORDER BY 1')
    for (const full of [false, true]) {
      await db.query('INSERT INTO t VALUES (1001, 1, 5)')
      expect(await refreshView(db.pool, 'mv', { full })).toMatchObject({
        mode: 'failed',
        error: { code: 'KEY_NOT_UNIQUE' },
      })
      expect(await db.rows('SELECT * FROM mv ORDER BY 1')).toEqual(kept)
      expect((await readStatus(db.pool))[0]).toMatchObject({ state: 'error', lastError: { code: 'KEY_NOT_UNIQUE' } })
      expect(await errorOf(apply(db, { mv: { query: 'SELECT v, g FROM t', key: ['v'] } }))).toMatchObject({
        code: 'KEY_NOT_UNIQUE',
      })
      await db.query('DELETE FROM t WHERE id = 1001')
      await expectFresh(db, 'mv')
    }
  })
})

it('a NULL in a column of the key that could not be NULL is told, until the view is compiled for it', async () => {
  await db.query('CREATE TABLE strict (id int PRIMARY KEY, g int NOT NULL); INSERT INTO strict VALUES (1, 1)')
  const views = { per_g: { query: 'SELECT g, count(*) AS n FROM strict GROUP BY g' } }
  await applyTwice(db, views)
  await db.query('ALTER TABLE strict ALTER g DROP NOT NULL')
  expect(await expectFresh(db, 'per_g')).toBe('full')
  await db.query('INSERT INTO strict VALUES (2, NULL)')
  expect(await refreshView(db.pool, 'per_g')).toMatchObject({
    mode: 'failed',
    error: { code: 'SOURCE_CHANGED', hint: expect.stringContaining('tidemark apply') },
  })
  await applyTwice(db, views)
  await db.query('INSERT INTO strict VALUES (3, NULL)')
  await expectFresh(db, 'per_g')
  expect(await db.rows('SELECT n FROM per_g WHERE g IS NULL')).toEqual([{ n: '2' }])
})

it('a column that may be NULL now is followed by recomputing, until the view is compiled for it', async () => {
  await db.query(`CREATE TABLE chosen (id int PRIMARY KEY, g int NOT NULL); INSERT INTO chosen VALUES (1, 1);
    CREATE INDEX ON chosen (g)`)
  const views = { others: { query: 'SELECT t.id FROM t WHERE t.id NOT IN (SELECT c.g FROM chosen c)', key: ['id'] } }
  await applyTwice(db, views)
  expect((await plan(db, views)).length).toBe(0)
  // So small a view would be recomputed anyway.
  await db.query('UPDATE tidemark.state SET slice_ms = 0.0001, full_ms = 1e9, row_count = 1000000')
  await db.query('ALTER TABLE chosen ALTER g DROP NOT NULL; INSERT INTO chosen VALUES (2, NULL)')
  expect(await expectFresh(db, 'others')).toBe('full')
  expect(await db.rows('SELECT * FROM others')).toEqual([])
  await applyTwice(db, views)
  await db.query('DELETE FROM chosen WHERE g IS NULL')
  await expectFresh(db, 'others')
  expect((await db.rows('SELECT * FROM others')).length).toBeGreaterThan(0)
})

describe('a unique key that told the rows of a view apart is dropped', () => {
  beforeEach(async () => {
    await db.query(`CREATE TABLE makers (id int PRIMARY KEY, code int NOT NULL UNIQUE, name text);
      CREATE TABLE things (id int PRIMARY KEY, maker int NOT NULL REFERENCES makers, g int NOT NULL);
      CREATE INDEX ON things (maker); CREATE INDEX ON things (g);
      INSERT INTO makers SELECT i, i, 'maker ' || i FROM generate_series(1, 20) i;
      INSERT INTO things SELECT i, i % 20 + 1, i % 7 FROM generate_series(1, 200) i`)
  })

  /** So small a view would be recomputed anyway. */
  const preferSlices = () => db.query('UPDATE tidemark.state SET slice_ms = 0.0001, full_ms = 1e9, row_count = 1000000')

  const rowsKept = { mv: 'SELECT id, g FROM things' }
  const joined = { mv: 'SELECT t.id, m.name FROM things t JOIN makers m ON m.id = t.maker' }
  const inPieces = {
    mv: `SELECT t.g, count(*) AS n FROM things t
      WHERE EXISTS (SELECT FROM makers m WHERE m.id = t.maker AND m.name > 'maker 3') GROUP BY t.g`,
  }

  it.each([
    {
      what: 'a row of the view may be there twice',
      views: rowsKept,
      drop: 'ALTER TABLE things DROP CONSTRAINT things_pkey',
      repeat: 'INSERT INTO things VALUES (5, 6, 5)',
      harmless: 'INSERT INTO things VALUES (1001, 1, 1); UPDATE things SET g = 6 WHERE id = 7',
      mode: 'full',
    },
    {
      what: 'a row may find two others',
      views: joined,
      drop: 'ALTER TABLE makers DROP CONSTRAINT makers_pkey CASCADE',
      repeat: "INSERT INTO makers VALUES (5, 1005, 'another')",
      harmless: "INSERT INTO makers VALUES (30, 30, 'maker 30'); UPDATE makers SET name = 'renamed' WHERE id = 7",
      mode: 'full',
    },
    {
      what: 'a row of a piece may be there twice',
      views: inPieces,
      drop: 'ALTER TABLE things DROP CONSTRAINT things_pkey',
      repeat: 'INSERT INTO things SELECT * FROM things WHERE id IN (4, 5, 6)',
      harmless: 'INSERT INTO things VALUES (1001, 6, 1); UPDATE things SET g = 6 WHERE id = 7',
      // The piece is recomputed; what came of that is added to the view.
      mode: 'incremental',
    },
  ])('$what: it is recomputed, and says so when one is', async ({ views, drop, repeat, harmless, mode }) => {
    await applyTwice(db, views)
    await preferSlices()
    await db.query(harmless.replace('1001', '1000').replaceAll('30', '29'))
    expect(await expectFresh(db, 'mv')).toBe('incremental')
    await preferSlices()
    await db.query(drop)
    await db.query(harmless)
    expect(await expectFresh(db, 'mv')).toBe(mode)
    const kept = await db.rows('SELECT * FROM mv ORDER BY 1')
    await preferSlices()
    await db.query(repeat)
    expect(await refreshView(db.pool, 'mv')).toMatchObject({ mode: 'failed', error: { code: 'KEY_NOT_UNIQUE' } })
    expect(await db.rows('SELECT * FROM mv ORDER BY 1')).toEqual(kept)
  })

  it('deltas that find rows by it give way, until apply has compiled the view without it', async () => {
    const views = {
      mv: 'SELECT m.name, count(*) AS n, sum(t.g) AS g FROM things t JOIN makers m ON m.id = t.maker GROUP BY m.name',
    }
    const both = (
      id: number,
    ): string => `INSERT INTO things VALUES (${id}, 5, 3); DELETE FROM things WHERE id = ${id - 900};
      UPDATE makers SET name = name || '.' WHERE code IN (1005, 5, 6)`
    const preferDeltas = () => db.query('UPDATE tidemark.state SET delta_ms = 0, full_ms = 1e9')
    await applyTwice(db, views)
    await preferDeltas()
    await db.query(both(1001))
    expect(await expectFresh(db, 'mv')).toBe('incremental')
    await preferDeltas()
    await db.query(
      `ALTER TABLE makers DROP CONSTRAINT makers_pkey CASCADE; INSERT INTO makers VALUES (5, 1005, 'another')`,
    )
    await db.query(both(1002))
    expect(await expectFresh(db, 'mv')).toBe('full')
    await applyTwice(db, views)
    await preferDeltas()
    await db.query(both(1003))
    expect(await expectFresh(db, 'mv')).toBe('incremental')
  })

  it('apply compiles it for the keys that there are', async () => {
    await applyTwice(db, inPieces)
    await db.query(
      'ALTER TABLE things DROP CONSTRAINT things_pkey; INSERT INTO things SELECT * FROM things WHERE id < 9',
    )
    await applyTwice(db, inPieces)
    await db.query('INSERT INTO things SELECT * FROM things WHERE id < 5; DELETE FROM things WHERE id = 6')
    await expectFresh(db, 'mv')
    const named = { mv: { query: rowsKept.mv.replace('id, g', 'id, g, maker'), key: ['id'] } }
    expect(await errorOf(apply(db, named))).toMatchObject({ code: 'KEY_NOT_UNIQUE' })
  })

  it('one on which nothing rests, nothing happens; nor when a narrower one takes its place', async () => {
    await applyTwice(db, joined)
    await preferSlices()
    await db.query(
      'ALTER TABLE makers DROP CONSTRAINT makers_code_key; UPDATE makers SET name = upper(name) WHERE id = 3',
    )
    expect(await expectFresh(db, 'mv')).toBe('incremental')
    await preferSlices()
    await db.query(`CREATE UNIQUE INDEX makers_again ON makers (id); ALTER TABLE makers DROP CONSTRAINT makers_pkey CASCADE;
      UPDATE makers SET name = lower(name) WHERE id = 3`)
    expect(await expectFresh(db, 'mv')).toBe('incremental')
    expect((await plan(db, joined)).length).toBe(0)
  })

  it('another table inherits from it, for which the key does not hold', async () => {
    await applyTwice(db, joined)
    await db.query("CREATE TABLE more_makers () INHERITS (makers); INSERT INTO more_makers VALUES (5, 5, 'another')")
    expect(await refreshView(db.pool, 'mv')).toMatchObject({ mode: 'failed', error: { code: 'KEY_NOT_UNIQUE' } })
    await db.query('DELETE FROM more_makers')
    expect(await expectFresh(db, 'mv')).toBe('full')
  })

  it('and PostgreSQL does not take the query without it: the view keeps its rows, and is in error', async () => {
    const views = {
      mv: 'SELECT m.id, m.name, count(*) AS n FROM makers m JOIN things t ON t.maker = m.id GROUP BY m.id',
    }
    await applyTwice(db, views)
    const kept = await db.rows('SELECT * FROM mv ORDER BY 1')
    await db.query(
      "ALTER TABLE makers DROP CONSTRAINT makers_pkey CASCADE; INSERT INTO makers VALUES (5, 1005, 'another')",
    )
    expect(await refreshView(db.pool, 'mv')).toMatchObject({ mode: 'failed' })
    expect(await db.rows('SELECT * FROM mv ORDER BY 1')).toEqual(kept)
    expect(await errorOf(apply(db, views))).toMatchObject({ code: 'QUERY_INVALID' })
  })
})
