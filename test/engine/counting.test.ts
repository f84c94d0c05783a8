import pc from 'picocolors'
import { expect, test } from 'vitest'
import { showStatus } from '../../src/cli/show/status.js'
import type { Terminal } from '../../src/cli/terminal.js'
import { refreshView } from '../../src/engine/refresh.js'
import { readStatus } from '../../src/engine/status.js'
import { apply } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()

test('changes that wait are counted up to ten thousand, and where there are more it is said', async () => {
  await db.query('CREATE TABLE t (id int PRIMARY KEY, g int); CREATE TABLE u (g int PRIMARY KEY, name text)')
  await apply(db, {
    grouped: { query: 'SELECT g, count(*) AS n FROM t GROUP BY g', freshness: '1ms' },
    joined: { query: 'SELECT t.id, u.name FROM t JOIN u ON u.g = t.g', freshness: '1ms' },
  })
  const counted = async (): Promise<unknown> => {
    const status = await readStatus(db.pool)
    const tables = await db.rows('SELECT table_name, pending::int, more FROM tidemark.waiting_changes() ORDER BY 1')
    const due = await db.rows('SELECT FROM tidemark.due()')
    return {
      views: status.map(({ pendingChanges, morePending }) => [pendingChanges, morePending]),
      tables: tables.map(({ pending, more }) => [pending, more]),
      due: due.length,
    }
  }
  const none = [0, false]
  expect(await counted()).toEqual({ views: [none, none], tables: [none, none], due: 0 })
  await db.query('INSERT INTO t SELECT i, i FROM generate_series(1, 9999) i; INSERT INTO u VALUES (1, $$one$$)')
  expect(await counted()).toEqual({
    views: [
      [9999, false],
      [10_000, false],
    ],
    tables: [
      [9999, false],
      [1, false],
    ],
    due: 2,
  })
  await db.query('INSERT INTO t VALUES (0, 0), (-1, 0)')
  expect(await counted()).toMatchObject({
    views: [
      [10_000, true],
      [10_000, true],
    ],
    tables: [
      [10_000, true],
      [1, false],
    ],
  })
  const plain = { colours: pc.createColors(false), width: 100 } as unknown as Terminal
  const shown = showStatus(await readStatus(db.pool), plain)
  expect(shown.match(/> 10,000/g)).toHaveLength(2)
  for (const view of ['grouped', 'joined']) await refreshView(db.pool, view)
  expect(await counted()).toEqual({ views: [none, none], tables: [none, none], due: 0 })
})
