/** A server that is told to end in the middle of work: soon, with nothing half done, and with no stack for people to read. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { beforeEach, describe, expect, test } from 'vitest'
import { hear } from '../http/kit.js'
import { useTestDatabase } from '../kit/index.js'
import { directory, done } from './kit.js'
import { startServer, until } from './server.js'

const db = await useTestDatabase()
const token = 'a-token-of-operations'
const headers = { authorization: `Bearer ${token}` }

/** `slow` takes as long to refresh as `nap` says; `wide` has 20 MB of rows. */
const config = `import { defineConfig, view } from 'tidemark'
  export default defineConfig({
    http: { port: 0, limits: { maxRows: 1000000, connectionWait: '30s' }, access: { tokens: [{ name: 'ops', token: '${token}', actions: '*' }] } },
    views: [
      view('slow', { query: 'select id, slow(customer) as customer from orders', freshness: '100ms' }),
      view('wide', { query: 'select id, text from wides', read: { public: true } }),
    ],
  })`

const cwd = await directory({ 'tidemark.config.ts': config })
await db.query(`create table orders (id int primary key, customer int); insert into orders values (1, 1);
  create table nap (seconds float8); insert into nap values (0);
  create table wides (id int primary key, text text); insert into wides select n, repeat(md5(n::text), 320) from generate_series(1, 2000) n;
  create function slow(int) returns int language plpgsql immutable as
    'begin perform pg_sleep((select seconds from public.nap)); return $1; end'`)
await done(['apply'], { cwd, url: db.url })

const options = { cwd, url: db.url }
const busy = `select from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()
  and wait_event = 'PgSleep'`
const isBusy = async () => (await db.rows(busy)).length > 0

/** What its refresh did, or undid, is all there or not at all. */
const rows = () => db.rows('select id, customer from slow order by id')
const query = 'select id, customer from orders order by id'

type Server = Awaited<ReturnType<typeof startServer>>

/** Seconds until it has ended; it has said nothing that is not for people. */
async function end(server: Server, signal: NodeJS.Signals, code = 0): Promise<number> {
  const began = performance.now()
  server.child.kill(signal)
  expect(await server.ended).toEqual({ code, signal: null })
  expect(server.stderr() + JSON.stringify(server.lines())).not.toMatch(/^\s+at .*[:(]|Error:|"stack"|Warning/m)
  return (performance.now() - began) / 1000
}

// A database goes on with what was begun by a process that has ended at once.
beforeEach(async () => {
  await db.query(`select pg_terminate_backend(pid) from (${busy.replace('select', 'select pid')}) as busy`)
  await db.query('update nap set seconds = 0; delete from orders where id > 1')
  await done(['refresh'], options)
})

describe.each(['serve', 'dev'] as const)('%s', (command) => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s lets the worker end the refresh that it is in', async (signal) => {
    const server = await startServer([], options, command)
    await db.query('update nap set seconds = 2; insert into orders values (2, 2)')
    await until(isBusy, 'it refreshes')
    expect(await end(server, signal)).toBeLessThan(12)
    await db.query('update nap set seconds = 0')
    expect(await rows()).toEqual(await db.rows(query))
  })

  test('twice in a row ends it at once, and the view is as before or as after', async () => {
    const server = await startServer([], options, command)
    await db.query('update nap set seconds = 20; insert into orders values (2, 2)')
    await until(isBusy, 'it refreshes')
    server.child.kill('SIGTERM')
    // Two that come at the same time are one.
    await until(() => server.stderr().includes('Stopping'), 'it says so')
    expect(await end(server, 'SIGTERM', 143)).toBeLessThan(3)
    expect(await rows()).toEqual([{ id: 1, customer: 1 }])
  })

  test('fifty listeners are told that the streams end', async () => {
    const server = await startServer(['--no-worker'].slice(command === 'dev' ? 1 : 0), options, command)
    const heard = await Promise.all(
      Array.from({ length: 50 }, async () => hear(await fetch(`${server.url}/api/events`, { headers }))),
    )
    await until(() => heard.every(({ lastId }) => lastId !== undefined), 'the streams begin')
    expect(await end(server, 'SIGTERM')).toBeLessThan(3)
    await until(() => heard.every(({ ended }) => ended), 'the streams have ended')
  })

  test('a client that has read a little of 20 MB holds it up for some seconds at most', async () => {
    const server = await startServer([], options, command)
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    socket.write('GET /rest/v1/wide?limit=1000000 HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const [first] = (await once(socket, 'data')) as [Buffer]
    expect(String(first)).toMatch(/^HTTP\/1\.1 200/)
    socket.pause()
    expect(await end(server, 'SIGTERM')).toBeLessThan(8)
    socket.destroy()
  })
})

