import { expect, test } from 'vitest'
import type { ViewOptions } from '../../src/define/options.js'
import { applyDeployment, dropDeployment, planDeployment } from '../../src/deploy/index.js'
import type { Database } from '../../src/engine/database.js'
import { useTestDatabase } from '../kit/index.js'
import { configured } from './support.js'

const db = await useTestDatabase()

/** The database, with a count of the statements that are sent to it. */
function counted(): { readonly database: Database; sent: number } {
  const counter = {
    sent: 0,
    database: {
      query: (text: string, values?: unknown[]) => {
        counter.sent++
        return db.pool.query(text, values)
      },
      connect: async () => {
        const client = await db.pool.connect()
        return {
          query: (text: string, values?: unknown[]) => {
            counter.sent++
            return client.query(text, values)
          },
          release: (destroy?: boolean) => client.release(destroy),
        }
      },
    } as unknown as Database,
  }
  return counter
}

async function statements(work: (database: Database) => Promise<unknown>): Promise<number> {
  const counter = counted()
  await work(counter.database)
  return counter.sent
}

/** Over two tables; every fourth reads the view before it. */
function many(count: number) {
  const views = Array.from({ length: count }, (_, index): [string, ViewOptions] => {
    const query =
      index % 4 === 3
        ? `SELECT g, sum(total) AS total FROM mv_${index - 1} GROUP BY g`
        : `SELECT g, sum(v) + ${index} AS total FROM t${index % 2} GROUP BY g`
    return [`mv_${index}`, { query }]
  })
  return configured(Object.fromEntries(views))
}

/** What each view beyond the first eight costs, and what each costs beyond the first sixteen. */
function perView([eight, sixteen, thirtyTwo]: readonly number[]): readonly number[] {
  return [((sixteen ?? 0) - (eight ?? 0)) / 8, ((thirtyTwo ?? 0) - (sixteen ?? 0)) / 16]
}

test('a view costs the same few statements, however many there are', async () => {
  await db.query(`CREATE TABLE t0 (id int PRIMARY KEY, g int, v int); CREATE TABLE t1 (id int PRIMARY KEY, g int, v int);
    INSERT INTO t0 SELECT i, i % 3, i FROM generate_series(1, 30) i; INSERT INTO t1 SELECT * FROM t0`)
  const sizes = [8, 16, 32]
  const fresh: number[] = []
  for (const size of sizes) fresh.push(await statements((database) => planDeployment(database, many(size))))
  const [early = 0, late] = perView(fresh)
  expect(late).toBe(early)
  // What is kept of a view can be more than its result: then its query is read twice.
  expect(early).toBeLessThan(14)

  const applied: number[] = []
  const unchanged: number[] = []
  for (const size of sizes) {
    await dropDeployment(db.pool)
    applied.push(await statements((database) => applyDeployment(database, many(size))))
    unchanged.push(
      await statements(async (database) => expect((await planDeployment(database, many(size))).changes).toEqual([])),
    )
  }
  const [earlyUnchanged = 0, lateUnchanged] = perView(unchanged)
  expect(lateUnchanged).toBe(earlyUnchanged)
  expect(earlyUnchanged).toBeLessThan(14)
  const [earlyApplied = 0, lateApplied] = perView(applied)
  // A build that takes long is looked at now and then: not always the same number.
  expect(lateApplied).toBeLessThan(earlyApplied * 1.1)
})

test('what one view has looked up is the same for a view of another time zone as if that stood alone', async () => {
  await db.query(`CREATE TABLE events (id int PRIMARY KEY, at timestamptz);
    CREATE VIEW recent AS SELECT * FROM events WHERE at > timestamptz '2024-01-01 00:00+00'`)
  const query = "SELECT date_trunc('day', at) AS day, count(*) AS n FROM recent GROUP BY 1"
  const utc = { query, timeZone: 'UTC' }
  const tokyo = { query, timeZone: 'Asia/Tokyo' }
  const planned = (views: Record<string, ViewOptions>) => planDeployment(db.pool, configured(views))
  await dropDeployment(db.pool)
  await applyDeployment(db.pool, configured({ tokyo }))
  const both = await planned({ utc, tokyo })
  expect(both.changes.filter(({ action }) => action !== 'capture table')).toMatchObject([
    { action: 'create view', object: 'utc' },
  ])
})
