import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultReading } from '../define/normalise-view.js'
import type { ViewSettings } from '../define/types.js'
import { rememberingCron } from './cronMemo.js'
import {
  idlePollMs,
  nextRefresh,
  outdatedSince,
  type Pending,
  pace,
  quarantineRetryMs,
  type ViewFacts,
  watchFor,
} from './when.js'

const cron = rememberingCron()
const noon = Date.UTC(2026, 0, 15, 12)

const nothing: ViewSettings = {
  freshnessMs: null,
  schedule: null,
  onChange: null,
  reconcile: null,
  maxRunMs: 600_000,
  retry: { initialDelayMs: 1_000, maxDelayMs: 300_000, quarantineAfter: 10 },
  alerts: { slowerThanMs: null, stalerThanMs: null, onFailure: true, onQuarantine: true, onRecovery: true },
  read: defaultReading,
}

type Change = Omit<Partial<ViewFacts>, 'settings'> & { readonly settings?: Partial<ViewSettings> }

function facts({ settings, ...change }: Change = {}): ViewFacts {
  return {
    settings: { ...nothing, ...settings },
    moves: false,
    native: false,
    state: 'ready',
    empty: false,
    asOf: noon,
    lastRunAt: noon,
    lastFullAt: noon,
    retryAt: null,
    failures: 0,
    pending: null,
    request: null,
    suspect: false,
    expectedMs: 0,
    reconciledAt: null,
    heldUntil: 0,
    upstreamFailedAt: null,
    ...change,
  }
}

const due = (change: Change) => nextRefresh(facts(change), cron)

describe('a freshness target', () => {
  const settings = { freshnessMs: 5_000 }

  test('asks for nothing while nothing is pending', () => {
    expect(due({ settings })).toBeNull()
  })

  test('waits no longer than it must after a pause', () => {
    const changed = noon + 60_000
    expect(due({ settings, pending: { first: changed, last: changed } })).toMatchObject({
      at: changed,
      reason: 'freshness',
    })
  })

  test('is met without refreshing more often than it asks for', () => {
    const changed = noon + 100
    expect(due({ settings, pending: { first: changed, last: changed } })?.at).toBe(noon + 4_750)
    expect(due({ settings, expectedMs: 1_000, pending: { first: changed, last: changed } })?.at).toBe(noon + 3_500)
  })

  test('that cannot be met takes half of the time at most', () => {
    const changed = noon + 100
    expect(due({ settings, expectedMs: 8_000, pending: { first: changed, last: changed } })?.at).toBe(noon + 16_000)
  })

  test('holds for a view that moves with the clock, though nothing is written', () => {
    expect(due({ settings, moves: true })).toMatchObject({ at: noon + 4_750 })
    expect(outdatedSince(facts({ settings, moves: true }))).toBe(noon)
  })
})

describe('on change', () => {
  const settings = { onChange: { debounceMs: 200, maxWaitMs: 2_000 } }

  test('waits for a pause', () => {
    expect(due({ settings, pending: { first: noon + 1_000, last: noon + 1_100 } })?.at).toBe(noon + 1_300)
  })

  test('but no longer than it may', () => {
    expect(due({ settings, pending: { first: noon + 1_000, last: noon + 2_990 } })?.at).toBe(noon + 3_000)
  })

  test('for any changes, is due between the last one and the longest wait', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), fc.nat(5_000), fc.nat(50_000), (first, more, debounceMs, longer) => {
        const pending: Pending = { first: noon + first, last: noon + first + more }
        const maxWaitMs = debounceMs + longer
        const at = due({ settings: { onChange: { debounceMs, maxWaitMs } }, pending })?.at ?? Number.NaN
        expect(at).toBeGreaterThanOrEqual(pending.first)
        expect(at).toBeLessThanOrEqual(pending.first + maxWaitMs)
        expect(at === pending.last + debounceMs || at === pending.first + maxWaitMs).toBe(true)
      }),
    )
  })
})

