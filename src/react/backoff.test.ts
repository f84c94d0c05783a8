import { expect, test } from 'vitest'
import { backoff } from './backoff.js'

const options = { initialMs: 500, maxMs: 30_000 }

test('waits twice as long each time, up to a limit, half of it at random', () => {
  const least = [0, 1, 2, 6, 100, Number.POSITIVE_INFINITY].map((failures) => backoff(failures, options, () => 0))
  expect(least).toEqual([250, 500, 1_000, 15_000, 15_000, 15_000])
  const most = [0, 1, 2, 6, 100].map((failures) => backoff(failures, options, () => 1))
  expect(most).toEqual([500, 1_000, 2_000, 30_000, 30_000])
})
