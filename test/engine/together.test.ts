import { expect, test } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { readStatus } from '../../src/engine/status.js'
import { apply } from '../deploy/support.js'
import { type TestDatabase, useTestDatabase } from '../kit/index.js'
import { Random } from '../oracle/random.js'

type Query = Pick<TestDatabase['pool'], 'query'>

const db = await useTestDatabase()
const random = new Random(20)
const views = ['grouped', 'joined', 'above', 'over', 'parts', 'outer', 'moving', 'clocked', 'kept', 'still']
const tables = ['t', 'u', 'w']

/** Asks for each view by itself and for all together, in one statement. */
async function compare(
  database: Query,
): Promise<{ differing: object[]; pending: (string | null)[]; fresh: boolean[] }> {
  const { rows } = await database.query<{ same: boolean; pending: string | null; fresh: boolean }>(
    `SELECT v.view_name AS view, f.pending, f.fresh, p.pending AS "pendingAlone", r.fresh AS "freshAlone", f.as_of, r.as_of AS "asOfAlone",
       f.pending IS NOT DISTINCT FROM p.pending AND f.fresh IS NOT DISTINCT FROM r.fresh AND f.as_of IS NOT DISTINCT FROM r.as_of
         AND (f.age IS NULL) = (r.age IS NULL) AND (f.age = 0) IS NOT DISTINCT FROM (r.age = 0) AND abs(coalesce(f.age - r.age, 0)) < 10 AS same
     FROM tidemark.freshness_of(ARRAY(SELECT id FROM tidemark.view WHERE NOT hidden AND replaces IS NULL)) f
     RIGHT JOIN tidemark.view v ON v.id = f.view_id
     CROSS JOIN LATERAL (SELECT tidemark.pending(v.id) AS pending OFFSET 0) p CROSS JOIN LATERAL tidemark.read_state(v.id, true) r
     WHERE NOT v.hidden AND v.replaces IS NULL ORDER BY 1`,
  )
  expect(rows).toHaveLength(views.length)
  await compareStatus(database)
  return {
    differing: rows.filter(({ same }) => !same),
    pending: rows.map(({ pending }) => pending),
    fresh: rows.map(({ fresh }) => fresh),
  }
}

/** What `tidemark status` says, and what the view in SQL does. */
async function compareStatus(database: Query): Promise<void> {
  const { rows } = await database.query<{ staleness: number | null }>(
    `SELECT view, state, as_of AS "asOf", staleness_seconds AS staleness, pending_changes::float8 AS "pendingChanges",
       more_pending AS "morePending", rows::float8 AS rows, last_run AS "lastRun", last_error AS "lastError", warnings
     FROM tidemark.freshness`,
  )
  const status = await readStatus(database)
  expect(status.map(({ stalenessSeconds, ...rest }) => rest)).toEqual(rows.map(({ staleness, ...rest }) => rest))
  status.forEach(({ stalenessSeconds: together }, index) => {
    const alone = rows[index]?.staleness ?? null
    expect([together === null, together === 0]).toEqual([alone === null, alone === 0])
    expect(Math.abs((together ?? 0) - (alone ?? 0))).toBeLessThan(10)
  })
}

async function write(database: Query): Promise<void> {
  const table = random.pick(tables)
  const some = random.chance(0.1) ? 12_000 : random.int(1, 40)
  const kind = random.int(0, 9)
  if (kind < 6) await database.query(`INSERT INTO ${table} SELECT i % 7, i FROM generate_series(1, ${some}) i`)
  else if (kind < 8) await database.query(`UPDATE ${table} SET n = n + 1 WHERE g = ${random.int(0, 6)} AND n < 50`)
  else if (kind < 9) await database.query(`DELETE FROM ${table} WHERE g = ${random.int(0, 6)} AND n > 20`)
  else await database.query(`TRUNCATE ${table}`)
}

async function disturb(): Promise<void> {
  const view = `(SELECT id FROM tidemark.view WHERE view_name = '${random.pick(views)}')`
  const change = random.pick([
    `state = '${random.pick(['paused', 'error', 'quarantined', 'building'])}'`,
    'cursor = NULL',
    'system_identifier = 1',
    "held_as_of = now() - interval '1 hour'",
  ])
  await db.query(`UPDATE tidemark.state SET ${change} WHERE view_id = ${view}`)
}

