import type { Shape } from './shape.js'

/** Subqueries that equalities tie to the rows around them, in expressions and in LATERAL. */
export const tied: readonly Shape[] = [
  {
    name: 'tied_exists',
    query:
      'SELECT a.g, count(*) AS n FROM a WHERE EXISTS (SELECT FROM b WHERE b.a_id = a.id AND b.amount > 2) GROUP BY a.g',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'tied_not_exists',
    query: 'SELECT a.id, a.h FROM a WHERE NOT EXISTS (SELECT FROM b WHERE b.a_id = a.id AND b.g = a.g)',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'tied_in',
    query: 'SELECT h, g, count(*) AS n FROM a WHERE g IN (SELECT dim.g FROM dim WHERE top > 1) GROUP BY h, g',
    expect: { a: 'slice', dim: 'slice' },
  },
  {
    name: 'tied_in_grouped',
    query: 'SELECT id, g FROM a WHERE g IN (SELECT b.g FROM b GROUP BY b.g HAVING count(*) > 1)',
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'tied_in_limited',
    query: 'SELECT id, g FROM a WHERE g IN (SELECT b.g FROM b WHERE b.id > 3 ORDER BY b.id LIMIT 2)',
    expect: { b: 'subquery' },
  },
  {
    name: 'tied_in_or',
    query: 'SELECT id, g FROM a WHERE g IN (SELECT b.g FROM b) OR v > 3',
    expect: { b: 'nullable_comparison' },
  },
  {
    name: 'tied_not_in_tied',
    query: 'SELECT id, g FROM a WHERE v NOT IN (SELECT b.g FROM b WHERE b.a_id = a.id)',
    expect: { b: 'slice' },
  },
  {
    name: 'tied_scalars',
    query: `SELECT a.id, (SELECT sum(amount) FROM b WHERE b.a_id = a.id) AS total, (SELECT count(*) FROM d WHERE d.x = a.g) AS same,
      (SELECT b.note FROM b WHERE b.g = a.g ORDER BY b.id DESC LIMIT 1) AS last FROM a`,
    expect: { a: 'slice', b: 'slice', d: 'slice' },
  },
  {
    name: 'tied_same_name',
    query: 'SELECT a.id, a.v, (SELECT count(*) FROM a x WHERE x.parent = a.id) AS children FROM a',
    expect: { a: 'slice' },
  },
  {
    name: 'tied_hidden_name',
    query: 'SELECT b.id, (SELECT max(b.v) FROM a b WHERE b.g = dim.g) AS most FROM b JOIN dim ON dim.g = b.g',
    expect: { a: 'slice', b: 'slice', dim: 'slice' },
  },
  {
    name: 'tied_joined_inside',
    query: `SELECT dim.g, dim.name, (SELECT sum(c.v) FROM c JOIN b ON b.id = c.b_id JOIN a ON a.id = b.a_id WHERE a.g = dim.g) AS s FROM dim`,
    expect: { a: 'slice', b: 'slice', c: 'slice', dim: 'slice' },
  },
  {
    name: 'tied_left_joined_inside',
    query: `SELECT a.id, a.g, (SELECT count(c.v) - count(*) FROM b LEFT JOIN c ON c.b_id = b.id AND c.v > 1 WHERE b.a_id = a.id) AS s FROM a`,
    expect: { a: 'slice', b: 'slice', c: 'slice' },
  },
  {
    name: 'tied_block_inside',
    query: `SELECT a.id, a.h, (SELECT max(s.n) FROM (SELECT b.g, count(*) AS n FROM b GROUP BY b.g) s WHERE s.g = a.g) AS n FROM a`,
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'tied_tied_below',
    query: `SELECT a.id, a.h, (SELECT max(s.n) FROM (SELECT b.g, count(*) AS n FROM b WHERE b.a_id = a.id GROUP BY b.g) s) AS n FROM a`,
  },
  {
    name: 'tied_tied_twice',
    query: `SELECT a.id, (SELECT max(s.n) FROM (SELECT count(*) AS n FROM b WHERE b.a_id = a.id) s, dim WHERE dim.g = a.g) AS n FROM a`,
    expect: { dim: 'slice' },
  },
  {
    name: 'tied_nested_twice',
    query: `SELECT a.id, a.g FROM a WHERE EXISTS (SELECT FROM b WHERE b.a_id = a.id AND EXISTS (SELECT FROM c WHERE c.b_id = b.id))`,
    expect: { b: 'slice', c: 'slice' },
  },
  {
    name: 'tied_of_outer_side',
    query: `SELECT dim.g, count(*) AS n, count(a.id) FILTER (WHERE EXISTS (SELECT FROM b WHERE b.a_id = a.id)) AS held
      FROM dim LEFT JOIN a ON a.g = dim.g GROUP BY dim.g`,
    expect: { a: 'slice', b: 'slice', dim: 'slice' },
  },
  {
    name: 'tied_of_full_join',
    query: `SELECT a.g, d.y, count(*) AS n, sum((SELECT count(*) FROM b WHERE b.g = d.x)) AS s FROM a FULL JOIN d ON d.x = a.g GROUP BY a.g, d.y`,
  },
  {
    name: 'tied_having',
    query:
      'SELECT a.g, sum(a.v) AS v FROM a GROUP BY a.g HAVING sum(a.v) > (SELECT min(top) FROM dim WHERE dim.g = a.g)',
    expect: { a: 'slice', dim: 'slice' },
  },
  {
    name: 'tied_window',
    query: `SELECT a.id, a.g, rank() OVER (PARTITION BY a.g ORDER BY (SELECT count(*) FROM b WHERE b.a_id = a.id), a.id) AS place FROM a`,
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'tied_group_by',
    query: `SELECT a.g, (SELECT b.kind FROM b WHERE b.a_id = a.id ORDER BY b.id LIMIT 1) AS kind, count(*) AS n FROM a
      GROUP BY a.g, (SELECT b.kind FROM b WHERE b.a_id = a.id ORDER BY b.id LIMIT 1)`,
    key: ['g', 'kind'],
  },
  {
    name: 'tied_nested_block',
    query: `SELECT dim.g, s.n FROM dim JOIN (SELECT a.g, count(*) AS n FROM a WHERE EXISTS (SELECT FROM b WHERE b.a_id = a.id)
      GROUP BY a.g) s ON s.g = dim.g`,
  },
  {
    name: 'tied_in_union',
    query: `SELECT g, h FROM a WHERE EXISTS (SELECT FROM b WHERE b.a_id = a.id) UNION SELECT x, y FROM d WHERE x IN (SELECT g FROM dim)`,
    expect: { a: 'slice', b: 'slice', d: 'slice', dim: 'slice' },
  },
  {
    name: 'tied_lateral_top',
    query: `SELECT a.id, t.id AS b_id, t.amount FROM a CROSS JOIN LATERAL (SELECT b.id, b.amount FROM b WHERE b.a_id = a.id
      ORDER BY b.amount DESC NULLS LAST, b.id LIMIT 2) t`,
    key: ['id', 'b_id'],
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'tied_lateral_left',
    query: `SELECT a.g, count(*) AS n, sum(t.n) AS s FROM a LEFT JOIN LATERAL (SELECT count(*) AS n, max(b.id) AS last FROM b
      WHERE b.a_id = a.id) t ON t.last > 2 GROUP BY a.g`,
    expect: { a: 'slice', b: 'slice' },
  },
  {
    name: 'tied_lateral_in_lateral',
    query: `SELECT a.id, t.n FROM a LEFT JOIN LATERAL (SELECT count(*) AS n FROM b LEFT JOIN LATERAL (SELECT c.v FROM c
      WHERE c.b_id = b.id LIMIT 1) u ON true WHERE b.a_id = a.id AND u.v > 0) t ON true`,
    expect: { b: 'slice', c: 'slice' },
  },
  {
    name: 'tied_lateral_joined_on',
    query: `SELECT a.id, dim.name, count(*) AS n, sum(t.n) AS s FROM a CROSS JOIN LATERAL (SELECT b.g, count(*) AS n FROM b
      WHERE b.a_id = a.id GROUP BY b.g) t LEFT JOIN dim ON dim.g = t.g GROUP BY a.id, dim.name`,
  },
]
