import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, longestDurationMs, parseDuration } from './duration.js'

test.each([
  ['100ms', 100],
  ['5s', 5_000],
  ['5 s', 5_000],
  [' 2m ', 120_000],
  ['1.5h', 5_400_000],
  ['0.1s', 100],
  ['1.1s', 1_100],
  ['1d', 86_400_000],
  ['0s', 0],
  [250, 250],
  ['365d', longestDurationMs],
])('%j is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  '',
  '5',
  '5 sekonds',
  's',
  '-1s',
  '1e3s',
  '.5s',
  '5S',
  '1h30m',
  '0.0004ms',
  '0.5ms',
  '366d',
  '٥s',
  '5s\n5s',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeNull()
})

test.each([[-1], [1.5], [Number.NaN], [Number.POSITIVE_INFINITY], [null], [undefined], [{}], [[5]], [true], [5n]])(
  '%s is no duration',
  (value) => {
    expect(parseDuration(value)).toBeNull()
  },
)

test('what is formatted reads back as the same length', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: longestDurationMs }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms)
    }),
  )
})

test('the longest unit that divides it is used', () => {
  expect([0, 1, 90_000, 7_200_000, 86_400_000].map(formatDuration)).toEqual(['0ms', '1ms', '90s', '2h', '1d'])
})
