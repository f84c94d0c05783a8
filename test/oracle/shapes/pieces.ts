import type { Shape } from './shape.js'

/** Queries that are kept in pieces: aggregates of aggregates, of rows that are no mere join, and scalars. */
export const pieces: readonly Shape[] = [
  {
    name: 'n_aggregate_of_aggregate',
    query:
      'SELECT n, count(*) AS groups, sum(v) AS v FROM (SELECT g, count(*) AS n, sum(v) AS v FROM a GROUP BY g) s GROUP BY n',
  },
  {
    name: 'n_left_join_counted',
    query: `SELECT many, count(*) AS owners FROM (SELECT a.id, count(b.id) AS many FROM a
      LEFT JOIN b ON b.a_id = a.id AND b.note IS DISTINCT FROM 'x' GROUP BY a.id) s(id, many) GROUP BY many`,
  },
  {
    name: 'n_average_of_averages',
    query:
      'SELECT avg(m) AS m, min(m) AS low, max(m) AS high, count(m) AS n FROM (SELECT g, avg(n) AS m FROM a GROUP BY g) s',
    key: [],
  },
  {
    name: 'n_sums_of_nulls',
    query:
      'SELECT total IS NULL AS nothing, sum(total) AS s, count(*) AS n FROM (SELECT h, sum(n) AS total FROM a GROUP BY h) s GROUP BY 1',
  },
  {
    name: 'n_distinct_inside',
    query:
      'SELECT kinds, count(*) AS n FROM (SELECT g, count(DISTINCT kind) AS kinds FROM b GROUP BY g) s GROUP BY kinds',
  },
  {
    name: 'n_having_both',
    query: `SELECT v, count(*) AS n FROM (SELECT h, sum(v) AS v FROM a GROUP BY h HAVING count(*) > 1) s
      GROUP BY v HAVING count(*) < 3`,
  },
  {
    name: 'n_top_of_groups',
    query: `SELECT n, count(*) AS groups FROM (SELECT h, count(*) AS n FROM a GROUP BY h) s GROUP BY n
      ORDER BY count(*) DESC, n DESC LIMIT 2`,
  },
  {
    name: 'n_distinct_rows',
    query: 'SELECT g, count(*) AS n, sum(x) AS x FROM (SELECT DISTINCT x, y, z % 3 AS g FROM d) s GROUP BY g',
  },
  {
    name: 'n_united',
    query:
      'SELECT k % 2 AS parity, count(*) AS n FROM (SELECT h AS t, v AS k FROM a UNION SELECT y, z FROM d) s GROUP BY k % 2',
  },
  {
    name: 'n_same_names',
    query:
      'SELECT s.j, s.m, count(*) AS n FROM (SELECT a.h, b.note AS h, max(a.v) AS m FROM a JOIN b ON b.a_id = a.id GROUP BY a.h, b.note) s(i, j, m) GROUP BY s.j, s.m',
  },
  {
    name: 'n_renamed',
    query:
      "WITH t (k, total) AS (SELECT h, sum(v) FROM a GROUP BY h) SELECT t.total, string_agg(t.k, ',' ORDER BY t.k) AS ks FROM t GROUP BY t.total",
  },
  {
    name: 'n_windowed',
    query: `SELECT place, count(*) AS n, sum(v) AS v FROM (SELECT id, h, v, row_number() OVER (PARTITION BY h ORDER BY v, id) AS place FROM a) s
      GROUP BY place`,
  },
  {
    name: 'n_three_levels',
    query: `SELECT m, count(*) AS n FROM (SELECT n, max(v) AS m FROM (SELECT h, g, count(*) AS n, sum(v) AS v FROM a GROUP BY h, g) s
      GROUP BY n) t GROUP BY m`,
  },
  {
    name: 'n_best',
    query: `WITH t AS (SELECT a_id AS owner, sum(amount) AS total FROM b GROUP BY a_id)
      SELECT a.id, a.h, t.total FROM a, t WHERE a.id = t.owner AND t.total = (SELECT max(t.total) FROM t)`,
    key: ['id'],
  },
  {
    name: 'n_with_twice',
    query: `WITH t AS (SELECT h, count(*) AS n FROM a GROUP BY h), u AS (SELECT n, count(*) AS m FROM t GROUP BY n)
      SELECT t.h, t.n, u.m FROM t JOIN u ON u.n = t.n`,
    key: ['h'],
  },
  {
    name: 'n_above_average',
    query: 'SELECT h, count(*) AS n, sum(v) AS v FROM a WHERE v > (SELECT avg(s.v) FROM a s WHERE s.g > 1) GROUP BY h',
  },
  {
    name: 'n_share',
    query:
      'SELECT id, v, (SELECT sum(amount) FROM b) AS whole, coalesce((SELECT count(*) FROM d WHERE z > 3), 0) AS ds FROM a WHERE v > 1',
  },
  {
    name: 'n_having_share',
    query: `SELECT h, sum(v) AS v, count(*) + 1 AS n FROM a GROUP BY h HAVING sum(v) > (SELECT sum(s.v) * 0.2 FROM a s)
      ORDER BY sum(v) DESC, h`,
  },
  {
    name: 'n_everything_having',
    query: 'SELECT count(*) AS n, max(z) AS z FROM d HAVING count(*) > (SELECT min(n) FROM settings)',
    key: [],
  },
  {
    name: 'n_scalar_of_groups',
    query: 'SELECT h, sum(v) AS v, (SELECT count(*) FROM d) AS ds FROM a GROUP BY h',
  },
  {
    name: 'n_exists',
    query: `SELECT h, count(*) AS n, sum(v) AS v, avg(n) AS m FROM a
      WHERE v > 0 AND EXISTS (SELECT FROM b WHERE b.a_id = a.id AND b.amount > 1) GROUP BY h`,
  },
  {
    name: 'n_exists_both',
    query: `SELECT o.h, count(*) AS many FROM a o, b l, dim WHERE o.id = l.a_id AND dim.g = o.g AND l.amount > 0
      AND EXISTS (SELECT FROM b m WHERE m.a_id = l.a_id AND m.g <> l.g)
      AND NOT EXISTS (SELECT FROM b m WHERE m.a_id = l.a_id AND m.g <> l.g AND m.amount > 3)
      GROUP BY o.h ORDER BY count(*) DESC, o.h NULLS FIRST LIMIT 3`,
  },
  {
    name: 'n_not_in',
    query: 'SELECT count(*) AS n, sum(v) AS v FROM a WHERE id NOT IN (SELECT k1 FROM c WHERE v > 2)',
    key: [],
  },
  {
    name: 'n_not_in_nullable',
    query: 'SELECT count(*) AS n, min(h) AS first FROM a WHERE g NOT IN (SELECT x FROM d)',
    key: [],
  },
  {
    name: 'n_below_average',
    query: `SELECT sum(l.amount) / 7.0 AS mean FROM b l JOIN a ON a.id = l.a_id
      WHERE a.v > 0 AND l.amount < (SELECT 0.9 * avg(m.amount) FROM b m WHERE m.a_id = a.id)`,
    key: [],
  },
  {
    name: 'n_derived_with_both',
    query: `SELECT code, count(*) AS n, sum(v) AS v FROM (SELECT left(h, 1) AS code, v FROM a
      WHERE v >= (SELECT avg(s.v) FROM a s WHERE s.v > 0) AND NOT EXISTS (SELECT FROM b WHERE b.a_id = a.id)) s GROUP BY code`,
  },
  {
    name: 'n_prefix_above_average',
    query: `SELECT s.code, count(*) AS n, sum(s.v) AS v FROM (SELECT substring(h FROM 1 FOR 1) AS code, v FROM a
      WHERE substring(h FROM 1 FOR 1) <> '1' AND v >= (SELECT avg(t.v) FROM a t WHERE t.v > 0 AND substr(t.h, 1, 1) <> '1')
        AND NOT EXISTS (SELECT FROM b WHERE b.a_id = a.id)) s GROUP BY s.code`,
  },
  {
    name: 'n_left_join',
    query:
      'SELECT count(*) AS n, count(b.id) AS matched, sum(b.amount) AS s, max(a.v) AS v FROM a LEFT JOIN b ON b.a_id = a.id',
    key: [],
  },
  {
    name: 'n_left_join_groups',
    query: `SELECT b.note, count(*) AS n, count(c.v) AS c, bool_or(c.v > 3) AS big FROM a LEFT JOIN b ON b.a_id = a.id
      LEFT JOIN c ON c.b_id = b.id WHERE a.v > 0 GROUP BY b.note`,
  },
  {
    name: 'n_right_join',
    query:
      'SELECT sum(a.v) AS v, count(*) AS n, min(b.note) AS note FROM a RIGHT JOIN b ON b.a_id = a.id AND a.v > b.amount',
    key: [],
  },
  {
    name: 'n_full_join',
    query:
      'SELECT count(*) AS n, count(a.id) AS l, count(dim.g) AS r, sum(a.v + dim.top) AS s FROM a FULL JOIN dim ON dim.g = a.id',
    key: [],
  },
  {
    name: 'n_guarded',
    query: `SELECT count(*) FILTER (WHERE b.amount > 1) AS some, sum(a.v / b.g) FILTER (WHERE b.g > 0) AS ratio,
      avg(100 / (a.v - 3)) FILTER (WHERE a.v <> 3) AS odd FROM a LEFT JOIN b ON b.a_id = a.id`,
    key: [],
  },
  {
    name: 'n_subquery_argument',
    query:
      'SELECT h, sum((SELECT count(*) FROM b WHERE b.a_id = a.id)) AS n, count(*) AS rows FROM a WHERE v > 0 GROUP BY h',
  },
  {
    name: 'n_subquery_group',
    query: `SELECT (SELECT max(b.kind) FROM b WHERE b.a_id = a.id) AS kind, count(*) AS n, sum(v) AS v FROM a WHERE v > 0
      GROUP BY (SELECT max(b.kind) FROM b WHERE b.a_id = a.id)`,
  },
  {
    name: 'n_bucket',
    query: `SELECT date_trunc('day', ts) AS day, count(*) AS n FROM a WHERE EXISTS (SELECT FROM b WHERE b.a_id = a.id) GROUP BY 1 ORDER BY 1`,
  },
  {
    name: 'n_left_join_of_groups',
    query: `SELECT a.h, count(*) AS n, sum(s.m) AS m FROM a LEFT JOIN (SELECT a_id, max(amount) AS m FROM b GROUP BY a_id) s ON s.a_id = a.id
      WHERE a.v > 1 GROUP BY a.h`,
  },
  {
    name: 'n_plain_view_twice',
    query: `SELECT s.n, count(*) AS rows, sum(r.amount) AS s FROM (SELECT owner, count(*) AS n FROM plain_b GROUP BY owner) s
      JOIN plain_b r ON r.owner = s.owner GROUP BY s.n`,
  },
  {
    name: 'n_view_of_left_join',
    query: 'SELECT count(*) AS n, sum(amount) AS s FROM plain_ab WHERE id > 2',
    key: [],
  },
  {
    name: 'n_grouped_view',
    query: 'SELECT t.n, count(*) AS rows, sum(t.s) AS s FROM grouped_b t GROUP BY t.n',
  },
  {
    name: 'n_grouped_view_joined',
    query: `SELECT a.h, sum(b.s) AS s, count(*) AS n FROM a JOIN grouped_b b ON b.kind IS NOT NULL AND b.n = a.v GROUP BY a.h`,
  },
  {
    name: 'n_partitions',
    query: `SELECT count(*) AS n, sum(v) AS v FROM p WHERE EXISTS (SELECT FROM p o WHERE o.id = p.id AND o.region <> p.region)`,
    key: [],
  },
  {
    name: 'n_quoted',
    query: `SELECT count(*) AS "n""n", sum(s."Group") AS "order" FROM "We""ird Schema"."select" s
      WHERE s."a b" IN (SELECT o."order" FROM other.a o WHERE o.g = s."Group")`,
    key: [],
  },
  {
    name: 'n_name_taken',
    query: `SELECT value, count(*) AS rows FROM (SELECT h AS value, v AS scalar FROM a WHERE v > (SELECT avg(z) FROM d)) s GROUP BY value`,
  },
  {
    name: 'n_united_roots',
    query: `SELECT n, count(*) AS m FROM (SELECT h, count(*) AS n FROM a GROUP BY h) s GROUP BY n
      UNION SELECT z, count(*) FROM d GROUP BY z`,
  },
  {
    name: 'n_distinct_count',
    query: 'SELECT h, count(DISTINCT v) AS vs FROM a GROUP BY h',
    expect: { a: 'delta' },
  },
  {
    name: 'n_distinct_and_others',
    query: `SELECT h, count(DISTINCT v) AS vs, sum(DISTINCT v) + 1 AS s, stddev(DISTINCT v) AS d, count(*) AS n, sum(g) AS g, avg(v) AS m,
      avg(g * 1.5)::text AS text, max(ts) AS late, count(g) FILTER (WHERE v > 2) AS f, bool_and(v > 1) AS b FROM a GROUP BY h
      HAVING count(DISTINCT v) > 1 OR count(*) = 1 ORDER BY count(DISTINCT v) DESC, h LIMIT 3`,
    expect: { a: 'delta' },
  },
  {
    name: 'n_distinct_of_all',
    query:
      'SELECT count(DISTINCT v) FILTER (WHERE g > 1) AS v, count(DISTINCT h) AS h, sum(DISTINCT v) AS s, count(*) AS n FROM a',
    key: [],
    expect: { a: 'delta' },
  },
  {
    name: 'n_distinct_several',
    query:
      'SELECT v, count(DISTINCT h) AS h, count(DISTINCT g) AS g, sum(v) AS s FROM a GROUP BY v HAVING count(DISTINCT g) > 0',
    expect: { a: 'delta' },
  },
  {
    name: 'n_distinct_joined',
    query:
      'SELECT b.kind, count(DISTINCT a.h) AS h, sum(b.amount)::text AS s, avg(b.amount)::text AS m FROM a JOIN b ON b.a_id = a.id GROUP BY b.kind',
    expect: { a: 'delta', b: 'delta' },
  },
  {
    name: 'n_distinct_left_joined',
    query: `SELECT b.note, count(DISTINCT a.g) AS g, count(*) AS n FROM a LEFT JOIN b ON b.a_id = a.id WHERE a.v > 1 GROUP BY b.note`,
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'n_distinct_in_groups',
    query:
      'SELECT kinds, count(*) AS n FROM (SELECT note, count(DISTINCT kind) AS kinds FROM b GROUP BY note) s GROUP BY kinds',
    expect: { b: 'delta' },
  },
  {
    name: 'n_rank_of_groups',
    query: `SELECT h, sum(v) AS total, rank() OVER w AS place, ntile(2) OVER w AS half, lag(h) OVER (ORDER BY h) AS before,
      first_value(h) OVER w AS best, sum(v) / nullif(sum(sum(v)) OVER (), 0) AS share,
      sum(count(*)) OVER (ORDER BY h GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) AS near
      FROM a GROUP BY h HAVING count(*) > 0 WINDOW w AS (ORDER BY sum(v) DESC, h)`,
    expect: { a: 'delta' },
  },
  {
    name: 'n_running_total',
    query: 'SELECT day, n, sum(n) OVER (ORDER BY day) AS run FROM (SELECT d AS day, count(*) AS n FROM b GROUP BY d) s',
    key: ['day'],
    expect: { b: 'delta' },
  },
  {
    name: 'n_best_of_all',
    query: `SELECT s.h, s.place, count(d.x) AS n FROM (SELECT h, rank() OVER (ORDER BY sum(v) DESC, h) AS place FROM a GROUP BY h) s
      LEFT JOIN d ON d.y = s.h WHERE s.place <= 2 GROUP BY s.h, s.place`,
    expect: { a: 'delta', d: 'slice' },
  },
  {
    name: 'n_limit_inside',
    query: `SELECT s.h, s.total, count(d.x) AS n FROM (SELECT h, sum(v) AS total FROM a GROUP BY h ORDER BY sum(v) DESC, h LIMIT 2) s
      LEFT JOIN d ON d.y = s.h GROUP BY s.h, s.total`,
    expect: { a: 'delta', d: 'slice' },
  },
  {
    name: 'n_median_of_groups',
    query:
      'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS median FROM (SELECT h, sum(v) AS total FROM a GROUP BY h) s',
    key: [],
    expect: { a: 'delta' },
  },
  {
    name: 'n_rank_of_many',
    query:
      'SELECT a_id, sum(amount) AS total, rank() OVER (ORDER BY sum(amount) DESC NULLS LAST) AS place FROM b GROUP BY a_id',
    expect: { b: 'window_over_everything' },
  },
  {
    name: 'n_with_total',
    query:
      "SELECT h, count(*) AS n FROM a GROUP BY h UNION ALL SELECT 'total', count(*) FROM a UNION ALL SELECT 'none', 0",
    key: ['h', 'n'],
    expect: { a: 'delta' },
  },
]
