import { describe, expect, test } from 'vitest'
import { seededRandom } from './random.js'

function sample(seed: number): unknown[] {
  const random = seededRandom(seed)
  return Array.from({ length: 50 }, () => [random.next(), random.uuid(), random.laneScores(), random.shift()])
}

describe('seededRandom', () => {
  test('gives the same values for the same seed, others for the next', () => {
    expect(sample(1)).toEqual(sample(1))
    expect(sample(2)).not.toEqual(sample(1))
  })

  test('spreads ids over their whole range', () => {
    const random = seededRandom(3)
    const ids = Array.from({ length: 2_000 }, () => random.uuid())
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set(ids.map((id) => id[0])).size).toBe(16)
  })

  test('gives scores of 0 to 100 in quarter points', () => {
    const random = seededRandom(4)
    const scores = Array.from({ length: 500 }, () => random.laneScores()).flat()
    expect(scores).toContain(null)
    for (const score of scores) {
      if (score === null) continue
      expect(score).toBeGreaterThanOrEqual(0)
      expect(score).toBeLessThanOrEqual(100)
      expect(Number.isInteger(score * 4)).toBe(true)
    }
  })
})
