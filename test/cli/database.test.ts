/** What is wrong with the database, or with the rights on it. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { quoted } from '../kit/names.js'
import { directory, done, failure, json, project, shapes } from './kit.js'

const db = await useTestDatabase()
const role = `tidemark_${randomBytes(5).toString('hex')}`
let cwd = ''

/** The same database for another role. */
function urlFor(user: string, password: string): string {
  const url = new URL(db.url)
  url.username = user
  url.password = password
  return url.href
}

beforeAll(async () => {
  cwd = await project(`view('mv', { query: 'select customer, count(*) as n from shop.orders group by 1' })`)
  await db.query('create schema shop; create table shop.orders (id int primary key, customer int)')
  await db.query(`create role ${quoted(role)} login password 'right'`)
})

afterAll(async () => {
  await db.query(`drop owned by ${quoted(role)}; drop role ${quoted(role)}`)
})

describe('a database', () => {
  test('that is named nowhere', async () => {
    const empty = await directory()
    expect(await failure(['status'], { cwd: empty })).toMatchObject({
      code: 'DATABASE_URL_MISSING',
      hint: expect.stringContaining('--database'),
    })
  })

  test('that does not answer is told with its URL, without the password, and where it was named', async () => {
    const url = 'postgres://me:secret@127.0.0.1:1/shop'
    const error = await failure(['plan', '-d', url], { cwd })
    expect(error.code).toBe('DATABASE_UNREACHABLE')
    expect(error.message).toMatch(/^postgres:\/\/me:\*\*\*@127\.0\.0\.1:1\/shop \(from --database\): .*ECONNREFUSED/)
    expect(error.stderr).not.toContain('secret')
  })

  test('that does not exist', async () => {
    const url = new URL(db.url)
    url.pathname = '/no_such_database'
    expect(await failure(['status'], { cwd, url: url.href })).toMatchObject({ code: 'DATABASE_UNREACHABLE' })
  })

  test.each(['mysql://localhost/x', 'nonsense', 'postgres://[bad/x'])('whose URL is none: %s', async (url) => {
    const error = await failure(['status', '-d', url], { cwd })
    expect(['CONFIG_INVALID', 'DATABASE_UNREACHABLE']).toContain(error.code)
  })

  test('that refuses the user', async () => {
    const url = urlFor('nobody_of_this_name', 'x')
    expect(await failure(['status'], { cwd, url })).toMatchObject({ code: 'DATABASE_AUTHENTICATION' })
  })
})

describe('a role', () => {
  const options = () => ({ cwd, url: urlFor(role, 'right') })

  test('without rights on a table of the query', async () => {
    const error = await failure(['plan'], options())
    expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING', message: expect.stringContaining('shop') })
  })

  test('without TRIGGER, and without CREATE on the schema of the view, is told all of them with the GRANTs', async () => {
    await db.query(`grant usage on schema shop to ${quoted(role)}; grant select on shop.orders to ${quoted(role)}`)
    const error = await failure(['apply'], options())
    expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING', message: expect.stringContaining('TRIGGER') })
    expect(error.hint).toContain(`GRANT TRIGGER ON TABLE shop.orders TO ${role}`)
    expect(error.hint).toContain('GRANT CREATE ON SCHEMA public')
  })

  test('without CREATE on the database', async () => {
    await db.query(`grant trigger on shop.orders to ${quoted(role)}; grant create on schema public to ${quoted(role)}`)
    const error = await failure(['apply'], options())
    expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING', hint: expect.stringContaining('CREATE ON DATABASE') })
    expect(await db.rows(`select from pg_trigger where tgrelid = 'shop.orders'::regclass`)).toEqual([])
  })

  test('with just these can do everything, and need not be a superuser', async () => {
    await db.query(`grant create on database ${quoted(db.name)} to ${quoted(role)}`)
    expect((await json(shapes.apply, ['apply'], options())).code).toBe(0)
    await db.query('insert into shop.orders values (1, 1)')
    expect((await json(shapes.refresh, ['refresh'], options())).value).toMatchObject([{ inserted: 1 }])
    expect((await json(shapes.verify, ['verify'], options())).code).toBe(0)
    await done(['drop'], options())
  })
})
