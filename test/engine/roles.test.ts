import { readFileSync } from 'node:fs'
import { Pool } from 'pg'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { readDeployedViews } from '../../src/deploy/deployed.js'
import { applyDeployment, dropDeployment, explainViews, planDeployment } from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import { verifyView } from '../../src/engine/verify.js'
import { configured, errorOf, reset } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
const suffix = db.name.replace(/\W/g, '')
const [deployer, app, owner] = [`deployer_${suffix}`, `app_${suffix}`, `owner_${suffix}`]

function as(role: string): Pool {
  const url = new URL(db.url)
  url.username = role
  url.password = 'secret'
  const pool = new Pool({ connectionString: url.href, max: 6 })
  pool.on('error', () => undefined)
  return pool
}

const pools: Pool[] = []

beforeEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()))
  await reset(db)
  await dropRoles()
  for (const role of [deployer, app, owner]) await db.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
  await db.query(`CREATE SCHEMA app AUTHORIZATION ${owner}; GRANT CREATE ON SCHEMA public TO ${deployer}; SET ROLE ${owner};
    CREATE TABLE app.t (id int PRIMARY KEY, g int); CREATE TABLE app.u (id int PRIMARY KEY, g int); INSERT INTO app.t VALUES (1, 1), (2, 2);
    GRANT USAGE ON SCHEMA app TO ${app}; GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON app.t, app.u TO ${app}; RESET ROLE`)
})

