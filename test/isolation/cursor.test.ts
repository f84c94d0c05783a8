import { expect, test } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { playAll, prepareStage, refresh, refreshAndCompare, type Step } from './stage.js'

const db = await useTestDatabase()
await prepareStage(db)

const repeatable = 'BEGIN ISOLATION LEVEL REPEATABLE READ'
/** As above, with the snapshot taken at once. */
const snapshot = `${repeatable}; SELECT 1`
const moves = 'UPDATE t SET g = 9, v = v + 10 WHERE id = 1'
const inserts = 'INSERT INTO t VALUES (100, 1, 5)'
const deletes = 'DELETE FROM t WHERE id = 2'
const tick = 'CALL tidemark.tick()'

const scenes: Record<string, readonly (readonly Step[])[]> = {
  'a writer and two refreshes': [
    ['BEGIN', moves, 'COMMIT'],
    [refresh('groups'), refresh('groups')],
  ],
  'a writer that rolls back': [
    ['BEGIN', moves, 'ROLLBACK'],
    [refresh('groups'), tick],
  ],
  'two writers of one group, and a refresh of what reads it': [
    ['BEGIN', moves, 'COMMIT'],
    ['BEGIN', 'INSERT INTO t VALUES (100, 9, 5)', 'COMMIT'],
    [`${repeatable}; ${refresh('both')}; COMMIT`],
  ],
  'a subtransaction that is undone, and one that is kept': [
    ['BEGIN', `SAVEPOINT s; ${moves}`, `ROLLBACK TO s; ${inserts}`, `SAVEPOINT s; ${deletes}; RELEASE s`, 'COMMIT'],
    [refresh('groups'), tick],
  ],
  'writes and refreshes of a downstream view in one transaction': [
    [repeatable, inserts, refreshAndCompare('sizes'), deletes, refreshAndCompare('sizes'), 'COMMIT'],
    ['BEGIN', 'INSERT INTO t VALUES (101, 2, 5)', 'COMMIT'],
  ],
  'refreshes before and after writes of one’s own, upstream in between': [
    [repeatable, refreshAndCompare('both'), moves, refreshAndCompare('groups'), refreshAndCompare('both'), 'COMMIT'],
    ['INSERT INTO t VALUES (101, 2, 5)', tick],
  ],
  'refreshes of one’s own that are rolled back': [
    [repeatable, inserts, refreshAndCompare('sizes'), 'ROLLBACK'],
    [moves, tick, refresh('groups')],
  ],
  'writes and refreshes under READ COMMITTED': [
    ['BEGIN', inserts, refresh('groups'), deletes, refresh('groups'), 'COMMIT'],
    ['BEGIN', 'INSERT INTO t VALUES (101, 2, 5)', 'COMMIT'],
  ],
  'two refreshers at once': [
    [snapshot, refreshAndCompare('sizes'), 'COMMIT'],
    [snapshot, refreshAndCompare('both'), 'COMMIT'],
    [moves],
  ],
  'a refresher whose snapshot is old': [
    [snapshot, refreshAndCompare('sizes'), refreshAndCompare('both'), 'COMMIT'],
    [inserts, `${repeatable}; ${refresh('sizes')}; COMMIT`, deletes],
  ],
  'a refresh that is full, and a late writer': [
    ['BEGIN', inserts, 'COMMIT'],
    ["SELECT mode, error FROM tidemark.refresh('groups', true)", tick],
  ],
  'a truncation': [['BEGIN', 'TRUNCATE t', 'INSERT INTO t VALUES (100, 1, 5)', 'COMMIT']],
}

for (const [name, sessions] of Object.entries(scenes)) {
  test(`every interleaving of ${name}`, async () => {
    const { count, failures } = await playAll(db, sessions)
    expect(failures.slice(0, 3)).toEqual([])
    expect(count).toBeGreaterThan(0)
  })
}
