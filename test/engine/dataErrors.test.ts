import { beforeEach, expect, it } from 'vitest'
import { apply, expectFresh, reset } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()

beforeEach(async () => {
  await reset(db)
  await db.query('CREATE TABLE t (id int PRIMARY KEY, g int, divisor int)')
  await db.query('INSERT INTO t SELECT i, i % 50, 1 FROM generate_series(1, 2000) i')
})

const views = {
  rows: 'SELECT id, 10 / divisor AS part FROM t',
  filtered: 'SELECT id, g FROM t WHERE 10 / divisor > 3',
  grouped: 'SELECT 10 / divisor AS part, count(*) AS n FROM t GROUP BY 1',
  sums: 'SELECT g, sum(10 / divisor) AS parts FROM t GROUP BY g',
  maxima: 'SELECT 10 / divisor AS part, max(g) AS g, array_agg(DISTINCT g) AS all FROM t GROUP BY 1',
}

it.each(Object.entries(views))(
  'a row that the query fails for is forgotten once it is gone: %s',
  async (name, query) => {
    await apply(db, { [name]: { query, ...(/^(rows|filtered)$/.test(name) && { key: ['id'] }) } })
    await expectFresh(db, name)
    await db.query('UPDATE t SET divisor = 0 WHERE id = 7')
    const [failed] = await db.rows('SELECT mode, error FROM tidemark.refresh($1)', [name])
    expect(failed).toMatchObject({ mode: 'failed', error: { code: 'REFRESH_FAILED' } })
    await db.query('UPDATE t SET divisor = 2 WHERE id = 7')
    await expectFresh(db, name)
    await db.query('UPDATE t SET divisor = 3 WHERE id < 9')
    await expectFresh(db, name)
  },
)
