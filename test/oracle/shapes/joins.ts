import type { Shape } from './shape.js'

/** Joins: the slice key on either side, from a third table, through equalities, and NULL where no match is. */
export const joins: readonly Shape[] = [
  {
    name: 'j_inner',
    query: 'SELECT a.g, count(*) AS n, sum(b.amount) AS s FROM a JOIN b ON b.a_id = a.id GROUP BY a.g',
    expect: { a: 'delta', b: 'delta' },
  },
  {
    name: 'j_inner_key_both',
    query: 'SELECT a.g, b.kind, count(*) AS n FROM a JOIN b ON b.a_id = a.id GROUP BY a.g, b.kind',
  },
  {
    name: 'j_comma',
    query: 'SELECT a.g, b.g AS bg, count(*) AS n FROM a, b WHERE a.id = b.a_id AND b.amount > 1 GROUP BY a.g, b.g',
  },
  {
    name: 'j_third_table',
    query:
      'SELECT dim.name, count(*) AS n, sum(b.amount) AS s, count(DISTINCT b.u) AS us FROM b JOIN a ON a.id = b.a_id JOIN dim ON dim.g = a.g GROUP BY dim.name',
    expect: { a: 'delta', b: 'delta', dim: 'delta' },
  },
  {
    name: 'j_four',
    query: `SELECT dim.top, c.dom, count(*) AS n, sum(c.v) AS v FROM c JOIN b ON b.id = c.b_id JOIN a ON a.id = b.a_id
      JOIN dim ON dim.g = a.g GROUP BY dim.top, c.dom`,
  },
  {
    name: 'j_classes',
    query: 'SELECT d.x, count(*) AS n FROM a JOIN d ON d.x = a.g JOIN dim ON dim.g = d.x GROUP BY d.x',
  },
  {
    name: 'l_left',
    query: 'SELECT a.g, count(b.id) AS n, sum(b.amount) AS s FROM a LEFT JOIN b ON b.a_id = a.id GROUP BY a.g',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'l_left_key_right',
    query: 'SELECT b.kind, count(*) AS n, sum(a.v) AS v FROM a LEFT JOIN b ON b.a_id = a.id GROUP BY b.kind',
  },
  {
    name: 'l_left_key_both',
    query: 'SELECT a.g, b.g AS bg, count(*) AS n FROM a LEFT JOIN b ON b.a_id = a.id GROUP BY a.g, b.g',
  },
  {
    name: 'l_left_on_more',
    query:
      'SELECT a.g, b.kind, count(*) AS n FROM a LEFT JOIN b ON b.a_id = a.id AND b.amount > 3 AND a.v < 4 GROUP BY a.g, b.kind',
  },
  {
    name: 'l_left_where',
    query:
      'SELECT b.g, count(*) AS n FROM a LEFT JOIN b ON b.a_id = a.id WHERE b.amount > 3 OR b.id IS NULL GROUP BY b.g',
  },
  {
    name: 'l_anti',
    query: 'SELECT a.h, count(*) AS n FROM a LEFT JOIN b ON b.a_id = a.id WHERE b.id IS NULL GROUP BY a.h',
  },
  {
    name: 'l_chain',
    query: `SELECT a.g, b.kind, c.dom, count(*) AS n, sum(c.v) AS v FROM a LEFT JOIN b ON b.a_id = a.id
      LEFT JOIN c ON c.b_id = b.id GROUP BY a.g, b.kind, c.dom`,
  },
  {
    name: 'l_chain_far_key',
    query:
      'SELECT c.dom, count(*) AS n, sum(a.v) AS v FROM a LEFT JOIN b ON b.a_id = a.id LEFT JOIN c ON c.b_id = b.id GROUP BY c.dom',
  },
  {
    name: 'l_nested',
    query: `SELECT a.g, c.dom, count(*) AS n FROM a LEFT JOIN (b JOIN c ON c.b_id = b.id AND c.v > 0) ON b.a_id = a.id
      GROUP BY a.g, c.dom`,
  },
  {
    name: 'l_star',
    query: `SELECT a.id, b.g AS bg, d.y, dim.name, count(*) AS n FROM a LEFT JOIN b ON b.a_id = a.id
      LEFT JOIN d ON d.x = a.g LEFT JOIN dim ON dim.g = b.g GROUP BY a.id, b.g, d.y, dim.name`,
  },
  {
    name: 'l_either_condition',
    query: `SELECT a.g, dim.name, count(*) AS n FROM a LEFT JOIN b ON b.a_id = a.id
      LEFT JOIN dim ON dim.g = coalesce(b.g, a.g) GROUP BY a.g, dim.name`,
  },
  {
    name: 'r_right',
    query: 'SELECT b.kind, a.g, count(*) AS n FROM a RIGHT JOIN b ON b.a_id = a.id GROUP BY b.kind, a.g',
  },
  { name: 'f_full', query: 'SELECT a.h, d.y, count(*) AS n FROM a FULL JOIN d ON d.x = a.g GROUP BY a.h, d.y' },
  {
    name: 'f_full_using',
    query: 'SELECT g, count(a.id) AS an, count(b.id) AS bn FROM a FULL JOIN b USING (g) GROUP BY g',
  },
  {
    name: 'f_full_merged_key',
    query: 'SELECT id, x.h, y.kind FROM a x FULL JOIN b y USING (id)',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'f_full_coalesced_key',
    query:
      'SELECT coalesce(x.id, y.id) AS id, x.h, y.kind FROM a x FULL JOIN b y ON x.id = y.id WHERE x.v IS DISTINCT FROM 2',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'f_full_natural',
    query: 'SELECT * FROM (SELECT id, h FROM a) x NATURAL FULL JOIN (SELECT id, kind FROM b) y',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'f_full_of_groups',
    query: `SELECT g, x.n, y.m FROM (SELECT g, count(*) AS n FROM a WHERE g IS NOT NULL GROUP BY g) x
      FULL JOIN (SELECT g, count(*) AS m FROM b WHERE g IS NOT NULL GROUP BY g) y USING (g)`,
    expect: { a: 'delta', b: 'delta' },
  },
  {
    name: 'f_full_merged_group',
    query: `SELECT g, count(x.id) AS n, sum(y.amount) AS s FROM a x FULL JOIN b y USING (g)
      WHERE g IS NULL OR EXISTS (SELECT g FROM d WHERE d.x = x.g) GROUP BY g ORDER BY g`,
    expect: { a: 'slice', b: 'slice', d: 'slice' },
  },
  {
    name: 'f_full_conditions',
    query: 'SELECT coalesce(x.id, y.id) AS id, x.id AS l, y.id AS r FROM a x FULL JOIN b y ON x.id = y.id AND x.v > 2',
    key: ['l', 'r'],
  },
  {
    name: 'u_using_alias',
    query: 'SELECT j.id, x.h, y.kind FROM a x JOIN b y USING (id) AS j',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'f_full_key_left',
    query: 'SELECT a.g, count(*) AS n, sum(dim.top) AS t FROM a FULL JOIN dim ON dim.g = a.g GROUP BY a.g',
  },
  {
    name: 'f_full_then_left',
    query:
      'SELECT a.h, dim.name, b.kind, count(*) AS n FROM a FULL JOIN dim ON dim.g = a.g LEFT JOIN b ON b.a_id = a.id GROUP BY a.h, dim.name, b.kind',
  },
  {
    name: 'f_full_blocks',
    query:
      'SELECT s.g, t.x, s.n, t.m FROM (SELECT g, count(*) AS n FROM a WHERE g IS NOT NULL GROUP BY g) s FULL JOIN (SELECT x, sum(z) AS m FROM d GROUP BY x) t ON t.x = s.g',
    key: ['g', 'x'],
  },
  { name: 'u_using', query: 'SELECT g, count(*) AS n, max(top) AS top FROM a JOIN dim USING (g) GROUP BY g' },
  {
    name: 'u_left_using',
    query: 'SELECT g, dim.name, count(*) AS n FROM a LEFT JOIN dim USING (g) GROUP BY g, dim.name',
  },
  {
    name: 'self_join',
    query:
      'SELECT p.g, c.g AS child_g, count(*) AS n, count(DISTINCT c.h) AS hs FROM a p JOIN a c ON c.parent = p.id GROUP BY p.g, c.g',
    expect: { a: 'delta' },
  },
  {
    name: 'self_left',
    query:
      'SELECT c.id, c.g, p.g AS parent_g, gp.h AS grand FROM a c LEFT JOIN a p ON p.id = c.parent LEFT JOIN a gp ON gp.id = p.parent',
  },
  {
    name: 'self_pairs',
    query:
      'SELECT l.g, l.h, r.h AS rh, count(*) AS n FROM a l JOIN a r ON r.g = l.g AND r.id > l.id GROUP BY l.g, l.h, r.h',
  },
  {
    name: 'plain_join',
    query: 'SELECT b.id, a.id AS a_id, a.h, b.note FROM b JOIN a ON a.id = b.a_id WHERE b.amount IS NOT NULL',
  },
  {
    name: 'plain_left',
    query: 'SELECT c.k1, c.k2, b.kind, a.h FROM c LEFT JOIN b ON b.id = c.b_id LEFT JOIN a ON a.id = b.a_id',
  },
  {
    name: 'plain_composite',
    query:
      'SELECT c.k1, c.k2, w."q""uote" AS q FROM c LEFT JOIN "We""ird Schema"."select" w ON w."Group" = c.k1 AND w."a b" = c.k2',
  },
  { name: 'cross_join', query: 'SELECT a.g, d.y, count(*) AS n FROM a CROSS JOIN d GROUP BY a.g, d.y' },
  {
    name: 'no_equality',
    query: 'SELECT a.g, dim.name, count(*) AS n FROM a JOIN dim ON dim.top > a.v GROUP BY a.g, dim.name',
  },
  {
    name: 'key_of_far_block',
    query:
      'SELECT s.name, count(*) AS n FROM a JOIN (SELECT b.a_id, dim.name FROM b JOIN dim ON dim.g = b.g) s ON s.a_id = a.id GROUP BY s.name',
  },
  {
    name: 'left_block',
    query:
      'SELECT a.g, s.kind, count(*) AS n, sum(s.total) AS total FROM a LEFT JOIN (SELECT a_id, kind, sum(amount) AS total FROM b GROUP BY a_id, kind) s ON s.a_id = a.id GROUP BY a.g, s.kind',
  },
  {
    name: 'equal_through_window',
    query:
      'SELECT a.g, count(*) AS n, sum(s.place) AS places FROM a JOIN (SELECT x, row_number() OVER (ORDER BY z, x, y) AS place FROM d) s ON s.x = a.g GROUP BY a.g',
  },
  {
    name: 'equal_through_limit',
    query:
      'SELECT a.g, count(*) AS n, sum(s.z) AS z FROM a JOIN (SELECT x, z FROM d ORDER BY z DESC NULLS LAST, x, y LIMIT 4) s ON s.x = a.g GROUP BY a.g',
  },
  {
    name: 'equal_through_min',
    query:
      'SELECT a.g, count(*) AS n, max(s.y) AS y FROM a JOIN (SELECT y, min(x) AS x FROM d GROUP BY y) s ON s.x = a.g GROUP BY a.g',
  },
  {
    name: 'equal_through_distinct_on',
    query:
      'SELECT a.g, count(*) AS n, sum(s.z) AS z FROM a JOIN (SELECT DISTINCT ON (y) y, x, z FROM d ORDER BY y, z, x) s ON s.x = a.g GROUP BY a.g',
  },
  {
    name: 'equal_through_bucket',
    query:
      'SELECT b.d, count(*) AS n, sum(s.place) AS places FROM b JOIN (SELECT ts::date AS day, row_number() OVER (ORDER BY ts, id) AS place FROM a) s ON s.day = b.d GROUP BY b.d',
  },
  {
    name: 'where_over_left',
    query:
      'SELECT a.g, dim.name, count(*) AS n FROM a LEFT JOIN b ON b.a_id = a.id JOIN dim ON dim.g = b.g GROUP BY a.g, dim.name',
  },
  { name: 'mixed_types', query: 'SELECT b.d, count(*) AS n FROM b JOIN e ON e.local = b.d GROUP BY b.d' },
  {
    name: 'j_folded',
    query:
      'SELECT l.name, count(*) AS n, sum(r.g) AS g FROM n l JOIN n r ON r.name = l.name AND r.id <> l.id GROUP BY l.name',
  },
  {
    name: 'j_folded_block',
    query:
      'SELECT s.name, count(*) AS n FROM f JOIN n ON n.id = f.id JOIN (SELECT name, g FROM n WHERE g > 1) s ON s.name = n.name GROUP BY s.name',
  },
  { name: 'j_float_real', query: 'SELECT l.f4, count(*) AS n FROM f l JOIN f r ON r.f8 = l.f4 GROUP BY l.f4' },
  {
    name: 'j_varchar_char',
    query: 'SELECT l.vc, r.ch, count(*) AS n FROM f l JOIN f r ON r.ch = l.vc GROUP BY l.vc, r.ch',
  },
  { name: 'j_char_char', query: 'SELECT l.ch, count(*) AS n FROM f l JOIN f r ON r.ch = l.ch GROUP BY l.ch' },
  {
    name: 'j_left_chain',
    query: `SELECT a.g, count(*) AS n, count(c.k1) AS m FROM a LEFT JOIN b ON b.a_id = a.id LEFT JOIN c ON c.b_id = b.id GROUP BY a.g`,
    expect: { a: 'slice', b: 'slice', c: 'slice' },
  },
  {
    name: 'j_left_chain_of_three',
    query: `SELECT a.id, count(d.z) AS n FROM a LEFT JOIN b ON b.a_id = a.id LEFT JOIN dim ON dim.g = b.g LEFT JOIN d ON d.x = dim.top
      GROUP BY a.id`,
    expect: { a: 'slice', b: 'slice', dim: 'slice', d: 'slice' },
  },
  {
    name: 'j_left_within_left',
    query: `SELECT a.g, count(c.v) AS n FROM a LEFT JOIN (b LEFT JOIN c ON c.b_id = b.id) ON b.a_id = a.id AND c.v = a.v GROUP BY a.g`,
  },
]
