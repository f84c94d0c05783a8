import { beforeEach, describe, expect, it } from 'vitest'
import { dropDeployment } from '../../src/deploy/index.js'
import { useTestDatabase } from '../kit/index.js'
import { apply, applyTwice, errorOf, expectFresh, reset } from './support.js'

const db = await useTestDatabase()

beforeEach(async () => {
  await reset(db)
  await db.query(`CREATE TABLE t (id int PRIMARY KEY, g int, v int); INSERT INTO t SELECT i, i % 5, i FROM generate_series(1, 100) i;
    CREATE TABLE u (id int PRIMARY KEY, g int); INSERT INTO u VALUES (1, 1)`)
})

/** Everything that a dump of the schemas of the user would tell, and what it would not. */
async function snapshot(): Promise<unknown[]> {
  return db.rows(`
    SELECT 'class' AS kind, c.oid::regclass::text AS name, concat_ws('|', c.relfilenode, c.reltype, c.relowner, c.relkind, c.relpersistence, c.relchecks,
      c.relhasrules, c.relhassubclass, c.relrowsecurity, c.relreplident, c.relacl::text, c.reloptions::text) AS said FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger', t.tgrelid::regclass || '.' || t.tgname, pg_get_triggerdef(t.oid) || t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind <> 'a'
    UNION ALL SELECT 'column', a.attrelid::regclass || '.' || a.attname, concat_ws('|', a.atttypid::regtype, a.atttypmod, a.attnotnull, a.attacl::text, a.attoptions::text, a.attstattarget) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
    UNION ALL SELECT 'constraint', n.conname, pg_get_constraintdef(n.oid) FROM pg_constraint n WHERE n.connamespace = 'public'::regnamespace
    UNION ALL SELECT 'schema', nspname, nspacl::text FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
    UNION ALL SELECT 'default acl', d.oid::text, d.defaclacl::text FROM pg_default_acl d
    UNION ALL SELECT 'setting', s.setdatabase::text, s.setconfig::text FROM pg_db_role_setting s WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    UNION ALL SELECT 'lock', l.objid::text, '' FROM pg_locks l WHERE l.locktype = 'advisory' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY 1, 2, 3`)
}

