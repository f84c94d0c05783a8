import { QueryClient } from '@tanstack/react-query'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type KnownDetail, keys } from '../../src/console/api/queries.js'
import type { KnownView } from '../../src/console/health/known.js'
import { applyToView, runOf, withRun } from '../../src/console/live/apply.js'
import { applyEvents, changedBy } from '../../src/console/live/cache.js'
import { Connection, type ConnectionState } from '../../src/console/live/connection.js'
import { EventParser } from '../../src/console/live/eventStream.js'
import { Rereading } from '../../src/console/live/Rereading.js'
import type { ViewFailed, ViewRefreshed } from '../../src/protocol/events.js'
import { healthyView } from './fixtures/views.js'

const now = Date.parse('2025-06-01T12:00:00Z')
const at = new Date(now).toISOString()

const refreshed: ViewRefreshed = {
  type: 'refreshed',
  view: 'mv_a',
  epoch: '7-12',
  asOf: at,
  mode: 'incremental',
  slices: 3,
  inserted: 5,
  updated: 1,
  deleted: 2,
  durationMs: 41,
  at,
}
const failed: ViewFailed = {
  type: 'failed',
  view: 'mv_a',
  error: { code: 'REFRESH_FAILED', message: 'division by zero' },
  durationMs: 9,
  at,
}

function known(change: Partial<KnownView> = {}): KnownView {
  return { ...healthyView(1, now), view: 'mv_a', rows: 100, toldAt: now - 9_000, ...change }
}

describe('events of a stream', () => {
  const text = 'event: refreshed\r\nid: c1\r\ndata: {"a":\r\ndata: 1}\r\n\r\n: heartbeat\n\nid: c2\n\ndata: plain\n\n'
  const expected = [
    { type: 'refreshed', data: '{"a":\n1}', id: 'c1' },
    { type: 'message', data: '', id: 'c2' },
    { type: 'message', data: 'plain', id: undefined },
  ]

  test('are read, however the stream is cut', () => {
    for (let size = 1; size <= text.length; size++) {
      const parser = new EventParser()
      const events = []
      for (let start = 0; start < text.length; start += size)
        events.push(...parser.push(text.slice(start, start + size)))
      expect(events, `cut into ${size}`).toEqual(expected)
    }
  })
})

describe('a view after an event', () => {
  test('refreshed: it is up to date, well again, and has other rows', () => {
    const before = known({
      state: 'error',
      failures: 2,
      lastError: failed.error,
      pendingChanges: 40,
      stalenessSeconds: 9,
    })
    const after = applyToView(before, refreshed, now)
    expect(after).toMatchObject({
      state: 'ready',
      failures: 0,
      lastError: null,
      pendingChanges: 0,
      stalenessSeconds: 0,
    })
    expect(after).toMatchObject({ epoch: '7-12', rows: 103, asOf: at, lastRun: at, toldAt: now })
    expect(after.recentRuns).toHaveLength(30)
    expect(after.recentRuns.at(-1)).toEqual({ at, durationMs: 41, failed: false })
  })

  test('a paused view that was refreshed by hand is paused still', () => {
    expect(applyToView(known({ state: 'paused' }), refreshed, now).state).toBe('paused')
  })

  test('failed: it keeps its rows, and is no longer said to be up to date', () => {
    const before = known({ stalenessSeconds: 0, asOf: new Date(now - 20_000).toISOString() })
    const after = applyToView(before, failed, now)
    expect(after).toMatchObject({
      state: 'error',
      failures: 1,
      rows: 100,
      stalenessSeconds: 20,
      lastError: failed.error,
    })
  })

  test('what is not captured stays unknown', () => {
    expect(applyToView(known({ pendingChanges: null, rows: null }), refreshed, now)).toMatchObject({
      pendingChanges: null,
      rows: null,
    })
  })
})

describe('the history', () => {
  test('takes a run in once, though it is told and read', () => {
    const run = runOf(refreshed)
    expect(run).toMatchObject({ mode: 'incremental', startedAt: new Date(now - 41).toISOString(), inserted: 5 })
    const runs = withRun([], run, 10)
    expect(withRun(runs, { ...run, id: '99' }, 10)).toHaveLength(1)
  })

  test('does not grow without end', () => {
    const older = runOf({ ...refreshed, at: new Date(now - 1000).toISOString() })
    expect(withRun([older], runOf(refreshed), 1)).toEqual([runOf(refreshed)])
  })
})