describe('a schedule', () => {
  test('is read by the clock of its zone, across a change of clocks', () => {
    const schedule = { kind: 'cron', expression: '0 6 * * *', timeZone: 'Europe/Berlin' } as const
    const at = (asOf: number) => new Date(due({ settings: { schedule }, asOf })?.at ?? 0).toISOString()
    expect(at(Date.UTC(2026, 2, 28, 12))).toBe('2026-03-29T04:00:00.000Z')
    expect(at(Date.UTC(2026, 2, 27, 12))).toBe('2026-03-28T05:00:00.000Z')
  })

  test('that passed while no worker ran is made up for once', () => {
    const schedule = { kind: 'cron', expression: '0 * * * *', timeZone: 'UTC' } as const
    expect(due({ settings: { schedule }, asOf: noon - 10_000_000 })?.at).toBeLessThan(noon)
    expect(due({ settings: { schedule }, asOf: noon + 1 })?.at).toBe(noon + 3_600_000)
  })

  test('of intervals counts from the last refresh', () => {
    expect(due({ settings: { schedule: { kind: 'interval', everyMs: 60_000 } } })).toMatchObject({
      at: noon + 60_000,
      reason: 'interval',
    })
  })
})

describe('reconciling', () => {
  const settings = { reconcile: { expression: '0 2 * * *', timeZone: 'UTC' } }
  const twoOClock = Date.UTC(2026, 0, 16, 2)

  test('recomputes at its time', () => {
    expect(due({ settings })).toEqual({ at: twoOClock, reason: 'reconcile', full: true })
  })

  test('is tried once a night, whatever comes of it', () => {
    expect(due({ settings, reconciledAt: twoOClock + 5 })?.at).toBe(twoOClock + 86_400_000)
  })

  test('is nothing for a native materialized view', () => {
    expect(due({ settings, native: true })).toBeNull()
  })
})

describe('after a failure', () => {
  const failed = {
    state: 'error',
    failures: 2,
    lastRunAt: noon,
    retryAt: noon + 1_700,
    settings: { freshnessMs: 100 },
    pending: { first: noon - 500, last: noon + 900 },
  } as const

  test('it waits until the database says', () => {
    expect(due(failed)).toEqual({ at: noon + 1_700, reason: 'retry', full: false })
  })

  test('a request that came later does not wait', () => {
    expect(due({ ...failed, request: { at: noon + 5, full: true } })).toEqual({
      at: noon + 5,
      reason: 'request',
      full: true,
    })
  })

  test('the request that failed does, and stays what it was', () => {
    expect(due({ ...failed, request: { at: noon - 5, full: true } })).toEqual({
      at: noon + 1_700,
      reason: 'retry',
      full: true,
    })
  })

  test('a quarantined view is tried once an hour', () => {
    expect(due({ ...failed, state: 'quarantined' })?.at).toBe(noon + quarantineRetryMs)
    expect(due({ ...failed, state: 'quarantined', request: { at: noon + 9, full: false } })?.at).toBe(noon + 9)
  })

  test('what reads a failing view waits, but for a request', () => {
    const reader: Change = { settings: { freshnessMs: 100 }, pending: failed.pending, upstreamFailedAt: noon }
    expect(due(reader)).toBeNull()
    expect(due({ ...reader, request: { at: noon + 9, full: false } })?.reason).toBe('request')
    expect(due({ ...reader, request: { at: noon - 9, full: false } })).toBeNull()
  })
})

test('a paused view is refreshed when asked only, one that is being built not at all', () => {
  const change: Change = { settings: { freshnessMs: 100 }, pending: { first: noon, last: noon } }
  expect(due({ ...change, state: 'paused' })).toBeNull()
  expect(due({ ...change, state: 'paused', request: { at: noon, full: false } })).not.toBeNull()
  expect(due({ ...change, state: 'building', request: { at: noon, full: false } })).toBeNull()
})

test('no refresh begins before a hold has ended', () => {
  expect(due({ suspect: true })?.at).toBe(0)
  expect(due({ suspect: true, heldUntil: noon + 77 })?.at).toBe(noon + 77)
})

describe('looking for changes', () => {
  test('is of no use while a change would make no difference', () => {
    expect(watchFor(facts())).toBeNull()
    expect(watchFor(facts({ settings: { freshnessMs: 100 }, pending: { first: noon, last: noon } }))).toBeNull()
    expect(watchFor(facts({ settings: { freshnessMs: 100 }, moves: true }))).toBeNull()
    expect(watchFor(facts({ settings: { freshnessMs: 100 }, state: 'error' }))).toBeNull()
  })

  test('begins when a change would be acted on, as often as the target needs', () => {
    expect(watchFor(facts({ settings: { freshnessMs: 5_000 } }))).toEqual({ from: noon + 4_750, everyMs: 1_000 })
    expect(watchFor(facts({ settings: { freshnessMs: 100 } }))?.everyMs).toBe(25)
    expect(watchFor(facts({ settings: { onChange: { debounceMs: 200, maxWaitMs: 2_000 } } }))?.everyMs).toBe(50)
  })

  test('goes on slowly when no wake-up comes', () => {
    expect(idlePollMs([facts()], 5_000)).toBe(5_000)
    expect(idlePollMs([facts({ settings: { freshnessMs: 5_000 } })], 5_000)).toBe(2_500)
    expect(idlePollMs([facts({ settings: { freshnessMs: 100 } })], 5_000)).toBe(250)
    expect(idlePollMs([facts({ settings: { freshnessMs: 100 } })], 100)).toBe(100)
  })
})

