/** Ctrl-C in the middle of work: the server stops working on it too, and nothing is half done. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { done, json, project, shapes, start } from './kit.js'

const db = await useTestDatabase()

/** Interrupts a command once one of its statements runs for a while; gives its exit code. */
async function interrupt(args: readonly string[], cwd: string): Promise<unknown> {
  const child = start(args, { cwd, url: db.url })
  const ended = new Promise((resolve) => child.on('close', resolve))
  const busy = `select from pg_stat_activity where datname = current_database() and state = 'active'
    and pid <> pg_backend_pid() and now() - query_start > interval '300 ms'`
  for (let tries = 0; (await db.rows(busy)).length === 0 && tries < 400; tries++) await sleep(50)
  child.kill('SIGINT')
  const code = await ended
  // The server needs a moment to hear of it; the query itself would go on for a minute.
  await expect.poll(() => db.rows(`${busy} and query not like 'listen%'`)).toEqual([])
  return code
}

test('apply, refresh and verify', async () => {
  await db.query(`create table orders (id int primary key, customer int); insert into orders values (1, 1)`)
  await db.query(
    `create function slow(int) returns int language plpgsql immutable as 'begin perform pg_sleep(case when exists (select from public.orders where id = 2) then 60 else 0 end); return $1; end'`,
  )
  const cwd = await project(`view('mv', { query: 'select id, slow(customer) as customer from orders' })`)
  const options = { cwd, url: db.url }
  await db.query('insert into orders values (2, 2)')
  expect(await interrupt(['apply'], cwd)).toBe(130)
  expect(await db.rows(`select to_regclass('mv') as found`)).toEqual([{ found: null }])

  await db.query('delete from orders where id = 2')
  await done(['apply'], options)
  await db.query('insert into orders values (2, 2)')
  expect(await interrupt(['refresh'], cwd)).toBe(0)
  expect(await interrupt(['verify'], cwd)).toBe(130)
  const { value } = await json(shapes.status, ['status'], options)
  expect(value).toMatchObject([{ state: 'ready', rows: 1, lastError: null }])
})
