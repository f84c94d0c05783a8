/** All that is wrong with any view is told at once, and the others are explained all the same. */
import { beforeAll, describe, expect, test } from 'vitest'
import { explainAll, planDeployment } from '../../src/deploy/index.js'
import type { SourceRange } from '../../src/protocol/errors.js'
import { useTestDatabase } from '../kit/index.js'
import { configured, errorOf } from './support.js'

const db = await useTestDatabase()

beforeAll(async () => {
  await db.query(`
    CREATE TABLE customers (id int PRIMARY KEY, region text);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int, status text);
    CREATE TABLE notes (customer_id int, note text)`)
})

const views = configured({
  b_reads_a: 'SELECT region, count(*) AS n FROM a_without_key GROUP BY 1',
  c_reads_b: 'SELECT n FROM b_reads_a GROUP BY 1',
  a_without_key: 'SELECT region FROM customers',
  no_query: 'SELEC 1',
  unknown_column: { query: 'SELECT\n  kunde FROM orders', key: [] },
  wrong_key: { query: 'SELECT id FROM orders', key: ['kunde'] },
  depending: { query: 'SELECT id FROM orders', dependsOn: ['nothing'] },
  good: 'SELECT status, count(*) AS n FROM orders GROUP BY 1',
  reads_good: 'SELECT n, count(*) AS times FROM good GROUP BY 1',
})

test('what is wrong does not hide what is not', async () => {
  const { explanations, problems, waiting } = await explainAll(db.pool, views)
  expect(explanations.map(({ view, incremental }) => [view, incremental])).toEqual([
    ['good', true],
    ['reads_good', true],
  ])
  expect(problems.map(({ view, code, position }) => [view, code, position?.line, position?.column])).toEqual([
    ['a_without_key', 'KEY_MISSING', 1, 20],
    ['no_query', 'QUERY_INVALID', 1, 1],
    ['unknown_column', 'QUERY_INVALID', 2, 3],
    ['wrong_key', 'KEY_INVALID', undefined, undefined],
    ['depending', 'CONFIG_INVALID', undefined, undefined],
  ])
  expect(waiting).toEqual([
    { view: 'b_reads_a', for: 'a_without_key' },
    { view: 'c_reads_b', for: 'a_without_key' },
  ])
})

test('a plan tells all of it as one error', async () => {
  const error = await errorOf(planDeployment(db.pool, views))
  expect(error).toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/^5 problems:\n {2}a_without_key/),
  })
  expect(error.toJSON().problems?.map(({ code, view }) => [view, code])).toContainEqual(['wrong_key', 'KEY_INVALID'])
  expect(
    await errorOf(
      planDeployment(
        db.pool,
        views.filter(({ name }) => name === 'wrong_key'),
      ),
    ),
  ).toMatchObject({
    code: 'KEY_INVALID',
    view: 'wrong_key',
    problems: undefined,
  })
})

describe('a key that is missing: what would give one', () => {
  const without = [
    ['SELECT o.status FROM ⟦orders o⟧', 'Return the key of o: `SELECT o.id, …`; or name them'],
    ['SELECT count(*) AS n FROM orders ⟦GROUP BY status⟧', 'Return what it groups by: `SELECT status, …`; or'],
    ['SELECT o.id FROM orders o JOIN ⟦notes⟧ USING (customer_id)', 'notes has neither a primary key nor'],
    ['SELECT id FROM orders UNION ALL SELECT id FROM customers', 'a constant that tells the arms apart'],
    ['SELECT status, count(*) FROM orders GROUP BY ⟦ROLLUP (status)⟧', 'return `GROUPING(…)` too'],
    ['SELECT id, ⟦generate_series(1, id)⟧ AS n FROM orders', '`WITH ORDINALITY`'],
    ["SELECT o.id, w.w FROM orders o, ⟦regexp_split_to_table(status, ' ') AS w (w)⟧", 'The rows of w can be alike'],
  ]

  test.each(without)('%s', async (marked, hint) => {
    const query = marked.replace(/[⟦⟧]/g, '')
    const { problems } = await explainAll(db.pool, configured({ mv: query }))
    expect(problems).toMatchObject([{ code: 'KEY_MISSING' }])
    // PostgreSQL 15 writes columns back with their table.
    expect(problems[0]?.hint?.replaceAll('orders.', '')).toContain(hint)
    const { start, end } = (problems[0]?.position ?? {}) as Partial<SourceRange>
    const piece = /⟦(.*)⟧/.exec(marked)?.[1]
    expect(start === undefined ? undefined : query.slice(start, end)).toBe(piece)
  })

  test('and following it gives one', async () => {
    const mended = configured({
      returned: 'SELECT o.id, o.status FROM orders o',
      grouped: 'SELECT status, count(*) AS n FROM orders GROUP BY status',
      numbered: "SELECT o.id, w.w, w.n FROM orders o, regexp_split_to_table(status, ' ') WITH ORDINALITY AS w (w, n)",
    })
    const { problems, explanations } = await explainAll(db.pool, mended)
    expect(problems).toEqual([])
    expect(explanations.map(({ key }) => key)).toEqual([['id'], ['status'], ['id', 'n']])
  })
})
