import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { dropDeployment } from '../../src/deploy/index.js'
import { useTestDatabase } from '../kit/index.js'
import { apply, applyTwice, errorOf, expectFresh, reset } from './support.js'

const db = await useTestDatabase()

beforeEach(async () => {
  await db.query('DROP SCHEMA IF EXISTS reports CASCADE')
  await reset(db)
  await db.query(
    `CREATE TABLE t (id int PRIMARY KEY, g int, v int); INSERT INTO t SELECT i, i % 20, i FROM generate_series(1, 2000) i`,
  )
})

const first = 'SELECT g, count(*) AS n, sum(v) AS total FROM t GROUP BY g'
const versions = {
  same: 'SELECT g, count(*) AS n, sum(v + 1) AS total FROM t GROUP BY g',
  added: 'SELECT g, count(*) AS n, sum(v) AS total, max(v) AS most FROM t GROUP BY g',
  removed: 'SELECT g, count(*) AS n FROM t GROUP BY g',
  retyped: 'SELECT g, count(*)::text AS n, sum(v) AS total FROM t GROUP BY g',
  renamed: 'SELECT g, count(*) AS n, sum(v) AS sum FROM t GROUP BY g',
}

/** Sessions that do nothing but read; returns how often they did, and throws what they met. */
async function readers(
  texts: readonly { text: string; name?: string }[],
  rows: number,
): Promise<() => Promise<number>> {
  let stop = false
  const errors: unknown[] = []
  let reads = 0
  const loops = texts.map(async (query) => {
    const client = await db.connect()
    while (!stop) {
      try {
        const result = await client.query(query)
        if (result.rows.length !== rows) errors.push(`${result.rows.length} rows`)
        reads++
      } catch (error) {
        errors.push(error)
      }
      await sleep(0)
    }
    await client.end()
  })
  return async () => {
    stop = true
    await Promise.all(loops)
    expect(errors).toEqual([])
    return reads
  }
}

