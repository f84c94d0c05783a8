import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Candidate, choose } from './order.js'

function candidate(id: number, change: Partial<Candidate> & { reads?: readonly number[] } = {}): Candidate {
  const { reads, ...rest } = change
  return {
    id,
    at: id,
    reason: 'freshness',
    full: false,
    closure: new Set([id, ...(reads ?? [])]),
    expectedMs: 0,
    patienceMs: 5_000,
    ...rest,
  }
}

const ids = (chosen: readonly Candidate[]) => chosen.map(({ id }) => id)

describe('who is refreshed now', () => {
  test('those that wait longest, as many as there are connections', () => {
    const due = [candidate(1, { at: 30 }), candidate(2, { at: 10 }), candidate(3, { at: 20 })]
    expect(ids(choose(due, [], 2))).toEqual([2, 3])
    expect(ids(choose(due, [candidate(9)], 2))).toEqual([2])
    expect(choose(due, [candidate(8), candidate(9)], 2)).toEqual([])
  })

  test('a view brings those that it reads with it, once', () => {
    const due = [candidate(1), candidate(2, { reads: [1] }), candidate(3, { reads: [1, 2] })]
    expect(ids(choose(due, [], 4))).toEqual([3])
  })

  test('not where that would keep the readers of the other one waiting', () => {
    const due = [candidate(1, { patienceMs: 1_000 }), candidate(2, { reads: [1], expectedMs: 20_000 })]
    expect(ids(choose(due, [], 4))).toEqual([1])
  })

  test('not for one that is to be recomputed', () => {
    expect(ids(choose([candidate(1, { full: true }), candidate(2, { reads: [1] })], [], 4))).toEqual([1])
  })

  test('two readers of one view take turns', () => {
    const due = [candidate(2, { reads: [1] }), candidate(3, { reads: [1] }), candidate(4)]
    expect(ids(choose(due, [], 4))).toEqual([2, 4])
  })

  test('who is blocked keeps its place before those that came later', () => {
    const running = [candidate(1)]
    const due = [candidate(3, { at: 1, reads: [1, 2] }), candidate(2, { at: 2 }), candidate(4, { at: 3 })]
    expect(ids(choose(due, running, 4))).toEqual([4])
  })

  test('reconciles come last, and never take more than half of the connections', () => {
    const night = (id: number) => candidate(id, { at: 0, reason: 'reconcile', full: true })
    expect(ids(choose([night(1), night(2), night(3), candidate(9, { at: 99 })], [], 4))).toEqual([9, 1, 2])
    expect(ids(choose([night(1), night(2)], [], 1))).toEqual([1])
  })
})

test('whatever is due: never two that share a view, never too many, never nobody', () => {
  const views = fc.array(
    fc.record({
      reads: fc.array(fc.nat(9), { maxLength: 3 }),
      at: fc.nat(100),
      expectedMs: fc.nat(10_000),
      patienceMs: fc.nat(10_000),
      night: fc.boolean(),
    }),
    { maxLength: 10 },
  )
  fc.assert(
    fc.property(views, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 3 }), (list, concurrency, busy) => {
      // A view reads only those before it: there are no cycles. What those read, it reads too.
      const closures: Set<number>[] = []
      const all = list.map(({ reads, at, expectedMs, patienceMs, night }, id) => {
        const closure = new Set([
          id,
          ...reads.filter((other) => other < id).flatMap((other) => [...(closures[other] ?? [])]),
        ])
        closures.push(closure)
        const reason = night ? 'reconcile' : 'freshness'
        return { ...candidate(id, { at, expectedMs, patienceMs, reason, full: night }), closure }
      })
      const running = choose(all, [], busy)
      const due = all.filter((one) => !running.includes(one))
      const chosen = choose(due, running, concurrency)
      const together = [...running, ...chosen].flatMap(({ closure }) => [...closure])
      expect(new Set(together).size).toBe(together.length)
      expect(chosen.length).toBeLessThanOrEqual(Math.max(0, concurrency - running.length))
      if (running.length === 0 && due.length > 0) expect(chosen.length).toBeGreaterThan(0)
    }),
    { numRuns: 2_000 },
  )
})
