import { expect, test } from 'vitest'
import { layOut, partsOf } from './layout.js'

const statement = `WITH a AS MATERIALIZED (SELECT x.y, 'it''s, (WITH) "FROM"' AS "GROUP, (" FROM x WHERE y IS DISTINCT FROM 1),
  b AS (SELECT count(*) FROM a LEFT JOIN a c ON c.y = a.y AND c.y > (SELECT max(y) FROM a WHERE y < 5 OR y > 7) GROUP BY 1),
  d AS (DELETE FROM x USING a WHERE x.y = a.y RETURNING 1), e AS (/* a comment */)
  SELECT (SELECT count(*) FROM d) AS deleted, ARRAY[1, 2] AS two, /*mark*/"t"."w" FROM b UNION ALL SELECT 1, E'a\\\\b', 2`

test('nothing but white space is touched', () => {
  const bare = (text: string): string => text.replaceAll(/\s+/g, '')
  expect(bare(layOut(statement))).toBe(bare(statement))
})

test('clauses and queries that do not fit on a line stand below each other', () => {
  expect(
    layOut(statement),
  ).toBe(`WITH a AS MATERIALIZED (SELECT x.y, 'it''s, (WITH) "FROM"' AS "GROUP, (" FROM x WHERE y IS DISTINCT FROM 1),
b AS (
  SELECT count(*)
  FROM a
  LEFT JOIN a c ON c.y = a.y AND c.y > (SELECT max(y) FROM a WHERE y < 5 OR y > 7)
  GROUP BY 1
),
d AS (DELETE FROM x USING a WHERE x.y = a.y RETURNING 1),
e AS (/* a comment */)
SELECT (SELECT count(*) FROM d) AS deleted, ARRAY[1, 2] AS two, /*mark*/"t"."w"
FROM b
UNION ALL
SELECT 1, E'a\\\\b', 2`)
})

test('a statement is taken apart into its WITH queries', () => {
  const { parts, last } = partsOf(statement)
  expect([...parts.keys()]).toEqual(['a', 'b', 'd', 'e'])
  expect(parts.get('d')).toBe('d AS (DELETE FROM x USING a WHERE x.y = a.y RETURNING 1)')
  expect(last).toMatch(/^SELECT \(SELECT count.*, 2$/s)
  expect(partsOf('SELECT 1')).toEqual({ parts: new Map(), last: 'SELECT 1' })
})
