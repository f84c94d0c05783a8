import { expect, test } from 'vitest'
import { keptBy } from '../../bench/coverage/kept.js'
import { type CoveredView, outcomeOf } from '../../bench/coverage/outcome.js'
import { configured } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()

test('each way of keeping a view is told from the others', async () => {
  await db.query(`CREATE TABLE sales (id int PRIMARY KEY, shop int, price int NOT NULL);
    CREATE TABLE shops (id int PRIMARY KEY, region text)`)
  const queries = {
    delta: 'SELECT shop, count(*) AS n FROM sales GROUP BY shop',
    slice: 'SELECT id, rank() OVER (PARTITION BY shop ORDER BY price) AS place, shop FROM sales',
    pieces: 'SELECT n, count(*) AS shops FROM (SELECT shop, count(*) AS n FROM sales GROUP BY shop) s GROUP BY n',
    partly: 'SELECT id, price FROM sales WHERE EXISTS (SELECT FROM shops WHERE region IS NULL)',
    full: 'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY price) AS median FROM sales',
    refused: 'SELECT shop, price FROM sales',
  }
  const found: Record<string, string> = {}
  for (const view of configured(queries)) found[view.name] = (await keptBy(db.pool, [view], 1)).kept
  expect(found).toEqual(Object.fromEntries(Object.keys(queries).map((name) => [name, name])))
  const [partly, refused] = configured({ partly: queries.partly, refused: queries.refused })
  expect(await keptBy(db.pool, partly === undefined ? [] : [partly], 2)).toMatchObject({
    codes: ['uncorrelated_subquery'],
  })
  expect(await keptBy(db.pool, refused === undefined ? [] : [refused], 2)).toMatchObject({ codes: ['KEY_MISSING'] })
})

const view: CoveredView = {
  set: 'a set',
  construct: 'windows',
  view: 'one',
  kept: 'slice',
  codes: [],
  planMs: 4,
  planCpuMs: 1,
}

test('shares are of all views, and the ratio is of the shares', () => {
  const views: CoveredView[] = [
    { ...view, view: 'other', pgIvm: { answer: 'refused', why: 'windows' } },
    { ...view, kept: 'delta', pgIvm: { answer: 'accepted' } },
    { ...view, kept: 'partly', codes: ['subquery'], planMs: 8, pgIvm: { answer: 'unequal' } },
    { ...view, construct: 'joins', kept: 'pieces', pgIvm: { answer: 'refused' } },
  ]
  const { results, tables, summary, views: told } = outcomeOf(views, '1.15', {}, {})
  expect(results.map(({ case: name, ours, peerValue, ratio }) => [name, ours, peerValue, ratio])).toEqual([
    ['a set: windows', 66.67, 33.33, 2],
    ['a set: joins', 100, 0, Number.POSITIVE_INFINITY],
    ['a set: all', 75, 25, 3],
    ['all', 75, 25, 3],
  ])
  expect(told).toMatchObject({
    'a set: windows': { one: 'partly (subquery); pg_ivm unequal', other: 'slice; pg_ivm refused: windows' },
  })
  expect(tables?.reasons).toEqual([{ code: 'subquery', views: 1 }])
  expect(tables?.constructs?.[0]).toMatchObject({ views: 3, slice: 1, delta: 1, partly: 1, 'pg_ivm accepts': 1 })
  expect(summary).toMatchObject({ 'incremental %': 75, 'planning one view, ms, most': 8 })
  expect(summary).toMatchObject({ 'accepted by pg_ivm, and not what its query says': 1 })
})

test('a server without pg_ivm is not compared with it', () => {
  const { results, tables } = outcomeOf([view], undefined, {}, {})
  expect(results).toEqual([])
  expect(tables?.constructs?.[0]).toMatchObject({ 'incremental %': 100, 'pg_ivm accepts': 'not measured' })
})
