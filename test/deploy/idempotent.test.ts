import { beforeEach, describe, expect, it } from 'vitest'
import { dropDeployment } from '../../src/deploy/index.js'
import { useTestDatabase } from '../kit/index.js'
import { apply, applyTwice, errorOf, expectFresh, plan } from './support.js'

const db = await useTestDatabase()

beforeEach(async () => {
  await dropDeployment(db.pool)
  await db.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS "we""ird.s", other CASCADE')
})

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

describe('applying twice', () => {
  it('does nothing the second time, with indexes of all kinds', async () => {
    await db.query(
      'CREATE TABLE t (id int PRIMARY KEY, g text, v int); INSERT INTO t SELECT i, i % 7, i FROM generate_series(1, 50) i',
    )
    const indexes = [['n'], { columns: ['total'], unique: true }, { columns: ['n'], where: 'n > 3', name: 'my_index' }]
    await applyTwice(db, { mv: { query: 'SELECT g, count(*) AS n, sum(v) AS total FROM t GROUP BY g', indexes } })
    const found = await db.rows("SELECT indexname FROM pg_indexes WHERE schemaname = 'tidemark_data' ORDER BY 1")
    expect(found).toHaveLength(4)
    expect(found).toContainEqual({ indexname: 'my_index' })
  })

  it('creates and drops indexes without building anew', async () => {
    await db.query(
      'CREATE TABLE t (id int PRIMARY KEY, g text, v int); INSERT INTO t SELECT i, i % 7, i FROM generate_series(1, 50) i',
    )
    const query = 'SELECT g, count(*) AS n FROM t GROUP BY g'
    await applyTwice(db, { mv: { query, indexes: [['n'], { columns: ['g'], name: 'named' }] } })
    const [before] = await db.rows("SELECT 'tidemark_data.mv'::regclass::oid")
    const changed = {
      mv: {
        query,
        indexes: [
          { columns: ['n'], unique: false, where: 'n > 1' },
          { columns: ['n', 'g'], name: 'named' },
        ],
      },
    }
    expect(await plan(db, changed)).toEqual([
      { action: 'drop index', object: 'mv' },
      { action: 'drop index', object: 'mv' },
      { action: 'create index', object: 'mv' },
      { action: 'create index', object: 'mv' },
    ])
    await applyTwice(db, changed)
    expect(await db.rows("SELECT 'tidemark_data.mv'::regclass::oid")).toEqual([before])
    expect(
      await db.rows("SELECT indexdef FROM pg_indexes WHERE schemaname = 'tidemark_data' AND indexdef LIKE '%WHERE%'"),
    ).toHaveLength(1)
  })

  it('is not confused by names that look like its own', async () => {
    await db.query(`CREATE TABLE orders (id int PRIMARY KEY, g int); CREATE TABLE orders_a (id int PRIMARY KEY, g int);
      CREATE TABLE "orders~a" (id int PRIMARY KEY, g int); INSERT INTO orders VALUES (1, 1); INSERT INTO orders_a VALUES (1, 2), (2, 2);
      INSERT INTO "orders~a" VALUES (1, 3)`)
    const views = {
      mv: 'SELECT g, count(*) AS n FROM orders GROUP BY g',
      mv_key: 'SELECT g, count(*) AS n FROM orders_a GROUP BY g',
      'mv~new': 'SELECT g, count(*) AS n FROM "orders~a" GROUP BY g',
      'mv~key': 'SELECT g, count(*) AS m FROM orders GROUP BY g',
    }
    await applyTwice(db, views)
    await db.query(
      'INSERT INTO orders VALUES (7, 7); INSERT INTO orders_a VALUES (8, 8); INSERT INTO "orders~a" VALUES (9, 9)',
    )
    for (const name of Object.keys(views)) expect(await expectFresh(db, name)).toMatch(/incremental|full/)
    await applyTwice(db, { ...views, mv: 'SELECT g, count(*) AS n, max(id) AS last FROM orders GROUP BY g' })
  })

  it('takes hostile names of everything', async () => {
    const long = 'x'.repeat(63)
    const names = [
      'Quote"d',
      'with space',
      'select',
      'a.b',
      'line\nbreak',
      'naïve ünïcode 日本',
      "it's; DROP TABLE t;--",
      long,
      '$1',
      '%I',
      'back\\slash',
    ]
    for (const name of names) {
      const n = quoted(name)
      await db.query(`CREATE TABLE ${n} (${quoted('id')} int PRIMARY KEY, ${quoted(name)} text)`)
      await db.query(`INSERT INTO ${n} SELECT i, i % 3 FROM generate_series(1, 9) i`)
    }
    const views = Object.fromEntries(
      names.map((name) => {
        const viewName = Buffer.byteLength(name) === 63 ? 'v'.repeat(63) : `v ${name.replace('.', ' ')}`
        return [
          viewName,
          {
            query: `SELECT ${quoted(name)}, count(*) AS ${quoted(`n${name}`.slice(0, 60))} FROM ${quoted(name)} GROUP BY ${quoted(name)}`,
            indexes: [
              {
                columns: [`n${name}`.slice(0, 60)],
                name: Buffer.byteLength(name) === 63 ? 'i'.repeat(63) : `i ${name}`,
              },
              [`n${name}`.slice(0, 60)],
            ],
          },
        ]
      }),
    )
    await applyTwice(db, views)
    for (const [index, name] of Object.keys(views).entries()) {
      const table = quoted(names[index] ?? '')
      await db.query(`UPDATE ${table} SET ${table} = 'other' WHERE id < 3; DELETE FROM ${table} WHERE id = 9`)
      expect(await expectFresh(db, name), name).toMatch(/incremental|full/)
    }
    await dropDeployment(db.pool)
  })

  it('keeps apart names that are cut, and names in several schemas', async () => {
    await db.query(
      'CREATE SCHEMA "we""ird.s"; CREATE SCHEMA other; CREATE TABLE t (id int PRIMARY KEY, g int); INSERT INTO t VALUES (1, 1)',
    )
    const query = 'SELECT g, count(*) AS n FROM t GROUP BY g'
    const a = `${'a'.repeat(62)}1`
    const b = `${'a'.repeat(62)}2`
    await applyTwice(db, {
      [a]: { query, indexes: [['n']] },
      [b]: { query: 'SELECT g, count(*) AS m FROM t GROUP BY g', indexes: [['m']] },
    })
    await db.query('INSERT INTO t VALUES (2, 2)')
    for (const name of [a, b]) expect(await expectFresh(db, name)).toMatch(/incremental|full/)
    // Built anew: no index may still have the name that one of the new ones takes.
    await applyTwice(db, { [a]: { query: 'SELECT g, sum(id) AS n FROM t GROUP BY g', indexes: [['n']] } })
    await applyTwice(db, { [a]: { query: 'SELECT g, max(id) AS n FROM t GROUP BY g', indexes: [['n']] } })
    expect(
      await db.rows("SELECT 1 FROM pg_class WHERE relnamespace = 'tidemark_data'::regnamespace AND relkind = 'r'"),
    ).toHaveLength(1)
  })

  it('takes one name in two schemas, and views over both', async () => {
    await db.query(
      'CREATE SCHEMA "we""ird.s"; CREATE SCHEMA other; CREATE TABLE t (id int PRIMARY KEY, g int); INSERT INTO t VALUES (1, 1)',
    )
    const { normaliseConfig } = await import('../../src/define/normalise-config.js')
    const { view } = await import('../../src/define/view.js')
    const { applyDeployment, planDeployment } = await import('../../src/deploy/index.js')
    const views = normaliseConfig({
      views: [
        view('v', { query: 'SELECT g, count(*) AS n FROM t GROUP BY g' }),
        view('v', { schema: 'other', query: 'SELECT g, max(id) AS most FROM t GROUP BY g' }),
        view('v', { schema: 'we"ird.s', query: 'SELECT g, min(id) AS least FROM t GROUP BY g' }),
        view('both', { query: 'SELECT v.g, v.n, o.most FROM v JOIN other.v o ON o.g = v.g', key: ['g'] }),
        view('plain', { query: 'SELECT v.g, v.most + 1 AS next FROM other.v', key: ['g'] }),
      ],
    }).views
    await applyDeployment(db.pool, views)
    expect((await planDeployment(db.pool, views)).changes).toEqual([])
    await db.query('INSERT INTO t VALUES (2, 2), (3, 1)')
    for (const name of ['v', 'other.v', 'we"ird.s.v', 'both', 'plain']) await expectFresh(db, name)
    expect(await db.rows('SELECT * FROM "both" ORDER BY 1')).toEqual([
      { g: 1, n: '2', most: 3 },
      { g: 2, n: '1', most: 2 },
    ])
  })

  it('refuses the name of something else, and schemas that hold something else', async () => {
    await db.query(
      'CREATE TABLE t (id int PRIMARY KEY, g int); CREATE TABLE mv (a int); CREATE SCHEMA tidemark_log; CREATE TABLE tidemark_log.mine (a int)',
    )
    expect(await errorOf(apply(db, { v: 'SELECT g, count(*) AS n FROM t GROUP BY g' }))).toMatchObject({
      code: 'NAME_TAKEN',
    })
    await db.query('DROP SCHEMA tidemark_log CASCADE; CREATE SCHEMA tidemark_log')
    expect(await errorOf(apply(db, { mv: 'SELECT g, count(*) AS n FROM t GROUP BY g' }))).toMatchObject({
      code: 'NAME_TAKEN',
    })
    await applyTwice(db, { v: 'SELECT g, count(*) AS n FROM t GROUP BY g' })
  })

  it('notices a changed description, and a changed view behind the view', async () => {
    await db.query(
      'CREATE TABLE t (id int PRIMARY KEY, g int); INSERT INTO t VALUES (1, 1), (2, -2); CREATE VIEW behind AS SELECT * FROM t WHERE g > 0',
    )
    const query = 'SELECT g, count(*) AS n FROM behind GROUP BY g'
    await applyTwice(db, { v: { query, description: 'One' } })
    await applyTwice(db, { v: { query, description: 'Two' } })
    expect(await db.rows("SELECT obj_description('v'::regclass)")).toEqual([{ obj_description: 'Two' }])
    await db.query('CREATE OR REPLACE VIEW behind AS SELECT * FROM t WHERE g < 0')
    expect(await plan(db, { v: { query, description: 'Two' } })).toEqual([{ action: 'rebuild view', object: 'v' }])
    await applyTwice(db, { v: { query, description: 'Two' } })
    expect(await db.rows('SELECT g FROM v')).toEqual([{ g: -2 }])
  })
})
