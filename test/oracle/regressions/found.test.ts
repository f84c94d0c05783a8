import { expect, test } from 'vitest'
import { normaliseConfig } from '../../../src/define/normalise-config.js'
import { view } from '../../../src/define/view.js'
import { applyDeployment } from '../../../src/deploy/index.js'
import { refreshView } from '../../../src/engine/refresh.js'
import { verifyView } from '../../../src/engine/verify.js'
import { createTestDatabase, testedVersion, useTestDatabase } from '../../kit/index.js'
import { readTargets } from '../checks.js'
import { deployLibrary } from '../library.js'
import { runHistory } from '../sequential.js'
import { shapes } from '../shapes/index.js'

/** What random histories found, made small: a view of the library, and the writes after which it was wrong. */
const found: readonly { readonly view: string; readonly was: string; readonly writes: readonly string[] }[] = [
  {
    view: 't_day',
    was: 'the bucket of infinity came out empty',
    writes: ["INSERT INTO a (id, ts) VALUES (50, 'infinity'), (51, '-infinity')"],
  },
  {
    view: 't_year',
    was: 'the year of infinity could not be cast to an integer',
    writes: ["INSERT INTO a (id, ts) VALUES (50, 'infinity'), (51, '0044-03-15 BC')"],
  },
  {
    view: 't_interval',
    was: 'a range was made of an interval, which is cut towards zero',
    writes: ["INSERT INTO e (id, iv) VALUES (50, '-01:30'), (51, '01:30')"],
  },
  {
    view: 't_year_of_interval',
    was: 'an interval was compared with a date',
    writes: ["INSERT INTO e (id, iv) VALUES (50, '1 year 2 mons')"],
  },
  {
    view: 't_text_date',
    was: 'text was compared with a date',
    writes: ["INSERT INTO e (id, txt) VALUES (50, '2024-01-05')", "INSERT INTO e (id, txt) VALUES (51, 'no date')"],
  },
  {
    view: 'x_each',
    was: 'a function in FROM was called for rows that WHERE keeps away from it',
    writes: ["INSERT INTO e (id, obj) VALUES (50, '[]'), (51, '{\"a\": 1}')"],
  },
  {
    view: 'x_filtered_cast',
    was: 'a cast in the key was tried on rows that WHERE keeps away from it',
    writes: ["INSERT INTO e (id, txt) VALUES (50, 'x'), (51, '12')", "UPDATE e SET txt = '' WHERE id = 51"],
  },
  {
    view: 'equal_through_window',
    was: 'the keys were looked for below the window, which then saw fewer rows',
    writes: ['INSERT INTO d VALUES (1, NULL, 5), (2, NULL, 1), (2, NULL, 3)', 'INSERT INTO a (id, g) VALUES (50, 2)'],
  },
  {
    view: 'equal_through_limit',
    was: 'the keys were looked for below the LIMIT',
    writes: [
      'INSERT INTO d SELECT i % 3, NULL, i FROM generate_series(1, 9) i',
      'INSERT INTO a (id, g) VALUES (50, 2)',
    ],
  },
  {
    view: 'equal_through_min',
    was: 'an aggregate was put into WHERE',
    writes: ["INSERT INTO d VALUES (1, 'x', 1), (2, 'x', 1)", 'INSERT INTO a (id, g) VALUES (50, 1)'],
  },
  {
    view: 'cte_and_subquery',
    was: 'a WITH query read in a subquery too was restricted to the keys',
    writes: ["INSERT INTO dim VALUES (1, 'x', 1), (2, 'y', 1)", 'INSERT INTO a (id, g) VALUES (50, 1), (51, 3)'],
  },
  { view: 'left_block', was: 'an empty list of columns was written', writes: ['INSERT INTO a (id, g) VALUES (50, 1)'] },
  {
    view: 'limit_from_table',
    was: 'a table read in LIMIT was not captured',
    writes: ['INSERT INTO a (id, v) SELECT i, i FROM generate_series(50, 59) i', 'INSERT INTO settings VALUES (1, 7)'],
  },
  {
    view: 'text_of_numeric',
    was: 'a change of 1.0 to 1.00 was taken for none',
    writes: [
      'INSERT INTO a (id, n) VALUES (50, 1.0)',
      'INSERT INTO e (id, num) VALUES (50, 1.0)',
      'UPDATE a SET n = 1.00',
      'UPDATE e SET num = 1.00',
    ],
  },
  {
    view: 'interval_meaning',
    was: 'a change of 30 days to one month was taken for none',
    writes: ["INSERT INTO e (id, iv) VALUES (50, '30 days')", "UPDATE e SET iv = '1 mon' WHERE id = 50"],
  },
  {
    view: 't_lower_range',
    was: 'the lower bound of a range that is there was taken to be there',
    writes: ["INSERT INTO f (id, at, doc, span) VALUES (50, 'now', '1', '(,3)'), (51, 'now', '1', 'empty')"],
  },
  {
    view: 't_month_of_year',
    was: 'the month of a time that is there was taken to be there',
    writes: ["INSERT INTO f (id, at, doc, span) VALUES (50, 'infinity', '1', 'empty')"],
  },
  {
    view: 'e_same_names',
    was: 'two columns of a nested query with one name were taken for one',
    writes: [
      'INSERT INTO a (id, g) VALUES (50, 1)',
      'INSERT INTO b (id, a_id, g) VALUES (50, 50, 2)',
      'UPDATE b SET g = 3 WHERE id = 50',
    ],
  },
]

