import type { Shape } from './shape.js'

/** A view of which every table is maintained by deltas. */
function delta(name: string, tables: readonly string[], query: string, key?: readonly string[]): Shape {
  const expect = Object.fromEntries(tables.map((table) => [table, 'delta' as const]))
  return { name, query, expect, ...(key && { key }) }
}

/** Aggregates over joins, which are kept by adding what changed. */
export const deltas: readonly Shape[] = [
  delta('d_everything', ['a'], 'SELECT count(*) AS n, count(g) AS c, sum(v) AS s, avg(v) AS m, avg(n) AS mn FROM a'),
  delta(
    'd_extremes',
    ['a'],
    'SELECT h, min(v) AS low, max(v) AS high, min(ts) AS early, max(n) AS most FROM a GROUP BY h',
  ),
  delta('d_extreme_of_all', ['a'], 'SELECT max(h) AS last, min(id) AS first, max(DISTINCT v) AS high FROM a'),
  delta(
    'd_booleans',
    ['a'],
    'SELECT h, bool_and(v > 1) AS every_one, bool_or(g = 2) AS any_one, every(v < 9) AS low FROM a GROUP BY h',
  ),
  delta(
    'd_filters',
    ['a'],
    `SELECT h, count(*) FILTER (WHERE v > 2) AS big, sum(n) FILTER (WHERE g IS NULL) AS lone,
      avg(v) FILTER (WHERE g > 1) AS mean, min(ts) FILTER (WHERE v < 3) AS early FROM a GROUP BY h`,
  ),
  delta('d_no_key_table', ['d'], 'SELECT y, count(*) AS n, sum(z) AS z, min(z) AS low, avg(x) AS x FROM d GROUP BY y'),
  delta('d_two_keys', ['d'], 'SELECT x, y, count(z) AS n, max(z) AS high FROM d GROUP BY x, y'),
  delta(
    'd_expressions',
    ['a'],
    `SELECT upper(h) || '!' AS loud, h, round(sum(n) / nullif(count(*), 0), 3) AS mean, sum(v) * 2 + count(*) AS odd,
      CASE WHEN max(v) > 3 THEN 'big' ELSE coalesce(min(h), 'none') END AS size FROM a GROUP BY upper(h) || '!', h`,
    ['loud', 'h'],
  ),
  delta(
    'd_case_sums',
    ['a'],
    `SELECT h, sum(CASE WHEN v > 2 THEN n ELSE 0 END) AS part, 100.0 * sum(CASE WHEN g = 1 THEN 1 ELSE 0 END) / count(*) AS share
      FROM a GROUP BY h`,
  ),
  delta(
    'd_having',
    ['a'],
    'SELECT h, count(*) AS n, sum(v) AS v FROM a GROUP BY h HAVING sum(v) > 3 OR min(g) IS NULL',
  ),
  delta('d_having_null', ['a'], 'SELECT h, count(*) AS n FROM a GROUP BY h HAVING min(g) IS NULL'),
  delta('d_having_distinct', ['a'], 'SELECT h, count(*) AS n FROM a GROUP BY h HAVING max(g) IS DISTINCT FROM 2'),
  delta(
    'd_having_guards',
    ['a'],
    'SELECT h, 100 / sum(v) AS share, count(*) AS n FROM a GROUP BY h HAVING sum(v) <> 0 ORDER BY 7 / sum(v), h LIMIT 5',
  ),
  delta('d_having_only', ['a'], 'SELECT h FROM a GROUP BY h HAVING count(*) > 1'),
  delta('d_everything_having', ['a'], 'SELECT count(*) AS n FROM a HAVING count(*) > 3', []),
  delta('d_bucket', ['a'], "SELECT date_trunc('day', ts) AS day, count(*) AS n, sum(n) AS n2 FROM a GROUP BY 1"),
  delta('d_top', ['a'], 'SELECT h, sum(v) AS v FROM a GROUP BY h ORDER BY sum(v) DESC NULLS LAST, h LIMIT 2'),
  delta('d_top_hidden', ['a'], 'SELECT h FROM a GROUP BY h ORDER BY count(*) DESC, h OFFSET 1 FETCH FIRST 2 ROWS ONLY'),
  delta(
    'd_join',
    ['a', 'b'],
    'SELECT b.kind, count(*) AS n, sum(b.amount) AS s, sum(a.v) AS v FROM a JOIN b ON b.a_id = a.id GROUP BY b.kind',
  ),
  delta(
    'd_join_three',
    ['a', 'b', 'c'],
    `SELECT a.h, count(*) AS n, sum(c.v * a.v) AS product, max(b.amount) AS most FROM a, b, c
      WHERE b.a_id = a.id AND c.b_id = b.id AND a.v + c.v > 1 GROUP BY a.h`,
  ),
  delta(
    'd_join_extremes',
    ['a', 'b'],
    'SELECT b.note, min(a.v) AS low, max(a.v) AS high, min(b.d) AS first FROM a JOIN b ON b.a_id = a.id GROUP BY b.note',
  ),
  delta(
    'd_self_join',
    ['a'],
    'SELECT x.h, count(*) AS n, sum(x.v - y.v) AS gap FROM a x JOIN a y ON y.id = x.parent GROUP BY x.h',
  ),
  delta(
    'd_self_join_thrice',
    ['a'],
    `SELECT count(*) AS n, sum(x.v * y.v * z.v) AS s, max(x.v + z.v) AS high
      FROM a x JOIN a y ON y.id = x.parent JOIN a z ON z.g = y.g`,
  ),
  delta(
    'd_keyed_asked',
    ['a', 'b'],
    `SELECT b.kind, count(*) AS n, sum(b.amount) AS s, max(a.v) AS v FROM b JOIN a ON a.id = b.a_id
      WHERE a.v > 1 AND ((a.h = 'x' AND b.g < 3) OR (a.h IS NULL AND b.g > 1) OR (a.g = 2 AND b.note <> 'x')) GROUP BY b.kind`,
  ),
  delta(
    'd_keyed_by_two',
    ['c', 'd'],
    'SELECT d.z % 2 AS odd, count(*) AS n, sum(c.v) AS v FROM d JOIN c ON c.k1 = d.x AND c.k2 = d.y WHERE c.v > 1 GROUP BY d.z % 2',
  ),
  delta(
    'd_keyed_twice',
    ['a', 'b', 'dim'],
    `SELECT dim.name, count(*) AS n, sum(a.v) AS v FROM b JOIN a ON a.id = b.a_id AND a.v <> 3 JOIN dim ON dim.g = b.g
      WHERE dim.top IS DISTINCT FROM 1 GROUP BY dim.name`,
  ),
  delta('d_cross', ['d', 'settings'], 'SELECT d.y, sum(d.z * s.n) AS s FROM d CROSS JOIN settings s GROUP BY d.y'),
  delta(
    'd_unequal',
    ['d', 'settings'],
    'SELECT s.n, count(*) AS rows FROM d JOIN settings s ON d.z > s.n GROUP BY s.n',
  ),
  delta('d_duplicates', ['d'], 'SELECT l.y, count(*) AS n FROM d l JOIN d r ON r.x = l.x GROUP BY l.y'),
  delta('d_using', ['a', 'b'], 'SELECT kind, count(*) AS n, sum(v) AS v FROM a JOIN b USING (g) GROUP BY kind'),
  delta(
    'd_derived',
    ['a', 'b'],
    `SELECT size, count(*) AS n, sum(w) AS w FROM (
      SELECT a.v + 1 AS w, b.kind::text || coalesce(a.h, '') AS size FROM a JOIN b ON b.a_id = a.id WHERE b.amount > 1) s GROUP BY size`,
  ),
  delta(
    'd_derived_twice',
    ['a', 'b', 'c'],
    `WITH base AS (SELECT b.id, b.kind, a.v FROM a, b WHERE b.a_id = a.id)
      SELECT x.kind, count(*) AS n, sum(c.v) AS s FROM (SELECT kind, id FROM base WHERE v > 0) x JOIN c ON c.b_id = x.id GROUP BY x.kind`,
  ),
  delta('d_plain_view', ['b'], 'SELECT g % 2 AS parity, count(*) AS n, sum(amount) AS s FROM plain_b GROUP BY g % 2'),
  delta(
    'd_lateral_function',
    ['e'],
    `SELECT x.key, count(*) AS n, max(e.num) AS most FROM e CROSS JOIN LATERAL jsonb_each_text(e.obj) AS x(key, value)
      WHERE jsonb_typeof(e.obj) = 'object' GROUP BY x.key`,
  ),
  delta('d_partitioned', ['p'], 'SELECT region, count(*) AS n, sum(v) AS v, min(ts) AS early FROM p GROUP BY region'),
  delta('d_inherited', ['inh'], 'SELECT g % 2 AS parity, count(*) AS n, sum(v) AS v FROM inh GROUP BY g % 2'),
  delta('d_numeric_nan', ['e'], 'SELECT txt, sum(num) AS s, avg(num) AS m, count(num) AS n FROM e GROUP BY txt'),
  delta('d_enum_key', ['b'], 'SELECT kind, g, sum(amount) AS s, min(d) AS first FROM b GROUP BY kind, g'),
  delta(
    'd_quoted',
    ['We"ird Schema.select'],
    'SELECT "q""uote", count(*) AS "n""n", sum("Group") AS "order" FROM "We""ird Schema"."select" GROUP BY "q""uote"',
  ),
  delta(
    'd_spread',
    ['a'],
    `SELECT h, variance(v) AS v, stddev(v) FILTER (WHERE g > 1) AS d, var_pop(v * 1000) AS p, stddev_pop(n)::text AS np,
      var_samp(n)::text AS ns, stddev_samp(n) AS nd FROM a GROUP BY h`,
  ),
  delta(
    'd_spread_of_join',
    ['a', 'b'],
    `SELECT b.note, stddev(b.amount - a.n)::text AS d, var_pop(b.amount * a.v) AS p, count(*) AS n FROM a JOIN b ON b.a_id = a.id
      GROUP BY b.note HAVING stddev(a.v) IS DISTINCT FROM 1 ORDER BY stddev(b.amount) DESC NULLS LAST, b.note LIMIT 3`,
  ),
  delta(
    'd_digits',
    ['a'],
    `SELECT h, sum(n)::text AS s, avg(n)::text AS m, sum(n / 3)::text AS third, avg(CASE WHEN v > 2 THEN n ELSE 0 END)::text AS c,
      sum(v * 1.50)::text AS fixed FROM a GROUP BY h`,
  ),
  delta(
    'd_digits_declared',
    ['b'],
    `SELECT kind, sum(amount)::text AS s, avg(amount)::text AS m, sum(amount * (1 - 0.06))::text AS net,
      sum(coalesce(amount, 0))::text AS filled FROM b GROUP BY kind`,
  ),
  {
    name: 'd_spread_of_floats',
    query: 'SELECT ch, stddev(f8) AS s, count(*) AS n FROM f GROUP BY ch',
    expect: { f: 'slice' },
  },
  {
    name: 'd_correlated',
    query: `SELECT h, round(corr(v, id)::numeric, 6) AS c, round(regr_slope(v, id)::numeric, 6) AS s, round(covar_pop(v, g)::numeric, 6) AS p,
      count(*) AS n FROM a GROUP BY h`,
    expect: { a: 'slice' },
  },
  // Equal keys that look different: which of them is shown depends on the rows that are left.
  { name: 'd_key_of_numbers', query: 'SELECT n, count(*) AS rows FROM a GROUP BY n', expect: { a: 'slice' } },
  { name: 'd_key_folded', query: 'SELECT name, count(*) AS rows FROM n GROUP BY name', expect: { n: 'slice' } },
  delta('d_key_of_declared', ['b'], 'SELECT amount, count(*) AS rows, min(d) AS first FROM b GROUP BY amount'),
  delta(
    'd_key_of_years',
    ['b'],
    'SELECT y, count(*) AS n FROM (SELECT extract(year FROM d) AS y, id FROM b) s GROUP BY y',
  ),
  delta('d_distinct', ['a'], "SELECT DISTINCT h, g % 2 AS parity, 'a' AS source FROM a"),
  delta('d_distinct_joined', ['a', 'b'], 'SELECT DISTINCT b.kind, a.h FROM a JOIN b ON b.a_id = a.id'),
  delta('d_distinct_top', ['a'], 'SELECT DISTINCT h, v FROM a ORDER BY v DESC, h LIMIT 3'),
  delta(
    'd_repeated',
    ['a'],
    'SELECT h, bool_and(DISTINCT v > 2) AS every_one, bool_or(DISTINCT g = 1) AS any_one, min(DISTINCT v) AS low FROM a GROUP BY h',
  ),
  { name: 'd_over_view', query: 'SELECT n, count(*) AS groups, sum(v) AS s FROM up_groups GROUP BY n' },
  { name: 'd_over_top', query: 'SELECT sum(v) AS v, count(*) AS n FROM d_top' },
  { name: 'd_over_having', query: 'SELECT n % 2 AS parity, sum(v) AS v FROM d_having GROUP BY n % 2' },
  { name: 'd_float', query: 'SELECT ch, sum(f8) AS s, count(*) AS n FROM f GROUP BY ch', expect: { f: 'slice' } },
]
