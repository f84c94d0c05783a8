import type { Shape } from './shape.js'

/** WITH, subqueries, LATERAL, set operations, and views over views. */
export const nested: readonly Shape[] = [
  {
    name: 'x_each',
    query:
      "SELECT o.key, count(*) AS n FROM e CROSS JOIN LATERAL jsonb_each(e.obj) o WHERE jsonb_typeof(e.obj) = 'object' GROUP BY o.key",
  },
  {
    name: 'x_elements',
    query:
      "SELECT e.g, x.value AS item, count(*) AS n FROM e CROSS JOIN LATERAL jsonb_array_elements(e.arr) x(value) WHERE jsonb_typeof(e.arr) = 'array' GROUP BY e.g, x.value",
  },
  {
    name: 'x_ordinality',
    query:
      "SELECT e.id, x.place, x.item FROM (SELECT id, arr FROM e WHERE jsonb_typeof(arr) = 'array') e CROSS JOIN LATERAL jsonb_array_elements(e.arr) WITH ORDINALITY x(item, place)",
  },
  {
    name: 'x_left_lateral',
    query:
      "SELECT e.g, x.key, count(*) AS n FROM e LEFT JOIN LATERAL jsonb_each_text(CASE jsonb_typeof(e.obj) WHEN 'object' THEN e.obj END) x ON x.value <> '1' GROUP BY e.g, x.key",
  },
  {
    name: 'x_lateral_join',
    query:
      "SELECT a.h, x.key, count(*) AS n FROM a JOIN e ON e.g = a.g CROSS JOIN LATERAL jsonb_object_keys(CASE jsonb_typeof(e.obj) WHEN 'object' THEN e.obj END) x(key) GROUP BY a.h, x.key",
  },
  { name: 'x_series', query: 'SELECT a.id, s.i, a.v FROM a CROSS JOIN LATERAL generate_series(1, a.v) s(i)' },
  {
    name: 'x_filtered_cast',
    query: "SELECT txt::integer AS number, count(*) AS n FROM e WHERE txt ~ '^[0-9]{1,5}$' GROUP BY txt::integer",
  },
  {
    name: 'cte_once',
    query: 'WITH t AS (SELECT g, h, v FROM a WHERE v > 0) SELECT g, count(*) AS n, sum(v) AS v FROM t GROUP BY g',
  },
  {
    name: 'cte_twice',
    query:
      'WITH t AS (SELECT g, count(*) AS n FROM a GROUP BY g) SELECT l.g, l.n, r.n AS other FROM t l LEFT JOIN t r ON r.g = l.g + 0 AND r.g = l.g',
    key: ['g'],
  },
  {
    name: 'cte_materialized',
    query:
      'WITH t AS MATERIALIZED (SELECT a_id, sum(amount) AS s FROM b GROUP BY a_id) SELECT a.g, sum(t.s) AS s FROM a JOIN t ON t.a_id = a.id GROUP BY a.g',
  },
  {
    name: 'cte_nested',
    query:
      'WITH t AS (WITH u AS (SELECT g, v FROM a) SELECT g, sum(v) AS v FROM u GROUP BY g), w AS (SELECT g, v * 2 AS twice FROM t) SELECT w.g, w.twice, dim.name FROM w LEFT JOIN dim ON dim.g = w.g',
    key: ['g', 'name'],
  },
  {
    name: 'cte_shadow',
    query:
      'WITH b AS (SELECT g, id FROM a) SELECT b.g, count(*) AS n, max(r.amount) AS m FROM b JOIN public.b r ON r.a_id = b.id GROUP BY b.g',
  },
  {
    name: 'cte_shadow_deep',
    query:
      'WITH t AS (SELECT id, g, v FROM a) SELECT dim.name, s.g, sum(s.v) AS v FROM (WITH t AS (SELECT id, g, v FROM t WHERE v > 0) SELECT g, sum(v) AS v FROM t GROUP BY g) s JOIN b ON b.g = s.g JOIN dim ON dim.g = b.g GROUP BY dim.name, s.g',
  },
  {
    name: 'cte_and_subquery',
    query:
      'WITH t AS (SELECT g, v FROM a) SELECT dim.g, count(*) AS n, (SELECT count(*) FROM t) AS whole FROM dim JOIN t ON t.g = dim.g GROUP BY dim.g',
  },
  {
    name: 'cte_recursive',
    query:
      'WITH RECURSIVE t AS (SELECT id, parent, 0 AS depth FROM a WHERE parent IS NULL UNION ALL SELECT a.id, a.parent, t.depth + 1 FROM a JOIN t ON a.parent = t.id WHERE t.depth < 5) SELECT id, depth FROM t',
    key: ['id'],
    expect: { a: 'recursive' },
  },
  { name: 's_scalar_same_table', query: 'SELECT id, g, v - (SELECT avg(v) FROM a)::integer AS above FROM a' },
  {
    // It fails where a setting is 0, if any row asks for it.
    name: 's_never_computed',
    query: 'SELECT id, h FROM a WHERE v > 100 AND v < (SELECT sum(1 / n) FROM settings)',
    expect: { a: 'slice', settings: 'uncorrelated_subquery' },
  },
  { name: 's_having', query: 'SELECT g, sum(v) AS v FROM a GROUP BY g HAVING sum(v) > (SELECT min(n) FROM settings)' },
  {
    name: 's_on',
    query: 'SELECT a.g, count(b.id) AS n FROM a LEFT JOIN b ON b.a_id = a.id AND b.g IN (SELECT x FROM d) GROUP BY a.g',
  },
  {
    name: 'set_union_all',
    query: "SELECT id, 'a' AS source, g FROM a UNION ALL SELECT id, 'b', g FROM b",
    key: ['id', 'source'],
  },
  { name: 'set_union', query: 'SELECT g, h FROM a UNION SELECT x, y FROM d' },
  { name: 'set_except', query: 'SELECT g FROM a EXCEPT SELECT x FROM d' },
  { name: 'set_intersect', query: 'SELECT g, h FROM a INTERSECT SELECT x, y FROM d' },
  {
    name: 'set_grouped',
    query:
      'SELECT k, sum(n) AS n FROM (SELECT g AS k, count(*) AS n FROM a GROUP BY g UNION ALL SELECT x, sum(z) FROM d GROUP BY x UNION ALL SELECT g, v FROM inh) s GROUP BY k',
  },
  {
    name: 'set_all',
    query: `SELECT g, h, count(*) AS n FROM (SELECT g, h FROM a INTERSECT ALL SELECT x, y FROM d) s GROUP BY g, h
      UNION ALL SELECT g, 'rest', -count(*) FROM (SELECT g FROM b EXCEPT ALL SELECT dim.top FROM dim) t GROUP BY g`,
    key: ['g', 'h', 'n'],
    expect: { a: 'slice', b: 'slice', d: 'slice', dim: 'slice' },
  },
  {
    name: 'set_three',
    query: '(SELECT g FROM a UNION ALL SELECT g FROM b) EXCEPT (SELECT x FROM d INTERSECT SELECT g FROM dim)',
    key: ['g'],
  },
  {
    name: 'set_joined',
    query:
      'SELECT dim.name, u.k, count(*) AS n FROM (SELECT g AS k FROM a UNION SELECT x FROM d) u LEFT JOIN dim ON dim.g = u.k GROUP BY dim.name, u.k',
  },
  {
    name: 'set_limited',
    query: 'SELECT g FROM a UNION SELECT x FROM d ORDER BY 1 LIMIT (SELECT max(n) FROM settings)',
    key: ['g'],
  },
  {
    name: 'values_joined',
    query:
      "SELECT t.name, a.g, count(*) AS n FROM a JOIN (VALUES (1, 'one'), (2, 'two')) t(g, name) ON t.g = a.g GROUP BY t.name, a.g",
  },
  {
    name: 'values_counted',
    query:
      "SELECT w.name, count(*) AS n, sum(a.g) AS s FROM a JOIN (VALUES (1, 'one'), (2, 'two'), (2, 'deux')) w(v, name) ON w.v = a.v GROUP BY w.name",
    expect: { a: 'delta' },
  },
  {
    name: 'values_ranges',
    query:
      'WITH w(low, high) AS (VALUES (0, 2), (2, 5)) SELECT w.low, count(a.id) AS n FROM w JOIN a ON a.v BETWEEN w.low AND w.high GROUP BY w.low',
    expect: { a: 'delta' },
  },
  {
    name: 'values_all_shown',
    query:
      "SELECT w.name, count(a.id) AS n FROM (VALUES (1, 'one'), (2, 'two')) w(v, name) LEFT JOIN a ON w.v = a.v GROUP BY w.name",
    expect: { a: 'slice' },
  },
  {
    name: 'values_full',
    query:
      "SELECT w.name, a.h, count(*) AS n FROM a FULL JOIN (VALUES (1, 'one'), (2, 'two')) w(v, name) ON w.v = a.v GROUP BY w.name, a.h",
    expect: { a: 'slice' },
  },
  {
    name: 'values_of_rows',
    query: "SELECT w.name, a.id FROM a JOIN (VALUES (1, 'one'), (2, 'two')) w(v, name) ON w.v = a.v",
    expect: { a: 'slice' },
  },
  {
    name: 'values_united',
    query: "SELECT id, h FROM a UNION ALL VALUES (0, 'zero'), (-1, NULL) UNION ALL SELECT -2, 'two'",
    key: ['id'],
    expect: { a: 'slice' },
  },
  { name: 'values_first', query: "VALUES (0, 'zero'), (3, 'x') UNION SELECT id, h FROM a", expect: { a: 'slice' } },
  { name: 'over_plain_view', query: 'SELECT g, count(amount) AS n, sum(amount) AS s FROM plain_ab GROUP BY g' },
  {
    name: 'over_plain_twice',
    query: 'SELECT l.g, count(*) AS n FROM plain_ab l JOIN plain_b r ON r.owner = l.id GROUP BY l.g',
  },
  {
    name: 'two_levels',
    query: 'SELECT n, count(*) AS groups FROM (SELECT g, count(*) AS n FROM a GROUP BY g) s GROUP BY n',
  },
  {
    name: 'block_twice',
    query:
      'SELECT s.g, sum(s.n) AS n, avg(t.v)::numeric(10, 4) AS v FROM (SELECT g, h, count(*) AS n FROM a GROUP BY g, h) s JOIN (SELECT g, v FROM a WHERE v > 1) t ON t.g = s.g GROUP BY s.g',
  },
  {
    name: 'windowed_block',
    query:
      'SELECT g, max(running) AS most FROM (SELECT g, sum(v) OVER (PARTITION BY g ORDER BY id) AS running FROM a) s GROUP BY g',
  },
  {
    name: 'latest_per_group',
    query:
      "SELECT s.g, s.id, b.note FROM (SELECT id, g, row_number() OVER (PARTITION BY g ORDER BY v DESC, id) AS place FROM a) s LEFT JOIN b ON b.a_id = s.id AND b.kind = 'mid' WHERE s.place = 1",
    key: ['g', 'note', 'id'],
  },
  { name: 'up_groups', query: 'SELECT g, h, count(*) AS n, sum(v) AS v FROM a GROUP BY g, h' },
  { name: 'up_two', query: 'SELECT g, sum(n) AS n, count(*) AS kinds FROM up_groups GROUP BY g' },
  {
    name: 'up_three',
    query:
      'SELECT up_two.kinds, dim.name, count(*) AS groups, sum(up_two.n) AS n FROM up_two LEFT JOIN dim ON dim.g = up_two.g GROUP BY up_two.kinds, dim.name',
  },
  {
    name: 'up_diamond',
    query:
      'SELECT l.g, l.h, l.n, r.kinds, b.amount FROM up_groups l JOIN up_two r ON r.g = l.g LEFT JOIN (SELECT g, sum(amount) AS amount FROM b GROUP BY g) b ON b.g = l.g',
    key: ['g', 'h'],
  },
  {
    name: 'up_window',
    query: 'SELECT g, h, v, rank() OVER (PARTITION BY g ORDER BY v DESC, h) AS place FROM up_groups',
  },
]