const db = await useTestDatabase()
const used = shapes.filter(({ name }) => found.some((case_) => case_.view === name))
await deployLibrary(db.pool, used)
const targets = await readTargets(db.pool, used)

for (const { view: name, was, writes } of found) {
  test(`${name}: ${was}`, async () => {
    const target = targets.find((candidate) => candidate.name === name)
    if (target === undefined) throw new Error(`no view ${name}`)
    const client = await db.connect()
    // The writes one by one, with a refresh after each; and all of them at once.
    const rounds = writes.map((statement) => ({ statements: [statement], mode: 'slices' as const }))
    expect(await runHistory(client, { target, rounds })).toBeUndefined()
    expect(await runHistory(client, { target, rounds: [{ statements: writes, mode: 'own' }] })).toBeUndefined()
  })
}

async function deploy(name: string, query: string, key?: readonly string[]): Promise<void> {
  const definition = view(name, { query, freshness: 1, ...(key && { key }) })
  await applyDeployment(alone.pool, normaliseConfig({ views: [definition] }).views)
}

const alone = await useTestDatabase()

test('two NULL rows of a FULL JOIN are told to have one key, and none is hidden', async () => {
  await alone.query('CREATE TABLE l (g integer); CREATE TABLE r (x integer)')
  const query = `SELECT s.g, t.x, s.n, t.m FROM (SELECT g, count(*) AS n FROM l GROUP BY g) s
    FULL JOIN (SELECT x, count(*) AS m FROM r GROUP BY x) t ON t.x = s.g`
  await expect(deploy('joined', query)).rejects.toMatchObject({ code: 'KEY_MISSING' })
  await deploy('joined', query, ['g', 'x'])
  await alone.query('INSERT INTO l VALUES (NULL); INSERT INTO r VALUES (NULL)')
  expect(await refreshView(alone.pool, 'joined')).toMatchObject({ mode: 'failed', error: { code: 'KEY_NOT_UNIQUE' } })
})

