import { describe, expect, test } from 'vitest'
import { parseOptions } from '../../bench/kit/options.js'
import { geometricMean, median, percentile } from '../../bench/kit/stats.js'
import { lessIsBetter, moreIsBetter } from '../../bench/kit/types.js'
import { UsageError } from '../../scripts/arguments.js'

describe('a result', () => {
  test('has a ratio above 1 where Tidemark is better, whichever way the unit counts', () => {
    expect(lessIsBetter('a case', 20, 'REFRESH MATERIALIZED VIEW', 2_000, 'ms')).toEqual({
      case: 'a case',
      ours: 20,
      peer: 'REFRESH MATERIALIZED VIEW',
      peerValue: 2_000,
      unit: 'ms',
      ratio: 100,
    })
    expect(moreIsBetter('a case', 5_000, 'pg_ivm', 400, 'tx/s').ratio).toBe(12.5)
  })
})

describe('percentiles', () => {
  test('are those of percentile_cont', () => {
    expect(percentile([40, 10, 30, 20], 0.95)).toBeCloseTo(38.5)
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(median([7])).toBe(7)
    expect(median([])).toBeNaN()
  })
})

test('the geometric mean takes twice as fast and half as fast for even', () => {
  expect(geometricMean([2, 0.5])).toBeCloseTo(1)
  expect(geometricMean([10, 1_000])).toBeCloseTo(100)
})

describe('options', () => {
  test('are read with their lists, and --rows means --submissions', () => {
    const { name, options } = parseOptions(['writes', '--rows', '5_000', '--clients', '1, 8', '--views=0,5', '--quick'])
    expect(name).toBe('writes')
    expect(options).toMatchObject({ submissions: 5_000, clients: [1, 8], views: [0, 5], quick: true, json: false })
  })

  test('take a scale factor and a choice of queries', () => {
    const { options } = parseOptions(['tpch', '--sf', '0.1', '--queries', '1,18'])
    expect(options).toMatchObject({ scaleFactor: 0.1, queries: [1, 18] })
  })

  test.each([
    [['tpch', '--sf', '0']],
    [['tpch', '--sf', 'small']],
    [['tpch', '--queries', 'q1']],
    [['refresh', 'writes']],
    [['refresh', '--rounds', '0']],
    [['refresh', '--rounds', 'few']],
    [['writes', '--clients', '1,,8']],
    [['refresh', '--postgres', '14']],
    [['refresh', '--fast']],
  ])('%j is a mistake', (args) => {
    expect(() => parseOptions(args)).toThrow(UsageError)
  })
})
