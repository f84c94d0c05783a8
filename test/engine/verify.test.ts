import { beforeEach, describe, expect, it } from 'vitest'
import { verifyView } from '../../src/engine/verify.js'
import { apply, reset } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()

beforeEach(async () => {
  await reset(db)
  await db.query(
    'CREATE TABLE t (id int PRIMARY KEY, g int, v float8, w float4); INSERT INTO t SELECT i, i % 3, i / 7.0, i / 3.0 FROM generate_series(1, 300) i',
  )
  await apply(db, { mv: 'SELECT g, avg(v) AS mean, sum(w) AS w, count(*) AS n FROM t GROUP BY g' })
})

async function drift(assignment: string): Promise<{ missing: number; unexpected: number }> {
  await db.query(`UPDATE tidemark_data.mv SET ${assignment}`)
  const { missing, unexpected } = await verifyView(db.pool, 'mv')
  return { missing, unexpected }
}

describe('verify', () => {
  it('takes the last bits of an aggregate over floating-point numbers for what they are', async () => {
    expect(await drift('mean = mean * (1 + 1e-12)')).toEqual({ missing: 0, unexpected: 0 })
    expect(await drift('w = w * (1 + 2e-7)')).toEqual({ missing: 0, unexpected: 0 })
  })

  it.each([
    ['a small difference', 'mean = mean * (1 + 1e-6)'],
    ['a larger one', 'w = w * 1.001'],
    ['a NULL', 'mean = NULL'],
    ['infinity', "mean = 'Infinity'"],
    ['no number', "mean = 'NaN'"],
    ['the largest number', 'mean = -1.7e308'],
    ['the smallest number', 'mean = 5e-324'],
    ['another column', 'mean = mean * (1 + 1e-12), n = n + 1'],
  ])('finds drift: %s', async (_, assignment) => {
    expect(await drift(`${assignment} WHERE g = 1`)).toEqual({ missing: 1, unexpected: 1 })
  })

  it('finds rows that are missing, and those that should not be there', async () => {
    expect(await drift('n = n WHERE false')).toEqual({ missing: 0, unexpected: 0 })
    await db.query('DELETE FROM tidemark_data.mv WHERE g = 0')
    expect(await verifyView(db.pool, 'mv')).toMatchObject({ missing: 1, unexpected: 0 })
    await db.query('UPDATE tidemark_data.mv SET g = 7 WHERE g = 1')
    expect(await verifyView(db.pool, 'mv')).toMatchObject({ missing: 2, unexpected: 1 })
  })

  it('does not stumble over infinities, NULLs and empty groups of the query itself', async () => {
    await db.query(
      "INSERT INTO t VALUES (1000, 8, 'Infinity', 'NaN'), (1001, 9, NULL, NULL), (1002, 10, '-Infinity', 0), (1003, 11, 5e-324, 1e-45)",
    )
    expect(await verifyView(db.pool, 'mv')).toMatchObject({ missing: 0, unexpected: 0 })
    await db.query('UPDATE tidemark_data.mv SET mean = mean * 2')
    expect(await verifyView(db.pool, 'mv')).toMatchObject({ missing: 4, unexpected: 4 })
  })
})
