import { beforeAll, expect, test } from 'vitest'
import { fingerprint } from './ast.js'
import { loadParser, parseSelect, toSql } from './parse.js'

beforeAll(loadParser)

test.each([
  '(a AND b) IS NULL',
  '(NOT a) IS TRUE',
  '(a IS DISTINCT FROM b) IS TRUE',
  'a * (b / c)',
  'a % (b * c)',
  '(a = b) = c',
  '(a < b) IS NOT NULL',
  '(a IN (SELECT 1)) IS FALSE',
  '(a = ANY (b)) = c',
  '(a + b) AT TIME ZONE c',
  '(coalesce(a, b))[1]',
  '(ARRAY[1, 2])[1]',
  '(a || b) COLLATE "C"',
  '(a LIKE b) LIKE c',
  'a BETWEEN (b = c)::int AND 2',
  '- (- a)',
])('%s keeps its brackets', (expression) => {
  const tree = parseSelect(`SELECT ${expression} FROM t`)
  expect(fingerprint(parseSelect(toSql(tree)))).toBe(fingerprint(tree))
})
