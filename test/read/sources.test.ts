import { readFileSync } from 'node:fs'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { lookEveryMs } from '../../src/read/board.js'
import { createReader, type JsonAnswer, type JsonRequest } from '../../src/read/index.js'
import { apply, configured, errorOf, reset } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
const role = `reader_${db.name.replace(/\W/g, '')}`
const views = {
  mv: 'SELECT g, count(*) AS n FROM t GROUP BY g',
  over: 'SELECT n, count(*) AS groups FROM mv GROUP BY n',
  moving: "SELECT g, count(*) AS n FROM t WHERE at > now() - interval '1 hour' GROUP BY g",
}

beforeEach(async () => {
  await reset(db)
  await db.query(`CREATE TABLE t (id int PRIMARY KEY, g int, at timestamptz DEFAULT now());
    INSERT INTO t (id, g) SELECT i, i % 3 FROM generate_series(1, 30) i`)
  await apply(db, views)
})

afterAll(async () => {
  await db.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).catch(() => undefined)
})

const fresh = (): ReturnType<typeof createReader> => createReader({ database: db.pool })

async function read(request: Partial<JsonRequest> = {}, reader = fresh()): Promise<JsonAnswer> {
  return reader.readJson({ view: 'mv', query: {}, ...request })
}

const count = ({ body }: JsonAnswer): number =>
  (JSON.parse(body) as { n: number; groups?: number }[]).reduce((sum, { n, groups = 1 }) => sum + n * groups, 0)

async function changeState(state: string, view = 'mv'): Promise<void> {
  await db.query('UPDATE tidemark.state SET state = $1 WHERE view_id = tidemark.find_view($2)', [state, view])
}