test('many views are said to be as fresh as each by itself, whatever happened to them', async () => {
  for (const table of tables) await db.query(`CREATE TABLE ${table} (g int, n int)`)
  await apply(db, {
    grouped: 'SELECT g, count(*) AS c FROM t GROUP BY g',
    joined: 'SELECT t.g, count(*) AS c, sum(u.n) AS s FROM t JOIN u ON u.g = t.g AND u.n = t.n GROUP BY t.g',
    above: 'SELECT g, c FROM grouped WHERE c > 3',
    over: 'SELECT a.g, a.c, w.n FROM above a JOIN (SELECT g, max(n) AS n FROM w GROUP BY g) w ON w.g = a.g',
    parts: 'SELECT c, count(*) AS groups FROM (SELECT g, count(*) AS c FROM w GROUP BY g) q GROUP BY c',
    outer: 'SELECT groups, count(*) AS k FROM parts GROUP BY groups',
    moving: 'SELECT g, count(*) AS c, max(random()) AS r FROM u GROUP BY g',
    clocked: { query: 'SELECT g, count(*) AS c FROM moving GROUP BY g' },
    kept: { query: 'SELECT g, count(*) AS c FROM t GROUP BY g', storage: 'matview' },
    still: { query: 'SELECT 1 AS one', key: ['one'] },
  })
  expect(await db.rows('SELECT FROM tidemark.view WHERE hidden')).not.toEqual([])
  const seen = new Set<string>()
  for (let turn = 0; turn < 120; turn++) {
    const kind = random.int(0, 19)
    if (kind < 9) await write(db.pool)
    else if (kind < 15) await refreshView(db.pool, random.pick(views)).catch(() => undefined)
    else if (kind < 17) await disturb()
    else if (kind < 18) await db.query('CALL tidemark.maintain(1)')
    else await inOneTransaction(seen)
    const found = await compare(db.pool)
    expect(found.differing, `turn ${turn}`).toEqual([])
    note(found, seen)
  }
  // The history has come by all that can be answered.
  expect([...seen].sort()).toEqual(['fresh', 'many', 'none', 'some', 'stale', 'unknown'])
})

/** What a transaction wrote and refreshed itself, while another one writes. */
async function inOneTransaction(seen: Set<string>): Promise<void> {
  const client = await db.pool.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await write(client)
    await client.query('SELECT tidemark.refresh($1)', [random.pick(['grouped', 'above', 'over', 'outer'])])
    if (random.chance(0.5)) await db.query('INSERT INTO w VALUES (1, 1)')
    const found = await compare(client)
    expect(found.differing, 'within a transaction').toEqual([])
    note(found, seen)
    await client.query(random.chance(0.5) ? 'COMMIT' : 'ROLLBACK')
  } finally {
    client.release()
  }
}

function note({ pending, fresh }: Awaited<ReturnType<typeof compare>>, seen: Set<string>): void {
  for (const answer of fresh) seen.add(answer ? 'fresh' : 'stale')
  for (const count of pending) {
    seen.add(count === null ? 'unknown' : count === '0' ? 'none' : Number(count) > 10_000 ? 'many' : 'some')
  }
}

test('the logs that a view is said to read are those that its own statement counts', async () => {
  const found = await db.rows<{ view: string; known: string[]; text: string | null; waiting: string | null }>(
    `SELECT v.view_name AS view, v.statements ->> 'pending' AS text, v.statements ->> 'waiting' AS waiting,
       ARRAY(SELECT o.log_name FROM tidemark.view_source vs JOIN tidemark.source o ON o.id = vs.source_id WHERE vs.view_id = v.id ORDER BY 1) AS known
     FROM tidemark.view v WHERE v.storage = 'table'`,
  )
  for (const { view, known, text, waiting } of found) {
    const named = [...(text ?? '').matchAll(/"tidemark_log"\."([^"]+)"/g)].map(([, log]) => log).sort()
    expect({ view, logs: named, isCaptured: waiting !== null }).toEqual({
      view,
      logs: known,
      isCaptured: known.length > 0,
    })
  }
})

test('a log that is gone leaves open what waits', async () => {
  const waiting = async (): Promise<unknown> => {
    expect((await compare(db.pool)).differing).toEqual([])
    const [row] = await db.rows(
      "SELECT f.pending IS NULL AS unknown FROM tidemark.view v, tidemark.freshness_of(ARRAY[v.id]) f WHERE v.view_name = 'joined'",
    )
    return row
  }
  await db.query("UPDATE tidemark.state SET state = 'ready'")
  await refreshView(db.pool, 'joined', { full: true })
  expect(await waiting()).toEqual({ unknown: false })
  const [source] = await db.rows<{ log: string }>("SELECT log_name AS log FROM tidemark.source WHERE table_name = 'u'")
  await db.query(`ALTER TABLE tidemark_log."${source?.log}" RENAME TO away`)
  expect(await waiting()).toEqual({ unknown: true })
})

test('status looks at no view by itself', async () => {
  await db.query('ALTER FUNCTION tidemark.own_pending(integer) RENAME TO away')
  try {
    await expect(db.query('SELECT * FROM tidemark.freshness')).rejects.toMatchObject({ code: '42883' })
    expect((await readStatus(db.pool)).map(({ view }) => view)).toEqual([...views].sort())
  } finally {
    await db.query('ALTER FUNCTION tidemark.away(integer) RENAME TO own_pending')
  }
})