async function dropRoles(): Promise<void> {
  await db.query('DROP SCHEMA IF EXISTS app CASCADE')
  for (const role of [deployer, app, owner]) {
    const [there] = await db.rows('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])
    if (there !== undefined) await db.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`)
  }
}

afterAll(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()))
  await db.query('DROP SCHEMA IF EXISTS tidemark, tidemark_data, tidemark_log CASCADE')
  await dropRoles()
})

const views = configured({ mv: 'SELECT t.g, count(*) AS n FROM app.t JOIN app.u ON u.g = t.g GROUP BY t.g' })

describe('a deployer that is no superuser and owns nothing', () => {
  it('is told of all that it lacks at once, and what grants it', async () => {
    const pool = as(deployer)
    pools.push(pool)
    await db.query(`REVOKE CREATE ON SCHEMA public FROM ${deployer}; GRANT USAGE ON SCHEMA app TO ${deployer}`)
    const error = await errorOf(planDeployment(pool, views))
    expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING' })
    for (const grant of [
      'SELECT ON TABLE app.t',
      'TRIGGER ON TABLE app.t',
      'SELECT ON TABLE app.u',
      'TRIGGER ON TABLE app.u',
      'CREATE ON SCHEMA public',
      'CREATE ON DATABASE',
    ]) {
      expect(error.hint).toContain(`GRANT ${grant}`)
    }
    // The hint is SQL that does it.
    await db.query(error.hint ?? '')
    await applyDeployment(pool, views)
    await dropDeployment(pool)
  })

  it('is told of a schema that it may not use', async () => {
    const pool = as(deployer)
    pools.push(pool)
    const error = await errorOf(planDeployment(pool, views))
    expect(error).toMatchObject({
      code: 'PRIVILEGE_MISSING',
      hint: expect.stringContaining(`GRANT USAGE ON SCHEMA app TO ${deployer}`),
    })
    expect(error.hint).toContain('GRANT SELECT ON TABLE app.t')
    await db.query(error.hint ?? '')
    await applyDeployment(pool, views)
  })

  it('is named to another role that asks, with what lets it in', async () => {
    await applyDeployment(db.pool, views)
    const pool = as(app)
    pools.push(pool)
    const error = await errorOf(readDeployedViews(pool))
    expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING', message: expect.stringContaining(app) })
    await db.query(error.hint?.match(/GRANT .*;$/)?.[0] ?? '')
    expect(await readDeployedViews(pool)).toMatchObject([{ name: 'mv' }])
  })

  it('deploys, refreshes, changes, verifies and drops', async () => {
    await db.query(
      `GRANT CREATE ON DATABASE ${db.name} TO ${deployer}; GRANT USAGE ON SCHEMA app TO ${deployer}; GRANT SELECT, TRIGGER ON app.t, app.u TO ${deployer}`,
    )
    const pool = as(deployer)
    pools.push(pool)
    await applyDeployment(pool, views)
    await db.query('INSERT INTO app.u VALUES (1, 1), (2, 2)')
    expect((await refreshView(pool, 'mv')).mode).toMatch(/incremental|full/)
    expect(await verifyView(pool, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
    const wider = configured({
      mv: 'SELECT t.g, count(*)::int AS n, max(t.id) AS most FROM app.t JOIN app.u ON u.g = t.g GROUP BY t.g',
      two: 'SELECT id % 2 AS k, count(g) AS n FROM app.t GROUP BY id % 2',
    })
    await applyDeployment(pool, wider)
    expect((await planDeployment(pool, wider)).changes).toEqual([])
    await db.query('UPDATE app.t SET g = 1')
    for (const name of ['mv', 'two']) expect(await verifyView(pool, name)).toMatchObject({ missing: 0, unexpected: 0 })
    await pool.query('CALL tidemark.tick()')
    await dropDeployment(pool)
    expect(await db.rows("SELECT 1 FROM pg_trigger WHERE tgname LIKE 'tidemark%'")).toEqual([])
  })
})

describe('an application role', () => {
  it('writes base tables and reads views; nothing more', async () => {
    await db.query(
      `GRANT CREATE ON DATABASE ${db.name} TO ${deployer}; GRANT USAGE ON SCHEMA app TO ${deployer}; GRANT SELECT, TRIGGER ON app.t, app.u TO ${deployer}`,
    )
    const pool = as(deployer)
    const mine = as(app)
    pools.push(pool, mine)
    await applyDeployment(pool, views)
    for (const statement of [
      'INSERT INTO app.u VALUES (1, 1)',
      'UPDATE app.t SET g = 1',
      'DELETE FROM app.t WHERE id = 2',
      'TRUNCATE app.u',
      'INSERT INTO app.u VALUES (3, 1)',
      'INSERT INTO app.t SELECT 9, 9',
    ]) {
      await mine.query(statement)
      expect(await verifyView(pool, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
    }
    // Others may keep the logs small: what they make there is the deployer's all the same.
    for (let turn = 0; turn < 3; turn++) {
      await mine.query('INSERT INTO app.u SELECT max(id) + 1, 1 FROM app.u')
      await db.query('CALL tidemark.maintain(1)')
    }
    expect(await verifyView(pool, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
    await pool.query('CALL tidemark.maintain(1)')
    const denied = async (statement: string): Promise<void> => {
      const error = await mine.query(statement).catch((failure: unknown) => failure)
      expect(error, statement).toMatchObject({ code: '42501' })
    }
    await denied('SELECT * FROM mv')
    await db.query(`GRANT SELECT ON mv TO ${app}`)
    expect((await mine.query('SELECT * FROM mv')).rows).toHaveLength(1)
    const [, ...functions] = [
      '',
      'SELECT * FROM tidemark.freshness',
      'SELECT * FROM tidemark.view',
      "SELECT tidemark.refresh('mv')",
      'CALL tidemark.tick()',
      'CALL tidemark.maintain()',
      'SELECT * FROM tidemark_data.mv',
      'DELETE FROM tidemark_data.mv',
      'SELECT * FROM tidemark_log."app.t"',
      "SELECT nextval('tidemark.wake')",
      'DELETE FROM mv',
      'INSERT INTO mv VALUES (1, 1)',
      'DROP VIEW mv',
      "SELECT setval('tidemark.wake', 1)",
      'CREATE TABLE tidemark.x ()',
      "COMMENT ON VIEW mv IS 'x'",
      'ALTER TABLE app.t DISABLE TRIGGER ALL',
    ]
    for (const statement of functions) await denied(statement)
    // With USAGE on the schema, as a dashboard has it, the functions are still closed.
    await db.query(`GRANT USAGE ON SCHEMA tidemark, tidemark_data, tidemark_log TO ${app}`)
    for (const statement of functions) await denied(statement)
    await db.query(`GRANT EXECUTE ON FUNCTION tidemark.refresh TO ${app}`)
    expect((await mine.query("SELECT mode FROM tidemark.refresh('mv')")).rows).toHaveLength(1)
  })

  it('that owns a captured table gives it partitions, children and columns as before', async () => {
    await db.query(`SET ROLE ${owner}; CREATE TABLE app.p (id int, g int) PARTITION BY RANGE (id); CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM (0) TO (10); RESET ROLE;
      GRANT CREATE ON DATABASE ${db.name} TO ${deployer}; GRANT USAGE ON SCHEMA app TO ${deployer}; GRANT SELECT, TRIGGER ON ALL TABLES IN SCHEMA app TO ${deployer}`)
    const pool = as(deployer)
    const mine = as(owner)
    pools.push(pool, mine)
    await applyDeployment(
      pool,
      configured({
        mv: 'SELECT g, count(*) AS n FROM app.p GROUP BY g',
        t: 'SELECT g, count(*) AS n FROM app.t GROUP BY g',
      }),
    )
    await mine.query(
      `CREATE TABLE app.p2 PARTITION OF app.p FOR VALUES FROM (10) TO (20); INSERT INTO app.p VALUES (1, 1), (11, 1); ALTER TABLE app.p ADD COLUMN more int; ALTER TABLE app.t ADD COLUMN more int`,
    )
    for (const name of ['mv', 't']) expect(await verifyView(pool, name)).toMatchObject({ missing: 0, unexpected: 0 })
    await pool.query('CALL tidemark.maintain()')
    await mine.query('INSERT INTO app.p2 VALUES (12, 2); TRUNCATE app.p2')
    expect(await verifyView(pool, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
    await mine.query('DROP TABLE app.p, app.t')
    await dropDeployment(pool)
  })

  it('gains nothing by operators and functions of its own on its search path', async () => {
    await db.query(
      `GRANT CREATE ON DATABASE ${db.name} TO ${deployer}; GRANT USAGE ON SCHEMA app TO ${deployer}; GRANT SELECT, TRIGGER ON app.t, app.u TO ${deployer}; CREATE SCHEMA evil_${suffix} AUTHORIZATION ${app}`,
    )
    const pool = as(deployer)
    const mine = as(app)
    pools.push(pool, mine)
    await applyDeployment(pool, views)
    const client = await mine.connect()
    await client.query(`SET search_path = evil_${suffix}, pg_catalog`)
    await client.query(`CREATE TABLE seen (who text);
      CREATE FUNCTION evil(int, int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN IF current_user <> session_user THEN RAISE EXCEPTION ''gained''; END IF; RETURN true; END';
      CREATE FUNCTION evil(text, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN IF current_user <> session_user THEN RAISE EXCEPTION ''gained''; END IF; RETURN true; END';
      CREATE OPERATOR = (LEFTARG = int, RIGHTARG = int, FUNCTION = evil); CREATE OPERATOR <> (LEFTARG = int, RIGHTARG = int, FUNCTION = evil);
      CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = evil); CREATE OPERATOR <> (LEFTARG = text, RIGHTARG = text, FUNCTION = evil);
      CREATE FUNCTION pg_notify(text, text) RETURNS void LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''gained''; END';
      CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''gained''; END'`)
    await client.query('INSERT INTO app.u VALUES (5, 1); UPDATE app.t SET g = g + 1; DELETE FROM app.u')
    client.release()
    expect(await verifyView(pool, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
    await db.query(`DROP SCHEMA evil_${suffix} CASCADE`)
  })
})

describe('row-level security of a table', () => {
  const [query, one] = [
    'SELECT id, g FROM app.t WHERE id > 0',
    configured({ mv: 'SELECT id, g FROM app.t WHERE id > 0' }),
  ]

  beforeEach(async () => {
    await db.query(`GRANT USAGE ON SCHEMA app TO ${deployer}; SET ROLE ${owner}; GRANT SELECT, TRIGGER ON app.t TO ${deployer};
      ALTER TABLE app.t ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON app.t TO ${app}, ${deployer} USING (g = 1); RESET ROLE`)
  })

  const maintained = async (pool: Pool): Promise<unknown> => {
    const [explanation] = await explainViews(pool, one)
    const [source] = explanation?.sources ?? []
    const pieces = [source?.position, ...(explanation?.advice ?? []).map(({ position }) => position)]
    return {
      source: [source?.maintenance, source?.code],
      advice: explanation?.advice.map(({ code, severity }) => [code, severity]),
      pieces: pieces.flatMap((piece) => (piece === undefined ? [] : query.slice(piece.start, piece.end))),
    }
  }

  it('that applies to whoever computes the rows makes them be recomputed, as what it lets through is not followed', async () => {
    const pool = as(deployer)
    pools.push(pool)
    const found = { source: ['full', 'row_security'], advice: [], pieces: ['app.t'] }
    expect(await maintained(pool)).toEqual(found)
    await db.query(`GRANT CREATE ON DATABASE "${db.name}" TO ${deployer}`)
    await applyDeployment(pool, one)
    await db.query(
      `GRANT SELECT ON mv TO ${app}; INSERT INTO app.t VALUES (3, 1), (4, 2); UPDATE app.t SET g = 1 WHERE id = 2`,
    )
    await refreshView(pool, 'mv')
    expect(await db.rows('SELECT id FROM mv ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
    await db.query('DROP POLICY few ON app.t')
    await refreshView(pool, 'mv')
    expect(await db.rows('SELECT id FROM mv')).toEqual([])
    // What its hint says.
    await db.query(`ALTER ROLE ${deployer} BYPASSRLS`)
    expect(await maintained(pool)).toMatchObject({ source: ['slice', undefined] })
  })

  it('applies to the owner of an ordinary view through which the table is read, and not to whoever computes the rows', async () => {
    await db.query(`GRANT SELECT ON app.t TO ${app};
      CREATE VIEW app.mine AS SELECT id, g FROM app.t; CREATE VIEW app.above AS SELECT id, g FROM app.mine;
      CREATE VIEW app.asked WITH (security_invoker) AS SELECT id, g FROM app.t; CREATE VIEW app.over_asked AS SELECT id, g FROM app.asked;
      ALTER VIEW app.mine OWNER TO ${app}; ALTER VIEW app.asked OWNER TO ${app}; ALTER VIEW app.over_asked OWNER TO ${app}`)
    const groups = (relation: string) => `SELECT g, count(*) AS n FROM ${relation} GROUP BY g`
    const all = configured({
      mine: 'SELECT id, g FROM app.mine WHERE id > 0',
      above: groups('app.above'),
      asked: groups('app.asked'),
      over_asked: groups('app.over_asked'),
      both: 'SELECT t.id, t.g, m.g AS seen FROM app.t LEFT JOIN app.mine m ON m.id = t.id',
    })
    const explained = await explainViews(db.pool, all)
    const told = explained.map(({ view, sources, advice }) => [
      view,
      ...sources.map(({ maintenance, code, reason = '' }) => `${maintenance} ${code} ${/app\.mine/.test(reason)}`),
      ...advice.flatMap(({ code }) => (code === 'row_security_ignored' ? [code] : [])),
    ])
    expect(told).toEqual([
      ['mine', 'full row_security true'],
      ['above', 'full row_security true'],
      ['asked', 'delta undefined false', 'row_security_ignored'],
      ['over_asked', 'delta undefined false', 'row_security_ignored'],
      ['both', 'full row_security true'],
    ])
    await applyDeployment(db.pool, all)
    await db.query(
      'INSERT INTO app.t (id, g) VALUES (31, 1), (41, 2); UPDATE app.t SET g = 1 WHERE id = 2; UPDATE app.t SET g = 2 WHERE id = 1',
    )
    for (const { view } of explained) {
      await refreshView(db.pool, view)
      expect(await verifyView(db.pool, view)).toMatchObject({ missing: 0, unexpected: 0 })
    }
    expect(await db.rows('SELECT id FROM mine ORDER BY id')).toEqual([{ id: 2 }, { id: 31 }])
    // Policies that let more through change the rows without any write to the table.
    await db.query(`DROP POLICY few ON app.t; CREATE POLICY more ON app.t TO ${app} USING (g = 2)`)
    await refreshView(db.pool, 'above')
    expect(await verifyView(db.pool, 'above')).toMatchObject({ missing: 0, unexpected: 0 })
    // What the hint says.
    await db.query(`ALTER ROLE ${app} BYPASSRLS`)
    const [mended] = await explainViews(db.pool, all)
    expect(mended).toMatchObject({ view: 'mine', incremental: true })
    await db.query(`ALTER ROLE ${app} NOBYPASSRLS`)
  })

  it('that does not apply to whoever computes the rows does not hold for their readers: there is a warning', async () => {
    const warned = { source: ['slice', undefined], advice: [['row_security_ignored', 'warning']], pieces: ['app.t'] }
    expect(await maintained(db.pool)).toEqual(warned)
    expect((await planDeployment(db.pool, one)).warnings).toMatchObject([
      { view: 'mv', code: 'row_security_ignored', message: expect.stringContaining('app.t') },
    ])
    await applyDeployment(db.pool, one)
    await db.query(`GRANT SELECT ON mv TO ${app}`)
    const reader = as(app)
    pools.push(reader)
    const count = async (relation: string): Promise<unknown> =>
      (await reader.query(`SELECT count(*)::int AS n FROM ${relation}`)).rows[0].n
    expect([await count('app.t'), await count('mv')]).toEqual([1, 2])
    // What roles.md shows.
    const guide = readFileSync(new URL('../../docs/guides/roles.md', import.meta.url), 'utf8')
    const [, policies = ''] = /### Policies.*?```sql\n(.*?)```/s.exec(guide) ?? []
    const condition = "region = current_setting('app.region', true)"
    expect(policies).toContain(condition)
    const own = policies.replace(condition, 'g = 1').replaceAll('mv_orders', 'mv')
    await db.query(own.replaceAll(/\bapp\b/g, app))
    expect(await count('mv')).toBe(1)
    await db.query('INSERT INTO app.t VALUES (3, 1), (4, 2)')
    await refreshView(db.pool, 'mv')
    expect([await count('mv'), (await verifyView(db.pool, 'mv')).missing]).toEqual([2, 0])
    const again = configured({ mv: 'SELECT id, g, id + 1 AS next FROM app.t' })
    await applyDeployment(db.pool, again)
    expect(await count('mv')).toBe(2)
  })
})