describe('staleness is a bound that holds', () => {
  it('0 while nothing is pending, else the time since the view was last right', async () => {
    expect(await read()).toMatchObject({ stalenessSeconds: 0, source: 'view' })
    await db.query('INSERT INTO t (id, g) VALUES (100, 1)')
    const reader = fresh()
    const asked = Date.now()
    const pending = await read({}, reader)
    const answered = Date.now()
    expect(count(pending)).toBe(30)
    const claimed = (pending.stalenessSeconds ?? 0) * 1000
    expect(claimed).toBeGreaterThanOrEqual(asked - Number(pending.asOf) - 5)
    expect(claimed).toBeLessThanOrEqual(answered + (answered - asked) - Number(pending.asOf) + 5)
    const mending = Date.now()
    await refreshView(db.pool, 'mv')
    const mended = await read({}, reader)
    expect(count(mended)).toBe(31)
    expect(mended.stalenessSeconds).toBeLessThanOrEqual((Date.now() - mending + 5) / 1000)
    expect(mended.epoch).not.toBe(pending.epoch)
  })

  it('of a view over another counts what that one has not taken up yet', async () => {
    expect(await read({ view: 'over' })).toMatchObject({ stalenessSeconds: 0 })
    await db.query('INSERT INTO t (id, g) VALUES (100, 1)')
    expect((await read({ view: 'over' })).stalenessSeconds).toBeGreaterThan(0)
    // Also of one that is computed: it reads what is kept of the other.
    const live = await read({ view: 'over', live: true })
    expect([count(live), live.source]).toEqual([30, 'live'])
    expect(live.stalenessSeconds).toBeGreaterThan(0)
    await refreshView(db.pool, 'over')
    expect(await read({ view: 'over' })).toMatchObject({ stalenessSeconds: 0 })
  })

  it('of one that moves with the clock is never 0 without a refresh', async () => {
    expect((await read({ view: 'moving' })).stalenessSeconds).toBeGreaterThan(0)
  })

  it('between two looks grows with the time since the first', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const reader = fresh()
      expect(await read({}, reader)).toMatchObject({ stalenessSeconds: 0 })
      vi.advanceTimersByTime(lookEveryMs - 100)
      const again = await read({}, reader)
      expect(again.stalenessSeconds).toBeGreaterThan(0)
      expect(again.stalenessSeconds).toBeLessThanOrEqual((lookEveryMs - 100) / 1000)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('rows that are too old', () => {
  beforeEach(async () => {
    await db.query('INSERT INTO t (id, g) VALUES (100, 1)')
  })

  it('are served, computed or refused, as the read says', async () => {
    expect(count(await read({ maxStalenessSeconds: 0, whenStale: 'serve' }))).toBe(30)
    const live = await read({ maxStalenessSeconds: 0, whenStale: 'live' })
    expect(count(live)).toBe(31)
    expect(live).toMatchObject({ source: 'live', stalenessSeconds: 0, epoch: null, asOf: expect.any(Date) })
    const error = await errorOf(read({ maxStalenessSeconds: 0, whenStale: 'error' }))
    expect(error).toMatchObject({ code: 'READ_STALE', view: 'mv' })
    expect(count(await read({ maxStalenessSeconds: 3600, whenStale: 'error' }))).toBe(30)
  })

  it('or as the view says, unless the read says otherwise', async () => {
    await apply(db, { ...views, mv: { query: views.mv, read: { maxStaleness: 0, whenStale: 'live' } } })
    expect(await read()).toMatchObject({ source: 'live' })
    expect(await read({ maxStalenessSeconds: null })).toMatchObject({ source: 'view' })
    expect((await errorOf(read({ whenStale: 'error' }))).code).toBe('READ_STALE')
  })
})

describe('the query is computed', () => {
  it.each(['error', 'quarantined'])('where the state is %s', async (state) => {
    await db.query('INSERT INTO t (id, g) VALUES (100, 1)')
    await changeState(state)
    const answer = await read()
    expect([answer.source, count(answer)]).toEqual(['live', 31])
  })

  it('and where that fails too, the kept rows are served with their age', async () => {
    await db.query('INSERT INTO t (id, g) VALUES (100, 1); ALTER TABLE t RENAME COLUMN g TO h')
    await refreshView(db.pool, 'mv')
    const answer = await read()
    expect([answer.source, count(answer)]).toEqual(['view', 30])
    expect(answer.stalenessSeconds).toBeGreaterThan(0)
    expect((await errorOf(read({ maxStalenessSeconds: 0, whenStale: 'error' }))).code).not.toBe('READ_STALE')
  })

  it('where the public view is gone, also while it was remembered', async () => {
    const reader = fresh()
    await read({}, reader)
    await db.query('DROP VIEW mv')
    expect(await read({}, reader)).toMatchObject({ source: 'live', rows: 3 })
    expect(await read()).toMatchObject({ source: 'live', rows: 3 })
  })

  it('where a native materialized view has no rows yet', async () => {
    await db.query('CREATE MATERIALIZED VIEW native AS SELECT g FROM t WITH NO DATA')
    await apply(db, { ...views, native: { query: 'SELECT g FROM t', storage: 'matview', key: [] } }).catch(
      () => undefined,
    )
    expect(await read({ view: 'native' })).toMatchObject({ source: 'live', rows: 30 })
  })

  it('where the view is only configured', async () => {
    const other = configured({ later: 'SELECT g, count(*) AS n FROM t GROUP BY g; ', worse: 'SELECT nothing FROM t' })
    const reader = createReader({ database: db.pool, views: other })
    expect(count(await reader.readJson({ view: 'later', query: {} }))).toBe(30)
    expect((await reader.describe('later')).columns.map(({ name, type }) => [name, type])).toEqual([
      ['g', 'integer'],
      ['n', 'bigint'],
    ])
    expect((await errorOf(reader.readJson({ view: 'worse', query: {} }))).message).toMatch(/nothing/)
    await reset(db)
    await db.query('CREATE TABLE t (g int)')
    expect(await reader.readJson({ view: 'public.later', query: {} })).toMatchObject({ rows: 0, source: 'live' })
    expect((await errorOf(reader.readJson({ view: 'none', query: {} }))).code).toBe('NOT_DEPLOYED')
  })

  it('under the time zone of the view, whatever that of the session is', async () => {
    await apply(db, {
      days: { query: 'SELECT at::date AS day, count(*) AS n FROM t GROUP BY 1', timeZone: 'Pacific/Kiritimati' },
    })
    const kept = await read({ view: 'days' })
    expect((await read({ view: 'days', live: true })).body).toBe(kept.body)
  })
})

describe('a view that changes while it is read', () => {
  it('is read as it is then', async () => {
    const reader = fresh()
    await read({}, reader)
    await apply(db, { mv: "SELECT 'x'::text AS other, count(*) AS n FROM t" })
    expect((await read({}, reader)).body).toBe('[{"other":"x","n":30}]')
    const columns = (await reader.describe('mv')).columns
    expect(columns.map(({ name, nullable }) => [name, nullable])).toEqual([
      ['other', false],
      ['n', false],
    ])
    await apply(db, {})
    expect((await errorOf(read({}, reader))).code).toBe('UNKNOWN_VIEW')
  })
})

describe('a reader that is nobody in particular', () => {
  it('reads with the rights that the guide names, and no others', async () => {
    const page = readFileSync(new URL('../../docs/guides/reading.md', import.meta.url), 'utf8')
    const [, grants = ''] = /```sql\n(GRANT USAGE ON SCHEMA tidemark TO app;.*?)```/s.exec(page) ?? []
    await db.query(`DO $$ BEGIN CREATE ROLE ${role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
    await db.query(
      `GRANT USAGE ON SCHEMA public TO ${role}; GRANT SELECT ON mv TO ${role}; ${grants.replaceAll('TO app', `TO ${role}`)}`,
    )
    const client = await db.connect()
    await client.query(`SET ROLE ${role}`)
    const database = { query: client.query.bind(client), connect: async () => Object.assign(client, { release() {} }) }
    const reader = createReader({ database: database as never, cache: true })
    expect(await read({}, reader)).toMatchObject({ rows: 3, source: 'view' })
    expect(await read({}, reader)).toMatchObject({ rows: 3, source: 'cache' })
    const [{ token } = { token: '' }] = await db.rows<{ token: string }>('SELECT pg_current_xact_id()::text AS token')
    expect(await read({ afterWrite: token }, reader)).toMatchObject({ rows: 3 })
    await expect(client.query('SELECT * FROM tidemark.view')).rejects.toThrow(/permission denied/)
    expect((await errorOf(read({ live: true }, reader))).code).toBe('PRIVILEGE_MISSING')
  })
})

describe('under a role', () => {
  beforeEach(async () => {
    await db.query(`DO $$ BEGIN CREATE ROLE ${role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
    await db.query(`GRANT USAGE ON SCHEMA public TO ${role}; GRANT SELECT ON mv TO ${role}`)
    await db.query(`ALTER VIEW mv SET (security_invoker = true); GRANT USAGE ON SCHEMA tidemark_data TO ${role};
      GRANT SELECT ON tidemark_data.mv TO ${role}; ALTER TABLE tidemark_data.mv ENABLE ROW LEVEL SECURITY;
      CREATE POLICY own ON tidemark_data.mv FOR SELECT TO ${role}
        USING (g = (current_setting('request.jwt.claims', true)::jsonb ->> 'g')::int)`)
  })

  it('policies on the kept rows say which are read, by the claims of this read alone', async () => {
    const reader = createReader({ database: db.pool, cache: true })
    for (const g of [1, 2, 1]) {
      const { body } = await read({ role, claims: { g, "o'": '\\' } }, reader)
      expect(body).toBe(`[{"g":${g},"n":10}]`)
    }
    expect(await read({}, reader)).toMatchObject({ rows: 3 })
    expect(await read({ role }, reader)).toMatchObject({ rows: 0 })
    expect(await db.rows('SELECT current_user = session_user AS same')).toEqual([{ same: true }])
  })

  it('nothing is computed in their place, in no state', async () => {
    expect((await errorOf(read({ role, claims: { g: 1 }, live: true }))).code).toBe('LIVE_REFUSED')
    await changeState('error')
    expect(await read({ role, claims: { g: 1 } })).toMatchObject({ source: 'view', rows: 1 })
    await db.query('INSERT INTO t (id, g) VALUES (100, 1)')
    const refused = read({ role, claims: { g: 1 }, maxStalenessSeconds: 0, whenStale: 'live' })
    expect((await errorOf(refused)).code).toBe('LIVE_REFUSED')
    await db.query('DROP VIEW mv')
    expect((await errorOf(read({ role, claims: { g: 1 } }))).code).toBe('LIVE_REFUSED')
  })

  it('no role is taken for another', async () => {
    for (const name of ['none', '', 'nobody at all', `${role}"; RESET ROLE; --`, 'x\0']) {
      expect((await errorOf(read({ role: name, claims: { g: 1 } }))).code).toBe('PRIVILEGE_MISSING')
    }
    await db.query(`REVOKE SELECT ON mv FROM ${role}`)
    expect((await errorOf(read({ role }))).code).toBe('PRIVILEGE_MISSING')
  })
})
