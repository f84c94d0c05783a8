import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { createReader, type JsonAnswer, type Reader } from '../../src/read/index.js'
import { apply, errorOf } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
const readers: Reader[] = []
const views = {
  mv: 'SELECT g, sum(n) AS n, max(version) AS version FROM t GROUP BY g',
  never: { query: 'SELECT g, count(*) AS n FROM t GROUP BY g', read: { cacheFor: false } },
  brief: { query: 'SELECT g, max(n) AS n FROM t GROUP BY g', read: { cacheFor: 60 } },
  clocked: { query: 'SELECT id, at FROM t', key: ['id'], read: { filter: 'at > now()' } },
  safe: { query: 'SELECT id, g FROM t', key: ['id'], read: { guard: 'coalesce(g, 0) >= 0' } },
} as const

beforeAll(async () => {
  await db.query(`CREATE TABLE t (id int PRIMARY KEY, g int, n int, version int, at timestamptz DEFAULT now() + interval '1 day');
    INSERT INTO t SELECT i, i % 5, 1, 0 FROM generate_series(1, 50) i`)
  await apply(db, views)
})

afterAll(() => Promise.all(readers.map((reader) => reader.close())))

/** A reader with a cache in this process, and the statements that it sends. */
function cached(maxBytes?: number): Reader & { sent: string[] } {
  const sent: string[] = []
  const database = {
    query: (text: string, values?: readonly unknown[]) => {
      sent.push(text)
      return db.pool.query(text, values as unknown[])
    },
    connect: () => db.pool.connect(),
  }
  const reader = createReader({
    database: database as never,
    statementTimeoutMs: false,
    cache: { memory: maxBytes === undefined ? {} : { maxBytes } },
  })
  readers.push(reader)
  return Object.assign(reader, { sent })
}

const bodies = (sent: readonly string[]): number => sent.filter((text) => text.includes('string_agg')).length
const read = (reader: Reader, view = 'mv', limit?: number): Promise<JsonAnswer> =>
  reader.readJson({ view, query: limit === undefined ? {} : { limit } })

describe('a cache in the process', () => {
  it('answers the same read at the same epoch, with how old it is, and is counted', async () => {
    const reader = cached()
    const began = performance.now()
    const first = await read(reader)
    const second = await read(reader)
    expect(second).toEqual({ ...first, source: 'cache', stalenessSeconds: expect.any(Number) })
    expect(second.stalenessSeconds).toBeLessThanOrEqual((performance.now() - began) / 1000)
    expect(bodies(reader.sent)).toBe(1)
    await read(reader, 'mv', 1)
    await reader.readJson({ view: 'mv', query: {}, format: 'csv' })
    expect(bodies(reader.sent)).toBe(3)
    expect(reader.statistics).toMatchObject({ memory: { hits: 1, misses: 3, errors: 0 }, redis: null })
  })

  it('is asked for nothing that changes without an epoch, nor for what is not to be cached', async () => {
    const reader = cached()
    for (const view of ['never', 'clocked'])
      for (const _ of [1, 2]) expect((await read(reader, view)).source).toBe('view')
    for (const source of ['view', 'cache']) expect((await read(reader, 'safe')).source).toBe(source)
    const where = { kind: 'compare', column: { column: 'at', steps: [] }, operator: 'gt', values: ['now'] } as const
    for (const _ of [1, 2]) {
      expect(
        (
          await reader.readJson({
            view: 'safe',
            query: { where: { ...where, column: { column: 'g', steps: [] }, values: ['1'] } },
          })
        ).source,
      ).toMatch(_ === 1 ? 'view' : 'cache')
      expect((await reader.readJson({ view: 'clocked', query: { where }, defaults: false })).source).toBe('view')
    }
    expect((await reader.readJson({ view: 'safe', query: {}, live: true })).source).toBe('live')
  })

  it('forgets after a while, and what it has no room for', async () => {
    const reader = cached()
    await read(reader, 'brief')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await read(reader, 'brief')).source).toBe('view')
    const small = cached(8_000)
    for (let limit = 0; limit < 20; limit++) await read(small, 'mv', limit)
    expect((await read(small, 'mv', 0)).source).toBe('view')
    expect((await read(small, 'mv', 0)).source).toBe('cache')
    const tiny = cached(100)
    for (const _ of [1, 2]) expect((await read(tiny)).source).toBe('view')
  })

  it('computes once for many who wait', async () => {
    const reader = cached()
    const answers = await Promise.all(Array.from({ length: 50 }, () => read(reader)))
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
    expect(bodies(reader.sent)).toBe(1)
    expect(reader.statistics?.joined).toBe(49)
  })

  it('lets all who wait know of an error, and keeps none', async () => {
    const reader = cached()
    const wrong = () =>
      errorOf(
        reader.readJson({
          view: 'mv',
          query: { where: { kind: 'in', column: { column: 'g', steps: [] }, values: ['x'] } },
        }),
      )
    const errors = await Promise.all([wrong(), wrong(), wrong()])
    expect(errors.map(({ code }) => code)).toEqual(['READ_INVALID', 'READ_INVALID', 'READ_INVALID'])
    expect((await wrong()).code).toBe('READ_INVALID')
  })

  it('finds a new epoch by itself within a moment, and at once when it is told', async () => {
    const reader = cached()
    const before = await read(reader)
    await db.query('UPDATE t SET version = version + 1')
    await refreshView(db.pool, 'mv')
    await expect.poll(async () => (await read(reader)).epoch).not.toBe(before.epoch)
    const [told] = await db.rows<{ epoch: string }>(
      "SELECT v.id || '-' || s.epoch + 1 AS epoch FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id WHERE view_name = 'mv'",
    )
    await db.query('UPDATE t SET version = version + 1')
    await refreshView(db.pool, 'mv')
    reader.noteEpoch('mv', told?.epoch ?? '')
    expect(await read(reader)).toMatchObject({ epoch: told?.epoch, source: 'view' })
    expect(await read(reader)).toMatchObject({ epoch: told?.epoch, source: 'cache' })
  })
})

