import { describe, expect, test } from 'vitest'
import { age, clock, duration, padEnd, progressBar, shorten, sparkline, times } from '../../demo/format.js'

describe('what the screen shows of numbers', () => {
  test('durations, in the unit that is read at a glance', () => {
    expect([0, 4.321, 9.96, 950, 9_994, 10_000, 59_940, 60_000, 3_599_000, 3_725_000].map(duration)).toEqual([
      ...['0.0 ms', '4.3 ms', '10 ms', '950 ms', '9,994 ms', '10.0 s', '59.9 s', '1 min 00 s'],
      ...['59 min 59 s', '1 h 02 min'],
    ])
  })

  test('ages, times of day, ratios', () => {
    expect([0.04, 12.34, 99.96].map(age)).toEqual(['0.0 s', '12.3 s', '1 min 39 s'])
    expect([7_000, 754_000, 3_723_000].map(clock)).toEqual(['0:07', '12:34', '1:02:03'])
    expect([0.98, 9.94, 9.96, 1_234].map(times)).toEqual(['1.0×', '9.9×', '10×', '1,234×'])
  })

  test('bars', () => {
    expect(sparkline([0, 5, 10], 5)).toBe('  ▁▅█')
    expect(sparkline([1, 2, 3, 4], 2)).toBe('▆█')
    expect(sparkline([0, 0], 2)).toBe('▁▁')
    expect(sparkline([], 3)).toBe('   ')
    expect([-1, 0, 0.5, 1, 2].map((part) => progressBar(part, 4))).toEqual(['────', '────', '━━──', '━━━━', '━━━━'])
  })

  test('text is cut and padded by the cells it takes, not by its colours', () => {
    const red = '\u001b[31mabcdef\u001b[39m'
    expect(padEnd(red, 8)).toBe(`${red}  `)
    expect(shorten(red, 6)).toBe(red)
    expect(shorten(red, 4)).toBe('\u001b[31mabc\u001b[39m…\u001b[0m')
    expect(shorten('abcdef', 3)).toBe('ab…')
  })
})
