import type { Construct } from '../shape.js'

/** Joins, set operations, and conditions on the time. */
export const joins: readonly Construct[] = [
  {
    construct: 'joins without aggregates',
    shapes: [
      {
        name: 'inner_join',
        query: 'SELECT sales.id, shops.name FROM sales JOIN shops ON shops.id = sales.shop',
        maintenance: { sales: 'slice', shops: 'slice' },
        rows: `
          1 | Ada
          2 | Ada
          3 | Ada
          4 | Bo
          5 | Bo
          6 | Bo`,
      },
      {
        name: 'left_join',
        query: 'SELECT sales.id, shops.name FROM sales LEFT JOIN shops ON shops.id = sales.shop',
        maintenance: { sales: 'slice', shops: 'slice' },
        rows: `
          1 | Ada
          2 | Ada
          3 | Ada
          4 | Bo
          5 | Bo
          6 | Bo
          7 | ∅
          9 | ∅`,
      },
      {
        name: 'right_join',
        query: 'SELECT sales.id, shops.id AS shop FROM sales RIGHT JOIN shops ON shops.id = sales.shop',
        key: ['id', 'shop'],
        maintenance: { sales: 'slice', shops: 'slice' },
        rows: `
          1 | 1
          2 | 1
          3 | 1
          4 | 2
          5 | 2
          6 | 2
          ∅ | 3`,
      },
      {
        name: 'anti_join',
        query: 'SELECT sales.id, sales.shop FROM sales LEFT JOIN returns r ON r.sale = sales.id WHERE r.sale IS NULL',
        key: ['id'],
        maintenance: { sales: 'slice', returns: 'slice' },
        rows: `
          2 | 1
          4 | 2
          5 | 2
          7 | ∅
          9 | 4`,
      },
      {
        name: 'self_join',
        query: `SELECT l.id, r.id AS later FROM sales l JOIN sales r ON r.shop = l.shop AND r.id > l.id`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 2
          1 | 3
          2 | 3
          4 | 5
          4 | 6
          5 | 6`,
      },
      {
        name: 'cross_join',
        query: 'SELECT shops.id, closed.shop FROM shops CROSS JOIN closed',
        key: ['id', 'shop'],
        maintenance: { shops: 'slice', closed: 'slice' },
        rows: `
          1 | 3
          2 | 3
          3 | 3`,
      },
      {
        name: 'join_of_groups',
        query: `SELECT s.shop, s.n, o.most FROM (SELECT shop, count(*) AS n FROM sales GROUP BY shop) s
          LEFT JOIN (SELECT shop, max(discount) AS most FROM offers GROUP BY shop) o ON o.shop = s.shop`,
        key: ['shop'],
        maintenance: { sales: 'slice', offers: 'slice' },
        pieces: 2,
        rows: `
          1 | 3 | 10
          2 | 3 | 20
          4 | 1 | ∅
          ∅ | 1 | ∅`,
      },
    ],
  },
  {
    construct: 'aggregates over inner joins',
    shapes: [
      {
        name: 'join_grouped',
        query: `SELECT shops.region, count(*) AS n, sum(sales.price) AS money FROM sales
          JOIN shops ON shops.id = sales.shop GROUP BY shops.region`,
        maintenance: { sales: 'delta', shops: 'delta' },
        rows: `
          north | 3 | 15
          ∅ | 3 | 13`,
      },
      {
        name: 'three_tables_grouped',
        query: `SELECT shops.region, r.reason, count(*) AS n FROM returns r JOIN sales ON sales.id = r.sale
          JOIN shops ON shops.id = sales.shop GROUP BY shops.region, r.reason`,
        maintenance: { returns: 'delta', sales: 'delta', shops: 'delta' },
        rows: `
          north | broken | 2
          north | ∅ | 1
          ∅ | late | 1`,
      },
      {
        name: 'self_join_grouped',
        query:
          'SELECT l.shop, count(*) AS pairs, max(r.price - l.price) AS gap FROM sales l JOIN sales r USING (shop) GROUP BY l.shop',
        maintenance: { sales: 'delta' },
        rows: `
          1 | 9 | 4
          2 | 9 | 5
          4 | 1 | 0`,
      },
      {
        name: 'using_two_columns',
        query:
          'SELECT shop, product, sum(quantity) AS pieces, max(discount) AS discount FROM sales JOIN offers USING (shop, product) GROUP BY shop, product',
        maintenance: { sales: 'slice', offers: 'slice' },
        rows: `
          1 | tea | 6 | 10
          2 | jam | ∅ | 20`,
      },
      {
        name: 'unequal_join_grouped',
        query: 'SELECT shops.id, count(*) AS n FROM shops JOIN sales ON sales.quantity > shops.id GROUP BY shops.id',
        maintenance: { shops: 'delta', sales: 'delta' },
        rows: `
          1 | 6
          2 | 5
          3 | 4`,
      },
      {
        name: 'percentile_over_join',
        query: `SELECT shops.name, percentile_cont(0.5) WITHIN GROUP (ORDER BY sales.price) AS median
          FROM sales JOIN shops ON shops.id = sales.shop GROUP BY shops.name`,
        maintenance: { sales: 'slice', shops: 'slice' },
        rows: `
          Ada | 5
          Bo | 6.5`,
      },
    ],
  },
  {
    construct: 'aggregates over outer joins',
    shapes: [
      {
        name: 'grouped_by_the_preserved_side',
        query: `SELECT shops.id, shops.name, count(sales.id) AS n, sum(sales.quantity) AS pieces FROM shops
          LEFT JOIN sales ON sales.shop = shops.id GROUP BY shops.id, shops.name`,
        maintenance: { shops: 'slice', sales: 'slice' },
        rows: `
          1 | Ada | 3 | 12
          2 | Bo | 3 | 8
          3 | Cy | 0 | ∅`,
      },
      {
        name: 'grouped_by_the_nullable_side',
        query: `SELECT shops.region, count(*) AS n FROM sales LEFT JOIN shops ON shops.id = sales.shop
          GROUP BY shops.region`,
        maintenance: { sales: 'slice', shops: 'slice' },
        rows: `
          north | 3
          ∅ | 5`,
      },
      {
        name: 'left_join_chain_grouped',
        query: `SELECT shops.id, count(DISTINCT sales.id) AS sales, count(r.sale) AS returned FROM shops
          LEFT JOIN sales ON sales.shop = shops.id LEFT JOIN returns r ON r.sale = sales.id GROUP BY shops.id`,
        maintenance: { shops: 'slice', sales: 'slice', returns: 'slice' },
        rows: `
          1 | 3 | 3
          2 | 3 | 1
          3 | 0 | 0`,
      },
      {
        name: 'full_join_grouped',
        query: `SELECT shops.name, sales.product, count(*) AS n FROM shops FULL JOIN sales ON sales.shop = shops.id
          GROUP BY shops.name, sales.product`,
        maintenance: { shops: 'slice', sales: 'slice' },
        rows: `
          Ada | tea | 2
          Ada | jam | 1
          Bo | tea | 1
          Bo | ∅ | 1
          Bo | jam | 1
          Cy | ∅ | 1
          ∅ | tea | 1
          ∅ | jam | 1`,
      },
    ],
  },
  {
    construct: 'UNION, INTERSECT, EXCEPT',
    shapes: [
      {
        name: 'union_all',
        query: `SELECT 'sale' AS what, id, product FROM sales UNION ALL SELECT 'offer', shop, product FROM offers`,
        key: ['what', 'id', 'product'],
        maintenance: { sales: 'slice', offers: 'slice' },
        rows: `
          sale | 1 | tea
          sale | 2 | tea
          sale | 3 | jam
          sale | 4 | tea
          sale | 5 | ∅
          sale | 6 | jam
          sale | 7 | tea
          sale | 9 | jam
          offer | 1 | tea
          offer | 2 | jam
          offer | 3 | tea`,
      },
      {
        name: 'union',
        query: 'SELECT product FROM sales UNION SELECT product FROM offers',
        maintenance: { sales: 'slice', offers: 'slice' },
        rows: `
          tea
          jam
          ∅`,
      },
      {
        name: 'intersect',
        query: 'SELECT shop, product FROM sales INTERSECT SELECT shop, product FROM offers',
        maintenance: { sales: 'slice', offers: 'slice' },
        rows: `
          1 | tea
          2 | jam`,
      },
      {
        name: 'except',
        query: 'SELECT id FROM shops EXCEPT SELECT shop FROM sales',
        maintenance: { shops: 'slice', sales: 'slice' },
        rows: `
          3`,
      },
      {
        name: 'except_all_grouped',
        query: `SELECT shop, count(*) AS n FROM (SELECT shop FROM sales EXCEPT ALL SELECT shop FROM offers) s
          GROUP BY shop`,
        maintenance: { sales: 'slice', offers: 'slice' },
        rows: `
          1 | 2
          2 | 2
          4 | 1
          ∅ | 1`,
      },
      {
        name: 'union_grouped',
        query: `SELECT shop, sum(n) AS n FROM (SELECT shop, count(*) AS n FROM sales GROUP BY shop
          UNION ALL SELECT shop, discount FROM offers) s GROUP BY shop`,
        maintenance: { sales: 'slice', offers: 'slice' },
        rows: `
          1 | 13
          2 | 23
          3 | ∅
          4 | 1
          ∅ | 1`,
      },
      {
        name: 'union_of_totals',
        query: `SELECT 'sales' AS what, count(*) AS n FROM sales UNION ALL SELECT 'offers', count(*) FROM offers`,
        key: ['what'],
        maintenance: { sales: 'delta', offers: 'delta' },
        pieces: 2,
        rows: `
          sales | 8
          offers | 3`,
      },
    ],
  },
  {
    construct: 'conditions on the clock',
    shapes: [
      {
        name: 'not_older_than',
        query: "SELECT shop, count(*) AS n FROM sales WHERE at > now() - interval '1000 years' GROUP BY shop",
        maintenance: { sales: 'slice' },
        pieces: 1,
        rows: `
          1 | 3
          2 | 2
          4 | 1
          ∅ | 1`,
      },
      {
        name: 'older_than',
        query: "SELECT id, at FROM sales WHERE at <= now() - interval '90 days'",
        maintenance: { sales: 'slice' },
        rows: `
          1 | 2024-01-01 10:00:00+00
          2 | 2024-01-01 15:00:00+00
          3 | 2024-01-02 10:00:00+00
          4 | 2024-01-02 12:00:00+00
          6 | 2024-02-01 09:00:00+00
          7 | 2024-02-01 10:00:00+00
          9 | 2024-02-03 10:00:00+00`,
      },
    ],
  },
]