/** A table that is written to all the time, and a worker that notices at once: how old do readers see the view? */
function oldestSeen(
  targetMs: number,
  refreshMs: readonly number[],
): { oldest: number; refreshes: number; ends: number } {
  let asOf = noon
  let oldest = 0
  let ends = noon
  for (const ms of refreshMs) {
    const now = Math.max(ends, asOf + 1)
    const expectedMs = refreshMs[0] ?? 0
    const next = due({ settings: { freshnessMs: targetMs }, asOf, expectedMs, pending: { first: now, last: now } })
    const began = Math.max(next?.at ?? 0, now)
    ends = began + ms
    oldest = Math.max(oldest, ends - asOf)
    asOf = began
  }
  return { oldest, refreshes: refreshMs.length, ends }
}

test('under constant writes a view stays younger than its target, with few refreshes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 50, max: 3_600_000 }),
      fc.double({ min: 0, max: 0.3, noNaN: true }),
      (targetMs, part) => {
        const ms = targetMs * part
        const { oldest, refreshes, ends } = oldestSeen(
          targetMs,
          Array.from({ length: 50 }, () => ms),
        )
        expect(oldest).toBeLessThanOrEqual(targetMs)
        expect(refreshes).toBeLessThanOrEqual(Math.ceil((ends - noon) / pace(targetMs, ms)) + 1)
        expect(pace(targetMs, ms)).toBeGreaterThanOrEqual(targetMs * 0.5)
      },
    ),
  )
})

test('whatever is known of a view, what is due is a time and a reason, and holds are kept', () => {
  const time = fc.option(fc.integer({ min: noon - 1e9, max: noon + 1e9 }), { nil: null })
  const anything = fc.record({
    moves: fc.boolean(),
    native: fc.boolean(),
    state: fc.constantFrom('building', 'ready', 'error', 'quarantined', 'paused'),
    empty: fc.boolean(),
    asOf: time,
    lastRunAt: time,
    lastFullAt: time,
    retryAt: time,
    failures: fc.nat(20),
    pending: fc.option(fc.constant({ first: noon, last: noon }), { nil: null }),
    request: fc.option(fc.record({ at: fc.integer({ min: noon - 1e6, max: noon + 1e6 }), full: fc.boolean() }), {
      nil: null,
    }),
    suspect: fc.boolean(),
    expectedMs: fc.nat(10_000),
    reconciledAt: time,
    heldUntil: fc.integer({ min: 0, max: noon + 1e6 }),
    upstreamFailedAt: time,
    settings: fc.record({
      freshnessMs: fc.option(fc.nat(100_000), { nil: null }),
      onChange: fc.option(fc.constant({ debounceMs: 10, maxWaitMs: 100 }), { nil: null }),
      schedule: fc.constantFrom(
        null,
        { kind: 'interval', everyMs: 1_000 } as const,
        { kind: 'cron', expression: '*/5 * * * *', timeZone: 'Asia/Tokyo' } as const,
      ),
      reconcile: fc.constantFrom(null, { expression: '0 2 * * *', timeZone: 'UTC' }),
    }),
  })
  fc.assert(
    fc.property(anything, (change) => {
      const view = facts(change as Change)
      const next = nextRefresh(view, cron)
      if (next === null) return
      expect(Number.isFinite(next.at)).toBe(true)
      expect(next.at).toBeGreaterThanOrEqual(view.heldUntil)
      const asked = next.reason === 'request'
      if (view.state === 'building') expect.unreachable()
      if (view.state === 'paused' || view.upstreamFailedAt !== null) expect(asked).toBe(true)
      if (view.state === 'error' && !asked) expect(next.at).toBeGreaterThanOrEqual(view.retryAt ?? 0)
      if (asked && view.failures > 0) expect(view.request?.at ?? 0).toBeGreaterThan(view.lastRunAt ?? 0)
    }),
    { numRuns: 2_000 },
  )
})
