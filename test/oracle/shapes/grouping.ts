import { longName } from '../schema.js'
import type { Shape } from './shape.js'

/** GROUP BY, DISTINCT, aggregates and windows over one table. */
export const grouping: readonly Shape[] = [
  { name: 'g_one', query: 'SELECT g, count(*) AS n, sum(n) AS total FROM a GROUP BY g', expect: { a: 'delta' } },
  {
    name: 'g_two_nullable',
    query: 'SELECT g, h, count(*) AS n, max(ts) AS latest, count(DISTINCT v) AS vs FROM a GROUP BY g, h',
    expect: { a: 'delta' },
  },
  {
    name: 'g_three_nullable',
    query: 'SELECT g, h, parent, count(n) AS n, min(n) AS least FROM a GROUP BY g, h, parent',
    expect: { a: 'delta' },
  },
  { name: 'g_no_key_table', query: 'SELECT x, y, count(*) AS n, sum(z) AS z FROM d GROUP BY x, y' },
  { name: 'g_numeric_key', query: 'SELECT n, count(*) AS rows FROM a GROUP BY n' },
  { name: 'g_interval_key', query: 'SELECT iv, count(*) AS rows FROM e GROUP BY iv' },
  { name: 'g_uuid_enum', query: 'SELECT u, kind, count(*) AS rows, sum(amount) AS s FROM b GROUP BY u, kind' },
  {
    name: 'g_domain',
    query: 'SELECT dom, count(*) AS rows, array_agg(k2 ORDER BY k2, k1) AS all_k2 FROM c GROUP BY dom',
  },
  { name: 'g_jsonb_key', query: 'SELECT obj, count(*) AS rows FROM e GROUP BY obj' },
  {
    name: 'g_expression',
    query: 'SELECT g % 2 AS parity, lower(h) AS low, count(*) AS n FROM a GROUP BY g % 2, lower(h)',
  },
  {
    name: 'g_coalesce',
    query: "SELECT coalesce(g, -1) AS g, coalesce(h, '') AS h, count(*) AS n FROM a GROUP BY 1, 2",
  },
  {
    name: 'g_case',
    query:
      "SELECT CASE WHEN v > 3 THEN 'much' WHEN v > 1 THEN NULL ELSE 'little' END AS size, count(*) AS n FROM a GROUP BY 1",
  },
  {
    name: 'g_having',
    query: 'SELECT g, count(*) AS n FROM a GROUP BY g HAVING count(*) > 1 AND sum(v) IS DISTINCT FROM 4',
  },
  {
    name: 'g_aggregates',
    query: `SELECT g, percentile_cont(0.5) WITHIN GROUP (ORDER BY v) AS median, mode() WITHIN GROUP (ORDER BY h) AS often,
      count(DISTINCT h) AS kinds, count(*) FILTER (WHERE v > 2) AS big, string_agg(h, ',' ORDER BY h, id) AS texts,
      array_agg(id ORDER BY id DESC) AS ids, jsonb_agg(v ORDER BY v, id) AS vs, bool_and(v > 0) AS positive,
      round(stddev(v)::numeric, 6) AS deviation, round(regr_slope(v, id)::numeric, 6) AS slope FROM a GROUP BY g`,
    expect: { a: 'slice' },
  },
  {
    name: 'g_everything',
    query: 'SELECT count(*) AS n, sum(v) AS v, max(h) AS h FROM a',
    expect: { a: 'delta' },
  },
  { name: 'g_everything_having', query: 'SELECT count(*) AS n FROM a HAVING count(*) > 3', key: [] },
  {
    name: 'g_rollup',
    query: 'SELECT g, h, count(*) AS n, grouping(g, h) AS level FROM a GROUP BY ROLLUP (g, h)',
    key: ['g', 'h', 'level'],
  },
  {
    name: 'g_rollup_part',
    query: 'SELECT g, h, count(*) AS n, grouping(h) AS level FROM a GROUP BY g, ROLLUP (h)',
    key: ['g', 'h', 'level'],
    expect: { a: 'slice' },
  },
  {
    name: 'g_grouping_sets',
    query: `SELECT b.kind, a.g, a.h, count(*) AS n, grouping(a.g, a.h) AS level FROM a LEFT JOIN b ON b.a_id = a.id
      GROUP BY GROUPING SETS ((b.kind, a.g, a.h), (a.g, b.kind), (b.kind))`,
    key: ['kind', 'g', 'h', 'level'],
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'g_grouping_sets_apart',
    query: 'SELECT g, h, sum(v) AS v, grouping(g, h) AS level FROM a GROUP BY GROUPING SETS ((g), (h))',
    key: ['g', 'h', 'level'],
    expect: { a: 'grouping_sets' },
  },
  {
    name: 'g_cube_joined',
    query: `SELECT s.g, s.h, s.n, dim.name FROM (SELECT a.g, a.h, a.parent, count(*) AS n, grouping(a.h, a.parent) AS level
      FROM a WHERE EXISTS (SELECT FROM b WHERE b.a_id = a.id) GROUP BY a.g, CUBE (a.h, a.parent)) s JOIN dim ON dim.g = s.g WHERE s.level = 1`,
    key: ['g', 'h'],
    expect: { a: 'slice', b: 'slice', dim: 'slice' },
  },
  {
    name: 'g_sets_bucket',
    query: `SELECT ts::date AS day, g, h, count(*) AS n, grouping(g, h) AS level FROM a
      GROUP BY GROUPING SETS ((ts::date, g), GROUPING SETS ((h, ts::date), (ts::date)))`,
    key: ['day', 'g', 'h', 'level'],
    expect: { a: 'slice' },
  },
  { name: 'distinct_rows', query: 'SELECT DISTINCT x, y FROM d', expect: { d: 'delta' } },
  { name: 'distinct_on', query: 'SELECT DISTINCT ON (g) g, id, h FROM a ORDER BY g, v DESC, id' },
  {
    name: 'distinct_on_two',
    query: 'SELECT DISTINCT ON (kind, g) kind, g, id, note FROM b ORDER BY kind, g, amount DESC NULLS LAST, id',
  },
  { name: 'limited', query: 'SELECT id, g, v FROM a ORDER BY v DESC, id LIMIT 4', expect: { a: 'slice' } },
  {
    name: 'limit_from_table',
    query: 'SELECT id, v FROM a ORDER BY v DESC, id LIMIT (SELECT max(n) FROM settings)',
  },
  {
    name: 'w_rank',
    query: 'SELECT id, g, rank() OVER (PARTITION BY g ORDER BY v DESC, id) AS place FROM a',
    expect: { a: 'slice' },
  },
  {
    name: 'w_frames',
    query: `SELECT id, g, lag(v) OVER w AS before, sum(v) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS two,
      count(*) OVER (PARTITION BY g) AS all_of_them FROM a WINDOW w AS (PARTITION BY g ORDER BY id)`,
  },
  {
    name: 'w_two_partitions',
    query: 'SELECT id, g, h, count(*) OVER (PARTITION BY g) AS g_n, count(*) OVER (PARTITION BY g, h) AS gh_n FROM a',
  },
  {
    name: 'w_no_common',
    query: 'SELECT id, g, h, count(*) OVER (PARTITION BY g) AS g_n, count(*) OVER (PARTITION BY h) AS h_n FROM a',
  },
  {
    name: 'w_everything',
    query: 'SELECT id, row_number() OVER (ORDER BY v, id) AS place FROM a',
    expect: { a: 'window_over_everything' },
  },
  {
    name: 'w_over_aggregate',
    query:
      'SELECT g, h, count(*) AS n, rank() OVER (PARTITION BY g ORDER BY count(*) DESC, h) AS place FROM a GROUP BY g, h',
  },
  {
    name: 'w_in_order_by',
    query: 'SELECT id, g FROM a ORDER BY count(*) OVER (PARTITION BY h), id LIMIT 5',
  },
  {
    name: 'partitioned',
    query: 'SELECT region, count(*) AS n, sum(v) AS v FROM p GROUP BY region',
    expect: { p: 'delta' },
  },
  { name: 'partition_alone', query: 'SELECT v, count(*) AS n FROM p_south GROUP BY v' },
  { name: 'inherited', query: 'SELECT g, count(*) AS n, sum(v) AS v FROM inh GROUP BY g' },
  { name: 'inherited_only', query: 'SELECT g, count(*) AS n FROM ONLY inh GROUP BY g' },
  { name: 'inherited_child', query: 'SELECT extra, count(*) AS n, sum(v) AS v FROM inh_child GROUP BY extra' },
  {
    name: 'View "of" Doom',
    query: `SELECT "${longName}", "q""uote" AS "SELECT", count(*) AS "a b", count(DISTINCT "Group") AS groups FROM "We""ird Schema"."select" GROUP BY "${longName}", "q""uote"`,
    expect: { 'We"ird Schema.select': 'slice' },
  },
  {
    name: 'same_name',
    query: 'SELECT t.g, u.g AS other_g, count(*) AS n FROM public.a t JOIN other.a u USING (id) GROUP BY t.g, u.g',
  },
  {
    name: 'text_of_numeric',
    query: 'SELECT id, n::text AS n, num FROM (SELECT a.id, a.n, e.num::text AS num FROM a JOIN e ON e.id = a.id) s',
  },
  { name: 'interval_meaning', query: "SELECT id, g, timestamp '2024-01-31' + iv AS at, js FROM e" },
  { name: 'whole_row', query: 'SELECT id, to_jsonb(dim.*) AS row FROM (SELECT g AS id, dim.* FROM dim) AS dim' },
  { name: 'g_floats', query: 'SELECT f4, f8, count(*) AS n FROM f GROUP BY f4, f8' },
  { name: 'g_varchar_char', query: 'SELECT vc, ch, count(*) AS n FROM f GROUP BY vc, ch' },
  { name: 'g_arrays_ranges', query: 'SELECT ints, span, count(*) AS n FROM f GROUP BY ints, span' },
  { name: 'g_whole_json', query: 'SELECT doc, bits, twice, count(*) AS n FROM f GROUP BY doc, bits, twice' },
  { name: 'g_folded', query: 'SELECT name, count(*) AS n FROM n GROUP BY name' },
  { name: 'g_folded_exactly', query: 'SELECT name COLLATE "C" AS name, count(*) AS n FROM n GROUP BY 1' },
]
