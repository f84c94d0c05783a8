import type { Shape } from './shape.js'

/** EXISTS, IN, ANY, ALL, scalar and array subqueries, wherever an expression can stand. */
export const subqueries: readonly Shape[] = [
  {
    name: 'q_exists',
    query:
      'SELECT g, count(*) AS n FROM a WHERE EXISTS (SELECT FROM b WHERE b.a_id = a.id AND b.kind IS NOT NULL) GROUP BY g',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_not_exists',
    query: 'SELECT id, h FROM a WHERE NOT EXISTS (SELECT FROM d WHERE d.x = a.g AND d.z > a.v)',
    expect: { a: 'slice', d: 'slice' },
  },
  {
    name: 'q_exists_two_columns',
    query: 'SELECT a.h, count(*) AS n FROM a WHERE EXISTS (SELECT 1 FROM d WHERE d.x = a.g AND a.h = d.y) GROUP BY a.h',
    expect: { a: 'slice', d: 'slice' },
  },
  {
    name: 'q_exists_joined',
    query:
      'SELECT a.g, count(*) AS n FROM a WHERE EXISTS (SELECT FROM b JOIN c ON c.b_id = b.id WHERE b.a_id = a.id AND c.v > 2) GROUP BY a.g',
    expect: { a: 'slice', b: 'slice', c: 'slice' },
  },
  {
    name: 'q_exists_left_joined',
    query:
      'SELECT id, g FROM a WHERE NOT EXISTS (SELECT FROM b LEFT JOIN c ON c.b_id = b.id AND c.v > 1 WHERE b.a_id = a.id AND c.k1 IS NULL)',
    expect: { a: 'slice', b: 'slice', c: 'slice' },
  },
  {
    name: 'q_exists_nullable_side',
    query:
      'SELECT id, g FROM a WHERE EXISTS (SELECT FROM dim LEFT JOIN d ON d.x = dim.top WHERE d.y = a.h AND dim.g <> a.v)',
  },
  {
    name: 'q_exists_on_outer_joined',
    query: `SELECT a.g, b.kind, count(*) AS n FROM a LEFT JOIN b ON b.a_id = a.id
      WHERE b.id IS NULL OR EXISTS (SELECT FROM c WHERE c.b_id = b.id AND c.v > 1) GROUP BY a.g, b.kind`,
    expect: { a: 'slice', b: 'slice', c: 'slice' },
  },
  {
    name: 'q_exists_or',
    query:
      'SELECT g, count(*) AS n FROM a WHERE v > 4 OR EXISTS (SELECT FROM b WHERE b.a_id = a.id) OR EXISTS (SELECT FROM d WHERE d.x = a.g) GROUP BY g',
    expect: { a: 'slice', b: 'slice', d: 'slice' },
  },
  {
    name: 'q_exists_case',
    query:
      "SELECT id, CASE WHEN EXISTS (SELECT FROM b WHERE b.a_id = a.id AND b.amount > 2) THEN 'much' WHEN g > 2 THEN 'other' END AS size FROM a",
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_exists_self',
    query:
      'SELECT g, count(*) AS n FROM a WHERE EXISTS (SELECT FROM a c WHERE c.parent = a.id AND c.v > a.v) GROUP BY g',
    expect: { a: 'slice' },
  },
  {
    name: 'q_self_twice',
    query: `SELECT dim.name, count(*) AS n FROM dim JOIN b l ON l.g = dim.g JOIN a ON a.id = l.a_id
      WHERE EXISTS (SELECT FROM b m WHERE m.a_id = l.a_id AND m.g <> l.g)
        AND NOT EXISTS (SELECT FROM b o WHERE o.a_id = l.a_id AND o.g <> l.g AND o.amount > 3) GROUP BY dim.name`,
    expect: { a: 'slice', b: 'slice', dim: 'slice' },
  },
  {
    name: 'q_exists_uncorrelated',
    query: 'SELECT g, count(*) AS n FROM a WHERE EXISTS (SELECT FROM settings WHERE n > 3) GROUP BY g',
    expect: { a: 'slice', settings: 'uncorrelated_subquery' },
  },
  {
    name: 'q_exists_inequality',
    query: 'SELECT id, g FROM a WHERE EXISTS (SELECT FROM d WHERE d.z > a.v AND d.x IS NOT DISTINCT FROM a.g)',
    expect: { a: 'slice', d: 'subquery' },
  },
  {
    name: 'q_exists_union',
    query:
      'SELECT id, g FROM a WHERE EXISTS (SELECT b.id FROM b WHERE b.a_id = a.id UNION ALL SELECT d.x FROM d WHERE d.y = a.h)',
    expect: { a: 'slice', b: 'slice', d: 'slice' },
  },
  {
    name: 'q_in',
    query: 'SELECT h, count(*) AS n FROM a WHERE g IN (SELECT d.x FROM d WHERE z > 1) GROUP BY h',
    expect: { a: 'slice', d: 'slice' },
  },
  {
    name: 'q_in_grouped',
    query:
      'SELECT a.id, a.g, sum(b.amount) AS s FROM a JOIN b ON b.a_id = a.id WHERE a.id IN (SELECT a_id FROM b GROUP BY a_id HAVING sum(amount) > 3) GROUP BY a.id, a.g',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_in_nested',
    query: `SELECT id, h FROM a WHERE id IN (SELECT b.a_id FROM b WHERE b.g IN (SELECT dim.g FROM dim WHERE top > 1)
      AND b.amount > (SELECT avg(c.v) FROM c WHERE c.b_id = b.id))`,
    expect: { a: 'slice', b: 'slice', c: 'slice', dim: 'slice' },
  },
  {
    name: 'q_in_cast',
    query:
      "SELECT g, count(*) AS n FROM a WHERE v IN (SELECT txt::integer FROM e WHERE txt ~ '^[0-9]{1,5}$') GROUP BY g",
    expect: { a: 'slice', e: 'slice' },
  },
  {
    name: 'q_exists_unnest',
    query:
      'SELECT a.id, a.g FROM a WHERE EXISTS (SELECT FROM f CROSS JOIN LATERAL unnest(f.ints) x(i) WHERE x.i = a.id AND f.id <> a.g)',
    expect: { a: 'slice', f: 'slice' },
  },
  {
    name: 'q_in_or',
    query: 'SELECT id, g FROM a WHERE v > 4 OR g IN (SELECT x FROM d)',
    expect: { a: 'slice', d: 'nullable_comparison' },
  },
  {
    name: 'q_in_value',
    query: 'SELECT id, id IN (SELECT dim.g FROM dim) AS is_in, g IN (SELECT k1 FROM c) AS maybe FROM a',
    expect: { a: 'slice', dim: 'slice', c: 'nullable_comparison' },
  },
  {
    name: 'q_in_pair',
    query: 'SELECT id, g, h FROM a WHERE (g, h) IN (SELECT x, y FROM d)',
    expect: { a: 'slice', d: 'slice' },
  },
  {
    name: 'q_in_same_names',
    query: 'SELECT id, g, v FROM a WHERE (v, g) IN (SELECT l.g, r.g FROM dim l JOIN b r ON r.g <> l.g)',
  },
  {
    name: 'q_in_union',
    query:
      'SELECT a.h, count(*) AS n FROM a WHERE a.g IN (SELECT x FROM d UNION SELECT b.g FROM b EXCEPT SELECT dim.top FROM dim) GROUP BY a.h',
    expect: { a: 'slice', b: 'slice', d: 'slice', dim: 'slice' },
  },
  {
    name: 'q_in_limited',
    query:
      'SELECT id, g FROM a WHERE id IN (SELECT b.a_id FROM b WHERE b.a_id IS NOT NULL ORDER BY amount DESC NULLS LAST, id LIMIT 3)',
  },
  {
    name: 'q_in_correlated',
    query: 'SELECT id, g FROM a WHERE v NOT IN (SELECT d.z FROM d WHERE d.x = a.g)',
    expect: { a: 'slice', d: 'slice' },
  },
  {
    name: 'q_in_on',
    query:
      'SELECT a.g, b.kind, count(b.id) AS n FROM a LEFT JOIN b ON b.a_id = a.id AND b.g IN (SELECT x FROM d) GROUP BY a.g, b.kind',
    expect: { a: 'slice', b: 'slice', d: 'slice' },
  },
  {
    name: 'q_exists_on',
    query: `SELECT a.g, c.dom, count(*) AS n FROM a LEFT JOIN b ON b.a_id = a.id
      LEFT JOIN c ON c.b_id = b.id AND NOT EXISTS (SELECT FROM d WHERE d.x = b.g AND d.z > c.v) GROUP BY a.g, c.dom`,
  },
  {
    name: 'q_not_in',
    query:
      'SELECT b.g, count(DISTINCT b.a_id) AS n FROM b WHERE b.id NOT IN (SELECT k1 FROM c WHERE v > 2) GROUP BY b.g',
    expect: { b: 'slice', c: 'slice' },
  },
  {
    name: 'q_not_in_nullable',
    query: 'SELECT id, h FROM a WHERE g NOT IN (SELECT d.x FROM d)',
    expect: { a: 'slice', d: 'nullable_comparison' },
  },
  {
    name: 'q_not_in_checked',
    query: 'SELECT id, h FROM a WHERE g IS NOT NULL AND g NOT IN (SELECT d.x FROM d WHERE d.x IS NOT NULL)',
    expect: { a: 'slice', d: 'slice' },
  },
  {
    name: 'q_not_in_outer_joined',
    query:
      'SELECT a.id, b.id AS b_id FROM a LEFT JOIN b ON b.a_id = a.id WHERE b.id NOT IN (SELECT k1 FROM c WHERE v > 2)',
    key: ['id', 'b_id'],
    expect: { c: 'nullable_comparison' },
  },
  {
    name: 'q_all',
    query: 'SELECT id, g FROM a WHERE v > ALL (SELECT b.amount FROM b WHERE b.a_id = a.id)',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_all_unequal',
    query: 'SELECT id, g FROM a WHERE id <> ALL (SELECT k1 FROM c WHERE v > 2) AND g <> ALL (SELECT x FROM d)',
    expect: { a: 'slice', c: 'slice', d: 'nullable_comparison' },
  },
  {
    name: 'q_any',
    query: 'SELECT id, g FROM a WHERE g = ANY (SELECT x FROM d) AND v < ANY (SELECT b.amount FROM b WHERE b.g = a.g)',
    expect: { a: 'slice', b: 'slice', d: 'slice' },
  },
  {
    name: 'q_others_of_same',
    query: `SELECT l.k1, count(*) AS n, sum(l.v) AS v FROM c l WHERE l.v > 1 AND EXISTS (SELECT FROM c m WHERE m.k1 = l.k1 AND m.k2 <> l.k2)
      AND NOT EXISTS (SELECT FROM c o WHERE o.k1 = l.k1 AND o.k2 <> l.k2 AND o.v > 3) GROUP BY l.k1`,
    expect: { c: 'slice' },
  },
  {
    name: 'q_others_joined',
    query: `SELECT l.k1, l.k2, b.note FROM c l JOIN b ON b.id = l.b_id WHERE l.v <> 2 AND b.g > 1
      AND NOT EXISTS (SELECT FROM c o WHERE o.k1 = l.k1 AND o.k2 <> l.k2 AND o.v > l.v)`,
    expect: { c: 'slice', b: 'slice' },
  },
  {
    name: 'q_others_by_null',
    query: `SELECT l.a_id, count(*) AS n FROM b l JOIN dim ON dim.g = l.g WHERE l.amount > 1 AND dim.top > 1
      AND NOT EXISTS (SELECT FROM b m WHERE m.a_id = l.a_id AND m.g <> l.g) GROUP BY l.a_id`,
    expect: { b: 'slice', dim: 'slice' },
  },
  {
    name: 'q_others_compared',
    query: `SELECT a.id, l.id AS b_id, l.amount FROM b l JOIN a ON a.id = l.a_id WHERE a.v > 1
      AND l.amount < (SELECT avg(m.amount) FROM b m WHERE m.a_id = a.id)`,
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_scalar',
    query: 'SELECT id, g, (SELECT max(amount) FROM b WHERE b.a_id = a.id) AS most FROM a',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_scalar_compared',
    query: `SELECT a.id, b.id AS b_id, b.amount FROM a JOIN b ON b.a_id = a.id
      WHERE b.amount = (SELECT min(m.amount) FROM b m JOIN a o ON o.id = m.a_id JOIN dim ON dim.g = o.g WHERE m.g = b.g AND dim.top > 1)`,
    key: ['b_id'],
    expect: { a: 'slice', b: 'slice', dim: 'slice' },
  },
  {
    name: 'q_scalar_group',
    query:
      'SELECT g, sum(v) AS v, (SELECT name FROM dim WHERE dim.g = a.g) AS name, (SELECT count(*) FROM b WHERE b.g = a.g) AS bs FROM a GROUP BY g',
    expect: { a: 'slice', b: 'slice', dim: 'slice' },
  },
  {
    name: 'q_scalar_in_aggregate',
    query: 'SELECT g, sum((SELECT count(*) FROM b WHERE b.a_id = a.id)) AS n FROM a GROUP BY g',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_scalar_in_window',
    query: `SELECT id, g, row_number() OVER (PARTITION BY g ORDER BY (SELECT count(*) FROM b WHERE b.a_id = a.id) DESC, id) AS place FROM a`,
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_scalar_in_group_by',
    query: 'SELECT g, (SELECT name FROM dim WHERE dim.g = a.g) AS name, count(*) AS n FROM a GROUP BY 1, 2',
    expect: { a: 'slice', dim: 'slice' },
  },
  {
    name: 'q_scalar_distinct_on',
    query: `SELECT DISTINCT ON (g) g, id, h FROM a ORDER BY g, (SELECT count(*) FROM d WHERE d.y = a.h) DESC, id`,
    expect: { a: 'slice', d: 'slice' },
  },
  {
    name: 'q_scalar_limit',
    query:
      'SELECT id, (SELECT note FROM b WHERE b.a_id = a.id ORDER BY amount DESC NULLS LAST, id LIMIT 1) AS note FROM a',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_array',
    query: 'SELECT id, ARRAY(SELECT b.id FROM b WHERE b.a_id = a.id ORDER BY b.id) AS ids FROM a',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_scalar_uncorrelated',
    query: 'SELECT g, count(*) AS n FROM a WHERE v > (SELECT avg(x) FROM d) GROUP BY g',
    expect: { a: 'delta', d: 'delta' },
  },
  {
    name: 'q_scalar_outer_aggregate',
    query: 'SELECT g, (SELECT max(name) FROM dim WHERE dim.g = count(a.id)) AS name FROM a GROUP BY g',
    expect: { a: 'slice', dim: 'subquery' },
  },
  {
    name: 'q_having',
    query:
      'SELECT g, sum(v) AS v FROM a GROUP BY g HAVING sum(v) > (SELECT min(z) FROM d WHERE d.x = a.g) OR g IN (SELECT dim.top FROM dim)',
    expect: { a: 'slice', d: 'slice', dim: 'nullable_comparison' },
  },
  {
    name: 'q_having_in',
    query: 'SELECT g, sum(v) AS v FROM a GROUP BY g HAVING count(*) > 0 AND g IN (SELECT dim.top FROM dim)',
    expect: { a: 'slice', dim: 'slice' },
  },
  {
    name: 'q_nested_two_up',
    query: `SELECT id, g FROM a WHERE EXISTS (SELECT FROM dim WHERE dim.name <> 'x'
      AND EXISTS (SELECT FROM b WHERE b.a_id = a.id AND b.g < dim.g))`,
    expect: { a: 'slice', b: 'slice', dim: 'subquery' },
  },
  {
    name: 'q_nested_both_up',
    query: `SELECT a.h, count(*) AS n FROM a WHERE EXISTS (SELECT FROM b WHERE b.a_id = a.id
      AND NOT EXISTS (SELECT FROM d WHERE d.x = b.g AND d.y = a.h)) GROUP BY a.h`,
    expect: { a: 'slice', b: 'slice', d: 'slice' },
  },
  {
    name: 'q_nested_in_from',
    query: `SELECT id, g FROM a WHERE v < (SELECT sum(s.n) FROM (SELECT b.g, count(*) AS n FROM b WHERE b.a_id = a.id GROUP BY b.g) s
      LEFT JOIN dim ON dim.g = s.g WHERE dim.top IS DISTINCT FROM 2)`,
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_nested_aggregate',
    query: `SELECT id, g FROM a WHERE g IN (SELECT b.g FROM b GROUP BY b.g HAVING sum((SELECT max(c.v) FROM c WHERE c.b_id = b.id)) > 2)`,
    expect: { a: 'slice', b: 'slice', c: 'slice' },
  },
  {
    name: 'q_partitioned',
    query: `SELECT region, count(*) AS n FROM p WHERE EXISTS (SELECT FROM p o WHERE o.id = p.id AND o.region <> p.region) GROUP BY region`,
    expect: { p: 'slice' },
  },
  {
    name: 'q_partition_inside',
    query:
      'SELECT id, g, (SELECT sum(p.v) FROM p WHERE p.id = a.g) AS v FROM a WHERE id IN (SELECT p_south.id FROM p_south)',
    expect: { a: 'slice', p: 'slice' },
  },
  {
    name: 'q_inherited',
    query: 'SELECT id, g, (SELECT sum(inh.v) FROM inh WHERE inh.g = a.g) AS v FROM a',
    expect: { a: 'slice' },
  },
  {
    name: 'q_over_kept',
    query:
      'SELECT dim.g, dim.name, (SELECT sum(u.v) FROM up_groups u WHERE u.g = dim.g) AS v FROM dim WHERE EXISTS (SELECT FROM up_two WHERE up_two.g = dim.g)',
    expect: { dim: 'slice', up_groups: 'slice', up_two: 'slice' },
  },
  {
    name: 'q_over_plain_view',
    query: 'SELECT id, g FROM a WHERE id IN (SELECT pb.owner FROM plain_b pb WHERE pb.amount > 1)',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_cte_inside',
    query: `SELECT id, g FROM a WHERE v < (WITH t AS (SELECT b.g, b.amount FROM b WHERE b.a_id = a.id), u AS (SELECT x, z FROM d)
      SELECT sum(t.amount + u.z) FROM t JOIN u ON u.x = t.g)`,
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'q_cte_shared',
    query: `WITH t AS (SELECT g, sum(v) AS v FROM a GROUP BY g) SELECT dim.g, dim.name, t.v FROM dim LEFT JOIN t ON t.g = dim.g
      WHERE NOT EXISTS (SELECT FROM t o WHERE o.g = dim.top AND o.v > t.v)`,
    expect: { a: 'slice', dim: 'slice' },
  },
  {
    name: 'q_block_inside',
    query: `SELECT s.k, sum(s.n) AS n FROM (SELECT a.g AS k, count(*) AS n FROM a WHERE EXISTS (SELECT FROM b WHERE b.a_id = a.id) GROUP BY a.g
      UNION ALL SELECT d.x, d.z FROM d WHERE d.y NOT IN (SELECT name FROM dim WHERE dim.g = d.x)) s GROUP BY s.k`,
    expect: { a: 'slice', b: 'slice', d: 'slice', dim: 'slice' },
  },
  {
    name: 'q_joined_block',
    query: `SELECT b.kind, s.name, count(*) AS n FROM b JOIN (SELECT dim.g, dim.name FROM dim
      WHERE EXISTS (SELECT FROM d WHERE d.x = dim.g AND d.z > (SELECT min(settings.n) FROM settings))) s ON s.g = b.g GROUP BY b.kind, s.name`,
    expect: { b: 'slice', d: 'slice', dim: 'slice', settings: 'uncorrelated_subquery' },
  },
  {
    name: 'q_far_key',
    query: `SELECT dim.name, count(*) AS n FROM a JOIN dim ON dim.g = a.g JOIN b ON b.a_id = a.id
      WHERE b.amount >= (SELECT avg(o.amount) FROM b o WHERE o.kind = b.kind) GROUP BY dim.name`,
    expect: { a: 'slice', b: 'slice', dim: 'slice' },
  },
  {
    name: 'q_folded',
    query: 'SELECT id, g FROM n WHERE EXISTS (SELECT FROM n o WHERE o.name = n.name AND o.id > n.id)',
    expect: { n: 'subquery' },
  },
  {
    name: 'q_mixed_numbers',
    query: 'SELECT a.n::text AS text, count(*) AS rows FROM a WHERE a.n IN (SELECT num FROM e) GROUP BY 1',
  },
  {
    name: 'e_text_of_equal',
    query: 'SELECT a.n::text AS text, count(*) AS rows FROM a JOIN e ON e.num = a.n GROUP BY a.n::text',
  },
  {
    name: 'e_same_names',
    query:
      'SELECT s.j, count(*) AS n, count(DISTINCT 1) AS one FROM (SELECT a.g, b.g FROM a JOIN b ON b.a_id = a.id) s(i, j) GROUP BY s.j',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'set_same_names',
    query: 'SELECT x, z FROM d UNION SELECT a.g, b.g FROM a JOIN b ON b.a_id = a.id',
    expect: { a: 'slice', b: 'slice', d: 'slice' },
  },
]
