import { beforeEach, expect, it } from 'vitest'
import { apply, applyTwice, expectFresh, reset } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()

const views = {
  prompt: 'SELECT g, count(*) AS n FROM t GROUP BY g',
  late: 'SELECT g, sum(id) AS s FROM t GROUP BY g',
}

beforeEach(async () => {
  await reset(db)
  await db.query(
    'CREATE TABLE t (id int PRIMARY KEY, g int); INSERT INTO t SELECT i, i % 5 FROM generate_series(1, 100) i',
  )
  await apply(db, views)
})

interface Child {
  readonly child: number
  readonly rows: number
  readonly indexed: boolean
  readonly active: boolean
}

async function chain(): Promise<Child[]> {
  const children = await db.rows<Omit<Child, 'rows'> & { name: string }>(
    'SELECT child, name, indexed, active FROM tidemark.log_children(1)',
  )
  return Promise.all(
    children.map(async ({ name, ...child }) => {
      const [count] = await db.rows<{ n: number }>(`SELECT count(*)::int AS n FROM ${name}`)
      return { ...child, rows: count?.n ?? 0 }
    }),
  )
}

const active = async (): Promise<number | undefined> => (await chain()).find((child) => child.active)?.child
const maintain = (grown = 0): Promise<unknown> => db.query(`CALL tidemark.maintain(${grown})`)
const write = (rows: number): Promise<unknown> =>
  db.query(`INSERT INTO t SELECT (SELECT max(id) FROM t) + i, i % 5 FROM generate_series(1, ${rows}) i`)

it('begins with one child for markers and one for rows, which has no index', async () => {
  await write(3)
  await db.query('TRUNCATE t')
  expect(await chain()).toEqual([
    { child: 0, rows: 1, indexed: true, active: false },
    { child: 1, rows: 3, indexed: false, active: true },
  ])
  for (const name of ['prompt', 'late']) await expectFresh(db, name)
  await maintain()
  await maintain()
  expect(await chain()).toEqual([
    { child: 0, rows: 0, indexed: true, active: false },
    { child: 1, rows: 0, indexed: false, active: true },
    { child: 2, rows: 0, indexed: false, active: false },
  ])
})

it('goes back and forth between two while every view keeps up', async () => {
  for (let round = 0; round < 6; round++) {
    await write(10)
    for (const name of ['prompt', 'late']) await expectFresh(db, name)
    await maintain(1)
  }
  expect((await chain()).map(({ child }) => child)).toEqual([0, 1, 2])
})

it('keeps what a view that stays behind needs, with an index, and empties and shortens the chain afterwards', async () => {
  for (let round = 0; round < 5; round++) {
    await write(10_000)
    await expectFresh(db, 'prompt')
    await maintain(1)
    await maintain(1)
  }
  const resting = (await chain()).filter(({ rows }) => rows > 0)
  expect(resting.length).toBeGreaterThanOrEqual(4)
  expect(resting.reduce((sum, { rows }) => sum + rows, 0)).toBe(50_000)
  expect(resting.filter(({ active }) => !active).every(({ indexed }) => indexed)).toBe(true)
  // How many rows it expects depends on when the tables were last analysed: what counts is that an index can be used.
  const client = await db.connect()
  await client.query('SET enable_seqscan = off')
  const { rows: plan } = await client.query<{ 'QUERY PLAN': string }>(
    "EXPLAIN SELECT FROM tidemark_log.t WHERE tidemark_xid >= pg_snapshot_xmin(pg_current_snapshot()) AND NOT pg_visible_in_snapshot(tidemark_xid, '1:1:')",
  )
  const text = plan.map((line) => line['QUERY PLAN']).join('\n')
  for (const { child } of resting.filter(({ indexed }) => indexed)) expect(text).toContain(`"~1_${child}~xid"`)
  await expectFresh(db, 'late')
  await maintain()
  await maintain()
  const after = await chain()
  expect(after.reduce((sum, { rows }) => sum + rows, 0)).toBe(0)
  expect(after.length).toBeLessThanOrEqual(4)
  await write(1)
  for (const name of Object.keys(views)) await expectFresh(db, name)
  await applyTwice(db, views)
})

it('lets the next child grow to an eighth of what rests', async () => {
  await write(30_000)
  await maintain(1)
  await write(1000)
  await maintain(1)
  expect(await active()).toBe(2)
  await write(3000)
  await maintain(1)
  expect(await active()).toBe(3)
})

it('gives a child its index at once when much rests, and takes it away when it begins anew', async () => {
  await db.query(
    'INSERT INTO tidemark_log."~1_1" SELECT pg_current_xact_id(), 0, i % 5 FROM generate_series(1, 800000) i',
  )
  await maintain()
  expect((await chain()).find((child) => child.active)).toMatchObject({ child: 2, indexed: true })
  for (const name of Object.keys(views)) await expectFresh(db, name)
  for (let round = 0; round < 3; round++) await maintain()
  const after = await chain()
  expect(after.find((child) => child.active)?.indexed).toBe(false)
  for (const { child, rows } of after) expect({ child, rows }).toEqual({ child, rows: 0 })
})

