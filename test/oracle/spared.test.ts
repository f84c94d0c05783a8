import { expect, test } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { readTargets } from './checks.js'
import { deployLibrary } from './library.js'
import { runHistory, tolerant } from './sequential.js'
import { spared } from './shapes/spared.js'

const seed = Number(process.env.TIDEMARK_TEST_SEED ?? 1)
/** One in so many pairs is tried. */
const thinned = Number(process.env.TIDEMARK_TEST_THINNED ?? 16)

const rows = `
INSERT INTO dim VALUES (1, 'x', 0), (2, 'y', 2), (3, 'x', 3), (4, 'y', 1);
INSERT INTO other.a VALUES (1, 1, 'y'), (2, 2, 'y'), (3, 3, 'n');
INSERT INTO a (id, parent, g, h, v) VALUES (1, NULL, 1, 'x', 3), (2, 1, 2, 'y', 5), (3, 1, 1, 'x', 0), (4, 2, NULL, 'y', 2);
INSERT INTO b (id, a_id, g, amount, kind) VALUES
  (1, 1, 1, 3, 'mid'), (2, 1, 2, 4, 'low'), (3, 2, 3, 2.5, 'mid'), (4, 2, 2, 0, 'low'), (5, NULL, 1, 5, 'mid'), (6, 3, NULL, 3, 'high');
INSERT INTO c (k1, k2, b_id, v, dom) VALUES
  (1, 'x', 1, 2, 1), (1, 'y', 2, 1, 2), (2, 'x', 3, 4, 3), (2, 'y', 3, 2, 2), (3, 'x', 6, 3, 4), (3, 'y', NULL, 5, 3);`

/** Rows come, go, and move between parents; what is asked of them comes to hold, or holds no more. */
const changes: Readonly<Record<string, readonly string[]>> = {
  a: [
    'UPDATE a SET v = 0 WHERE id IN (1, 4)',
    'UPDATE a SET v = 5 WHERE id = 3',
    'UPDATE a SET g = 3 - g, h = NULL WHERE id < 3',
    'UPDATE a SET parent = 2 WHERE id = 3',
    'UPDATE a SET id = 7 WHERE id = 1',
    'DELETE FROM a WHERE id = 1',
    "INSERT INTO a (id, parent, g, h, v) VALUES (1, 4, 2, 'x', 4), (8, 1, 1, 'x', 2) ON CONFLICT DO NOTHING",
  ],
  b: [
    "UPDATE b SET kind = 'mid' WHERE id IN (2, 4)",
    "UPDATE b SET kind = 'low', amount = 1.5 WHERE id = 1",
    'UPDATE b SET a_id = 2 WHERE id < 3',
    'UPDATE b SET a_id = NULL WHERE id = 3',
    'UPDATE b SET g = 4 - g WHERE id > 1',
    'DELETE FROM b WHERE id IN (1, 3)',
    "INSERT INTO b (id, a_id, g, amount, kind) VALUES (1, 2, 2, 6, 'low'), (9, 1, 3, 3, 'mid') ON CONFLICT DO NOTHING",
  ],
  c: [
    'UPDATE c SET v = 4 - v',
    'UPDATE c SET b_id = 2 WHERE k1 = 2',
    'UPDATE c SET k1 = 4 WHERE k1 = 1',
    'UPDATE c SET dom = 2 WHERE k1 = 3',
    "DELETE FROM c WHERE k2 = 'x'",
    "INSERT INTO c (k1, k2, b_id, v, dom) VALUES (1, 'é', 4, 2, 3), (2, 'é', 1, 3, 2) ON CONFLICT DO NOTHING",
  ],
  dim: [
    'UPDATE dim SET top = 3 - top',
    "UPDATE dim SET g = 5, name = 'y' WHERE g = 1",
    'DELETE FROM dim WHERE g = 2',
    "INSERT INTO dim VALUES (1, 'x', 2), (2, 'x', 2) ON CONFLICT DO NOTHING",
  ],
  'other.a': [
    `UPDATE other.a SET "order" = CASE "order" WHEN 'y' THEN 'n' ELSE 'y' END`,
    'DELETE FROM other.a WHERE id = 2',
  ],
}

const db = await useTestDatabase()

test('no change is spared that a view would show, whatever else changed with it', async () => {
  await deployLibrary(db.pool, spared)
  await db.query(rows)
  for (const { name } of spared) await db.query('SELECT tidemark.refresh($1)', [name])
  const targets = await readTargets(db.pool, spared)
  const client = await db.connect()
  const failures: string[] = []
  let tried = seed
  for (const target of targets) {
    const own = target.tables.flatMap((table) => changes[table] ?? [])
    for (const first of own) {
      for (const second of own) {
        if (++tried % thinned !== 0) continue
        const statements = [tolerant(first), tolerant(second)]
        const failure = await runHistory(client, { target, rounds: [{ statements, mode: 'slices' }] })
        if (failure !== undefined) failures.push(`${target.name}: ${first}; ${second}: ${failure}`)
      }
    }
  }
  expect(failures).toEqual([])
  expect(tried / thinned).toBeGreaterThan(300)
}, 1_200_000)
