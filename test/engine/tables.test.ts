import { Pool } from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'
import { explainViews } from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import { apply, applyTwice, configured, errorOf, expectFresh, reset } from '../deploy/support.js'
import { testedVersion, useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()

beforeEach(async () => {
  await db.query('DROP SCHEMA IF EXISTS other CASCADE')
  await reset(db)
})

describe('partitioned tables', () => {
  it('are followed whatever happens to their partitions', async () => {
    await db.query(`CREATE TABLE p (id int, g int, v int) PARTITION BY RANGE (id);
      CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200) PARTITION BY LIST (g);
      CREATE TABLE p2a PARTITION OF p2 FOR VALUES IN (1, 2); CREATE TABLE p2b PARTITION OF p2 DEFAULT;
      INSERT INTO p SELECT i, i % 4, i FROM generate_series(0, 199) i`)
    await applyTwice(db, {
      mv: 'SELECT g, count(*) AS n, sum(v) AS v FROM p GROUP BY g',
      over: 'SELECT n, count(*) AS m FROM mv GROUP BY n',
    })
    for (const statement of [
      'INSERT INTO p VALUES (50, 9, 9)',
      'INSERT INTO p2a VALUES (150, 1, 7)',
      'UPDATE p1 SET v = v + 1 WHERE id < 10',
      'UPDATE p SET id = id + 100 WHERE id BETWEEN 20 AND 30',
      'UPDATE p SET g = 3 WHERE id = 150',
      'DELETE FROM p2b WHERE id = 100',
      'CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (200) TO (300); INSERT INTO p VALUES (250, 5, 5)',
      'INSERT INTO p3 VALUES (251, 5, 5)',
      'TRUNCATE p3',
      'CREATE TABLE p4 (id int, g int, v int); INSERT INTO p4 VALUES (310, 6, 6); ALTER TABLE p ATTACH PARTITION p4 FOR VALUES FROM (300) TO (400)',
      'CALL tidemark.maintain()',
      'TRUNCATE p4',
      'INSERT INTO p4 VALUES (311, 6, 6)',
      'ALTER TABLE p DETACH PARTITION p4',
      'INSERT INTO p4 VALUES (312, 6, 6)',
      'TRUNCATE p4',
      'CALL tidemark.maintain()',
      'ALTER TABLE p ATTACH PARTITION p4 FOR VALUES FROM (300) TO (400)',
      'INSERT INTO p VALUES (399, 6, 6)',
      'CALL tidemark.maintain()',
      'TRUNCATE p2',
      'DROP TABLE p1',
      'INSERT INTO p VALUES (150, 1, 1)',
      'CALL tidemark.maintain()',
      'INSERT INTO p VALUES (151, 1, 1)',
      'TRUNCATE p',
    ]) {
      await db.query(statement)
      await expectFresh(db, 'over').catch((error) => {
        throw new Error(`after ${statement}: ${error}`)
      })
      await expectFresh(db, 'mv')
    }
    await applyTwice(db, { mv: 'SELECT g, count(*) AS n, sum(v) AS v FROM p GROUP BY g' })
  })

  it('the worker hears of partitions that come with rows', async () => {
    await db.query(
      'CREATE TABLE p (id int, g int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100); INSERT INTO p1 VALUES (1, 1)',
    )
    await apply(db, { mv: { query: 'SELECT g, count(*) AS n FROM p GROUP BY g', onChange: {} } })
    await db.query(
      'CREATE TABLE p4 (id int, g int); INSERT INTO p4 VALUES (310, 6); ALTER TABLE p ATTACH PARTITION p4 FOR VALUES FROM (300) TO (400)',
    )
    await db.query('CALL tidemark.tick()')
    await db.query('CALL tidemark.tick()')
    expect(await db.rows('SELECT g FROM mv ORDER BY 1')).toEqual([{ g: 1 }, { g: 6 }])
    await db.query('ALTER TABLE p DETACH PARTITION p4')
    await db.query('CALL tidemark.tick()')
    await db.query('CALL tidemark.tick()')
    expect(await db.rows('SELECT g FROM mv ORDER BY 1')).toEqual([{ g: 1 }])
  })

  it('a partition and its parent can both be read', async () => {
    await db.query(
      'CREATE TABLE p (id int, g int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200)',
    )
    const views = {
      part: 'SELECT g, count(*) AS n FROM p1 GROUP BY g',
      whole: 'SELECT g, count(*) AS n FROM p GROUP BY g',
      only: 'SELECT p.g, count(*) AS n FROM p JOIN p1 ON p1.g = p.g GROUP BY p.g',
    }
    await applyTwice(db, views)
    for (const statement of [
      'INSERT INTO p VALUES (1, 1), (101, 1)',
      'INSERT INTO p1 VALUES (2, 2)',
      'UPDATE p SET id = id + 100 WHERE id = 2',
      'TRUNCATE p1',
      'INSERT INTO p1 VALUES (3, 3)',
      'DELETE FROM p',
    ]) {
      await db.query(statement)
      for (const name of Object.keys(views)) await expectFresh(db, name)
    }
  })
})

it('children by inheritance are followed', async () => {
  await db.query(
    'CREATE TABLE parent (id int, g int); CREATE TABLE child (more int) INHERITS (parent); INSERT INTO parent VALUES (1, 1); INSERT INTO child VALUES (2, 1, 0)',
  )
  await applyTwice(db, {
    mv: 'SELECT g, count(*) AS n FROM parent GROUP BY g',
    alone: 'SELECT g, count(*) AS n FROM ONLY parent GROUP BY g',
  })
  for (const statement of [
    'INSERT INTO child VALUES (3, 2, 0)',
    'UPDATE parent SET g = g + 1',
    'TRUNCATE child',
    'CREATE TABLE late () INHERITS (parent); INSERT INTO late VALUES (5, 5)',
    'INSERT INTO late VALUES (6, 5)',
    'CALL tidemark.maintain()',
    'INSERT INTO late VALUES (7, 5)',
    'TRUNCATE ONLY late',
    'DROP TABLE late',
    'DELETE FROM parent',
  ]) {
    await db.query(statement)
    await expectFresh(db, 'mv').catch((error) => {
      throw new Error(`after ${statement}: ${error}`)
    })
    await expectFresh(db, 'alone')
  }
})

describe('columns of all kinds', () => {
  it('domains that forbid NULL, enums, arrays, generated columns, and types of other schemas', async () => {
    await db.query(`CREATE SCHEMA other; CREATE DOMAIN other.positive AS int NOT NULL CHECK (VALUE > 0); CREATE TYPE other.mood AS ENUM ('sad', 'happy'); CREATE TYPE pair AS (a int, b text);
      CREATE DOMAIN nested AS other.positive CHECK (VALUE < 1000); CREATE FUNCTION other.half(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 / 2';
      CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, d other.positive, n nested, m other.mood, a int[], twice int GENERATED ALWAYS AS (n * 2) STORED, p pair, name varchar(5) COLLATE "C", j jsonb, r int4range, b bytea, i interval, nu numeric(10, 2), ch char(3))`)
    await db.query(`INSERT INTO t (d, n, m, a, p, name, j, r, b, i, nu, ch) SELECT 1 + i % 3, 1 + i % 5, CASE WHEN i % 2 = 0 THEN 'sad' ELSE 'happy' END::other.mood, ARRAY[i % 2, NULL], ROW(i % 2, 'x')::pair, 'n' || i % 3,
      jsonb_build_object('k', i % 3), int4range(0, 1 + i % 3), decode(lpad((i % 3)::text, 2, '0'), 'hex'), make_interval(hours => 24 * (i % 3)), i % 3, 'c' || i % 3 FROM generate_series(1, 60) i`)
    const views = Object.fromEntries(
      [
        'd',
        'n',
        'm',
        'a',
        'twice',
        'name',
        'j',
        'r',
        'b',
        'i',
        'nu',
        'ch',
        'other.half(d)',
        'm, name',
        'lower(name)',
      ].map((key, index) => [
        `v${index}`,
        `SELECT ${key}, count(*) AS c, max(id) AS last, array_agg(m ORDER BY id) AS moods FROM t GROUP BY ${key}`,
      ]),
    )
    await applyTwice(db, views)
    for (const statement of [
      'UPDATE t SET n = 7, m = NULL, name = NULL WHERE id = 3',
      'INSERT INTO t (d, n) VALUES (9, 9)',
      'DELETE FROM t WHERE id = 5',
      'UPDATE t SET d = 2, a = NULL, p = NULL, j = NULL WHERE id < 4',
      "UPDATE t SET i = interval '1 day' WHERE id = 7; UPDATE t SET i = interval '24 hours' WHERE id = 8",
      'TRUNCATE t',
      "INSERT INTO t (d, n, m, a, name) VALUES (1, 1, 'sad', '{}', 'z')",
      "ALTER TYPE other.mood ADD VALUE 'new'",
      "INSERT INTO t (d, n, m) VALUES (1, 1, 'new')",
    ]) {
      await db.query(statement)
      for (const name of Object.keys(views)) {
        await expectFresh(db, name).catch((error) => {
          throw new Error(`${views[name]} after ${statement}: ${error}`)
        })
      }
    }
  })

  it('json, xml, point and others without equality, as output', async () => {
    await db.query(`CREATE TABLE t (id int PRIMARY KEY, j json, x xml, p point, b box, q tsvector, l line);
      INSERT INTO t SELECT i, json_build_object('a', i), '<a/>', point(i, i), box(point(0, 0), point(i, i)), to_tsvector('word' || i), '{1,2,3}' FROM generate_series(1, 9) i`)
    await applyTwice(db, {
      mv: { query: 'SELECT id, j, x, p, b, q, l FROM t', key: ['id'] },
      best: 'SELECT DISTINCT ON (id % 3) id % 3 AS k, j, x, p FROM t ORDER BY id % 3, id DESC',
    })
    for (const statement of [
      `UPDATE t SET j = '{"a":   1}' WHERE id = 1`,
      "UPDATE t SET x = '<b/>' WHERE id = 2",
      'UPDATE t SET p = point(0, 0), b = NULL WHERE id = 3',
      'INSERT INTO t (id) VALUES (100)',
      'DELETE FROM t WHERE id = 4',
    ]) {
      await db.query(statement)
      await expectFresh(db, 'mv')
      await expectFresh(db, 'best')
    }
  })

  it.skipIf(testedVersion() < 18)('virtual generated columns', async () => {
    await db.query(
      'CREATE TABLE t (id int PRIMARY KEY, g int, dd int GENERATED ALWAYS AS (g % 3) VIRTUAL); INSERT INTO t SELECT i, i FROM generate_series(1, 20) i',
    )
    await applyTwice(db, {
      mv: 'SELECT dd, count(*) AS n FROM t GROUP BY dd',
      agg: 'SELECT id % 2 AS k, sum(dd) AS s FROM t GROUP BY id % 2',
    })
    for (const statement of [
      'UPDATE t SET g = g + 1 WHERE id = 3',
      'INSERT INTO t VALUES (50, 2)',
      'DELETE FROM t WHERE id = 7',
    ]) {
      await db.query(statement)
      await expectFresh(db, 'mv')
      await expectFresh(db, 'agg')
    }
  })

  it.skipIf(testedVersion() < 18)('columns that are NOT NULL for new rows alone', async () => {
    await db.query(`CREATE TABLE t (id int, g int); INSERT INTO t VALUES (1, 1), (2, NULL), (3, NULL); CREATE TABLE u (g int); INSERT INTO u VALUES (2);
      ALTER TABLE t ADD NOT NULL g NOT VALID; ALTER TABLE u ADD NOT NULL g NOT VALID; CREATE UNIQUE INDEX ON t (g)`)
    const views = {
      mv: 'SELECT g, count(*) AS n FROM t GROUP BY g',
      outside: { query: 'SELECT id, g FROM t WHERE g NOT IN (SELECT g FROM u)', key: ['id'] },
    }
    await applyTwice(db, views)
    for (const statement of [
      'DELETE FROM t WHERE id = 2',
      'INSERT INTO t VALUES (4, 2)',
      'DELETE FROM u',
      'DELETE FROM t',
    ]) {
      await db.query(statement)
      for (const name of Object.keys(views)) await expectFresh(db, name)
    }
  })

  it('keys of composite types', async () => {
    await db.query(`CREATE TYPE pair AS (a int, b numeric); CREATE TABLE t (id int PRIMARY KEY, p pair);
      INSERT INTO t VALUES (1, (1, 1.0)), (2, (1, 1.00)), (3, NULL), (4, (NULL, NULL)), (5, (2, NULL))`)
    const views = {
      mv: 'SELECT p, count(*) AS n FROM t GROUP BY p',
      parts: 'SELECT (p).a AS a, count(*) AS n, sum((p).b)::text AS b FROM t GROUP BY (p).a',
      rows: 'SELECT DISTINCT p FROM t',
    }
    await applyTwice(db, views)
    for (const statement of [
      'DELETE FROM t WHERE id = 2',
      'UPDATE t SET p = (2, NULL) WHERE id = 3',
      'UPDATE t SET p.b = 7.125 WHERE id = 5',
      'INSERT INTO t VALUES (6, NULL), (7, (NULL, 1))',
      'DELETE FROM t',
    ]) {
      await db.query(statement)
      for (const name of Object.keys(views)) await expectFresh(db, name)
    }
  })

  it('citext, where it is there', async () => {
    const [there] = await db.rows("SELECT 1 FROM pg_available_extensions WHERE name = 'citext'")
    if (there === undefined) return
    await db.query(
      "CREATE EXTENSION citext; CREATE TABLE t (id int PRIMARY KEY, c citext); INSERT INTO t VALUES (1, 'A'), (2, 'a'), (3, 'b')",
    )
    await applyTwice(db, { mv: 'SELECT c, count(*) AS n FROM t GROUP BY c' })
    for (const statement of [
      "UPDATE t SET c = 'B' WHERE id = 1",
      "INSERT INTO t VALUES (4, 'B')",
      'DELETE FROM t WHERE id = 3',
    ]) {
      await db.query(statement)
      await expectFresh(db, 'mv')
    }
  })
})

describe('sources that cannot be captured', () => {
  it('are named with their reason', async () => {
    await db.query(
      `CREATE TABLE t (id int PRIMARY KEY, g int); INSERT INTO t VALUES (1, 1); CREATE MATERIALIZED VIEW m AS SELECT * FROM t`,
    )
    const [foreign] = await db.rows("SELECT 1 FROM pg_available_extensions WHERE name = 'postgres_fdw'")
    const views: Record<string, string> = {
      a: 'SELECT t.g, count(*) AS n FROM t JOIN m ON m.id = t.id GROUP BY t.g',
      b: "SELECT t.g, count(*) AS n FROM t JOIN pg_class c ON c.relname = 't' GROUP BY t.g",
    }
    if (foreign !== undefined) {
      const [here] = await db.rows<{ port: string; host: string }>(
        "SELECT current_setting('port') AS port, split_part(current_setting('unix_socket_directories'), ',', 1) AS host",
      )
      await db.query(`CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname '${db.name}', port '${here?.port}', host '127.0.0.1');
        CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user '${new URL(db.url).username}', password '${decodeURIComponent(new URL(db.url).password)}'); CREATE FOREIGN TABLE f (id int, g int) SERVER far OPTIONS (table_name 't')`)
      await db.query(`CREATE TABLE p (id int, g int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1000) TO (2000);
        CREATE FOREIGN TABLE p2 PARTITION OF p FOR VALUES FROM (0) TO (1000) SERVER far OPTIONS (table_name 't'); INSERT INTO p1 VALUES (1001, 1)`)
      views.c = 'SELECT g, count(*) AS n FROM f GROUP BY g'
      views.d = 'SELECT g, count(*) AS n FROM p GROUP BY g'
    }
    for (const { view, incremental, sources } of await explainViews(db.pool, configured(views))) {
      expect(incremental, view).toBe(false)
      expect(
        sources.filter(({ maintenance, code, reason }) => maintenance === 'full' && code && reason).length,
        view,
      ).toBeGreaterThan(0)
    }
    await applyTwice(db, views)
    await db.query('INSERT INTO t VALUES (2, 2); REFRESH MATERIALIZED VIEW m')
    for (const name of Object.keys(views)) expect(await expectFresh(db, name)).toBe('full')
    await db.query('DROP EXTENSION IF EXISTS postgres_fdw CASCADE')
  })

  it('temporary tables are refused', async () => {
    const single = new Pool({ connectionString: db.url, max: 1 })
    await single.query('CREATE TEMPORARY TABLE tmp (id int PRIMARY KEY, g int)')
    const error = await errorOf(explainViews(single, configured({ mv: 'SELECT g, count(*) AS n FROM tmp GROUP BY g' })))
    expect(error).toMatchObject({ code: 'QUERY_INVALID', view: 'mv', message: expect.stringContaining('tmp') })
    await single.end()
  })
})

it('a column that was there in another version of the log comes back with its changes', async () => {
  await db.query('CREATE TABLE t (id int PRIMARY KEY, g int, h int); INSERT INTO t VALUES (1, 1, 1)')
  await apply(db, { mv: 'SELECT g, count(*) AS n FROM t GROUP BY g' })
  await db.query('INSERT INTO t VALUES (2, 2, 2)')
  await apply(db, { mv: 'SELECT g, count(*) AS n FROM t GROUP BY g', mw: 'SELECT h, count(*) AS n FROM t GROUP BY h' })
  await db.query('UPDATE t SET h = 3 WHERE id = 1; UPDATE t SET g = 3 WHERE id = 2')
  await expectFresh(db, 'mv')
  await expectFresh(db, 'mw')
  expect((await refreshView(db.pool, 'mw')).mode).toBe('noop')
})
