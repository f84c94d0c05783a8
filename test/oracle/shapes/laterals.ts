import type { Shape } from './shape.js'

/** LATERAL subqueries: a query for each row beside it. */
export const laterals: readonly Shape[] = [
  {
    name: 'y_top',
    query:
      'SELECT a.id, a.g, s.note FROM a LEFT JOIN LATERAL (SELECT note FROM b WHERE b.a_id = a.id ORDER BY amount DESC NULLS LAST, id LIMIT 1) s ON true',
    key: ['id'],
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'y_cross_top',
    query:
      'SELECT a.h, count(*) AS n, sum(s.z) AS z FROM a CROSS JOIN LATERAL (SELECT z FROM d WHERE d.x = a.g ORDER BY z NULLS LAST, y LIMIT 2) s GROUP BY a.h',
    expect: { a: 'slice', d: 'slice' },
  },
  {
    name: 'y_count',
    query: 'SELECT a.id, a.g, s.n FROM a CROSS JOIN LATERAL (SELECT count(*) AS n FROM b WHERE b.a_id = a.id) s',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'y_left_grouped',
    query: `SELECT a.g, count(s.kind) AS kinds, sum(s.total) AS total FROM a LEFT JOIN LATERAL
      (SELECT b.kind, sum(b.amount) AS total FROM b WHERE b.a_id = a.id AND b.g = a.g GROUP BY b.kind) s ON s.total > 1 GROUP BY a.g`,
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'y_on_condition',
    query: `SELECT a.g, dim.name, count(*) AS n FROM a LEFT JOIN (dim CROSS JOIN LATERAL (SELECT max(d.z) AS z FROM d WHERE d.x = dim.top) s)
      ON dim.g = a.g AND s.z > a.v GROUP BY a.g, dim.name`,
    expect: { a: 'slice', d: 'slice', dim: 'slice' },
  },
  {
    name: 'y_of_outer_joined',
    query: `SELECT a.g, b.kind, sum(s.v) AS v FROM a LEFT JOIN b ON b.a_id = a.id
      LEFT JOIN LATERAL (SELECT c.v FROM c WHERE c.b_id = b.id ORDER BY c.v DESC NULLS LAST, k1, k2 LIMIT 1) s ON true GROUP BY a.g, b.kind`,
  },
  {
    name: 'y_two',
    query: `SELECT a.id, s.most, t.n FROM a CROSS JOIN LATERAL (SELECT max(b.g) AS most FROM b WHERE b.a_id = a.id) s
      CROSS JOIN LATERAL (SELECT count(*) AS n FROM d WHERE d.x = s.most AND d.y = a.h) t`,
    expect: { a: 'slice', b: 'slice', d: 'slice' },
  },
  {
    name: 'y_nested',
    query: `SELECT a.id, s.n FROM a CROSS JOIN LATERAL (SELECT sum(t.v) AS n FROM b CROSS JOIN LATERAL
      (SELECT max(c.v) AS v FROM c WHERE c.b_id = b.id) t WHERE b.a_id = a.id) s`,
    expect: { a: 'slice', b: 'slice', c: 'slice' },
  },
  {
    name: 'y_nested_two_up',
    query: `SELECT a.id, s.n FROM a CROSS JOIN LATERAL (SELECT sum(t.z) AS n FROM dim CROSS JOIN LATERAL
      (SELECT d.z FROM d WHERE d.x = a.g AND d.z > dim.g ORDER BY z LIMIT 1) t) s`,
    expect: { a: 'slice', d: 'slice', dim: 'lateral_subquery' },
  },
  {
    name: 'y_union',
    query: `SELECT a.id, a.h, s.n FROM a CROSS JOIN LATERAL (SELECT count(*) AS n FROM
      (SELECT b.id FROM b WHERE b.a_id = a.id UNION SELECT d.z FROM d WHERE d.y = a.h) q) s`,
    expect: { a: 'slice', b: 'slice', d: 'slice' },
  },
  {
    name: 'y_exists_inside',
    query: `SELECT a.id, s.n FROM a CROSS JOIN LATERAL (SELECT count(*) AS n FROM b WHERE b.a_id = a.id
      AND NOT EXISTS (SELECT FROM c WHERE c.b_id = b.id AND c.v > a.v)) s`,
    expect: { a: 'slice', b: 'slice', c: 'slice' },
  },
  {
    name: 'y_inside_subquery',
    query: `SELECT a.id, a.g FROM a WHERE a.v < (SELECT sum(s.v) FROM b CROSS JOIN LATERAL (SELECT c.v FROM c WHERE c.b_id = b.id ORDER BY c.v, k1, k2 LIMIT 1) s
      WHERE b.a_id = a.id)`,
    expect: { a: 'slice', b: 'slice', c: 'slice' },
  },
  {
    name: 'y_function_argument',
    query: `SELECT a.g, x.key, count(*) AS n FROM a LEFT JOIN LATERAL jsonb_object_keys((SELECT CASE jsonb_typeof(e.obj) WHEN 'object' THEN e.obj END FROM e WHERE e.id = a.id)) x(key) ON true
      GROUP BY a.g, x.key`,
  },
  {
    name: 'y_inequality',
    query: 'SELECT a.id, s.z FROM a CROSS JOIN LATERAL (SELECT max(d.z) AS z FROM d WHERE d.z < a.v) s',
    expect: { a: 'slice', d: 'lateral_subquery' },
  },
  {
    name: 'y_partitioned',
    query:
      'SELECT a.id, s.region, s.v FROM a CROSS JOIN LATERAL (SELECT region, v FROM p WHERE p.id = a.g ORDER BY v DESC NULLS LAST, region LIMIT 1) s',
    key: ['id'],
    expect: { a: 'slice', p: 'slice' },
  },
  {
    name: 'y_over_kept',
    query:
      'SELECT dim.g, s.h, s.n FROM dim CROSS JOIN LATERAL (SELECT u.h, u.n FROM up_groups u WHERE u.g = dim.g ORDER BY n DESC, h LIMIT 1) s',
    key: ['g'],
    expect: { dim: 'slice', up_groups: 'slice' },
  },
]