test.each(['refresh', 'verify'])(
  'a %s that a request asked for does not hold it up for as long as it takes',
  async (kind) => {
    const server = await startServer(['--no-worker'], options)
    await db.query('update nap set seconds = 40; insert into orders values (2, 2)')
    const answered = fetch(`${server.url}/api/views/slow/${kind}`, { method: 'POST', headers }).then(
      ({ status }) => status,
      () => 'cut off',
    )
    await until(isBusy, 'it works')
    expect(await end(server, 'SIGTERM')).toBeLessThan(8)
    expect(await answered).toBe(503)
    expect(await isBusy()).toBe(false)
    expect(await rows()).toEqual([{ id: 1, customer: 1 }])
  },
)

/** As many views as there are connections for requests. */
const connections = 3
const names = Array.from({ length: connections }, (_, n) => `slow_${n}`)
const crowded = `import { defineConfig, view } from 'tidemark'
  export default defineConfig({
    http: { port: 0, connections: ${connections}, access: { tokens: [{ name: 'ops', token: '${token}', actions: '*' }] } },
    views: ${JSON.stringify(names)}.map((name) => view(name, { query: 'select id, slow(customer) as customer from orders', freshness: false })),
  })`

test.each(['refresh', 'verify'])('nor does a %s on every connection that there is for requests', async (kind) => {
  const options = { cwd: await directory({ 'tidemark.config.ts': crowded }), url: db.url }
  await done(['apply', '--yes'], options)
  const server = await startServer(['--no-worker'], options)
  await db.query('update nap set seconds = 40; insert into orders values (2, 2)')
  const answers = names.map((name) =>
    fetch(`${server.url}/api/views/${name}/${kind}`, { method: 'POST', headers }).then(
      ({ status }) => status,
      () => 'cut off',
    ),
  )
  await until(async () => (await db.rows(busy)).length === connections, 'all of them work')
  expect(await end(server, 'SIGTERM')).toBeLessThan(8)
  expect(await Promise.all(answers)).toEqual(names.map(() => 503))
  expect(await isBusy()).toBe(false)
  for (const name of names) expect(await db.rows(`select id from ${name}`)).toEqual([{ id: 1 }])
})

test('nor does a refresh that waits for that of somebody else', async () => {
  await done(['apply', '--yes'], options)
  const server = await startServer(['--no-worker'], options)
  await db.query('update nap set seconds = 40; insert into orders values (2, 2)')
  const other = db.query("select tidemark.refresh('slow')").catch(({ code }: { code: string }) => code)
  await until(isBusy, 'it works')
  const answered = fetch(`${server.url}/api/views/slow/refresh`, { method: 'POST', headers }).then(
    ({ status }) => status,
    () => 'cut off',
  )
  // What is asked for later is answered: so that has begun.
  expect((await fetch(`${server.url}/api/runs`, { headers })).status).toBe(200)
  expect(await end(server, 'SIGTERM')).toBeLessThan(8)
  expect(await answered).toBe(503)
  await db.query(busy.replace('select', 'select pg_terminate_backend(pid)'))
  expect(await other).toBe('57P01')
})
