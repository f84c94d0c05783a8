import { QueryClient } from '@tanstack/react-query'
import { describe, expect, test, vi } from 'vitest'
import { type KnownDetail, keys } from '../../src/console/api/queries.js'
import { ageOf, type KnownView } from '../../src/console/health/known.js'
import { applyToView, runOf, withRun } from '../../src/console/live/apply.js'
import { blindAfter, blindAfterAnswer } from '../../src/console/live/blindness.js'
import { applyEvents, changedBy } from '../../src/console/live/cache.js'
import { Rereading } from '../../src/console/live/Rereading.js'
import type { ViewFailed, ViewRefreshed } from '../../src/protocol/events.js'
import { TidemarkRequestError } from '../../src/react/requestError.js'
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

  test('is no longer said to be up to date when the server has lost sight of it', () => {
    const client = new QueryClient()
    client.setQueryData(keys.views, [known({ stalenessSeconds: 0 }), known({ view: 'mv_b', stalenessSeconds: 40 })])
    applyEvents(client, [{ type: 'unwatched', at }])
    const [quiet, waiting] = client.getQueryData<KnownView[]>(keys.views) ?? []
    expect(ageOf(quiet as KnownView, Date.now() + 5_000)).toBeCloseTo(5, 0)
    expect(waiting?.stalenessSeconds).toBe(40)
    expect([quiet?.unwatched, waiting?.unwatched]).toEqual([true, true])
    applyEvents(client, [refreshed])
    const [seen, unseen] = client.getQueryData<KnownView[]>(keys.views) ?? []
    expect([seen?.unwatched, unseen?.unwatched]).toEqual([false, true])
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

describe('that the server does not hear from its database', () => {
  test('is told by it, until it tells of a view again', () => {
    const since = blindAfter(null, { type: 'unwatched', at })
    expect(since).toBe(at)
    expect(blindAfter(since, { type: 'unwatched', at: new Date(now + 9_000).toISOString() })).toBe(at)
    expect(blindAfter(since, { type: 'deployment', at })).toBe(at)
    expect(blindAfter(since, refreshed)).toBeNull()
  })

  test('shows in what it answers, before it has told anything', async () => {
    const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
    let blind: string | null = null
    client.getQueryCache().subscribe((event) => {
      blind = blindAfterAnswer(blind, event)
    })
    const ask = (key: string, answer: () => unknown) =>
      client.fetchQuery({ queryKey: [key], queryFn: async () => answer() }).catch(() => undefined)
    const fail = (code: string) => () => {
      throw new TidemarkRequestError('No.', { status: 503, code })
    }
    await ask('views', fail('TOO_BUSY'))
    expect(blind).toBeNull()
    await ask('views', fail('DATABASE_UNREACHABLE'))
    expect(blind).not.toBeNull()
    await ask('deployment', () => ({ problems: [] }))
    expect(blind).not.toBeNull()
    await ask('views', () => [])
    expect(blind).toBeNull()
  })
})
