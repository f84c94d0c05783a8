/** `dev` as a process: a PostgreSQL of its own, what is saved is applied, and all of it is gone at the end. */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DeploymentState } from '../../src/protocol/api.js'
import { hear } from '../http/kit.js'
import { collect, directory, failure, start } from './kit.js'

const config = (query: string) => `import { defineConfig, view } from 'tidemark'
  export default defineConfig({ views: [view('mv', { query: '${query}', freshness: '100ms', read: { public: true } })] })`

test('with nothing but a configuration and a schema', async () => {
  const cwd = await directory({
    'schema.sql':
      'create table orders (id int primary key, customer int); insert into orders values (1, 1), (2, 1), (3, 2);',
    'tidemark.config.ts': config('select customer, count(*) as n from orders group by 1'),
  })
  const child = start(['dev', '--json', '--port', '0', '--schema', 'schema.sql'], { cwd })
  const printed = collect(child)
  const url = () => /"url":"([^"]+)"/.exec(printed.stdout)?.[1]
  const read = async () => (await fetch(`${url()}/rest/v1/mv?order=customer`)).json().catch(() => null)
  await expect.poll(url, { timeout: 60_000 }).toBeDefined()
  await expect.poll(read, { timeout: 30_000 }).toEqual([
    { customer: 1, n: 2 },
    { customer: 2, n: 1 },
  ])
  expect(printed.stderr).toMatch(/It is at postgresql:/)
  await writeFile(join(cwd, 'tidemark.config.ts'), config('select customer, count(*) * 10 as n from orders group by 1'))
  await expect.poll(read, { timeout: 30_000 }).toEqual([
    { customer: 1, n: 20 },
    { customer: 2, n: 10 },
  ])
  const token = /^ {2}Token +(\S+)$/m.exec(printed.stderr)?.[1]
  const headers = { authorization: `Bearer ${token}` }
  const problems = async (): Promise<DeploymentState['problems']> =>
    ((await (await fetch(`${url()}/api/deployment`, { headers })).json()) as DeploymentState).problems
  expect(await problems()).toEqual([])
  expect((await fetch(`${url()}/api/deployment`)).status).toBe(401)
  const told = hear(await fetch(`${url()}/api/events`, { headers }))
  await writeFile(join(cwd, 'tidemark.config.ts'), config('select customer, count(*) as n fromm orders group by 1'))
  await expect.poll(() => printed.stderr, { timeout: 30_000 }).toContain('QUERY_INVALID')
  await expect.poll(problems).toMatchObject([{ code: 'QUERY_INVALID', view: 'mv' }])
  const [problem] = await problems()
  expect(problem?.message).toMatch(/^syntax error at or near "fromm"/)
  expect(problem?.excerpt.join('\n')).toMatch(/> 2 │ .* fromm orders.*\n +│ +\^/)
  await expect.poll(() => told.events.filter(({ type }) => type === 'deployment').length).toBe(1)
  expect(await read()).toEqual([
    { customer: 1, n: 20 },
    { customer: 2, n: 10 },
  ])
  await writeFile(join(cwd, 'tidemark.config.ts'), config('select customer, count(*) * 10 as n from orders group by 1'))
  await expect.poll(problems, { timeout: 30_000 }).toEqual([])
  await expect.poll(() => told.events.filter(({ type }) => type === 'deployment').length).toBe(2)
  await told.stop()
  const page = await fetch(`${url()}/console/`)
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  child.kill('SIGINT')
  const [code] = (await once(child, 'close')) as [number | null]
  expect(code).toBe(0)
})

test('a schema that fails, or that has no place, says so', async () => {
  const cwd = await directory({ 'bad.sql': 'create tabel x ();', 'tidemark.config.ts': config('select 1 as one') })
  expect(await failure(['dev', '--schema', 'bad.sql'], { cwd })).toMatchObject({
    code: 'USAGE_INVALID',
    message: expect.stringContaining('bad.sql'),
  })
  expect(await failure(['dev', '--schema', 'none.sql'], { cwd })).toMatchObject({ code: 'QUERY_FILE_NOT_FOUND' })
  const url = 'postgres://localhost:1/none'
  expect(await failure(['dev', '--schema', 'bad.sql'], { cwd, url })).toMatchObject({ code: 'USAGE_INVALID' })
})
