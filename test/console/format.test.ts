import { describe, expect, test } from 'vitest'
import { bytes, compact, count, plural } from '../../src/console/format/number.js'
import { age, duration, relative, span } from '../../src/console/format/time.js'

/** As it reads: a number and its unit stand on one line. */
const read = (text: string): string => text.replaceAll('\u00a0', ' ')

describe('ages', () => {
  test.each([
    [0, '0.0 s'],
    [0.44, '0.4 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [99.4, '99 s'],
    [99.6, '1 min'],
    [3_599, '59 min'],
    [3_600, '1 h'],
    [5_400, '1 h 30 min'],
    [36_060, '10 h'],
    [86_400, '1 d'],
    [100_000, '1 d 3 h'],
    [864_000, '10 d'],
  ])('%d s are %s', (seconds, text) => {
    expect(read(age(seconds))).toBe(text)
  })

  test('of a clock that is ahead are none', () => {
    expect(read(age(-3))).toBe('0.0 s')
  })

  test('do not break between a number and its unit', () => {
    expect(age(5_400)).not.toContain(' ')
  })
})

describe('spans and durations', () => {
  test.each([
    [250, '250 ms'],
    [2_000, '2 s'],
    [90_000, '1 min 30 s'],
    [300_000, '5 min'],
    [90_061_000, '1 d 1 h'],
  ])('a span of %d ms is %s', (milliseconds, text) => {
    expect(read(span(milliseconds))).toBe(text)
  })

  test.each([
    [0.84, '0.8 ms'],
    [9.96, '10 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [59_900, '59.9 s'],
    [125_000, '2 min 5 s'],
  ])('%d ms took %s', (milliseconds, text) => {
    expect(read(duration(milliseconds))).toBe(text)
  })

  test('a time is told from now, both ways', () => {
    const now = Date.parse('2025-06-01T12:00:00Z')
    expect(read(relative('2025-06-01T11:59:48Z', now))).toBe('12 s ago')
    expect(read(relative('2025-06-01T12:00:40Z', now))).toBe('in 40 s')
    expect(read(relative('2025-06-01T11:57:00Z', now))).toBe('3 min ago')
    expect(read(relative('2025-06-01T11:59:59.5Z', now))).toBe('just now')
  })
})

describe('numbers', () => {
  test.each([
    [0, '0', '0'],
    [9_999, '9,999', '9,999'],
    [12_345, '12,345', '12.3k'],
    [123_456, '123,456', '123k'],
    [999_600, '999,600', '1.0M'],
    [4_500_000, '4,500,000', '4.5M'],
  ])('%d is %s, and in a narrow place %s', (value, whole, short) => {
    expect(count(value)).toBe(whole)
    expect(compact(value)).toBe(short)
  })

  test.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_536, '1.5 kB'],
    [52_428_800, '50 MB'],
    [1_099_511_627_776, '1.0 TB'],
  ])('%d bytes are %s', (value, text) => {
    expect(bytes(value)).toBe(text)
  })

  test('one is not many', () => {
    expect([plural(0, 'row'), plural(1, 'row'), plural(1200, 'row')]).toEqual(['0 rows', '1 row', '1,200 rows'])
  })
})