test('a change that only the bits tell is a change', async () => {
  await alone.query(`CREATE TABLE exact (id integer PRIMARY KEY, n numeric, iv interval, f float8, j jsonb);
    INSERT INTO exact VALUES (1, 1.0, '30 days', 0, '{"a": 1.0}')`)
  await deploy('exactly', "SELECT id, n::text AS n, iv::text AS iv, f::text AS f, j ->> 'a' AS j FROM exact")
  for (const change of ['n = 1.00', "iv = '1 mon'", "f = '-0'", `j = '{"a": 1.00}'`]) {
    await alone.query(`UPDATE exact SET ${change}`)
    expect(await verifyView(alone.pool, 'exactly'), change).toMatchObject({ missing: 0, unexpected: 0 })
  }
})

test('the least and the greatest value are written as their rows have them, where equal ones look different', async () => {
  await alone.query('CREATE TABLE priced (id integer PRIMARY KEY, n numeric, iv interval)')
  await alone.query("INSERT INTO priced VALUES (1, 1.0, '30 days'), (2, 0.5, '1 day')")
  await deploy('priciest', 'SELECT max(n)::text AS n, max(iv)::text AS iv, min(-n)::text AS low FROM priced', [])
  for (const change of [
    "UPDATE priced SET n = 1.00, iv = '1 mon' WHERE id = 1",
    "INSERT INTO priced VALUES (3, 1.000, '29 days 24:00'); DELETE FROM priced WHERE id = 1",
    "UPDATE priced SET n = 2, iv = '2 days' WHERE id = 2; UPDATE priced SET n = 2.0, iv = '48:00' WHERE id = 2",
  ]) {
    await alone.query(change)
    expect(await refreshView(alone.pool, 'priciest'), change).toMatchObject({ mode: 'incremental' })
    expect(await verifyView(alone.pool, 'priciest'), change).toMatchObject({ missing: 0, unexpected: 0 })
  }
})

test('what equals a column of the key is not it, where the key is an expression', async () => {
  await alone.query(`CREATE TABLE kept (id integer PRIMARY KEY, n numeric); INSERT INTO kept VALUES (1, 1.00);
    CREATE TABLE named (n numeric)`)
  for (const query of [
    'SELECT k.n::text AS n, count(*) FROM kept k JOIN named USING (n) GROUP BY k.n::text',
    'SELECT n::text AS n, count(*) FROM kept WHERE n IN (SELECT n FROM named) GROUP BY n::text',
    'SELECT s.n::text AS n, count(*) FROM (SELECT k.n FROM kept k JOIN named USING (n)) s GROUP BY s.n::text',
  ]) {
    await deploy('texts', query)
    await alone.query(
      'UPDATE tidemark.state SET slice_ms = 0.000001, batch_ms = 1e9, full_ms = 1e9, row_count = 1000000',
    )
    await alone.query('INSERT INTO named VALUES (1.0)')
    expect(await verifyView(alone.pool, 'texts'), query).toMatchObject({ missing: 0, unexpected: 0 })
    await alone.query('TRUNCATE named')
  }
})

test('a key of a table does not prove that its children by inheritance have it', async () => {
  await alone.query('CREATE TABLE whole (id integer PRIMARY KEY, v integer); CREATE TABLE part () INHERITS (whole)')
  await expect(deploy('inherited', 'SELECT id, v FROM whole')).rejects.toMatchObject({ code: 'KEY_MISSING' })
})

test.runIf(testedVersion() >= 18)('a change of what a virtual column is computed from is a change of it', async () => {
  const own = await createTestDatabase()
  try {
    await own.query(
      'CREATE TABLE t (id integer PRIMARY KEY, v integer, twice integer GENERATED ALWAYS AS (v * 2) VIRTUAL)',
    )
    await own.query('INSERT INTO t (id, v) VALUES (1, 1), (2, 2)')
    const definition = view('doubled', { query: 'SELECT id, twice FROM t', freshness: 1 })
    await applyDeployment(own.pool, normaliseConfig({ views: [definition] }).views)
    await own.query('UPDATE t SET v = 5 WHERE id = 1')
    expect(await verifyView(own.pool, 'doubled')).toMatchObject({ missing: 0, unexpected: 0 })
  } finally {
    await own.drop()
  }
})
