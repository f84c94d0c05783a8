/** A cache in Redis: a real one, one that is killed, and servers that are none. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { createReader, type JsonAnswer, type Reader, type RedisLike } from '../../src/read/index.js'
import { apply } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
const isInstalled = spawnSync('redis-server', ['--version']).status === 0
if (!isInstalled && process.env.CI !== 'true')
  console.warn('skipped: tests with a real Redis, as there is no redis-server')

const timeoutMs = 60
const ends: (() => unknown)[] = []

beforeAll(async () => {
  await db.query(
    'CREATE TABLE t (id int PRIMARY KEY, g int); INSERT INTO t SELECT i, i % 3 FROM generate_series(1, 30) i',
  )
  await apply(db, { mv: 'SELECT g, count(*) AS n FROM t GROUP BY g' })
})

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

function reader(redis: { url?: string; client?: RedisLike }): Reader {
  const made = createReader({ database: db.pool, cache: { memory: false, redis: { timeoutMs, ...redis } } })
  ends.push(() => made.close())
  return made
}

const read = (from: Reader): Promise<JsonAnswer> =>
  from.readJson({ view: 'mv', query: { order: [{ column: { column: 'g', steps: [] }, descending: false }] } })

async function right(): Promise<string> {
  const [row] = await db.rows<{ body: string }>(
    "SELECT '[' || string_agg(row_to_json(r)::text, ',') || ']' AS body FROM (SELECT * FROM mv ORDER BY g) r",
  )
  return row?.body ?? ''
}

/** Reads one after the other, each of which must be right; hardly any of them waits for an answer that does not come. */
async function readMany(from: Reader, times = 20): Promise<void> {
  const expected = await right()
  const started = performance.now()
  for (let round = 0; round < times; round++) expect((await read(from)).body).toBe(expected)
  expectLeftAlone(from, started)
}

/**
 * What waits in vain is an error, and waits no longer than `timeoutMs`. Half a second passes before it is tried again, and
 * then twice as long. What a read takes besides is the machine's.
 */
function expectLeftAlone(from: Reader, since: number): void {
  expect(from.statistics?.redis?.errors).toBeLessThanOrEqual(2 + (performance.now() - since) / 500)
}

async function fakeServer(answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    answer(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

describe('what is no Redis', () => {
  it('a server that takes connections and says nothing', async () => {
    await readMany(reader({ url: await fakeServer(() => undefined) }))
  })

  it('one that says rubbish', async () => {
    const from = reader({
      url: await fakeServer((socket) => socket.on('data', () => socket.write('%&$!\r\nnonsense\r\n'))),
    })
    await readMany(from)
  })

  it('one that hangs up at once, and none at all', async () => {
    await readMany(reader({ url: await fakeServer((socket) => socket.destroy()) }))
    await readMany(reader({ url: 'redis://127.0.0.1:1' }))
  })

  it('a client whose answers never come is left alone after the first', async () => {
    let asked = 0
    const never = () => {
      asked++
      return new Promise<never>(() => undefined)
    }
    const from = reader({ client: { get: never, set: never } })
    const started = performance.now()
    await readMany(from, 10)
    expect(asked).toBeLessThanOrEqual(2 + (performance.now() - started) / 500)
    expect(from.statistics?.redis?.errors).toBeGreaterThan(0)
  })

  it('a client that answers with anything but what was stored', async () => {
    const stored = new Map<string, string>()
    const answers = ['', '[]', '{"v":1}', 'x'.repeat(100_000), '["tidemark1"]\n[]', '\n\n', 'null\n[]']
    const tampered = (text: string) => [
      text.slice(0, -2),
      `${text} `,
      text.replace('"n":10', '"n":11'),
      text.replace('tidemark1', 'tidemark0'),
    ]
    let round = 0
    const client: RedisLike = {
      get: async (key) => {
        const text = stored.get(key)
        const options = [
          ...answers,
          ...(text === undefined ? [] : tampered(text)),
          ...[...stored.values()].filter((other) => other !== text),
        ]
        return options[round++ % options.length] ?? null
      },
      set: async (key, value) => stored.set(key, value),
    }
    const from = reader({ client })
    const expected = await right()
    await from.readJson({ view: 'mv', query: { limit: 1 } })
    for (let tried = 0; tried < 30; tried++) expect(await read(from)).toMatchObject({ body: expected, source: 'view' })
    expect(from.statistics?.redis).toMatchObject({ hits: 0 })
  })
})

describe.skipIf(!isInstalled && process.env.CI !== 'true')('a real Redis', () => {
  let directory = ''
  let child: ChildProcess | undefined
  let port = 0

  async function startRedis(): Promise<void> {
    child = spawn('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no', '--dir', directory], {
      stdio: 'ignore',
    })
    const probe = new Redis(port, { retryStrategy: () => 50, maxRetriesPerRequest: null })
    probe.on('error', () => undefined)
    await probe.ping()
    probe.disconnect()
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tidemark-redis-'))
    port = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const address = server.address()
        server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
      })
    })
    await startRedis()
  })

  afterAll(async () => {
    child?.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  })

  const url = () => `redis://127.0.0.1:${port}`
  const cachedSource = (from: Reader) => expect.poll(async () => (await read(from)).source).toBe('cache')

  it('is shared by readers, until rows change', async () => {
    const one = reader({ url: url() })
    const other = reader({ url: url() })
    await cachedSource(one)
    await cachedSource(other)
    expect((await read(other)).body).toBe(await right())
    await db.query('INSERT INTO t SELECT max(id) + 1, 1 FROM t')
    await refreshView(db.pool, 'mv')
    for (const from of [one, other]) from.invalidate('mv')
    for (const from of [one, other]) expect((await read(from)).body).toBe(await right())
  })

  it('is gone in the middle, and comes back: no read fails, none is wrong, none waits', async () => {
    const from = reader({ url: url() })
    await cachedSource(from)
    const expected = await right()
    let running = true
    let reads = 0
    const began = performance.now()
    const work = (async () => {
      while (running) {
        expect((await read(from)).body).toBe(expected)
        reads++
      }
    })()
    /** Reads go on, for as long as it takes to try it again. */
    const goOn = async (): Promise<void> => {
      const before = reads
      await new Promise((resolve) => setTimeout(resolve, 700))
      await expect.poll(() => reads).toBeGreaterThan(before + 20)
    }
    child?.kill('SIGSTOP')
    await goOn()
    child?.kill('SIGKILL')
    await goOn()
    await startRedis()
    await cachedSource(from)
    running = false
    await work
    expectLeftAlone(from, began)
  })
})