describe('reads beside refreshes', () => {
  it('give rows of one epoch under that epoch alone, none older than what was told, and an age that holds', async () => {
    const shared = [cached(), cached(), createReader({ database: db.pool })]
    readers.push(...shared)
    const byEpoch = new Map<string, string>()
    /** When each version was committed, and when its refresh was told. */
    const committed: number[] = []
    let toldVersion = 0
    let running = true
    let reads = 0
    const problems: string[] = []

    async function readAll(reader: Reader): Promise<void> {
      while (running) {
        const least = toldVersion
        const startedAt = performance.now()
        const answer = await reader.readJson({
          view: 'mv',
          query: { order: [{ column: { column: 'g', steps: [] }, descending: false }] },
        })
        reads++
        const rows = JSON.parse(answer.body) as { version: number }[]
        const versions = new Set(rows.map(({ version }) => version))
        const [version = 0] = versions
        if (versions.size !== 1) problems.push(`torn: ${[...versions].join()}`)
        if (version < least) problems.push(`version ${version} after ${least} was told`)
        const known = byEpoch.get(answer.epoch ?? '') ?? answer.body
        byEpoch.set(answer.epoch ?? '', known)
        if (known !== answer.body) problems.push(`two bodies under ${answer.epoch}`)
        // The next version was committed so long before this read began: so old the rows are at least.
        const next = committed[version + 1]
        const wrongForMs = next === undefined ? 0 : startedAt - next
        const claimedMs = (answer.stalenessSeconds ?? Number.POSITIVE_INFINITY) * 1000
        if (wrongForMs > claimedMs + 1) problems.push(`claimed ${claimedMs} ms, was wrong for ${wrongForMs} ms`)
      }
    }

    const [{ start } = { start: 0 }] = await db.rows<{ start: number }>('SELECT max(version) AS start FROM t')
    await refreshView(db.pool, 'mv')
    const readersAtWork = [...shared, ...shared].map(readAll)
    for (let version = start + 1; version <= start + 40; version++) {
      await db.query('UPDATE t SET version = $1, n = n + 1', [version])
      committed[version] = performance.now()
      if (version % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 300))
      const { mode } = await refreshView(db.pool, 'mv')
      expect(mode).not.toBe('failed')
      const [{ epoch } = { epoch: '' }] = await db.rows<{ epoch: string }>(
        "SELECT v.id || '-' || s.epoch AS epoch FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id WHERE view_name = 'mv'",
      )
      for (const reader of shared) reader.noteEpoch('mv', epoch)
      toldVersion = version
    }
    running = false
    await Promise.all(readersAtWork)
    expect(problems).toEqual([])
    expect(reads).toBeGreaterThan(200)
    expect(byEpoch.size).toBeGreaterThan(20)
    expect(shared.slice(0, 2).every((reader) => (reader.statistics?.memory?.hits ?? 0) > 0)).toBe(true)
  })
})