describe('dropping', () => {
  it('leaves everything as it was', async () => {
    await db.query(`CREATE TABLE parted (id int, g int) PARTITION BY LIST (g); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1); CREATE TABLE parted_2 PARTITION OF parted DEFAULT;
      CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER mine BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION mine();
      CREATE TABLE parent (id int, g int); CREATE TABLE child () INHERITS (parent); GRANT SELECT ON t TO PUBLIC; INSERT INTO parted VALUES (1, 1), (2, 2); ALTER TABLE t ALTER COLUMN v SET STATISTICS 7`)
    const before = await snapshot()
    const views = {
      mv: 'SELECT g, count(*) AS n FROM t GROUP BY g',
      over: 'SELECT n, count(*) AS many FROM mv GROUP BY n',
      p: 'SELECT g, count(*) AS n FROM parted GROUP BY g',
      c: 'SELECT g, count(*) AS n FROM parent GROUP BY g',
    }
    await applyTwice(db, views)
    await db.query('INSERT INTO t VALUES (1000, 1, 1); DELETE FROM t WHERE id = 1000')
    for (const name of Object.keys(views)) await expectFresh(db, name)
    await dropDeployment(db.pool)
    expect(await snapshot()).toEqual(before)
    expect(await dropDeployment(db.pool)).toEqual({ changes: [] })
    await applyTwice(db, views)
  })

  it('of one view keeps what others need', async () => {
    const views = {
      a: 'SELECT g, count(*) AS n FROM t GROUP BY g',
      b: 'SELECT t.g, count(*) AS n FROM t JOIN u ON u.g = t.g GROUP BY t.g',
    }
    await apply(db, views)
    expect((await dropDeployment(db.pool, { views: ['b'] })).changes).toMatchObject([
      { action: 'drop view', object: 'b', destructive: true },
    ])
    expect(await db.rows('SELECT table_name FROM tidemark.source')).toEqual([{ table_name: 't' }])
    expect(await db.rows("SELECT 1 FROM pg_trigger WHERE tgrelid = 'u'::regclass")).toEqual([])
    await db.query('INSERT INTO t VALUES (1000, 77, 1)')
    await expectFresh(db, 'a')
    await applyTwice(db, { a: views.a })
    await applyTwice(db, { b: views.b })
    expect(await db.rows('SELECT view_name FROM tidemark.view')).toEqual([{ view_name: 'b' }])
    expect(await errorOf(dropDeployment(db.pool, { views: ['a'] }))).toMatchObject({ code: 'UNKNOWN_VIEW' })
  })

  it('is refused while something else reads the view, and changes nothing', async () => {
    await apply(db, {
      mv: 'SELECT g, count(*) AS n FROM t GROUP BY g',
      over: 'SELECT n, count(*) AS many FROM mv GROUP BY n',
    })
    expect(await errorOf(dropDeployment(db.pool, { views: ['mv'] }))).toMatchObject({
      code: 'DEPENDENT_BLOCKS',
      message: expect.stringContaining('over'),
    })
    expect(await errorOf(apply(db, { over: 'SELECT n, count(*) AS many FROM mv GROUP BY n' }))).toMatchObject({
      code: 'DEPENDENT_BLOCKS',
    })
    await expectFresh(db, 'over')
    await db.query('CREATE VIEW dashboard AS SELECT * FROM over')
    expect(await errorOf(dropDeployment(db.pool, { views: ['over'] }))).toMatchObject({
      code: 'DEPENDENT_BLOCKS',
      message: expect.stringContaining('dashboard'),
    })
    expect(await errorOf(dropDeployment(db.pool))).toMatchObject({
      code: 'DEPENDENT_BLOCKS',
      message: expect.stringContaining('dashboard'),
    })
    await expectFresh(db, 'mv')
    await expectFresh(db, 'over')
    await db.query('DROP VIEW dashboard; CREATE VIEW dashboard AS SELECT * FROM tidemark.freshness')
    expect(await errorOf(dropDeployment(db.pool))).toMatchObject({
      code: 'DEPENDENT_BLOCKS',
      message: expect.stringContaining('dashboard'),
    })
    await expectFresh(db, 'over')
    await db.query('DROP VIEW dashboard')
    await dropDeployment(db.pool)
  })

  it.each([
    ['the view', 'DROP VIEW mv'],
    ['the storage', 'DROP TABLE tidemark_data.mv CASCADE'],
    ['the log', 'DROP TABLE tidemark_log.t CASCADE'],
    ['a part of the log', 'DROP TABLE tidemark_log."~1_0"'],
    ['the active part of the log', 'DROP TABLE tidemark_log."~1_1"'],
    ['the table', 'DROP TABLE t CASCADE'],
    ['the triggers', 'DROP TRIGGER tidemark_capture_1 ON t'],
    ['the function', 'DROP FUNCTION tidemark_log.capture_1 CASCADE'],
    ['the view, and put another in its place', 'DROP VIEW mv; CREATE VIEW mv AS SELECT 1 AS mine'],
    ['the view, and put a table in its place', 'DROP VIEW mv; CREATE TABLE mv (mine int)'],
  ])('and applying again work after somebody dropped %s', async (what, statement) => {
    const views = { mv: 'SELECT g, count(*) AS n FROM t GROUP BY g' }
    for (const then of ['drop', 'drop one', 'apply'] as const) {
      await apply(db, views)
      await db.query(statement)
      if (then === 'apply' && what === 'the table') {
        await db.query('CREATE TABLE t (id int PRIMARY KEY, g int, v int); INSERT INTO t VALUES (1, 1, 1)')
      }
      if (then === 'apply' && what.includes('put')) {
        expect(await errorOf(apply(db, views))).toMatchObject({ code: 'NAME_TAKEN' })
        await db.query(what.includes('table') ? 'DROP TABLE mv' : 'DROP VIEW mv')
      }
      if (then === 'apply') {
        await applyTwice(db, views)
        await db.query('INSERT INTO t VALUES (1001, 78, 1)')
        await expectFresh(db, 'mv')
      }
      await dropDeployment(db.pool, then === 'drop one' ? { views: ['mv'] } : {})
      if (what.includes('put') && then !== 'apply') {
        await db.query('SELECT mine FROM mv')
        await db.query(what.includes('table') ? 'DROP TABLE mv' : 'DROP VIEW mv')
      }
      await reset(db)
      await db.query(
        'CREATE TABLE t (id int PRIMARY KEY, g int, v int); INSERT INTO t SELECT i, i % 5, i FROM generate_series(1, 100) i',
      )
    }
  })
})
