import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import { view } from '../../src/define/view.js'
import { applyDeployment } from '../../src/deploy/index.js'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'
import { playAll, prepareStage, refresh, refreshAndCompare, type Step, stageViews } from './stage.js'

const db = await useTestDatabase()
await prepareStage(db)

const rotate = 'CALL tidemark.maintain(0)'
const refreshBoth = `BEGIN ISOLATION LEVEL REPEATABLE READ; ${refresh('both')}; COMMIT`
const first = 'INSERT INTO t VALUES (100, 1, 5)'
const second = 'UPDATE t SET g = 9 WHERE id = 1'

const scenes: Record<string, readonly (readonly Step[])[]> = {
  'a writer that writes before and after the log changed': [
    [`BEGIN; ${first}`, second, 'COMMIT'],
    [rotate, rotate],
    [refreshBoth, refreshBoth],
  ],
  'a writer that rolls back what it wrote to the old log': [
    [`BEGIN; ${first}`, `SAVEPOINT s; ${second}; ROLLBACK TO s`, 'COMMIT'],
    [rotate, rotate],
    [refreshBoth],
  ],
  'a refresh in flight, with a snapshot older than the rotation': [
    ['BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1', refreshAndCompare('both'), 'COMMIT'],
    [rotate, rotate],
    [first, second],
  ],
  'a snapshot that is old when another one has refreshed and rotated': [
    ['BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1', refreshAndCompare('groups'), 'COMMIT'],
    [first, refreshBoth, rotate, rotate],
  ],
  'sessions whose capture function is of before the rotation': [
    [first, 'DELETE FROM t WHERE id = 2'],
    [second, 'DELETE FROM t WHERE id = 3'],
    [rotate, refreshBoth],
  ],
  'a view that stays behind while another keeps up': [
    [first, second, 'DELETE FROM t WHERE id = 2'],
    [rotate, rotate, rotate],
    [refresh('groups'), refresh('groups')],
  ],
  'a writer that stays open while parts are added, emptied and dropped': [
    [`BEGIN; ${first}`, second, 'COMMIT'],
    [rotate, 'DELETE FROM t WHERE id = 2', rotate],
    [refreshBoth, rotate],
  ],
  'a truncation whose marker is written while others rotate': [
    ['BEGIN; TRUNCATE t', first, 'COMMIT'],
    [rotate, rotate],
    [rotate],
  ],
  'two that rotate at once, and a snapshot that is old': [
    ['BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1', refreshAndCompare('both'), 'COMMIT'],
    [first, rotate, rotate],
    [second, rotate],
  ],
}

for (const [name, sessions] of Object.entries(scenes)) {
  test(`every interleaving of ${name}`, async () => {
    const { failures } = await playAll(db, sessions)
    expect(failures.slice(0, 3)).toEqual([])
  })
}

test('a view is built, and built anew, while sessions write and logs rotate', async () => {
  let stopped = false
  const loop = async (text: (turn: number) => string): Promise<void> => {
    const client = await db.connect()
    for (let turn = 0; !stopped; turn++) {
      await client.query(text(turn))
      await sleep(2)
    }
  }
  const busy = [
    loop((turn) => `INSERT INTO t VALUES (${1000 + turn}, ${turn % 5}, ${turn})`),
    loop((turn) => `UPDATE t SET g = ${turn % 4} WHERE id % 7 = ${turn % 7}`),
    loop(() => rotate),
    loop(() => refreshBoth),
  ]
  for (let version = 1; version <= 5; version++) {
    const built = view('built', { query: `SELECT g, count(*) + ${version} AS n, sum(v) AS v FROM t GROUP BY g` })
    await applyDeployment(db.pool, normaliseConfig({ views: [...stageViews, built] }).views)
    await sleep(50)
  }
  stopped = true
  await Promise.all(busy)
  for (const name of ['built', 'groups', 'sizes', 'both']) {
    expect(await verifyView(db.pool, name)).toMatchObject({ missing: 0, unexpected: 0 })
  }
})
