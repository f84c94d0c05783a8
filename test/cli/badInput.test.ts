/** What is wrong is told with a code and a hint, with its place where it has one, and nothing is changed by it. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { directory, done, failure, json, project, shapes, tidemark } from './kit.js'

const db = await useTestDatabase()

beforeAll(async () => {
  await db.query('create table orders (id int primary key, customer int, "größe" int)')
  await db.query('insert into orders select n, n % 3, n from generate_series(1, 9) n')
  await db.query('create table taken (a int)')
})

const apply = async (views: string, files: Record<string, string> = {}) =>
  failure(['apply'], { cwd: await project(views, files), url: db.url })

describe('a query that PostgreSQL does not accept', () => {
  test('a syntax error has its place in the file, and the lines around it', async () => {
    const cwd = await project(`view('mv', { query: './views/mv.sql' })`, {
      'views/mv.sql': '-- größer: ✓\nselect customer,\n\tcount(*) as n,,\nfrom orders\ngroup by 1\n',
    })
    const error = await failure(['explain'], { cwd, url: db.url })
    expect(error).toMatchObject({ code: 'QUERY_INVALID', view: 'mv', position: { line: 3, column: 16 } })
    expect(error.position?.file).toBe(join(cwd, 'views/mv.sql'))
    expect(error.stderr).toContain('views/mv.sql:3:16')
    expect(error.stderr).toMatch(/> 3 │ {3}count\(\*\) as n,,\n\s+│ {17}\^/)
  })

  test('so has an unknown column, in a query that is in the configuration', async () => {
    const error = await apply(
      `view('mv', { query: "select customer,\\n  'ä' as a, custmer\\nfrom orders", key: ['customer'] })`,
    )
    expect(error).toMatchObject({ code: 'QUERY_INVALID', position: { line: 2, column: 13 } })
    expect(error.stderr).toContain('query of mv:2:13')
    expect(error.stderr).toContain('custmer')
  })

  test.each([
    ['an unknown table', 'select * from nowhere', 'QUERY_INVALID'],
    ['an ambiguous column', 'select id from orders a join orders b on true', 'QUERY_INVALID'],
    ['two columns of one name', 'select id, id from orders', 'QUERY_INVALID'],
    ['no SELECT', 'delete from orders', 'QUERY_NOT_SELECT'],
    ['two statements', 'select 1 as a; select 2 as b', 'QUERY_NOT_SELECT'],
    ['CREATE VIEW', 'create view x as select 1 as a', 'QUERY_NOT_SELECT'],
    ['an attempt to end the statement', 'select 1 as a) q; drop table orders; --', 'QUERY_INVALID'],
  ])('%s', async (_, query, code) => {
    expect(await apply(`view('mv', { query: ${JSON.stringify(query)}, key: [] })`)).toMatchObject({ code, view: 'mv' })
  })
})

test('a query that fails when it is computed', async () => {
  const error = await apply(`view('mv', { query: 'select id, 1 / (customer - 1) as n from orders' })`)
  expect(error).toMatchObject({
    code: 'BUILD_FAILED',
    view: 'mv',
    message: expect.stringContaining('division by zero'),
  })
  expect(await db.rows(`select to_regclass('mv') as found`)).toEqual([{ found: null }])
})

describe('a key', () => {
  test('that cannot be found', async () => {
    const error = await apply(`view('mv', { query: 'select customer from orders' })`)
    expect(error).toMatchObject({ code: 'KEY_MISSING', view: 'mv', hint: expect.stringContaining('key:') })
  })

  test('of two views is told with both, and what is not wrong is explained all the same', async () => {
    const cwd = await project(`
      view('mv_one', { query: 'select customer from orders' }),
      view('mv_two', { query: 'select id, \\n custmer from orders' }),
      view('mv_good', { query: 'select id from orders' }),
      view('mv_on_one', { query: 'select customer from mv_one', key: ['customer'] })`)
    const { value, code, stderr } = await json(shapes.partlyExplained, ['explain'], { cwd, url: db.url })
    expect(code).toBe(2)
    expect(value.error.problems?.map(({ view, code }) => [view, code])).toEqual([
      ['mv_one', 'KEY_MISSING'],
      ['mv_two', 'QUERY_INVALID'],
    ])
    expect(value.explained.map(({ view }) => view)).toEqual(['mv_good'])
    expect(value.waiting).toEqual([{ view: 'mv_on_one', for: 'mv_one' }])
    expect(stderr).toMatch(/KEY_MISSING.*QUERY_INVALID.*2 problems\..*mv_on_one is explained when mv_one/s)
    const alone = await json(shapes.explain, ['explain', 'mv_good'], { cwd, url: db.url })
    expect([alone.code, alone.value.length]).toEqual([0, 1])
  })

  test('that is not a column of the query', async () => {
    const error = await apply(`view('mv', { query: 'select customer from orders', key: ['kunde'] })`)
    expect(error).toMatchObject({ code: 'KEY_INVALID', hint: expect.stringContaining('customer') })
  })

  test('that is none of its own columns: those that are kept beside them are not named, and not taken', async () => {
    const query = 'select customer, count(*) as n, sum(id) as ids from orders group by 1'
    for (const column of ['tidemark_rows', 'kunde']) {
      const error = await apply(`view('mv', { query: '${query}', key: ['${column}'] })`)
      expect(error).toMatchObject({ code: 'KEY_INVALID', hint: 'Its columns are: customer, n, ids.' })
    }
  })

  test('that is not unique: the offending values are shown, and nothing is there afterwards', async () => {
    const error = await apply(`view('mv', { query: 'select customer, id from orders', key: ['customer'] })`)
    expect(error).toMatchObject({ code: 'KEY_NOT_UNIQUE', view: 'mv' })
    expect(error.message).toMatch(/\(customer\)=\(\d\)/)
    expect(await db.rows(`select to_regclass('mv') as found`)).toEqual([{ found: null }])
  })

  test('that is no longer unique: the deployed version stays, with its rows', async () => {
    const deployed = await project(`view('mv_kept', { query: 'select id, customer from orders' })`)
    await done(['apply'], { cwd: deployed, url: db.url })
    expect(
      await apply(`view('mv_kept', { query: 'select customer, id from orders', key: ['customer'] })`),
    ).toMatchObject({
      code: 'KEY_NOT_UNIQUE',
    })
    expect(await db.rows('select count(*)::int as n from mv_kept')).toEqual([{ n: 9 }])
    expect((await json(shapes.verify, ['verify'], { cwd: deployed, url: db.url })).value).toMatchObject([
      { missing: 0 },
    ])
    await done(['drop'], { cwd: deployed, url: db.url })
  })
})

describe('a configuration', () => {
  test('with two views of one name', async () => {
    const error = await apply(`view('mv', { query: 'select 1 as a' }), view('public.mv', { query: 'select 2 as a' })`)
    expect(error).toMatchObject({ code: 'DUPLICATE_VIEW' })
  })

  test('with a cycle', async () => {
    const error = await apply(
      `view('a', { query: 'select x from b', key: ['x'] }), view('b', { query: 'select x from a', key: ['x'] })`,
    )
    expect(error).toMatchObject({ code: 'DEPENDENCY_CYCLE', message: expect.stringContaining('a → b → a') })
  })

  test('with a query file that is not there', async () => {
    const error = await apply(`view('mv', { query: './views/missing.sql' })`)
    expect(error).toMatchObject({ code: 'QUERY_FILE_NOT_FOUND', message: expect.stringContaining('views/missing.sql') })
  })

  test('with a view that is named like a table', async () => {
    expect(await apply(`view('taken', { query: 'select 1 as a', key: [] })`)).toMatchObject({
      code: 'NAME_TAKEN',
      view: 'taken',
    })
  })

  test('with an index that cannot be made', async () => {
    const error = await apply(
      `view('mv', { query: 'select id from orders', indexes: [{ columns: ['id'], where: 'no_such > 1' }] })`,
    )
    expect(error).toMatchObject({ code: 'INDEX_INVALID' })
  })

  test('that is no program', async () => {
    const cwd = await directory({ 'tidemark.config.ts': 'export default {{{' })
    expect(await failure(['plan'], { cwd, url: db.url })).toMatchObject({ code: 'CONFIG_INVALID' })
  })

  test('that is not there, or named and not there', async () => {
    const cwd = await directory()
    for (const args of [['plan'], ['explain', '--config', 'nowhere.ts'], ['status', '-c', './nowhere']]) {
      expect(await failure(args, { cwd, url: db.url })).toMatchObject({ code: 'CONFIG_NOT_FOUND' })
    }
  })
})

describe('a name', () => {
  test('that is not known is told with the one that was perhaps meant', async () => {
    const cwd = await project(`view('mv_orders', { query: 'select id from orders' })`)
    const error = await failure(['explain', 'mv_order'], { cwd, url: db.url })
    expect(error).toMatchObject({ code: 'UNKNOWN_VIEW', hint: 'Did you mean mv_orders?' })
    const lost = await failure(['explain', 'x'], { cwd, url: db.url })
    expect(lost.hint).toBe('Configured are: mv_orders.')
  })

  test('that is hostile stays a name, from init to drop', async () => {
    const name = `mv'; drop table "orders"; --\u001b[31m\n"`
    const cwd = await project(
      `view(${JSON.stringify(name)}, { schema: 'we"ird', query: './q.sql', description: "it's" })`,
      { 'q.sql': 'select customer as "a\'b""c", count(*) as "select" from orders group by 1' },
    )
    await db.query('create schema "we""ird"')
    const options = { cwd, url: db.url }
    const applied = await json(shapes.apply, ['apply'], options)
    expect(applied.value.views).toMatchObject([{ view: `we"ird.${name}`, rows: 3 }])
    await db.query('insert into orders values (100, 1, 1)')
    const refreshed = await json(shapes.refresh, ['refresh', name], options)
    expect(refreshed.value).toMatchObject([{ view: `we"ird.${name}`, mode: 'incremental', updated: 1 }])
    expect((await json(shapes.verify, ['verify', `we"ird.${name}`], options)).value).toMatchObject([
      { missing: 0, unexpected: 0 },
    ])
    const told = await tidemark(['status'], options)
    expect(told.stdout).not.toContain('\u001b')
    expect(told.stdout.trimEnd().split('\n')).toHaveLength(2)
    await done(['drop', name], options)
    expect((await db.rows('select from orders')).length).toBe(10)
    await db.query('delete from orders where id = 100')
  })

  test('that two schemas share means the one in public, or has to be said whole', async () => {
    await db.query('create schema a; create schema b')
    const query = `query: 'select id from orders'`
    const cwd = await project(
      `view('mv', { ${query} }), view('a.mv', { ${query} }), view('a.both', { ${query} }), view('b.both', { ${query} })`,
    )
    const options = { cwd, url: db.url }
    expect((await json(shapes.explain, ['explain', 'mv'], options)).value.map(({ view }) => view)).toEqual(['mv'])
    expect((await json(shapes.explain, ['explain', 'a.mv'], options)).value.map(({ view }) => view)).toEqual(['a.mv'])
    expect(await failure(['explain', 'both'], options)).toMatchObject({
      code: 'UNKNOWN_VIEW',
      hint: expect.stringContaining('a.both or b.both'),
    })
    await done(['apply'], options)
    const refreshed = await json(shapes.refresh, ['refresh', 'mv', 'a.both'], options)
    expect(refreshed.value.map(({ view, mode }) => [view, mode])).toEqual([
      ['a.both', 'noop'],
      ['mv', 'noop'],
    ])
    await done(['drop'], options)
  })
})

describe('init', () => {
  test('never overwrites a file, and then writes none', async () => {
    const cwd = await directory({ 'tidemark.config.mjs': 'export default {}' })
    expect(await failure(['init'], { cwd })).toMatchObject({
      code: 'FILE_EXISTS',
      message: expect.stringContaining('.mjs'),
    })
    const other = await directory({ 'views/mv_orders_per_day.sql': 'mine' })
    expect(await failure(['init'], { cwd: other })).toMatchObject({ code: 'FILE_EXISTS' })
    expect(await failure(['plan'], { cwd: other, url: db.url })).toMatchObject({ code: 'CONFIG_NOT_FOUND' })
  })

  test('says what it cannot write', async () => {
    const cwd = await directory()
    await mkdir(join(cwd, 'sub'))
    await writeFile(join(cwd, 'sub', 'views'), 'a file, where a directory would be')
    expect(await failure(['init', '-c', 'sub'], { cwd })).toMatchObject({ code: 'FILE_UNWRITABLE' })
  })
})
