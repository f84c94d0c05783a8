import { describe, expect, test } from 'vitest'
import { ageLabel } from '../../src/console/health/ageLabel.js'
import { assess, conditionOf } from '../../src/console/health/assess.js'
import { groupLate, lateTogetherAdvice } from '../../src/console/health/groups.js'
import { ageOf, type KnownView } from '../../src/console/health/known.js'
import { countConditions, matches, sorted, troubled } from '../../src/console/health/order.js'
import { healthyView } from './fixtures/views.js'

const now = Date.parse('2025-06-01T12:00:00Z')

function known(view: string, change: Partial<KnownView> = {}): KnownView {
  const fresh = { stalenessSeconds: 0, pendingChanges: 0, targetSeconds: 5 }
  return { ...healthyView(1, now), ...fresh, view, toldAt: now, ...change }
}

const error = { code: 'REFRESH_FAILED', message: 'division by zero', hint: 'Use NULLIF.' } as const

describe('the age of a view', () => {
  test('is 0 for as long as nothing is pending, however long that is', () => {
    expect(ageOf(known('v'), now + 3_600_000)).toBe(0)
  })

  test('goes on from what was told', () => {
    expect(ageOf(known('v', { stalenessSeconds: 2 }), now + 1_500)).toBe(3.5)
  })

  test('is not made up', () => {
    expect(ageOf(known('v', { stalenessSeconds: null }), now)).toBeNull()
  })
})

describe('what is wrong', () => {
  test('a little over the target is no trouble: a refresh is on its way', () => {
    expect(conditionOf(known('v', { stalenessSeconds: 5.9 }), now)).toBe('fresh')
    expect(conditionOf(known('v', { stalenessSeconds: 6.5 }), now)).toBe('late')
  })

  test('without a target nothing is late', () => {
    expect(conditionOf(known('v', { stalenessSeconds: 9_000, targetSeconds: null }), now)).toBe('fresh')
  })

  test('a view becomes late while one looks', () => {
    const view = known('v', { stalenessSeconds: 4 })
    expect(conditionOf(view, now)).toBe('fresh')
    expect(conditionOf(view, now + 10_000)).toBe('late')
  })

  test('of a view that nobody sees it is not claimed that it is late, nor that it is fresh', () => {
    const view = known('v', { stalenessSeconds: 4, unwatched: true })
    expect(conditionOf(view, now)).toBe('fresh')
    expect(conditionOf(view, now + 10_000)).toBe('unseen')
    const { problem, remedy } = assess(view, now + 10_000)
    expect(problem?.replaceAll('\u00a0', ' ')).toContain('14 s at most; 5 s is the target')
    expect(remedy).toBeNull()
    expect(ageLabel(view, now + 10_000).replaceAll('\u00a0', ' ')).toBe('≤ 14 s old')
    expect(troubled([view], now + 10_000)).toEqual([])
    expect(conditionOf({ ...view, state: 'quarantined' }, now + 10_000)).toBe('quarantined')
  })

  test('a failing view says with which error, what to do, and when it is tried again', () => {
    const retryAt = new Date(now + 30_000).toISOString()
    const { problem, advice, remedy } = assess(
      known('v', { state: 'error', failures: 3, lastError: error, retryAt }),
      now,
    )
    expect(problem).toContain('The last 3 refreshes failed: division by zero.')
    expect(advice?.replaceAll('\u00a0', ' ')).toBe('Use NULLIF. The worker tries again in 30 s.')
    expect(remedy).toBe('refresh')
  })

  test('a retry that is overdue is not told as one to come', () => {
    const retryAt = new Date(now - 30_000).toISOString()
    const { advice } = assess(known('v', { state: 'error', failures: 1, lastError: error, retryAt }), now)
    expect(advice).toContain('tries again by itself')
  })

  test('a late view whose refresh is too slow is not sent to look for a worker', () => {
    const slow = [{ at: new Date(now).toISOString(), durationMs: 4_000, failed: false }]
    const late = known('v', { stalenessSeconds: 30, recentRuns: slow, incremental: false })
    expect(assess(late, now).advice).toMatch(/too long for this target.*recomputed whole/)
    expect(assess({ ...late, recentRuns: [] }, now).advice).toContain('npx tidemark run')
  })

  test('a fresh view has nothing wrong', () => {
    expect(assess(known('v'), now)).toEqual({
      condition: 'fresh',
      label: 'Fresh',
      problem: null,
      advice: null,
      remedy: null,
    })
  })
})

