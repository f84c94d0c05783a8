import { longName } from '../schema.js'
import type { Shape } from './shape.js'

/** Views whose conditions, on any of their tables, tell that a change touches no slice. */
export const spared: readonly Shape[] = [
  {
    name: 'spared_own',
    query: "SELECT b.id, b.a_id, b.amount FROM b WHERE b.kind = 'mid' AND b.amount > 2 AND b.g IS NOT NULL",
    expect: { b: 'slice' },
  },
  {
    name: 'spared_up',
    query: `SELECT c.k1, c.k2, b.kind, a.h FROM c JOIN b ON b.id = c.b_id JOIN a ON a.id = b.a_id
      WHERE a.v > 1 AND b.kind <> 'mid' AND c.v < 5`,
    expect: { a: 'slice', b: 'slice', c: 'slice' },
  },
  {
    name: 'spared_up_grouped',
    query: `SELECT c.b_id, b.g, count(*) AS n, sum(c.v) AS v FROM a, b, c
      WHERE a.id = b.a_id AND c.b_id = b.id AND a.g < 4 AND a.h <> 'X' AND (b.kind = 'low' OR b.g IS NULL) AND NOT c.v = 3
      GROUP BY c.b_id, b.g`,
    expect: { a: 'slice', b: 'slice', c: 'slice' },
  },
  {
    name: 'spared_parent',
    query:
      'SELECT a.id, p.v AS above FROM a JOIN a p ON p.id = a.parent WHERE p.v > 2 AND a.g = 1 AND p.parent IS NULL',
    expect: { a: 'slice' },
  },
  {
    name: 'spared_far',
    query: `SELECT a.id, count(*) AS n FROM a JOIN b ON b.a_id = a.id JOIN dim ON dim.g = b.g JOIN other.a o ON o.id = dim.top
      WHERE dim.top > 1 AND o."order" = 'y' AND b.amount <= 4 GROUP BY a.id`,
    expect: { a: 'slice', b: 'slice', dim: 'slice', 'other.a': 'slice' },
  },
  {
    name: 'spared_left_on',
    query: `SELECT a.id, b.id AS b_id, b.kind, c.k1, c.k2 FROM a LEFT JOIN b ON b.a_id = a.id AND b.kind = 'mid' AND a.v > 1
      LEFT JOIN c ON c.b_id = b.id AND c.v > 2 WHERE a.g = 1`,
  },
  {
    name: 'spared_left_up',
    query: `SELECT b.id, a.g, d.g AS dim, count(*) AS n FROM b LEFT JOIN a ON a.id = b.a_id AND a.v > 2
      LEFT JOIN dim d ON d.g = a.g AND d.top > 1 WHERE b.amount > 1 GROUP BY b.id, a.g, d.g`,
  },
  {
    name: 'spared_left_where',
    query: `SELECT b.id, dim.g, a.id AS a_id, a.h FROM b LEFT JOIN a ON a.id = b.a_id JOIN dim ON dim.g = b.g
      WHERE (a.v > 2 OR a.v IS NULL) AND dim.top > 0`,
  },
  {
    name: 'spared_left_of_join',
    query: `SELECT a.id, count(b.id) AS n FROM a LEFT JOIN (b JOIN dim ON dim.g = b.g AND dim.top > 1) ON b.a_id = a.id AND b.kind = 'low'
      WHERE a.v < 4 GROUP BY a.id`,
  },
  {
    name: 'spared_right',
    query: `SELECT a.id, b.id AS b_id FROM b RIGHT JOIN a ON a.id = b.a_id AND b.amount > 2 JOIN dim ON dim.g = a.g
      WHERE dim.top < 3`,
  },
  {
    name: 'spared_full',
    query: `SELECT a.id, b.id AS b_id, count(*) AS n FROM a FULL JOIN b ON b.a_id = a.id AND b.kind = 'mid' AND a.v > 1
      WHERE b.g = 1 OR a.g = 1 GROUP BY a.id, b.id`,
  },
  {
    name: 'spared_exists',
    query: `SELECT a.id, a.h FROM a WHERE a.v > 1 AND EXISTS (SELECT FROM b JOIN dim ON dim.g = b.g
      WHERE b.a_id = a.id AND dim.top > 1 AND b.kind = 'mid')`,
    expect: { a: 'slice', b: 'slice', dim: 'slice' },
  },
  {
    name: 'spared_not_exists',
    query: `SELECT c.k1, c.k2, c.v FROM c JOIN b ON b.id = c.b_id WHERE b.kind = 'mid' AND c.v > 0
      AND NOT EXISTS (SELECT FROM c x WHERE x.k1 = c.k1 AND x.v > 3)`,
    expect: { b: 'slice', c: 'slice' },
  },
  {
    name: 'spared_lines',
    query: `SELECT dim.g, b.id, dim.name, l.k1, l.k2 FROM dim, c l, b WHERE dim.g = l.dom AND b.id = l.b_id AND b.g = 1 AND l.v > 1
      AND EXISTS (SELECT FROM c o WHERE o.k1 = l.k1 AND o.dom <> l.dom)
      AND NOT EXISTS (SELECT FROM c o WHERE o.k1 = l.k1 AND o.dom <> l.dom AND o.v > 1) AND dim.top > 1`,
    expect: { b: 'slice', c: 'slice', dim: 'slice' },
  },
  {
    name: 'spared_in_in',
    query: `SELECT a.id, a.g FROM a JOIN dim ON dim.g = a.g WHERE dim.top > 0 AND a.id IN (SELECT b.a_id FROM b
      WHERE b.g IN (SELECT x.g FROM dim x WHERE x.name LIKE 'x%') AND b.amount > (SELECT sum(c.v) FROM c WHERE c.b_id = b.id AND c.v > 0))`,
    expect: { a: 'slice', b: 'slice', c: 'slice' },
  },
  {
    name: 'spared_in_of_key',
    query: `SELECT b.id, b.note FROM b WHERE b.a_id IN (SELECT a.id FROM a JOIN dim ON dim.g = a.g WHERE dim.top > 1 AND a.v > 0)
      AND b.g IN (SELECT other.a.g FROM other.a WHERE "order" = 'y')`,
    expect: { a: 'slice', b: 'slice', dim: 'slice' },
  },
  {
    name: 'spared_in_grouped',
    query: `SELECT b.id, b.g FROM b WHERE b.a_id IN (SELECT a.id FROM a WHERE a.v > 1 GROUP BY a.id)
      AND EXISTS (SELECT count(*) FROM dim WHERE dim.g = b.g AND dim.top > 2)`,
  },
  {
    name: 'spared_having_in',
    query: `SELECT b.a_id, count(*) AS n FROM b WHERE b.kind = 'low' GROUP BY b.a_id
      HAVING b.a_id IN (SELECT a.id FROM a WHERE a.v > 1) AND count(*) > 0`,
  },
  {
    name: 'spared_average',
    query: `SELECT c.k1, c.k2, a.id AS a_id FROM c, a WHERE a.id = c.k1 AND a.h = 'x' AND a.g = 1
      AND c.v < (SELECT avg(x.v) + 1 FROM c x WHERE x.k1 = a.id AND x.v > -2)`,
    expect: { a: 'slice', c: 'slice' },
  },
  {
    name: 'spared_exists_of_nullable',
    query: `SELECT a.id, b.id AS b_id FROM a LEFT JOIN b ON b.a_id = a.id
      WHERE EXISTS (SELECT FROM dim WHERE dim.g = b.g AND dim.top > 1) AND a.v > 0`,
  },
  {
    name: 'spared_exists_in_on',
    query: `SELECT a.id, b.id AS b_id FROM a LEFT JOIN b ON b.a_id = a.id AND b.kind = 'mid'
      AND EXISTS (SELECT FROM dim WHERE dim.g = b.g AND dim.top > 1) WHERE a.g > 0`,
  },
  {
    name: 'spared_of_either',
    query: `SELECT a.id, a.h FROM a JOIN b ON b.a_id = a.id WHERE b.kind = 'mid'
      UNION SELECT a.id, a.h FROM a JOIN c ON c.k1 = a.id WHERE c.v > 2 AND a.v > 1`,
  },
  {
    name: 'spared_except',
    query: `SELECT a.id FROM a WHERE a.v > 1 EXCEPT SELECT b.a_id FROM b JOIN dim ON dim.g = b.g WHERE dim.top > 1 AND b.kind = 'low'`,
  },
  {
    name: 'spared_lateral',
    query: `SELECT a.id, l.n, l.s FROM a, LATERAL (SELECT count(*) AS n, sum(b.amount) AS s FROM b
      WHERE b.a_id = a.id AND b.kind = 'mid') l WHERE a.v > 1`,
  },
  {
    name: 'spared_block',
    query: `SELECT a.id, s.n FROM a JOIN (SELECT a_id, count(*) AS n FROM b WHERE kind = 'mid' AND amount > 1 GROUP BY a_id) s ON s.a_id = a.id
      JOIN dim ON dim.g = a.g WHERE dim.top > 1 AND a.v < 4`,
  },
  {
    name: 'spared_window',
    query: `SELECT b.id, b.a_id, row_number() OVER (PARTITION BY b.a_id ORDER BY b.id) AS nth FROM b JOIN a ON a.id = b.a_id
      WHERE a.v > 1 AND b.amount > 1`,
  },
  {
    name: 'spared_rollup',
    query: `SELECT b.a_id, b.g, grouping(b.g) AS all_of, count(*) AS n FROM b JOIN a ON a.id = b.a_id WHERE a.v > 1 AND b.kind = 'mid'
      GROUP BY b.a_id, ROLLUP (b.g)`,
    key: ['a_id', 'g', 'all_of'],
  },
  {
    name: 'spared_folded',
    query: "SELECT n.id, n.g FROM n JOIN dim ON dim.g = n.g WHERE n.name = 'x' AND dim.top > 0",
  },
  {
    name: 'spared_partitions',
    query: "SELECT p.id, p.region FROM p JOIN a ON a.id = p.id WHERE p.v > 0 AND a.v > 1 AND p.region <> 's'",
  },
  {
    name: 'spared_quoted',
    query: `SELECT s."Group", s."a b" FROM "We""ird Schema"."select" s JOIN a ON a.id = s."Group"
      WHERE s."q""uote" = 'x' AND s."${longName}" > 0 AND a.v > 0`,
  },
  {
    name: 'spared_padded',
    query:
      "SELECT f.id, f.vc FROM f JOIN a ON a.id = f.id WHERE f.ch = 'x' AND f.vc <> 'X' AND a.v >= 0 AND lower(f.vc) <> 'é'",
  },
]