it('leaves a child alone that somebody has locked, and goes on with the others', async () => {
  for (let round = 0; round < 3; round++) {
    await write(10)
    await maintain(1)
  }
  for (const name of Object.keys(views)) await expectFresh(db, name)
  const open = await db.connect()
  await open.query('BEGIN; LOCK TABLE tidemark_log."~1_1" IN ROW EXCLUSIVE MODE')
  await maintain(100_000)
  expect((await chain()).filter(({ rows }) => rows > 0)).toMatchObject([{ child: 1, rows: 10 }])
  await open.query('COMMIT')
  await maintain(100_000)
  expect((await chain()).filter(({ rows }) => rows > 0)).toEqual([])
})

it('makes no child while somebody reads the log, who may have planned without it', async () => {
  const reader = await db.connect()
  await reader.query('BEGIN; SELECT count(*) FROM tidemark_log.t')
  await write(1)
  await maintain()
  expect(await active()).toBe(1)
  await reader.query('COMMIT')
  await maintain()
  expect(await active()).toBe(2)
})

/** A statement that takes its locks, and then waits until `let go`, before its triggers run. */
async function slowWriter(): Promise<{ done: () => Promise<unknown> }> {
  const [holder, writer] = [await db.connect(), await db.connect()]
  await writer.query('UPDATE t SET g = g + 1 WHERE id = 1')
  await holder.query('SELECT pg_advisory_lock(77)')
  const update = writer.query('UPDATE t SET g = g + 1 + length(pg_advisory_xact_lock_shared(77)::text) WHERE id = 2')
  await expect
    .poll(() => db.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND NOT granted"))
    .toHaveLength(1)
  return {
    done: async () => {
      await holder.query('SELECT pg_advisory_unlock(77)')
      return update
    },
  }
}

it('takes what a session writes by a capture function of long before, and drops nothing under it', async () => {
  const writer = await slowWriter()
  for (let round = 0; round < 5; round++) {
    await write(10)
    await maintain(1)
  }
  for (const name of Object.keys(views)) await expectFresh(db, name)
  for (let round = 0; round < 3; round++) await maintain(1)
  const before = await chain()
  expect(before.length).toBeGreaterThan(4)
  expect(before.find(({ child }) => child === 1)).toMatchObject({ rows: 0, active: false })
  await writer.done()
  expect((await chain()).find(({ child }) => child === 1)).toMatchObject({ rows: 2, active: false })
  await maintain(100_000)
  expect((await chain()).find(({ child }) => child === 1)).toMatchObject({ rows: 2 })
  for (const name of Object.keys(views)) await expectFresh(db, name)
  await maintain(100_000)
  expect((await chain()).length).toBe(4)
})

it('keeps what a view needs that is still being built, and writers go on in other children', async () => {
  await db.query(`CREATE FUNCTION slow(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_lock_shared(78); PERFORM pg_advisory_unlock_shared(78); RETURN i; END'`)
  const holder = await db.connect()
  await holder.query('SELECT pg_advisory_lock(78)')
  const applied = apply(db, { ...views, built: 'SELECT g, sum(slow(id)) AS s FROM t GROUP BY g' })
  await expect
    .poll(() => db.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 78 AND NOT granted"))
    .toHaveLength(1)
  for (let round = 0; round < 4; round++) {
    await write(10)
    for (const name of Object.keys(views)) await expectFresh(db, name)
    await maintain(1)
  }
  expect((await chain()).filter(({ rows }) => rows > 0)).toHaveLength(4)
  await holder.query('SELECT pg_advisory_unlock(78)')
  await applied
  for (const name of [...Object.keys(views), 'built']) await expectFresh(db, name)
  await maintain(100_000)
  expect((await chain()).reduce((sum, { rows }) => sum + rows, 0)).toBe(0)
})

it('rotates a table whose name and columns are made to look like what is replaced in the function', async () => {
  const hostile = 'INSERT INTO "tidemark_log"."~2_0" (tidemark_xid, tidemark_sign'
  const quoted = `"${hostile.replaceAll('"', '""')}"`
  await db.query(`CREATE TABLE tidemark_log (id int PRIMARY KEY, "~2_0" int, ${quoted} int, "INSERT INTO " int)`)
  const query = `SELECT "~2_0", ${quoted}, "INSERT INTO ", count(*) AS n FROM tidemark_log GROUP BY 1, 2, 3`
  await apply(db, { ...views, hostile: query })
  for (let round = 1; round <= 3; round++) {
    await db.query('INSERT INTO tidemark_log VALUES ($1, $1, $1, $1)', [round])
    await db.query(`UPDATE tidemark_log SET ${quoted} = 7`)
    await maintain(1)
    await expectFresh(db, 'hostile')
  }
  const children = await db.rows<{ child: number; active: boolean }>(
    'SELECT child, active FROM tidemark.log_children(2)',
  )
  expect(children.find(({ active }) => active)?.child).toBeGreaterThan(1)
  const [row] = await db.rows<{ body: string }>("SELECT prosrc AS body FROM pg_proc WHERE proname = 'capture_2'")
  expect(row?.body).not.toMatch(/INSERT INTO "tidemark_log"."~2_0"/)
  expect(row?.body).toContain(quoted)
})