test('one that is paused is said to be behind only where something waits for it', () => {
  const quiet = assess(known('p', { state: 'paused' }), now)
  expect(`${quiet.problem} ${quiet.advice}`).toContain('its rows are up to date')
  const behind = assess(known('p', { state: 'paused', stalenessSeconds: 90, pendingChanges: 2 }), now)
  expect(behind.problem).toContain('Readers still see its rows as of')
  expect(behind.problem).toContain('2 changes wait for it.')
})

describe('the order of views', () => {
  const views = [
    known('a_fresh'),
    known('b_paused', { state: 'paused' }),
    known('c_late', { stalenessSeconds: 50 }),
    known('d_later', { stalenessSeconds: 90 }),
    known('e_failing', { state: 'error', failures: 1, lastError: error, pendingChanges: null }),
    known('f_quarantined', { state: 'quarantined', failures: 10, lastError: error }),
    known('g_bypassed', { bypassed: true }),
  ]
  const names = (list: readonly KnownView[]): string[] => list.map(({ view }) => view)

  test('what is wrong comes worst first, the oldest of its kind first', () => {
    const worst = ['f_quarantined', 'e_failing', 'd_later', 'c_late', 'g_bypassed', 'b_paused']
    expect(names(troubled(views, now))).toEqual(worst)
  })

  test('what is not known comes last, whichever way it is sorted', () => {
    expect(names(sorted(views, { by: 'pending', descending: true }, now)).at(-1)).toBe('e_failing')
    expect(names(sorted(views, { by: 'pending', descending: false }, now)).at(-1)).toBe('e_failing')
  })

  test('by age and by name, both ways', () => {
    expect(names(sorted(views, { by: 'age', descending: true }, now))[0]).toBe('d_later')
    expect(names(sorted(views, { by: 'view', descending: true }, now))[0]).toBe('g_bypassed')
  })

  test('each is counted once', () => {
    const counts = countConditions(views, now)
    expect(counts).toMatchObject({ fresh: 1, late: 2, paused: 1, failing: 1, quarantined: 1, bypassed: 1, building: 0 })
  })

  test('each word of a search has to be found', () => {
    const view = known('reporting.mv_orders', { description: 'Totals by region' })
    expect([matches(view, ''), matches(view, 'ORDERS totals'), matches(view, 'orders weekly')]).toEqual([
      true,
      true,
      false,
    ])
  })
})

describe('views that are late at once', () => {
  const late = (view: string, change: Partial<KnownView> = {}) =>
    known(view, { stalenessSeconds: 60, recentRuns: [], ...change })
  const quick = (view: string) => late(view, { recentRuns: [{ at: '', durationMs: 5, failed: false }] })

  test('are told as one from three on, at the place of the first', () => {
    const failing = known('f', { state: 'error', failures: 1, lastError: error })
    const paused = known('p', { state: 'paused' })
    const few = groupLate([failing, late('a'), quick('b'), paused], now)
    expect(few.map(({ kind }) => kind)).toEqual(['view', 'view', 'view', 'view'])
    const many = groupLate([failing, late('a'), quick('b'), late('c'), paused], now)
    expect(many.map((trouble) => (trouble.kind === 'view' ? trouble.view.view : trouble.views.length))).toEqual([
      'f',
      3,
      'p',
    ])
  })

  test('but one with a reason of its own stands by itself', () => {
    const slow = late('slow', { recentRuns: [{ at: '', durationMs: 9_000, failed: false }] })
    const troubles = groupLate([late('a'), slow, late('b'), late('c')], now)
    expect(troubles.map(({ kind }) => kind)).toEqual(['late', 'view'])
  })

  test('say whether anybody refreshes anything', () => {
    const ran = (before: number) => known('v', { lastRun: new Date(now - before).toISOString() })
    const plain = (text: string) => text.replaceAll('\u00a0', ' ')
    expect(plain(lateTogetherAdvice([ran(600_000), ran(120_000)], now))).toContain('Nothing was refreshed for 2 min')
    expect(lateTogetherAdvice([ran(600_000), ran(1_000)], now)).toContain('worker.concurrency')
    expect(lateTogetherAdvice([known('v', { lastRun: null })], now)).toContain('Nothing was refreshed yet')
  })
})

describe('an error without a hint', () => {
  test.each([
    ['REFRESH_FAILED', 'mend the rows that it stumbles over'],
    ['KEY_NOT_UNIQUE', 'give it a key that tells them apart'],
    ['SOMETHING_NEW', 'SOMETHING_NEW is explained on its page'],
  ])('%s says what to do all the same', (code, text) => {
    const lastError = { code, message: 'no' } as KnownView['lastError']
    expect(assess(known('v', { state: 'error', failures: 1, lastError }), now).advice).toContain(text)
  })
})
