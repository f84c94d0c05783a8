/** The server as a process: it answers, keeps views fresh, tells of it, and ends when it is told to. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { beforeAll, expect, test } from 'vitest'
import { hear } from '../http/kit.js'
import { useTestDatabase } from '../kit/index.js'
import { directory, done, failure } from './kit.js'
import { startServer, until } from './server.js'

const db = await useTestDatabase()
const token = 'a-token-of-operations'
let cwd = ''

beforeAll(async () => {
  cwd = await directory({
    'tidemark.config.ts': `import { defineConfig, view } from 'tidemark'
      export default defineConfig({
        http: { port: 0, basePath: '/data', limits: { connectionWait: '30s' }, access: { tokens: [{ name: 'ops', token: '${token}', actions: '*' }] } },
        views: [view('mv', { query: 'select customer, count(*) as n from orders group by 1', freshness: '200ms', read: { public: true } })],
      })`,
  })
  await db.query('create table orders (id int primary key, customer int)')
  await done(['apply'], { cwd, url: db.url })
})

test('who speaks HTTP/1.0 and names no host is answered', async () => {
  const { child, ended, url } = await startServer([], { cwd, url: db.url })
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.end('GET /data/healthz HTTP/1.0\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  expect(text).toMatch(/^HTTP\/1\.[01] 200 OK/)
  child.kill('SIGTERM')
  expect(await ended).toEqual({ code: 0, signal: null })
})

/** The status of a read that calls the server by a name. */
async function readBy(name: string, url: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(`GET /data/rest/v1/mv HTTP/1.1\r\nHost: ${name}:${port}\r\nConnection: close\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return /^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? text
}

test.each(['serve', 'dev'] as const)(
  '%s goes by no name that others have, where it listens to its own machine alone',
  async (command) => {
    const own = await startServer([], { cwd, url: db.url }, command)
    expect(await readBy('evil.example', own.url)).toBe('403')
    expect(await readBy('localhost', own.url)).toBe('200')
    own.child.kill('SIGTERM')
    await own.ended
    const others = await startServer(['--host', '0.0.0.0'], { cwd, url: db.url }, command)
    expect(await readBy('data.example.com', others.url)).toBe('200')
    others.child.kill('SIGTERM')
    await others.ended
  },
)

/** Passes connections on, but for those that begin with a setting: they are refused in the words of PgBouncer. */
async function startPooler(url: string) {
  const { hostname, port, pathname, username, password } = new URL(url)
  let refused = 0
  const sockets = new Set<Socket>()
  const pooler = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', (first) => {
      if (first.includes('statement_timeout')) {
        refused++
        const fields = 'SFATAL\0C08P01\0Munsupported startup parameter: statement_timeout\0\0'
        const size = Buffer.alloc(4)
        size.writeInt32BE(fields.length + 4)
        socket.end(Buffer.concat([Buffer.from('E'), size, Buffer.from(fields)]))
        return
      }
      const server = connect(Number(port), hostname)
      sockets.add(server)
      server.on('error', () => socket.destroy())
      server.write(first)
      socket.pipe(server).pipe(socket)
    })
  })
  await once(pooler.listen(0, '127.0.0.1'), 'listening')
  const { port: own } = pooler.address() as AddressInfo
  return {
    url: `postgres://${username}:${password}@127.0.0.1:${own}${pathname}`,
    refused: () => refused,
    stop: () => {
      for (const socket of sockets) socket.destroy()
      pooler.close()
    },
  }
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'it serves what its worker keeps fresh, tells of it, and %s ends it with 0',
  async (signal) => {
    await db.query('truncate orders')
    const server = await startServer([], { cwd, url: db.url })
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/data$/)
    const heard = hear(await fetch(`${server.url}/api/events`))
    await until(() => heard.lastId !== undefined, 'the stream begins')
    // Other counts than before, which the view may still hold.
    const each = signal === 'SIGTERM' ? 10 : 20
    await db.query('insert into orders select n, n % 3 from generate_series(1, 3 * $1::int) n', [each])
    const isTold = () =>
      heard.events.some((event) => event.type === 'refreshed' && Number(event.inserted) + Number(event.updated) === 3)
    await until(isTold, 'it is told')
    const answer = await fetch(`${server.url}/rest/v1/mv?select=customer,n&order=customer`)
    expect(await answer.json()).toEqual([0, 1, 2].map((customer) => ({ customer, n: each })))
    expect((await fetch(`${server.url}/api/stats`)).status).toBe(401)
    const stats = await fetch(`${server.url}/api/stats`, { headers: { authorization: `Bearer ${token}` } })
    expect(await stats.json()).toMatchObject({ worker: { online: true }, events: { clients: 1, listening: true } })
    server.child.kill(signal)
    expect(await server.ended).toEqual({ code: 0, signal: null })
    await until(() => heard.ended, 'the stream has ended')
    expect(server.lines().at(-1)?.message).toBe('worker stopped')
  },
)

test('where nobody is named, it prints a token that allows everything', async () => {
  const server = await startServer(['--port', '0', '--no-worker'], { cwd: await directory(), url: db.url })
  const printed = / Token +(\S+)\n/
  await until(() => printed.test(server.stderr()), 'the token is printed')
  const [, pass = ''] = printed.exec(server.stderr()) ?? []
  expect((await fetch(`${server.url}/api/views`)).status).toBe(200)
  expect((await fetch(`${server.url}/api/stats`)).status).toBe(401)
  const stats = await fetch(`${server.url}/api/stats`, { headers: { authorization: `Bearer ${pass}` } })
  expect(await stats.json()).toMatchObject({ worker: null })
  server.child.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)
})

test('behind a pooler that takes no settings with a connection, views are read all the same', async () => {
  const pooler = await startPooler(db.url)
  const server = await startServer(['--no-worker'], { cwd, url: pooler.url })
  const answer = await fetch(`${server.url}/rest/v1/mv?select=customer&limit=1`)
  expect({ status: answer.status, refused: pooler.refused() > 0 }).toEqual({ status: 200, refused: true })
  server.child.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)
  pooler.stop()
})

test('an address that is taken, and a port that is none', async () => {
  const server = await startServer(['--no-worker'], { cwd, url: db.url })
  const { port } = new URL(server.url)
  expect(await failure(['serve', '--no-worker', '--port', port], { cwd, url: db.url })).toMatchObject({
    code: 'ADDRESS_TAKEN',
  })
  expect(await failure(['serve', '--port', 'x'], { cwd, url: db.url })).toMatchObject({ code: 'USAGE_INVALID' })
  server.child.kill('SIGTERM')
  await server.ended
})
