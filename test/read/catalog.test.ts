import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Database } from '../../src/engine/database.js'
import { ViewCatalog } from '../../src/read/catalog.js'

let described: { settle(view: object | null): void }[] = []
let catalog: ViewCatalog

const view = (version: string) => ({
  id: 1,
  version,
  schema: 'public',
  name: 'mv',
  settings: { read: {} },
  columns: [{ name: 'a', type: 'integer' }],
})

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
  described = []
  const database: Database = {
    query: () =>
      new Promise((resolve) => {
        described.push({ settle: (found) => resolve({ rows: [{ view: found } as never], rowCount: 1 }) })
      }),
    connect: () => Promise.reject(new Error('no connection was asked for')),
  }
  catalog = new ViewCatalog(database, [])
})

afterEach(() => {
  vi.useRealTimers()
})

const settled = () => new Promise((resolve) => setImmediate(resolve))

async function found(version: string) {
  const finding = catalog.find('mv')
  described.at(-1)?.settle(view(version))
  return finding
}

it('describes a view once for all who ask, and again when that is long ago', async () => {
  const first = await found('1:1')
  expect(await catalog.find('mv')).toBe(first)
  expect(described).toHaveLength(1)
  vi.advanceTimersByTime(5_001)
  expect((await found('1:2')).version).toBe('1:2')
  expect(described).toHaveLength(2)
})

it('who reads what is kept after a while does not wait for the description: it is asked beside', async () => {
  const first = await found('1:1')
  vi.advanceTimersByTime(50_000)
  expect(catalog.recent('mv')).toBe(first)
  expect(await catalog.findProvisional('mv')).toBe(first)
  expect(described).toHaveLength(2)
  described[1]?.settle(view('1:2'))
  await settled()
  expect((await catalog.findProvisional('mv')).version).toBe('1:2')
  vi.advanceTimersByTime(60_001)
  expect(catalog.recent('mv')).toBeUndefined()
  const finding = catalog.findProvisional('mv')
  described.at(-1)?.settle(view('1:3'))
  expect((await finding).version).toBe('1:3')
})

it.each([
  ['is bypassed', { bypassed: true }],
  ['is not deployed', { id: 0 }],
])('a view that %s is computed as it is described: that is never old', async (_, facts) => {
  const finding = catalog.find('mv')
  described[0]?.settle({ ...view('1:1'), ...facts })
  await finding
  vi.advanceTimersByTime(5_001)
  expect(catalog.recent('mv')).toBeUndefined()
  const again = catalog.findProvisional('mv')
  expect(described).toHaveLength(2)
  described[1]?.settle(view('1:2'))
  expect((await again).version).toBe('1:2')
})

it('a view that is the same stays the same object, and one that changed is another', async () => {
  const first = await found('1:1')
  vi.advanceTimersByTime(5_001)
  expect(await found('1:1')).toBe(first)
  vi.advanceTimersByTime(5_001)
  expect(await found('1:3')).not.toBe(first)
})

it('describes it beside those who read it all the time: nobody waits', async () => {
  await found('1:1')
  for (let round = 1; round <= 3; round++) {
    vi.advanceTimersByTime(4_100)
    for (let reader = 0; reader < 3; reader++) expect(catalog.recent('mv')?.version).toBe(`1:${round}`)
    expect(described).toHaveLength(round + 1)
    described[round]?.settle(view(`1:${round + 1}`))
    await settled()
    expect(catalog.recent('mv')?.version).toBe(`1:${round + 1}`)
  }
})

it('what was asked beside before the view was forgotten says nothing of it', async () => {
  await found('1:1')
  vi.advanceTimersByTime(4_100)
  expect(catalog.recent('mv')?.version).toBe('1:1')
  catalog.forget('mv')
  described[1]?.settle(view('1:1'))
  await settled()
  expect(catalog.recent('mv')).toBeUndefined()
  expect((await found('1:2')).version).toBe('1:2')
})

it('a view that went away is not there any more once what is known is too old', async () => {
  await found('1:1')
  vi.advanceTimersByTime(4_100)
  expect(catalog.recent('mv')?.version).toBe('1:1')
  described[1]?.settle(null)
  await settled()
  vi.advanceTimersByTime(1_000)
  const finding = catalog.find('mv')
  described.at(-1)?.settle(null)
  await expect(finding).rejects.toMatchObject({ code: 'UNKNOWN_VIEW' })
})

it('who needs it as it is now is not given what was asked before he came, and many who come together ask once', async () => {
  const first = await found('1:1')
  const before = catalog.renewed('mv')
  const [one, other] = [catalog.renewed('mv'), catalog.renewed('mv')]
  expect(described).toHaveLength(2)
  described[1]?.settle(view('1:1'))
  expect(await before).toBe(first)
  await settled()
  expect(described).toHaveLength(3)
  described[2]?.settle(view('1:2'))
  expect((await one).version).toBe('1:2')
  expect(await other).toBe(await one)
  expect(await catalog.find('mv')).toBe(await one)
  await settled()
  const later = catalog.renewed('mv')
  expect(described).toHaveLength(4)
  described[3]?.settle(view('1:2'))
  expect(await later).toBe(await one)
})
