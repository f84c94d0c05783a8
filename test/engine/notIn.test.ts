import { beforeAll, expect, test } from 'vitest'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import { view } from '../../src/define/view.js'
import { applyDeployment } from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'
import { Random } from '../oracle/random.js'

const db = await useTestDatabase()

const queries: Readonly<Record<string, string>> = {
  plain: 'SELECT id, x FROM outers WHERE x NOT IN (SELECT y FROM inners)',
  asked: 'SELECT id, x FROM outers WHERE x NOT IN (SELECT y FROM inners WHERE kept) AND id > 2',
  around: 'SELECT o.id, o.x FROM outers o WHERE o.x NOT IN (SELECT i.y FROM inners i WHERE i.g = o.g)',
  all_others: 'SELECT id, g FROM outers WHERE x <> ALL (SELECT y FROM inners WHERE g < 3)',
  without_nulls: 'SELECT id, x FROM outers WHERE id NOT IN (SELECT z FROM inners)',
  same_alias: 'SELECT i.id FROM outers i WHERE i.x NOT IN (SELECT i.y FROM inners i WHERE i.kept)',
  joined: 'SELECT o.id, p.id AS p FROM outers o JOIN outers p ON p.id = o.g WHERE p.x NOT IN (SELECT y FROM inners)',
  joined_inside:
    'SELECT id, x FROM outers WHERE x NOT IN (SELECT i.y FROM inners i JOIN inners p ON p.id = i.g WHERE p.kept)',
}

/** Those whose subquery has a shape in which a row looked for would not be one that NOT IN compares. */
const asWritten: Readonly<Record<string, string>> = {
  first_only: 'SELECT id, x FROM outers WHERE x NOT IN (SELECT y FROM inners ORDER BY id LIMIT 2)',
  greatest: 'SELECT id, x FROM outers WHERE x NOT IN (SELECT max(y) FROM inners GROUP BY g)',
  as_value: 'SELECT id, x NOT IN (SELECT y FROM inners) AS out FROM outers',
  either: 'SELECT id FROM outers WHERE x NOT IN (SELECT y FROM inners) OR g = 2',
  unindexed: 'SELECT id, x FROM outers WHERE x NOT IN (SELECT g FROM inners)',
}

const names = [...Object.keys(queries), ...Object.keys(asWritten)]

beforeAll(async () => {
  await db.query(`CREATE TABLE outers (id integer PRIMARY KEY, x integer, g integer);
    CREATE INDEX ON outers (x);
    CREATE TABLE inners (id integer PRIMARY KEY, y integer, z integer NOT NULL, g integer, kept boolean);
    CREATE INDEX ON inners (y);
    CREATE INDEX ON inners (z)`)
  const views = Object.entries({ ...queries, ...asWritten }).map(([name, query]) => view(name, { query, freshness: 1 }))
  await applyDeployment(db.pool, normaliseConfig({ views }).views)
})

test.each(Object.keys(queries))('%s: a slice looks its value up', async (name) => {
  const [found] = await db.rows<{ slices: string; whole: string }>(
    `SELECT statements ->> 'slices' AS slices, statements ->> 'full' AS whole FROM tidemark.view WHERE view_name = '${name}'`,
  )
  expect(found?.slices).toMatch(/NOT \(?EXISTS/)
  expect(found?.whole).not.toMatch(/NOT \(?EXISTS/)
})

test.each(Object.keys(asWritten))('%s: is computed as it is written', async (name) => {
  const [found] = await db.rows<{ slices: string | null }>(
    `SELECT statements ->> 'slices' AS slices FROM tidemark.view WHERE view_name = '${name}'`,
  )
  expect(found?.slices ?? '').not.toMatch(/NOT \(?EXISTS/)
})

/** None, one of a few, or one that nothing else has. */
function value(random: Random): string {
  return random.chance(0.12) ? 'NULL' : String(random.int(1, 6))
}

function write(random: Random, outersAlone: boolean): string {
  const id = random.int(1, 8)
  const outers = [
    `INSERT INTO outers VALUES (${id}, ${value(random)}, ${value(random)}) ON CONFLICT (id) DO UPDATE SET x = excluded.x`,
    `UPDATE outers SET x = ${value(random)} WHERE id = ${id}`,
    `DELETE FROM outers WHERE id = ${id}`,
  ]
  if (outersAlone) return random.pick(outers)
  return random.pick([
    ...outers,
    `INSERT INTO inners VALUES (${id}, ${value(random)}, ${random.int(1, 6)}, ${value(random)}, ${random.chance(0.5)}) ON CONFLICT DO NOTHING`,
    `UPDATE inners SET y = ${value(random)}, g = ${value(random)} WHERE id = ${id}`,
    `UPDATE inners SET y = coalesce(y, ${random.int(1, 6)}), kept = NOT kept, z = ${random.int(1, 6)} WHERE id <= ${id}`,
    `DELETE FROM inners WHERE id ${random.pick(['=', '>='])} ${id}`,
    'DELETE FROM inners WHERE y IS NULL',
  ])
}

test.each([1, 2, 3])(
  'after any writes the rows are those of the query, whatever is NULL or empty (%i)',
  async (seed) => {
    const random = new Random(seed)
    const modes = new Map<string, number>()
    for (let round = 0; round < 25; round++) {
      // Where NULL can be among what is compared, a change of those is answered by computing everything.
      const outersAlone = random.chance(0.6)
      for (let left = random.int(2, 4); left > 0; left--) await db.query(write(random, outersAlone))
      await db.query(
        'UPDATE tidemark.state SET slice_ms = 0.000001, batch_ms = 1e9, full_ms = 1e9, row_count = 1000000',
      )
      for (const name of names) {
        const { mode } = await refreshView(db.pool, name)
        modes.set(`${name} ${mode}`, (modes.get(`${name} ${mode}`) ?? 0) + 1)
        expect(await verifyView(db.pool, name), `${name}, round ${round}`).toMatchObject({ missing: 0, unexpected: 0 })
      }
    }
    for (const name of Object.keys(queries)) expect(modes.get(`${name} incremental`) ?? 0, name).toBeGreaterThan(5)
  },
  120_000,
)
