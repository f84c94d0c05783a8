import type { Construct } from '../shape.js'

/** Subqueries, by what they are asked, and by where they stand. */
export const subqueries: readonly Construct[] = [
  {
    construct: 'EXISTS, NOT EXISTS',
    shapes: [
      {
        name: 'exists',
        query: 'SELECT id, product FROM sales WHERE EXISTS (SELECT FROM returns r WHERE r.sale = sales.id)',
        maintenance: { sales: 'slice', returns: 'slice' },
        rows: `
          1 | tea
          3 | jam
          6 | jam`,
      },
      {
        name: 'not_exists',
        query: 'SELECT id, product FROM sales WHERE NOT EXISTS (SELECT FROM returns r WHERE r.sale = sales.id)',
        maintenance: { sales: 'slice', returns: 'slice' },
        rows: `
          2 | tea
          4 | tea
          5 | ∅
          7 | tea
          9 | jam`,
      },
      {
        name: 'exists_under_or',
        query: `SELECT id FROM sales
          WHERE quantity > 4 OR EXISTS (SELECT FROM returns r WHERE r.sale = sales.id AND r.reason = 'broken')`,
        maintenance: { sales: 'slice', returns: 'slice' },
        rows: `
          1
          3
          5`,
      },
      {
        name: 'exists_as_value',
        query: 'SELECT id, EXISTS (SELECT FROM returns r WHERE r.sale = sales.id) AS returned FROM sales',
        maintenance: { sales: 'slice', returns: 'slice' },
        rows: `
          1 | t
          2 | f
          3 | t
          4 | f
          5 | f
          6 | t
          7 | f
          9 | f`,
      },
      {
        name: 'exists_under_groups',
        query: `SELECT shop, count(*) AS n FROM sales
          WHERE EXISTS (SELECT FROM returns r WHERE r.sale = sales.id) GROUP BY shop`,
        maintenance: { sales: 'slice', returns: 'slice' },
        pieces: 1,
        rows: `
          1 | 2
          2 | 1`,
      },
      {
        name: 'exists_uncorrelated',
        query: 'SELECT id, name FROM shops WHERE EXISTS (SELECT FROM closed WHERE shop > 2)',
        maintenance: { shops: 'slice', closed: 'uncorrelated_subquery' },
        rows: `
          1 | Ada
          2 | Bo
          3 | Cy`,
      },
      {
        name: 'exists_by_inequality',
        query: 'SELECT id, price FROM sales WHERE EXISTS (SELECT FROM sales o WHERE o.price > sales.price)',
        maintenance: { sales: 'subquery' },
        rows: `
          1 | 3
          2 | 5
          3 | 7
          4 | 4
          7 | 2
          9 | 6`,
      },
    ],
  },
  {
    construct: 'IN, NOT IN',
    shapes: [
      {
        name: 'in',
        query: 'SELECT id, name FROM shops WHERE id IN (SELECT shop FROM sales WHERE paid)',
        maintenance: { shops: 'slice', sales: 'slice' },
        rows: `
          1 | Ada
          2 | Bo`,
      },
      {
        name: 'not_in_with_nulls',
        query: 'SELECT id, name FROM shops WHERE id NOT IN (SELECT shop FROM closed)',
        maintenance: { shops: 'slice', closed: 'nullable_comparison' },
        rows: `
          1 | Ada
          2 | Bo`,
      },
      {
        name: 'null_not_in',
        query:
          'SELECT id, shop FROM sales WHERE shop NOT IN (SELECT closed.shop FROM closed WHERE closed.shop IS NOT NULL)',
        maintenance: { sales: 'slice', closed: 'nullable_comparison' },
        rows: `
          1 | 1
          2 | 1
          3 | 1
          4 | 2
          5 | 2
          6 | 2
          9 | 4`,
      },
      {
        name: 'not_in_without_nulls',
        query: 'SELECT id, product FROM sales WHERE id NOT IN (SELECT sale FROM returns WHERE sale IS NOT NULL)',
        maintenance: { sales: 'slice', returns: 'slice' },
        rows: `
          2 | tea
          4 | tea
          5 | ∅
          7 | tea
          9 | jam`,
      },
      {
        name: 'in_as_value',
        query: 'SELECT id, shop IN (SELECT closed.shop FROM closed) AS closed FROM sales',
        maintenance: { sales: 'slice', closed: 'nullable_comparison' },
        rows: `
          1 | f
          2 | f
          3 | f
          4 | f
          5 | f
          6 | f
          7 | ∅
          9 | f`,
      },
      {
        name: 'in_of_rows',
        query: 'SELECT id, product FROM sales WHERE (shop, product) IN (SELECT o.shop, o.product FROM offers o)',
        maintenance: { sales: 'slice', offers: 'slice' },
        rows: `
          1 | tea
          2 | tea
          6 | jam`,
      },
    ],
  },
  {
    construct: 'ANY, ALL, row comparisons',
    shapes: [
      {
        name: 'equals_any',
        query: 'SELECT id, product FROM sales WHERE id = ANY (SELECT sale FROM returns)',
        maintenance: { sales: 'slice', returns: 'slice' },
        rows: `
          1 | tea
          3 | jam
          6 | jam`,
      },
      {
        name: 'less_than_any',
        query: 'SELECT id, price FROM sales WHERE price < ANY (SELECT o.price FROM sales o WHERE o.shop = sales.shop)',
        maintenance: { sales: 'slice' },
        rows: `
          1 | 3
          2 | 5
          4 | 4`,
      },
      {
        name: 'at_least_all',
        query: `SELECT id, quantity FROM sales
          WHERE quantity >= ALL (SELECT o.quantity FROM sales o WHERE o.product = sales.product)`,
        maintenance: { sales: 'slice' },
        rows: `
          2 | 4
          5 | 5
          7 | 4`,
      },
      {
        name: 'unequal_all',
        query: 'SELECT id, name FROM shops WHERE id <> ALL (SELECT shop FROM closed WHERE shop IS NOT NULL)',
        maintenance: { shops: 'slice', closed: 'slice' },
        rows: `
          1 | Ada
          2 | Bo`,
      },
      {
        name: 'row_equals_row',
        query: `SELECT id, shop FROM sales
          WHERE (quantity, price) = (SELECT max(o.quantity), max(o.price) FROM sales o WHERE o.shop = sales.shop)`,
        maintenance: { sales: 'slice' },
        rows: `
          3 | 1
          9 | 4`,
      },
    ],
  },
  {
    construct: 'correlated scalar subqueries',
    shapes: [
      {
        name: 'scalar_in_select',
        query: `SELECT id, name, (SELECT count(*) FROM sales WHERE sales.shop = shops.id) AS n,
          (SELECT max(price) FROM sales WHERE sales.shop = shops.id) AS dearest FROM shops`,
        maintenance: { shops: 'slice', sales: 'slice' },
        rows: `
          1 | Ada | 3 | 7
          2 | Bo | 3 | 9
          3 | Cy | 0 | ∅`,
      },
      {
        name: 'scalar_in_where',
        query: `SELECT id, shop FROM sales
          WHERE price = (SELECT max(o.price) FROM sales o WHERE o.shop = sales.shop)`,
        maintenance: { sales: 'slice' },
        rows: `
          3 | 1
          6 | 2
          9 | 4`,
      },
      {
        name: 'scalar_with_limit',
        query: `SELECT id, (SELECT product FROM sales WHERE sales.shop = shops.id
          ORDER BY price DESC NULLS LAST, sales.id LIMIT 1) AS dearest FROM shops`,
        maintenance: { shops: 'slice', sales: 'slice' },
        rows: `
          1 | jam
          2 | jam
          3 | ∅`,
      },
      {
        name: 'scalar_in_aggregate',
        query: `SELECT product, sum((SELECT count(*) FROM returns r WHERE r.sale = sales.id)) AS returned
          FROM sales GROUP BY product`,
        maintenance: { sales: 'slice', returns: 'slice' },
        rows: `
          tea | 2
          jam | 2
          ∅ | 0`,
      },
      {
        name: 'scalar_in_group_by',
        query: `SELECT (SELECT name FROM shops WHERE shops.id = sales.shop) AS name, count(*) AS n
          FROM sales GROUP BY 1`,
        maintenance: { sales: 'slice', shops: 'slice' },
        pieces: 1,
        rows: `
          Ada | 3
          Bo | 3
          ∅ | 2`,
      },
      {
        name: 'array_of_subquery',
        query: `SELECT id, ARRAY(SELECT sales.id FROM sales WHERE sales.shop = shops.id ORDER BY sales.id) AS sales
          FROM shops`,
        maintenance: { shops: 'slice', sales: 'slice' },
        rows: `
          1 | {1,2,3}
          2 | {4,5,6}
          3 | {}`,
      },
    ],
  },
  {
    construct: 'uncorrelated scalar subqueries',
    shapes: [
      {
        name: 'scalar_uncorrelated_in_where',
        query: 'SELECT id, price FROM sales WHERE price > (SELECT avg(o.price) FROM sales o)',
        maintenance: { sales: 'key_not_derivable' },
        pieces: 1,
        rows: `
          3 | 7
          6 | 9
          9 | 6`,
      },
      {
        name: 'scalar_uncorrelated_in_select',
        query: 'SELECT id, quantity - (SELECT min(o.quantity) FROM sales o) AS above FROM sales',
        maintenance: { sales: 'key_not_derivable' },
        pieces: 1,
        rows: `
          1 | 1
          2 | 3
          3 | 5
          4 | 2
          5 | 4
          6 | ∅
          7 | 3
          9 | 0`,
      },
      {
        name: 'scalar_of_another_table',
        query: 'SELECT id, quantity FROM sales WHERE quantity > (SELECT count(*) FROM returns)',
        maintenance: { sales: 'slice', returns: 'key_not_derivable' },
        pieces: 1,
        rows: `
          3 | 6`,
      },
      {
        name: 'scalar_under_groups',
        query: `SELECT shop, count(*) AS n FROM sales WHERE quantity < (SELECT count(*) FROM returns r WHERE r.sale > 0)
          GROUP BY shop`,
        maintenance: { sales: 'delta', returns: 'delta' },
        pieces: 1,
        rows: `
          1 | 1
          2 | 1
          4 | 1`,
      },
    ],
  },
  {
    construct: 'LATERAL',
    shapes: [
      {
        name: 'lateral_top',
        query: `SELECT shops.id, best.id AS sale, best.price FROM shops CROSS JOIN LATERAL (SELECT sales.id, sales.price
          FROM sales WHERE sales.shop = shops.id ORDER BY sales.price DESC NULLS LAST, sales.id LIMIT 1) best`,
        key: ['id'],
        maintenance: { shops: 'slice', sales: 'slice' },
        rows: `
          1 | 3 | 7
          2 | 6 | 9`,
      },
      {
        name: 'lateral_aggregate',
        query: `SELECT shops.id, t.n FROM shops LEFT JOIN LATERAL (SELECT count(*) AS n FROM sales
          WHERE sales.shop = shops.id AND sales.paid) t ON true`,
        key: ['id'],
        maintenance: { shops: 'slice', sales: 'slice' },
        rows: `
          1 | 2
          2 | 1
          3 | 0`,
      },
      {
        name: 'lateral_function',
        query: 'SELECT shops.id, d.day FROM shops CROSS JOIN LATERAL unnest(shops.days) AS d(day)',
        key: ['id', 'day'],
        maintenance: { shops: 'slice' },
        rows: `
          1 | 1
          1 | 2
          3 | 2`,
      },
      {
        name: 'lateral_by_inequality',
        query: `SELECT shops.id, t.n FROM shops CROSS JOIN LATERAL (SELECT count(*) AS n FROM sales
          WHERE sales.quantity > shops.id) t`,
        key: ['id'],
        maintenance: { shops: 'slice', sales: 'lateral_subquery' },
        rows: `
          1 | 6
          2 | 5
          3 | 4`,
      },
    ],
  },
  {
    construct: 'subqueries in HAVING, ON, FROM',
    shapes: [
      {
        name: 'uncorrelated_in_having',
        query: `SELECT shop, sum(quantity) AS pieces FROM sales GROUP BY shop
          HAVING sum(quantity) > (SELECT avg(o.quantity) FROM sales o)`,
        maintenance: { sales: 'delta' },
        pieces: 2,
        rows: `
          1 | 12
          2 | 8
          ∅ | 4`,
      },
      {
        name: 'correlated_in_having',
        query: `SELECT shop, sum(price) AS money FROM sales GROUP BY shop
          HAVING sum(price) > (SELECT sum(o.discount) FROM offers o WHERE o.shop = sales.shop)`,
        maintenance: { sales: 'slice', offers: 'slice' },
        rows: `
          1 | 15`,
      },
      {
        name: 'in_in_having',
        query: `SELECT shop, sum(quantity) AS pieces FROM sales GROUP BY shop
          HAVING count(*) > 1 AND shop IN (SELECT o.shop FROM offers o)`,
        maintenance: { sales: 'slice', offers: 'slice' },
        rows: `
          1 | 12
          2 | 8`,
      },
      {
        name: 'exists_in_on',
        query: `SELECT shops.id, count(sales.id) AS n FROM shops LEFT JOIN sales ON sales.shop = shops.id
          AND EXISTS (SELECT FROM returns r WHERE r.sale = sales.id) GROUP BY shops.id`,
        maintenance: { shops: 'slice', sales: 'slice', returns: 'slice' },
        rows: `
          1 | 2
          2 | 1
          3 | 0`,
      },
      {
        name: 'groups_in_from',
        query: `SELECT s.shop, s.pieces, shops.name
          FROM (SELECT shop, sum(quantity) AS pieces FROM sales GROUP BY shop) s JOIN shops ON shops.id = s.shop`,
        maintenance: { sales: 'slice', shops: 'slice' },
        rows: `
          1 | 12 | Ada
          2 | 8 | Bo`,
      },
      {
        name: 'limit_in_from',
        query: `SELECT id, price FROM (SELECT id, price FROM sales ORDER BY price DESC NULLS LAST, id LIMIT 3) s
          WHERE price > 6`,
        maintenance: { sales: 'limit' },
        rows: `
          3 | 7
          6 | 9`,
      },
    ],
  },
  {
    construct: 'subqueries in subqueries',
    shapes: [
      {
        name: 'exists_in_exists',
        query: `SELECT id, name FROM shops WHERE EXISTS (SELECT FROM sales WHERE sales.shop = shops.id
          AND EXISTS (SELECT FROM returns r WHERE r.sale = sales.id AND r.reason = 'late'))`,
        maintenance: { shops: 'slice', sales: 'slice', returns: 'slice' },
        rows: `
          2 | Bo`,
      },
      {
        name: 'none_without',
        query: `SELECT id, name FROM shops WHERE NOT EXISTS (SELECT FROM sales WHERE sales.shop = shops.id
          AND NOT EXISTS (SELECT FROM returns r WHERE r.sale = sales.id))`,
        maintenance: { shops: 'slice', sales: 'slice', returns: 'slice' },
        rows: `
          3 | Cy`,
      },
      {
        name: 'scalar_in_in',
        query: `SELECT id, name FROM shops WHERE id IN (SELECT sales.shop FROM sales GROUP BY sales.shop
          HAVING count(*) > (SELECT count(*) FROM closed))`,
        maintenance: { shops: 'slice', sales: 'slice', closed: 'uncorrelated_subquery' },
        rows: `
          1 | Ada
          2 | Bo`,
      },
    ],
  },
  {
    construct: 'WITH',
    shapes: [
      {
        name: 'with',
        query: `WITH t AS (SELECT shop, sum(quantity) AS pieces FROM sales GROUP BY shop)
          SELECT shops.id, shops.name, t.pieces FROM shops LEFT JOIN t ON t.shop = shops.id`,
        key: ['id'],
        maintenance: { shops: 'slice', sales: 'slice' },
        rows: `
          1 | Ada | 12
          2 | Bo | 8
          3 | Cy | ∅`,
      },
      {
        name: 'with_read_twice',
        query: `WITH t AS (SELECT shop, product, count(*) AS n FROM sales GROUP BY shop, product)
          SELECT t.shop, t.product, t.n, o.n AS of_tea FROM t LEFT JOIN t o ON o.shop = t.shop AND o.product = 'tea'`,
        key: ['shop', 'product'],
        maintenance: { sales: 'delta' },
        pieces: 1,
        rows: `
          1 | tea | 2 | 2
          1 | jam | 1 | 2
          2 | tea | 1 | 1
          2 | ∅ | 1 | 1
          2 | jam | 1 | 1
          4 | jam | 1 | ∅
          ∅ | tea | 1 | ∅`,
      },
      {
        name: 'with_recursive',
        query: `WITH RECURSIVE chain AS (SELECT id, quantity FROM sales WHERE id = 1
          UNION ALL SELECT s.id, s.quantity FROM sales s JOIN chain ON s.id = chain.id + 1) SELECT id, quantity FROM chain`,
        key: ['id'],
        maintenance: { sales: 'recursive' },
        rows: `
          1 | 2
          2 | 4
          3 | 6
          4 | 3
          5 | 5
          6 | ∅
          7 | 4`,
      },
    ],
  },
]
