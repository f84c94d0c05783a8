/** The worker as a process: it keeps views fresh, and ends when it is told to. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { useTestDatabase } from '../kit/index.js'
import { directory, done, failure, project, start } from './kit.js'

const db = await useTestDatabase()
const running = new Set<ReturnType<typeof start>>()
let cwd = ''

beforeAll(async () => {
  cwd = await project(
    `view('mv', { query: 'select customer, count(*) as n from orders group by 1', freshness: '200ms' })`,
  )
  await db.query('create table orders (id int primary key, customer int)')
  await done(['apply'], { cwd, url: db.url })
})

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})

function run(args: readonly string[], options: Parameters<typeof start>[1]) {
  const child = start(['run', ...args], options)
  running.add(child)
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  const ended = once(child, 'close').then(([code, signal]: (number | string | null)[]) => {
    running.delete(child)
    return { code, signal }
  })
  return { child, ended, output: () => stdout }
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within 60 s: ${what}`)
    await sleep(50)
  }
}

const line = z.object({
  level: z.enum(['debug', 'info', 'warn', 'error']),
  time: z.iso.datetime(),
  message: z.string(),
})

test.each(['SIGTERM', 'SIGINT'] as const)('it keeps views fresh, and %s ends it with 0', async (signal) => {
  await db.query('truncate orders')
  const worker = run(['--json', '--verbose'], { cwd, url: db.url })
  await until(() => worker.output().includes('views loaded'), 'the start')
  await db.query('insert into orders select n, n % 3 from generate_series(1, 30) n')
  await until(async () => (await db.rows('select from mv')).length === 3, 'the refresh')
  worker.child.kill(signal)
  expect(await worker.ended).toEqual({ code: 0, signal: null })
  const lines = worker.output().trimEnd().split('\n')
  for (const text of lines) line.parse(JSON.parse(text))
  expect(lines.at(-1)).toContain('worker stopped')
})

test('it needs no configuration, and people can read what it says', async () => {
  const worker = run([], { cwd: await directory(), url: db.url })
  await until(() => worker.output().includes('views loaded'), 'the start')
  worker.child.kill('SIGTERM')
  expect((await worker.ended).code).toBe(0)
  expect(worker.output()).toMatch(/^\d\d:\d\d:\d\d info {2}worker started {2}worker=\S+$/m)
})

test('it waits for a database that is not there', async () => {
  const worker = run([], { cwd, url: 'postgres://me:secret@127.0.0.1:1/x' })
  await until(() => worker.output().includes('DATABASE_UNREACHABLE'), 'the complaint')
  expect(worker.child.exitCode).toBe(null)
  worker.child.kill('SIGTERM')
  expect((await worker.ended).code).toBe(0)
  expect(worker.output()).not.toContain('secret')
})

test('a second signal ends it at once, though a refresh is in flight', async () => {
  const session = await db.connect()
  await session.query('begin; lock table tidemark_data.mv in access exclusive mode')
  const worker = run(['--json'], { cwd, url: db.url })
  await until(() => worker.output().includes('views loaded'), 'the start')
  await db.query('insert into orders values (1000, 1000)')
  const waits = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
  await until(async () => (await db.rows(waits)).length > 0, 'the refresh')
  worker.child.kill('SIGINT')
  await until(() => worker.output().includes('worker stops'), 'the first signal')
  worker.child.kill('SIGINT')
  expect(await worker.ended).toEqual({ code: 130, signal: null })
  await session.query('rollback')
})

test('what is wrong before it starts ends it with 2', async () => {
  const options = { cwd: await directory({ 'tidemark.config.ts': 'export default { views: 1 }' }), url: db.url }
  expect(await failure(['run'], options)).toMatchObject({ code: 'CONFIG_INVALID' })
  expect(await failure(['run'], { cwd: await directory() })).toMatchObject({ code: 'DATABASE_URL_MISSING' })
})