describe('a swap', () => {
  it.each(Object.entries(versions))('is not seen by readers, columns %s', async (_, query) => {
    await apply(db, { mv: first })
    await db.query(
      'CREATE VIEW outer_view AS SELECT g, n FROM (SELECT g, 1 AS n FROM mv) q; CREATE VIEW far AS SELECT * FROM outer_view',
    )
    const stop = await readers(
      [
        { text: 'SELECT g, n FROM mv' },
        { text: 'SELECT g FROM mv', name: 'prepared' },
        { text: 'SELECT * FROM far' },
        { text: 'SELECT * FROM far JOIN mv USING (g)' },
        { text: 'SELECT * FROM mv JOIN far USING (g)' },
        { text: 'SELECT * FROM mv JOIN outer_view USING (g)' },
        { text: 'SELECT * FROM far JOIN mv USING (g)' },
        { text: 'SELECT * FROM far JOIN mv USING (g)' },
      ],
      20,
    )
    for (let round = 0; round < 3; round++) {
      await apply(db, { mv: query })
      await apply(db, { mv: first })
    }
    expect(await stop()).toBeGreaterThan(20)
    await expectFresh(db, 'mv')
  })

  it('keeps dependents, owners, grants, comments and options', async () => {
    await db.query(`DO $$ BEGIN CREATE ROLE swap_reader; CREATE ROLE swap_owner; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      CREATE SCHEMA reports; GRANT USAGE, CREATE ON SCHEMA reports, public TO swap_owner; GRANT USAGE ON SCHEMA reports TO swap_reader`)
    await apply(db, { mv: first })
    await db.query(`GRANT SELECT ON mv TO swap_owner WITH GRANT OPTION; GRANT SELECT (g) ON mv TO swap_reader; GRANT SELECT ON tidemark_data.mv TO swap_owner;
      COMMENT ON VIEW mv IS 'what it is'; COMMENT ON COLUMN mv.n IS 'how many'; ALTER VIEW mv SET (security_barrier = true);
      CREATE INDEX by_hand ON tidemark_data.mv (total);
      SET ROLE swap_owner; CREATE VIEW reports.one WITH (security_barrier = true, check_option = local) AS SELECT g, n FROM mv WHERE n > 0;
      CREATE VIEW reports.two AS SELECT * FROM reports.one; GRANT SELECT ON reports.two TO swap_reader; COMMENT ON VIEW reports.one IS 'mine'; RESET ROLE;
      ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC`)
    const properties = () =>
      db.rows(`SELECT c.relname, pg_get_userbyid(c.relowner) AS owner, c.relacl::text, c.reloptions, obj_description(c.oid) AS said,
      ARRAY(SELECT a.attname || coalesce(a.attacl::text, '') || coalesce(col_description(c.oid, a.attnum), '') FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attname IN ('g', 'n') ORDER BY 1) AS columns
      FROM pg_class c WHERE c.oid IN ('mv'::regclass, 'tidemark_data.mv'::regclass, 'reports.one'::regclass, 'reports.two'::regclass) ORDER BY 1, c.relkind`)
    const before = await properties()
    for (const query of [versions.same, versions.added, first, versions.removed, versions.renamed]) {
      await applyTwice(db, { mv: query })
      expect(await properties()).toEqual(before)
      await db.query('INSERT INTO t SELECT max(id) + 1, 77, 7 FROM t')
      await expectFresh(db, 'mv')
      const client = await db.connect()
      await client.query('SET ROLE swap_reader')
      expect((await client.query('SELECT * FROM reports.two WHERE g = 77')).rows).toHaveLength(1)
      expect((await client.query('SELECT g FROM mv')).rows).toHaveLength(21)
      await client.end()
    }
    await db.query(
      'ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM PUBLIC; DROP SCHEMA reports CASCADE',
    )
    await dropDeployment(db.pool)
    await db.query('DROP OWNED BY swap_owner, swap_reader; DROP ROLE swap_owner, swap_reader')
  })

  it('keeps indexes made by hand, row-level security and options of the storage', async () => {
    await apply(db, { mv: { query: first, indexes: [['n']] } })
    await db.query(`CREATE INDEX "by hand" ON tidemark_data.mv USING brin (total) WHERE n > 2; ALTER VIEW mv SET (security_invoker = true);
      ALTER TABLE tidemark_data.mv ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON tidemark_data.mv FOR SELECT TO PUBLIC USING (g < 10)`)
    const look = () =>
      db.rows(`SELECT (SELECT array_agg(indexdef ORDER BY indexdef) FROM pg_indexes WHERE schemaname = 'tidemark_data') AS indexes,
      (SELECT array_agg(p.policyname || p.qual) FROM pg_policies p) AS policies, (SELECT relrowsecurity FROM pg_class WHERE oid = 'tidemark_data.mv'::regclass) AS secure,
      (SELECT reloptions FROM pg_class WHERE oid = 'mv'::regclass) AS options`)
    const before = await look()
    for (const query of [versions.same, versions.added]) {
      await applyTwice(db, { mv: { query, indexes: [['n']] } })
      expect(await look()).toEqual(before)
    }
    // What it needs is gone: it goes too.
    await applyTwice(db, { mv: { query: versions.removed, indexes: [['n']] } })
    await expectFresh(db, 'mv')
  })

  it('does nothing at all when a dependent is in the way', async () => {
    await apply(db, { mv: first })
    const everything = () =>
      db.rows(`SELECT (SELECT array_agg(c::text ORDER BY c.oid) FROM (SELECT oid, relname, relfilenode, relacl FROM pg_class WHERE relnamespace::regnamespace::text IN ('public', 'tidemark_data')) c) AS objects,
      (SELECT array_agg(pg_get_viewdef(oid)) FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace) AS views,
      (SELECT array_agg(id || definition) FROM tidemark.view) AS catalog, (SELECT array_agg(view_id || state ) FROM tidemark.state) AS state`)
    for (const [make, query] of [
      ['CREATE MATERIALIZED VIEW d AS SELECT g, n FROM mv', versions.removed],
      ['CREATE VIEW d AS SELECT total FROM mv', versions.removed],
      ['CREATE VIEW d AS SELECT n FROM mv', versions.retyped],
      ['CREATE FUNCTION d() RETURNS bigint BEGIN ATOMIC SELECT sum(n) FROM mv; END', versions.removed],
      ["CREATE FUNCTION d() RETURNS SETOF mv LANGUAGE sql AS 'SELECT * FROM mv'", versions.removed],
      ['CREATE VIEW d AS SELECT mv FROM mv', versions.removed],
    ] as const) {
      await db.query(make)
      const before = await everything()
      const error = await errorOf(apply(db, { mv: query }))
      expect(error, make).toMatchObject({ code: 'DEPENDENT_BLOCKS' })
      expect(await everything(), make).toEqual(before)
      await expectFresh(db, 'mv')
      await db.query(
        make.replace(/^CREATE (MATERIALIZED VIEW|VIEW|FUNCTION) .*$/, (_, kind: string) => `DROP ${kind} d`),
      )
    }
    await applyTwice(db, { mv: versions.removed })
  })

  it('takes the views that read the view with it', async () => {
    const views = (query: string) => ({
      mv: query,
      top: 'SELECT n % 2 AS odd, count(*) AS many, sum(n) AS n FROM mv GROUP BY n % 2',
      over: { query: 'SELECT odd, many FROM top', key: ['odd'] },
    })
    await applyTwice(db, views(first))
    for (const query of [
      versions.same,
      'SELECT g % 5 AS g, count(*) AS n FROM t GROUP BY g % 5',
      'SELECT g, count(*)::int AS n FROM t GROUP BY g',
      first,
    ]) {
      await applyTwice(db, views(query))
      for (const name of ['mv', 'top', 'over']) await expectFresh(db, name)
      await db.query('INSERT INTO t SELECT max(id) + 1, 3, 7 FROM t; UPDATE t SET g = g + 1 WHERE id < 5')
      expect(await expectFresh(db, 'over')).toMatch(/incremental|full|noop/)
      for (const name of ['mv', 'top', 'over']) await expectFresh(db, name)
    }
  })

  it('shows a transaction with an older snapshot its rows, or none of the new', async () => {
    await apply(db, { mv: first })
    const old = await db.connect()
    await old.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1')
    const applied = apply(db, { mv: versions.same })
    await sleep(700)
    expect((await old.query('SELECT * FROM mv')).rows).toHaveLength(20)
    await old.query('COMMIT')
    await applied
    await expectFresh(db, 'mv')
  })
})
