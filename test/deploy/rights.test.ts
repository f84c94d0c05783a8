import { Pool } from 'pg'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { applyDeployment, explainViews, planDeployment } from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import { readStatus, type ViewStatus } from '../../src/engine/status.js'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'
import { configured, errorOf, reset } from './support.js'

const db = await useTestDatabase()
const suffix = db.name.replace(/\W/g, '')
const [keeper, owner, other] = [`keeper_${suffix}`, `owner_${suffix}`, `other_${suffix}`]
const pools: Pool[] = []

function as(role: string, options = ''): Pool {
  const url = new URL(db.url)
  url.username = role
  url.password = 'secret'
  if (options !== '') url.searchParams.set('options', options)
  const pool = new Pool({ connectionString: url.href, max: 6 })
  pool.on('error', () => undefined)
  pools.push(pool)
  return pool
}

async function clear(): Promise<void> {
  await Promise.all(pools.splice(0).map((pool) => pool.end()))
  await reset(db)
  await db.query('DROP SCHEMA IF EXISTS app CASCADE')
  for (const role of [keeper, owner, other]) {
    const [there] = await db.rows('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])
    if (there !== undefined) await db.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`)
  }
}

const views = configured({ mv: 'SELECT g, count(*) AS n FROM app.t GROUP BY g' })
let pool: Pool

beforeEach(async () => {
  await clear()
  for (const role of [keeper, owner, other]) await db.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
  await db.query(`CREATE SCHEMA app; CREATE TABLE app.t (id int PRIMARY KEY, g int); INSERT INTO app.t VALUES (1, 1), (2, 2), (3, 2);
    ALTER SCHEMA app OWNER TO ${owner}; ALTER TABLE app.t OWNER TO ${owner};
    GRANT CREATE ON DATABASE "${db.name}" TO ${keeper}; GRANT CREATE ON SCHEMA public TO ${keeper};
    GRANT USAGE ON SCHEMA app TO ${keeper}, ${other}; GRANT SELECT, TRIGGER ON app.t TO ${keeper}, ${other}`)
  pool = as(keeper)
})

afterAll(clear)

async function statusOf(name = 'mv'): Promise<ViewStatus | undefined> {
  return (await readStatus(db.pool)).find(({ view }) => view === name)
}

const codesOf = async (name?: string): Promise<unknown> => (await statusOf(name))?.warnings.map(({ code }) => code)
const suspects = async (): Promise<unknown> => db.rows('SELECT tidemark.suspects() AS id')
const describeWork = async (from = pool): Promise<unknown> =>
  (await planDeployment(from, views)).changes.map(({ action }) => action)

describe('row-level security that is put on a table after the view was deployed', () => {
  const enable = `ALTER TABLE app.t ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON app.t USING (g = 1)`

  it('and applies to whoever keeps the rows stops the refreshes, with the rows as they were, until the next apply', async () => {
    await applyDeployment(pool, views)
    await db.query(enable)
    // Nobody has written: it is found all the same, and a refresh does not answer that nothing is pending.
    expect(await suspects()).toHaveLength(1)
    const { mode, error } = await refreshView(pool, 'mv')
    expect([mode, error?.code]).toEqual(['failed', 'SOURCE_CHANGED'])
    expect(error?.message).toMatch(new RegExp(`app\\.t applies to the role ${keeper}`))
    expect(error?.hint).toContain(`ALTER ROLE ${keeper} BYPASSRLS`)
    expect(await statusOf()).toMatchObject({ state: 'error', warnings: [], lastError: { code: 'SOURCE_CHANGED' } })
    await db.query('DELETE FROM app.t WHERE g = 2')
    expect((await refreshView(pool, 'mv', { full: true })).mode).toBe('failed')
    expect(await db.rows('SELECT g, n::int FROM mv ORDER BY g')).toEqual([
      { g: 1, n: 1 },
      { g: 2, n: 2 },
    ])
    await db.query('INSERT INTO app.t VALUES (4, 1), (5, 3)')
    expect(await describeWork()).toEqual(['update view'])
    await applyDeployment(pool, views)
    expect(await db.rows('SELECT g, n::int FROM mv')).toEqual([{ g: 1, n: 2 }])
    expect(await verifyView(pool, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
    expect(await describeWork()).toEqual([])
    expect(await statusOf()).toMatchObject({ state: 'ready', warnings: [] })
  })

  it('goes on by itself where the hint is followed instead', async () => {
    await applyDeployment(pool, views)
    await db.query(enable)
    const { error } = await refreshView(pool, 'mv')
    await db.query(/ALTER ROLE .*;$/.exec(error?.hint ?? '')?.[0] ?? '')
    await db.query('INSERT INTO app.t VALUES (4, 3)')
    expect((await refreshView(pool, 'mv')).mode).toMatch(/incremental|full/)
    expect(await verifyView(pool, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
    // It is still to be told that the policies do not hold for the view.
    expect(await codesOf()).toEqual(['row_security_ignored'])
  })

  it('and does not apply to that role is a warning of the view, told once, until apply has taken note of it', async () => {
    await db.query(`GRANT ${owner} TO ${keeper}`)
    await applyDeployment(pool, views)
    expect(await codesOf()).toEqual([])
    expect(await db.rows('SELECT * FROM tidemark.new_warnings()')).toEqual([])
    await db.query(enable)
    expect(await suspects()).toEqual([])
    expect((await statusOf())?.warnings).toEqual([
      {
        code: 'row_security_ignored',
        message: expect.stringMatching(new RegExp(`of app\\.t does not hold .* computed as ${keeper}`)),
        hint: expect.stringContaining('tidemark apply'),
      },
    ])
    const told = await db.rows('SELECT code FROM tidemark.new_warnings()')
    expect([told, await db.rows('SELECT code FROM tidemark.new_warnings()')]).toEqual([
      [{ code: 'row_security_ignored' }],
      [],
    ])
    await db.query('INSERT INTO app.t VALUES (4, 2)')
    expect((await refreshView(pool, 'mv')).mode).toMatch(/incremental|full/)
    const { changes, warnings } = await planDeployment(pool, views)
    expect([changes, warnings]).toMatchObject([
      [{ action: 'change settings', object: 'mv' }],
      [{ code: 'row_security_ignored' }],
    ])
    await applyDeployment(pool, views)
    expect([await codesOf(), await describeWork()]).toEqual([[], []])
    expect(await verifyView(pool, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
  })

  it.each([
    ['is forced on its owner', `ALTER TABLE app.t FORCE ROW LEVEL SECURITY`],
    [
      'is on a table that is given to another owner',
      `ALTER TABLE app.t OWNER TO ${other}; GRANT SELECT, TRIGGER ON app.t TO ${keeper}`,
    ],
  ])('%s', async (_what, change) => {
    await db.query(`GRANT ${owner} TO ${keeper}; ALTER TABLE app.t ENABLE ROW LEVEL SECURITY`)
    await applyDeployment(pool, views)
    expect((await refreshView(pool, 'mv')).mode).toBe('noop')
    await db.query(change)
    expect((await refreshView(pool, 'mv')).error?.code).toBe('SOURCE_CHANGED')
  })

  it('applies by what the owner of an ordinary view may see, through which the table is read', async () => {
    await db.query(`CREATE VIEW app.through AS SELECT id, g FROM app.t; ALTER VIEW app.through OWNER TO ${owner};
      GRANT SELECT ON app.through TO ${keeper}; GRANT ${owner} TO ${keeper}; ALTER TABLE app.t ENABLE ROW LEVEL SECURITY`)
    const through = configured({ mv: 'SELECT g, count(*) AS n FROM app.through GROUP BY g' })
    await applyDeployment(pool, through)
    expect((await refreshView(pool, 'mv')).mode).toBe('noop')
    await db.query(`ALTER VIEW app.through OWNER TO ${other}`)
    expect((await refreshView(pool, 'mv')).error?.message).toContain(other)
    await db.query('ALTER VIEW app.through SET (security_invoker = true)')
    expect((await refreshView(pool, 'mv')).error).toBeUndefined()
    await db.query('ALTER VIEW app.through RESET (security_invoker)')
    await applyDeployment(pool, through)
    expect(await explainViews(pool, through)).toMatchObject([{ sources: [{ code: 'row_security' }] }])
    expect(await db.rows('SELECT * FROM mv')).toEqual([])
  })

  it('is found for a view that is kept in pieces as well', async () => {
    const nested = configured({
      mv: 'SELECT n, count(*) AS m FROM (SELECT g, count(*) AS n FROM app.t GROUP BY g) x GROUP BY n',
    })
    await applyDeployment(pool, nested)
    expect(await db.rows('SELECT FROM tidemark.view WHERE hidden')).not.toEqual([])
    await db.query(`${enable}; ALTER ROLE ${keeper} BYPASSRLS`)
    expect(await codesOf()).toEqual(['row_security_ignored'])
    await db.query(`ALTER ROLE ${keeper} NOBYPASSRLS`)
    expect(await suspects()).not.toEqual([])
    expect((await refreshView(pool, 'mv')).error?.code).toBe('SOURCE_CHANGED')
  })
})

describe('the kept rows', () => {
  it.each([
    [
      'that force row-level security',
      'ALTER TABLE tidemark_data.mv ENABLE ROW LEVEL SECURITY; ALTER TABLE tidemark_data.mv FORCE ROW LEVEL SECURITY',
    ],
    ['of another owner', `ALTER TABLE tidemark_data.mv OWNER TO ${other}`],
    [
      'of another owner, with row-level security',
      `ALTER TABLE tidemark_data.mv OWNER TO ${other}; GRANT ALL ON tidemark_data.mv TO ${keeper}; ALTER TABLE tidemark_data.mv ENABLE ROW LEVEL SECURITY`,
    ],
  ])('%s are not said to be fresh; the hint mends it', async (_what, change) => {
    await applyDeployment(pool, views)
    await db.query(change)
    expect(await suspects()).toHaveLength(1)
    await db.query('UPDATE app.t SET g = 1')
    const { mode, error } = await refreshView(pool, 'mv')
    expect([mode, error?.code]).toEqual(['failed', 'STORAGE_CHANGED'])
    await db.query(error?.hint ?? '')
    expect((await refreshView(pool, 'mv')).mode).toMatch(/incremental|full/)
    expect(await verifyView(pool, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
    expect(await db.rows('SELECT g, n::int FROM mv')).toEqual([{ g: 1, n: 3 }])
  })

  it('whose policies are not asked, as the view is read as its owner, are a warning', async () => {
    await applyDeployment(pool, views)
    await pool.query('ALTER TABLE tidemark_data.mv ENABLE ROW LEVEL SECURITY')
    const [warning] = (await statusOf())?.warnings ?? []
    expect(warning).toMatchObject({ code: 'policies_not_asked', message: expect.stringContaining(keeper) })
    await pool.query(/^ALTER VIEW [^;]*;/.exec(warning?.hint ?? '')?.[0] ?? '')
    expect(await codesOf()).toEqual([])
  })

  it('that the new owner of the view may not read are a warning: its readers are refused', async () => {
    await applyDeployment(pool, views)
    await db.query(
      `GRANT CREATE ON SCHEMA public TO ${other}; GRANT SELECT ON mv TO ${owner}; ALTER VIEW mv OWNER TO ${other}`,
    )
    const reader = as(owner)
    const read = () => reader.query('SELECT * FROM mv')
    await expect(read()).rejects.toMatchObject({ code: '42501' })
    const [warning] = (await statusOf())?.warnings ?? []
    expect(warning).toMatchObject({ code: 'readers_refused', message: expect.stringContaining(other) })
    await db.query(/^GRANT [^;]*;/.exec(warning?.hint ?? '')?.[0] ?? '')
    expect([(await read()).rows.length, await codesOf()]).toEqual([2, []])
  })
})

describe('another role than the one that deployed', () => {
  it('cannot deploy beside it, and is told how to', async () => {
    await applyDeployment(pool, views)
    const more = configured({ mv: 'SELECT g, count(*) AS n FROM app.t GROUP BY g', two: 'SELECT id, g FROM app.t' })
    const error = await errorOf(applyDeployment(db.pool, more))
    expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING', message: expect.stringContaining(keeper) })
    expect(await errorOf(planDeployment(db.pool, more))).toMatchObject({ code: 'PRIVILEGE_MISSING' })
    const [, options = ''] = /PGOPTIONS="(.*?)"/.exec(error.hint ?? '') ?? []
    await db.query(`GRANT ${keeper} TO ${other}`)
    await applyDeployment(as(other, options), more)
    await db.query('INSERT INTO app.t VALUES (4, 3)')
    for (const name of ['mv', 'two']) {
      expect((await refreshView(as(other), name)).mode).toBe('incremental')
      expect(await verifyView(pool, name)).toMatchObject({ missing: 0, unexpected: 0 })
    }
  })

  it('takes over what is handed to it, policies included', async () => {
    await applyDeployment(pool, views)
    await db.query(`ALTER ROLE ${other} BYPASSRLS; GRANT CREATE ON DATABASE "${db.name}" TO ${other}; GRANT CREATE ON SCHEMA public TO ${other};
      REASSIGN OWNED BY ${keeper} TO ${other}; INSERT INTO app.t VALUES (4, 3); ALTER TABLE app.t ENABLE ROW LEVEL SECURITY`)
    const next = as(other)
    expect((await refreshView(next, 'mv')).mode).toMatch(/incremental|full/)
    expect(await verifyView(next, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
    expect(await codesOf()).toEqual(['row_security_ignored'])
    await applyDeployment(next, views)
    expect(await describeWork(next)).toEqual([])
    await db.query(`ALTER ROLE ${other} NOBYPASSRLS`)
    expect((await refreshView(next, 'mv')).error?.code).toBe('SOURCE_CHANGED')
  })

  it('verifies what the one that deployed computes, and not what its own rights show it', async () => {
    await db.query(`ALTER ROLE ${keeper} BYPASSRLS; ALTER TABLE app.t ENABLE ROW LEVEL SECURITY`)
    await applyDeployment(pool, views)
    await db.query(`GRANT ${keeper} TO ${other}`)
    const member = as(other)
    expect((await member.query('SELECT FROM app.t')).rowCount).toBe(0)
    expect(await verifyView(member, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
  })
})

describe("another role's view that reads the view", () => {
  it('is in the way of other columns only, and in nobody’s once its rights were granted', async () => {
    await applyDeployment(pool, views)
    await db.query(`GRANT SELECT ON mv TO ${other}; GRANT CREATE ON SCHEMA app TO ${other}`)
    await as(other).query('CREATE VIEW app.of_other AS SELECT g FROM mv')
    const before = await db.rows("SELECT pg_get_viewdef('mv'::regclass) AS text")
    const wider = configured({ mv: 'SELECT g, count(*) AS n, max(id) AS most FROM app.t GROUP BY g' })
    const narrower = configured({ mv: 'SELECT g FROM app.t GROUP BY g' })
    const error = await errorOf(applyDeployment(pool, narrower))
    expect(error.code).toBe('DEPENDENT_BLOCKS')
    expect(error.message).toContain(`app.of_other depends on it (a view of ${other}`)
    expect(await db.rows("SELECT pg_get_viewdef('mv'::regclass) AS text")).toEqual(before)
    await applyDeployment(pool, wider)
    await db.query(`GRANT ${other} TO ${keeper}`)
    await applyDeployment(pool, narrower)
    expect(await db.rows('SELECT g FROM app.of_other ORDER BY g')).toEqual([{ g: 1 }, { g: 2 }])
    expect(await db.rows("SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname = 'of_other'")).toEqual(
      [{ owner: other }],
    )
  })
})
