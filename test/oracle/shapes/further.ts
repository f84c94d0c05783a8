import type { Shape } from './shape.js'

const numeric = "'^[0-9]{1,5}$'"

/** Combinations: shapes of the other lists within one another, and rarer ones. */
export const further: readonly Shape[] = [
  {
    name: 'z_shadowed_and_joined',
    query: `WITH t AS (SELECT id, h, v FROM a) SELECT s.h, count(*) AS n FROM b
      JOIN (WITH t AS (SELECT id, h FROM t WHERE v > 0) SELECT id, h FROM t) s ON s.id = b.a_id GROUP BY s.h`,
  },
  {
    name: 'z_renamed_with',
    query: `WITH t (x, y, day) AS (SELECT id, h, ts::date FROM a) SELECT t.y, t.day, count(*) AS n FROM t
      LEFT JOIN b ON b.a_id = t.x GROUP BY t.y, t.day`,
  },
  {
    name: 'z_many_left',
    query: `SELECT a.g, dim.name, d.y, count(*) AS n FROM a LEFT JOIN b ON b.a_id = a.id LEFT JOIN c ON c.b_id = b.id
      LEFT JOIN dim ON dim.g = c.dom LEFT JOIN d ON d.x = dim.top LEFT JOIN other.a o ON o.id = a.id
      GROUP BY a.g, dim.name, d.y`,
  },
  {
    name: 'z_full_of_blocks_nested',
    query: `SELECT q.kind, q.y, count(*) AS rows, sum(q.n) AS n FROM (SELECT s.kind, t.y, s.n
        FROM (SELECT kind, g, count(*) AS n FROM b GROUP BY kind, g) s
        FULL JOIN (SELECT x, y, count(*) AS m FROM d GROUP BY x, y) t ON t.x = s.g) q GROUP BY q.kind, q.y`,
  },
  {
    name: 'z_null_in_union',
    query: `SELECT k, x, count(*) AS n FROM (SELECT g AS k, NULL AS x FROM a UNION ALL SELECT x, y FROM d
      UNION ALL SELECT n.g::numeric, n.name COLLATE "C" FROM n) s GROUP BY k, x`,
  },
  {
    name: 'z_mixed_numbers',
    query:
      'SELECT k, count(*) AS n FROM (SELECT g AS k FROM a UNION ALL SELECT num FROM e UNION ALL SELECT f8::numeric FROM f WHERE f8 < 10) s GROUP BY k',
  },
  { name: 'z_distinct_of_groups', query: 'SELECT DISTINCT g, count(*) AS n FROM a GROUP BY g, h' },
  {
    name: 'z_left_cast',
    query: `SELECT e.txt::integer AS number, dim.name, count(*) AS n FROM a LEFT JOIN e ON e.g = a.g AND e.txt ~ ${numeric}
      LEFT JOIN dim ON dim.g = e.g WHERE coalesce(dim.top, 0) < 4 GROUP BY e.txt::integer, dim.name`,
  },
  {
    name: 'z_joined_cast',
    query: `SELECT e.txt::integer AS number, count(*) AS n FROM b JOIN a ON a.id = b.a_id JOIN e ON e.g = a.g
      WHERE e.txt ~ ${numeric} AND a.v < 5 GROUP BY e.txt::integer`,
  },
  { name: 'z_unnest', query: 'SELECT x.i, count(*) AS n FROM f CROSS JOIN LATERAL unnest(f.ints) x(i) GROUP BY x.i' },
  {
    name: 'z_left_unnest',
    query:
      'SELECT f.id, x.i, x.place, a.g FROM f LEFT JOIN LATERAL unnest(f.ints) WITH ORDINALITY x(i, place) ON true LEFT JOIN a ON a.id = x.i',
    key: ['id', 'place'],
  },
  {
    name: 'z_rows_from',
    query:
      'SELECT f.id, x.i, x.s, x.place FROM f CROSS JOIN LATERAL ROWS FROM (unnest(f.ints), generate_series(1, f.id)) WITH ORDINALITY x(i, s, place)',
    key: ['id', 'place'],
  },
  {
    name: 'z_recordset',
    query: `SELECT x.k, count(*) AS n FROM e CROSS JOIN LATERAL jsonb_to_recordset(e.arr) x(k integer, m text)
      WHERE e.arr @? '$[*] ? (@.k > 0)' GROUP BY x.k`,
  },
  {
    name: 'z_series_of_two',
    query:
      'SELECT a.h, s.i, count(*) AS n FROM a JOIN dim ON dim.g = a.g CROSS JOIN LATERAL generate_series(dim.top, a.v) s(i) GROUP BY a.h, s.i',
  },
  {
    name: 'z_ties',
    query:
      'SELECT s.g, s.v, dim.name FROM (SELECT g, v FROM a WHERE g IS NOT NULL GROUP BY g, v ORDER BY v DESC FETCH FIRST 2 ROWS WITH TIES) s JOIN dim ON dim.g = s.g',
    key: ['g', 'v'],
  },
  { name: 'z_sample', query: 'SELECT id, h FROM a TABLESAMPLE SYSTEM (100)', key: ['id'], expect: { a: 'unresolved' } },
  {
    name: 'z_series_in_list',
    query: 'SELECT h, unnest(ARRAY[v, g]) AS i, count(*) AS n FROM a GROUP BY h, unnest(ARRAY[v, g])',
    key: ['h', 'i'],
    expect: { a: 'slice' },
  },
  {
    name: 'z_not_distinct',
    query: 'SELECT a.g, d.y, count(*) AS n FROM a JOIN d ON a.g IS NOT DISTINCT FROM d.x GROUP BY a.g, d.y',
  },
  {
    name: 'z_row_equality',
    query:
      'SELECT a.g, b.note, count(*) AS n FROM a LEFT JOIN b ON (b.a_id, b.note) = (a.id, a.h) GROUP BY a.g, b.note',
  },
  {
    name: 'z_window_of_join',
    query: `SELECT b.id, a.g, b.amount - lag(b.amount) OVER (PARTITION BY a.g ORDER BY b.id) AS more,
      sum(b.amount) OVER (PARTITION BY a.g ORDER BY b.id GROUPS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) AS s
      FROM b LEFT JOIN a ON a.id = b.a_id`,
  },
  {
    name: 'z_grouped_window_joined',
    query: `SELECT dim.name, s.g, s.place FROM dim RIGHT JOIN (SELECT a.g, count(b.id) AS n,
      dense_rank() OVER (PARTITION BY a.g % 2 ORDER BY count(b.id)) AS place FROM a LEFT JOIN b ON b.a_id = a.id GROUP BY a.g) s
      ON s.g = dim.g`,
    key: ['g'],
  },
  {
    name: 'z_union_in_left',
    query: `SELECT a.h, u.k, count(*) AS n FROM a LEFT JOIN (SELECT g AS k, id FROM b UNION SELECT dom, b_id FROM c) u ON u.id = a.id
      GROUP BY a.h, u.k`,
  },
  {
    name: 'z_except_in_full',
    query: `SELECT a.g, x.k, count(*) AS n FROM a FULL JOIN (SELECT x AS k FROM d EXCEPT SELECT g FROM b) x ON x.k = a.g
      GROUP BY a.g, x.k`,
  },
  {
    name: 'z_self_block',
    query: `SELECT a.h, s.most, count(*) AS n FROM a JOIN (SELECT g, max(v) AS most FROM a GROUP BY g) s ON s.g = a.g AND a.v < s.most
      GROUP BY a.h, s.most`,
  },
  {
    name: 'z_circle',
    query:
      'SELECT a.g, b.kind, count(*) AS n FROM a JOIN b ON b.a_id = a.id JOIN c ON c.b_id = b.id AND c.dom = a.g GROUP BY a.g, b.kind',
  },
  {
    name: 'z_right_chain',
    query:
      'SELECT c.dom, a.h, dim.name, count(*) AS n FROM a RIGHT JOIN b ON b.a_id = a.id RIGHT JOIN c ON c.b_id = b.id LEFT JOIN dim ON dim.g = a.g GROUP BY c.dom, a.h, dim.name',
  },
  {
    name: 'z_two_full',
    query:
      'SELECT a.h, d.y, dim.name, count(*) AS n FROM a FULL JOIN d ON d.x = a.g FULL JOIN dim ON dim.g = d.x GROUP BY a.h, d.y, dim.name',
  },
  {
    name: 'z_left_of_full',
    query: `SELECT b.kind, s.h, s.y, count(*) AS n FROM b LEFT JOIN (a s0 FULL JOIN d ON d.x = s0.g) s (id, parent, g, h, n, ts, v, x, y, z)
      ON s.id = b.a_id GROUP BY b.kind, s.h, s.y`,
    key: ['kind', 'h', 'y'],
  },
]
