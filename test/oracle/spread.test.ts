import { beforeAll, expect, test } from 'vitest'
import { readAggregate } from '../../src/compiler/delta/aggregates.js'
import { overState, stateAlias } from '../../src/compiler/delta/outputs.js'
import { expressionOf, loadParser, toSql } from '../../src/compiler/parse/parse.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()

beforeAll(loadParser)

/** A variance or deviation of x, computed of the count, the sum, and the sum of squares. */
function overSums(name: string): string {
  const ast = expressionOf(`${name}(x)`)
  const aggregate = readAggregate(ast)
  if (aggregate === undefined) throw new TypeError(`${name} is unknown`)
  const expression = {
    ast,
    columns: [],
    outer: false,
    aggregate: true,
    window: false,
    subquery: false,
    setReturning: false,
    clock: false,
  }
  const names = { group: () => '', part: (_: number, role: string) => role }
  const own = overState({ name, expression }, { groups: [], aggregates: [aggregate] }, names)
  if (own === undefined) throw new TypeError(`${name} cannot be computed`)
  return toSql(own)
}

/** Groups of a few numbers: as large as 10^18, as small as 10^-18, equal, alone, or close to one another. */
const groups = `
SELECT g, array_agg(x) AS xs FROM (
  SELECT g, (CASE g % 5
      WHEN 0 THEN round((random() * 10 ^ (g % 17))::numeric, g % 7)
      WHEN 1 THEN (round(random() * 10 ^ (g % 19)) * CASE WHEN random() < 0.5 THEN -1 ELSE 1 END)::numeric
      WHEN 2 THEN round(random()::numeric * power(10::numeric, -(g % 19)), g % 30)
      WHEN 3 THEN 10::numeric ^ (g % 20) + round(random()::numeric, g % 13)
      ELSE round((random() * 8)::numeric) END)::numeric AS x
  FROM generate_series(1, 20000) g, generate_series(1, 1 + g % 6) i) q
GROUP BY g`

test.each(['var_pop', 'var_samp', 'stddev_pop', 'stddev_samp'])(
  '%s of sums is that of PostgreSQL, to the last digit',
  async (name) => {
    const sums = 'count(*) AS count, sum(x) AS sum, sum(x * x) AS square'
    const differing = await db.rows(
      `WITH groups AS MATERIALIZED (${groups})
     SELECT xs, wanted, own FROM groups, LATERAL (SELECT ${name}(x)::text AS wanted FROM unnest(xs) x) w,
       LATERAL (SELECT (${overSums(name)})::text AS own FROM (SELECT ${sums} FROM unnest(xs) x) ${stateAlias}) o
     WHERE wanted IS DISTINCT FROM own LIMIT 5`,
    )
    expect(differing).toEqual([])
  },
  60_000,
)

test('a root is not rounded twice', async () => {
  const [row] = await db.rows<{ own: string; wanted: string; twice: string }>(
    `WITH v AS (SELECT * FROM (VALUES (0), (6372), (15586)) v(x)),
       ${stateAlias} AS (SELECT count(*) AS count, sum(x) AS sum, sum(x * x)::numeric AS square FROM v)
     SELECT (SELECT stddev_pop(x) FROM v)::text AS wanted, (SELECT ${overSums('stddev_pop')} FROM ${stateAlias})::text AS own,
       (SELECT round(sqrt(var_pop(x)), scale(var_pop(x))) FROM v)::text AS twice`,
  )
  expect(row).toEqual({ wanted: '6398.121043625924', own: '6398.121043625924', twice: '6398.121043625925' })
})
