/** From nothing, or from the materialized views of a database, to a project that can be applied. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/define/load-config.js'
import { useTestDatabase } from '../kit/index.js'
import { directory, done, failure, json, shapes, tidemark } from './kit.js'

const db = await useTestDatabase()

describe('init', () => {
  test('writes a configuration that loads, with a view whose table is yours to name', async () => {
    const cwd = await directory()
    const { value, code } = await json(shapes.init, ['init'], { cwd })
    expect([code, value.files]).toEqual([0, ['tidemark.config.ts', 'views/mv_orders_per_day.sql']])
    const { views } = await loadConfig(undefined, cwd)
    expect(views).toMatchObject([{ name: 'mv_orders_per_day', freshnessMs: 5_000 }])
    expect(await failure(['explain'], { cwd, url: db.url })).toMatchObject({
      code: 'QUERY_INVALID',
      position: { line: 7 },
    })
    await db.query(
      `create schema if not exists example; create table orders (id int primary key, created_at timestamptz, status text, total numeric)`,
    )
    const explained = await json(shapes.explain, ['explain'], { cwd, url: db.url })
    expect(explained.value).toMatchObject([{ incremental: true, advice: [] }])
    await db.query('drop table orders')
  })

  test('tells people what to do next', async () => {
    const cwd = await directory()
    const { stdout, code } = await tidemark(['init', '--config', 'deploy/tidemark.config.js'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toContain('+ deploy/tidemark.config.js')
    expect(stdout).toContain('tidemark apply')
    expect((await loadConfig('deploy', cwd)).views).toHaveLength(1)
  })
})

describe('init --from-database', () => {
  test('writes no views where there are none', async () => {
    const cwd = await directory()
    const { value } = await json(shapes.init, ['init', '--from-database'], { cwd, url: db.url })
    expect(value.files).toEqual(['tidemark.config.ts'])
    expect((await loadConfig(undefined, cwd)).views).toEqual([])
  })

  test('carries names, queries, keys, indexes and comments over, and what it wrote can be applied', async () => {
    await db.query(`
      create schema "Re'ports"; create table sales (id int primary key, day date, region text, amount numeric);
      insert into sales select n, date '2026-01-01' + n % 7, 'r' || n % 3, n from generate_series(1, 100) n;
      create materialized view mv_sales as select day, region, sum(amount) as amount, count(*) as n from sales group by 1, 2;
      create unique index on mv_sales (day, region);
      create index on mv_sales (region);
      create index on mv_sales using hash (day) where n > 1;
      create index on mv_sales (amount desc);
      comment on materialized view mv_sales is 'What''s sold
by day';
      create materialized view "Re'ports"."a/b.c" as select day as "Tag", sum(amount) as "Summe ""€""" from mv_sales group by 1;
      create unique index on "Re'ports"."a/b.c" ("Tag")`)
    const cwd = await directory()
    const options = { cwd, url: db.url }
    const { value } = await json(shapes.init, ['init', '--from-database'], options)
    expect(value.files).toEqual(['tidemark.config.ts', 'views/Re_ports.a_b.c.sql', 'views/mv_sales.sql'])
    const { views } = await loadConfig(undefined, cwd)
    expect(views).toMatchObject([
      { schema: "Re'ports", name: 'a/b.c', key: ['Tag'], storage: 'matview' },
      {
        name: 'mv_sales',
        key: ['day', 'region'],
        indexes: [
          { columns: ['region'], unique: false, method: 'btree', where: null },
          { columns: ['day'], method: 'hash', where: '(n > 1)' },
        ],
        description: "What's sold\nby day",
      },
    ])
    expect(await readFile(join(cwd, 'tidemark.config.ts'), 'utf8')).toContain('// Not carried over: CREATE INDEX')
    expect(await readFile(join(cwd, 'views/mv_sales.sql'), 'utf8')).toMatch(/^SELECT (sales\.)?day,/)
    const applied = await json(shapes.apply, ['apply'], options)
    expect(applied.value.changes.map((change) => change.action)).toEqual(expect.arrayContaining(['adopt view']))
    await db.query(`insert into sales values (101, '2026-01-01', 'r0', 1)`)
    const refreshed = await json(shapes.refresh, ['refresh'], options)
    expect(refreshed.value.map(({ mode }) => mode)).toEqual(['full', 'full'])
    await done(['drop'], options)
    expect(await db.rows(`select count(*)::int as n from mv_sales`)).toEqual([{ n: 21 }])
  })

  test('the way from an adopted view to an incremental one, as the configuration describes it', async () => {
    const cwd = await directory()
    const options = { cwd, url: db.url }
    await db.query('drop schema "Re\'ports" cascade')
    await tidemark(['init', '--from-database'], options)
    const { views } = await loadConfig(undefined, cwd)
    const own = await directory({
      'tidemark.config.ts': `import { defineConfig, view } from 'tidemark'
        export default defineConfig({ views: [view('mv_sales', { query: ${JSON.stringify(views[0]?.query)} })] })`,
    })
    expect(await failure(['apply'], { ...options, cwd: own })).toMatchObject({
      code: 'NAME_TAKEN',
      hint: expect.stringContaining('RENAME'),
    })
    await db.query('alter materialized view mv_sales rename to mv_sales_before')
    await done(['apply'], { ...options, cwd: own })
    const explained = await json(shapes.explain, ['explain'], { ...options, cwd: own })
    expect(explained.value).toMatchObject([{ incremental: true }])
    expect(await db.rows('(table mv_sales except all table mv_sales_before) limit 1')).toEqual([])
    await done(['drop'], options)
  })
})