describe('what is shown', () => {
  test('follows events, of all pages alike', () => {
    const client = new QueryClient()
    const other = known({ view: 'mv_b' })
    client.setQueryData(keys.views, [known(), other])
    client.setQueryData(keys.view('mv_a'), { ...healthyView(1, now), ...known() } satisfies KnownDetail)
    client.setQueryData(keys.allRuns, [])
    applyEvents(client, [refreshed])
    const [first, second] = client.getQueryData<KnownView[]>(keys.views) ?? []
    expect(first?.epoch).toBe('7-12')
    expect(second).toBe(other)
    expect(client.getQueryData<KnownDetail>(keys.view('mv_a'))).toMatchObject({
      epoch: '7-12',
      definition: expect.any(String),
    })
    expect(client.getQueryData(keys.allRuns)).toHaveLength(1)
  })

  test('is all read again when events were missed', () => {
    const client = new QueryClient()
    client.setQueryData(keys.views, [known()])
    client.setQueryData(keys.lineage, { nodes: [], edges: [] })
    applyEvents(client, [{ type: 'reset', at }])
    expect(client.getQueryState(keys.views)?.isInvalidated).toBe(true)
    expect(client.getQueryState(keys.lineage)?.isInvalidated).toBe(true)
  })

  test('is read again where an event does not tell what it is now', () => {
    expect(changedBy([failed])).toEqual([keys.views, keys.view('mv_a')])
    expect(changedBy([{ type: 'views', at }])).toEqual([keys.views, ['view'], keys.lineage])
    expect(changedBy([refreshed, refreshed])).toEqual([keys.lineage, keys.rows('mv_a')])
  })

  test('is not read again for each of many events', () => {
    vi.useFakeTimers()
    const read = vi.fn()
    const rereading = new Rereading(read)
    for (let times = 0; times < 100; times++) rereading.add([keys.views])
    expect(read).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(60_000)
    expect(read).toHaveBeenCalledTimes(2)
    rereading.stop()
  })
})

describe('the connection', () => {
  const closing: (() => void)[] = []
  afterEach(() => {
    for (const close of closing.splice(0)) close()
    vi.useRealTimers()
  })

  /** A server that plays these answers, one for each attempt; the last one again and again. */
  function connect(...answers: (() => Response)[]) {
    vi.useFakeTimers()
    const seen: { states: ConnectionState[]; since: (string | undefined)[]; data: string[]; freshStarts: number } = {
      states: [],
      since: [],
      data: [],
      freshStarts: 0,
    }
    const connection = new Connection({
      open: async (since) => {
        const answer = answers[Math.min(seen.since.length, answers.length - 1)]
        seen.since.push(since)
        if (answer === undefined) throw new TypeError('refused')
        return answer()
      },
      onEvent: ({ data }) => seen.data.push(data),
      onState: (state) => seen.states.push(state),
      onFreshStart: () => {
        seen.freshStarts += 1
      },
    })
    closing.push(() => connection.close())
    connection.restart()
    return { connection, seen }
  }

  test('goes on from where it broke off, and does not read all again for it', async () => {
    const { seen } = connect(
      () => new Response('id: c1\ndata: one\n\n'),
      () => new Response('id: c2\ndata: two\n\n'),
      () => new Response(new ReadableStream()),
    )
    await vi.advanceTimersByTimeAsync(3_000)
    expect(seen.since).toEqual([undefined, 'c1', 'c2'])
    expect(seen.data).toEqual(['one', 'two'])
    expect(seen.freshStarts).toBe(1)
    expect(seen.states).toEqual(['connecting', 'live', 'away', 'live', 'away', 'live'])
  })

  test('reads all again when it came back without knowing where it was', async () => {
    const { seen } = connect(
      () => new Response(': hello\n\n'),
      () => new Response(new ReadableStream()),
    )
    await vi.advanceTimersByTimeAsync(3_000)
    expect(seen.freshStarts).toBe(2)
  })

  test('tries again with growing pauses while the server is away', async () => {
    const { seen } = connect(() => new Response(null, { status: 503 }))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(seen.since.length).toBeGreaterThan(6)
    expect(seen.since.length).toBeLessThan(25)
    expect(seen.states.at(-1)).toBe('away')
  })

  test('does not try a token again that was refused', async () => {
    const { connection, seen } = connect(
      () => new Response(null, { status: 401 }),
      () => new Response(new ReadableStream()),
    )
    await vi.advanceTimersByTimeAsync(60_000)
    expect(seen.states).toEqual(['connecting', 'denied'])
    connection.restart()
    await vi.advanceTimersByTimeAsync(10)
    expect(seen.states.at(-1)).toBe('live')
  })

  test('gives up a stream that says nothing', async () => {
    const { seen } = connect(() => new Response(new ReadableStream()))
    await vi.advanceTimersByTimeAsync(45_000)
    expect(seen.states.slice(0, 4)).toEqual(['connecting', 'live', 'away', 'live'])
  })
})
