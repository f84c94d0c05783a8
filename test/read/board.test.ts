import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Database } from '../../src/engine/database.js'
import { Board, lookEveryMs } from '../../src/read/board.js'
import type { StateRow } from '../../src/read/state.js'

interface Asked {
  answer(epoch: string): void
  fail(): void
}

let asked: Asked[] = []
let board: Board

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
  asked = []
  const database: Database = {
    query: () =>
      new Promise((resolve, reject) => {
        asked.push({
          answer: (epoch) => {
            const row: StateRow = {
              version: '1:2',
              state: 'ready',
              epoch,
              as_of: 0,
              fresh: true,
              age: 0,
              history: null,
            }
            resolve({ rows: [row as never], rowCount: 1 })
          },
          fail: () => reject(new Error('the database is away')),
        })
      }),
    connect: () => Promise.reject(new Error('no connection was asked for')),
  }
  board = new Board(database)
})

afterEach(() => {
  vi.useRealTimers()
})

async function looked(epoch: string): Promise<void> {
  const looking = board.look(1)
  asked.at(-1)?.answer(epoch)
  await looking
}

/** What was asked for meanwhile has been noted. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

it('looks once for all who wait, and again only when what is known is too old', async () => {
  const both = [board.look(1), board.look(1)]
  asked[0]?.answer('1')
  expect((await Promise.all(both)).map(({ epoch }) => epoch)).toEqual(['1', '1'])
  vi.advanceTimersByTime(lookEveryMs - 60)
  expect((await board.look(1)).epoch).toBe('1')
  expect(asked).toHaveLength(1)
  vi.advanceTimersByTime(61)
  expect(board.recent(1)).toBeUndefined()
  await looked('2')
  expect(asked).toHaveLength(2)
})

it('looks ahead where somebody always reads: nobody waits, and what is known is never older than it may be', async () => {
  await looked('1')
  for (let round = 1; round <= 5; round++) {
    vi.advanceTimersByTime(lookEveryMs - 40)
    for (let reader = 0; reader < 3; reader++) expect(board.recent(1)?.epoch).toBe(String(round))
    expect(asked).toHaveLength(round + 1)
    vi.advanceTimersByTime(20)
    expect(board.recent(1)?.epoch).toBe(String(round))
    asked[round]?.answer(String(round + 1))
    await settled()
    expect(board.recent(1)?.epoch).toBe(String(round + 1))
  }
})

it('a look ahead that fails is told to those who wait for one, and to nobody else', async () => {
  await looked('1')
  vi.advanceTimersByTime(lookEveryMs - 10)
  expect(board.recent(1)?.epoch).toBe('1')
  vi.advanceTimersByTime(20)
  const waiting = board.look(1)
  asked[1]?.fail()
  await expect(waiting).rejects.toThrow('the database is away')
  await looked('3')
  vi.advanceTimersByTime(lookEveryMs - 10)
  expect(board.recent(1)?.epoch).toBe('3')
  asked[3]?.fail()
  await settled()
  expect(board.recent(1)?.epoch).toBe('3')
})

it('a look ahead that began before the rows changed says nothing of them', async () => {
  await looked('1')
  vi.advanceTimersByTime(lookEveryMs - 10)
  expect(board.recent(1)?.epoch).toBe('1')
  board.forget(1)
  asked[1]?.answer('1')
  await settled()
  expect(board.recent(1)).toBeUndefined()
  await looked('2')
  expect(board.recent(1)?.epoch).toBe('2')
})

it('of many statements that come at once after a while the first looks by itself, the others share one look', async () => {
  const looks: (string | null)[] = []
  const ended: (() => void)[] = []
  const reading = () =>
    board.reading(1, async (recent) => {
      looks.push(recent?.epoch ?? null)
      await new Promise<void>((resolve) => ended.push(resolve))
    })
  const first = reading()
  expect(looks).toEqual([null])
  const others = [reading(), reading(), reading()]
  expect(asked).toHaveLength(1)
  asked[0]?.answer('7')
  await settled()
  expect(looks).toEqual([null, '7', '7', '7'])
  for (const end of ended) end()
  await Promise.all([first, ...others])
  vi.advanceTimersByTime(lookEveryMs + 1)
  const again = reading()
  expect(looks.at(-1)).toBeNull()
  expect(asked).toHaveLength(1)
  ended.at(-1)?.()
  await again
})

it('a statement that looks by itself and fails leaves it to the next one', async () => {
  await expect(board.reading(1, () => Promise.reject(new Error('it broke')))).rejects.toThrow('it broke')
  let found: unknown = 'nothing'
  await board.reading(1, async (recent) => {
    found = recent
  })
  expect(found).toBeUndefined()
  expect(asked).toHaveLength(0)
})
