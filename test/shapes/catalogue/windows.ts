import type { Construct } from '../shape.js'

/** Window functions: what they compute, over which rows, and of what. */
export const windows: readonly Construct[] = [
  {
    construct: 'ranking windows',
    shapes: [
      {
        name: 'row_number',
        query:
          'SELECT id, shop, row_number() OVER (PARTITION BY shop ORDER BY price DESC NULLS LAST, id) AS place FROM sales',
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1 | 3
          2 | 1 | 2
          3 | 1 | 1
          4 | 2 | 2
          5 | 2 | 3
          6 | 2 | 1
          7 | ∅ | 1
          9 | 4 | 1`,
      },
      {
        name: 'rank',
        query: 'SELECT id, product, rank() OVER (PARTITION BY product ORDER BY quantity) AS place FROM sales',
        maintenance: { sales: 'slice' },
        rows: `
          1 | tea | 1
          2 | tea | 3
          3 | jam | 2
          4 | tea | 2
          5 | ∅ | 1
          6 | jam | 3
          7 | tea | 3
          9 | jam | 1`,
      },
      {
        name: 'dense_rank',
        query: `SELECT id, product, dense_rank() OVER (PARTITION BY product ORDER BY quantity DESC NULLS LAST) AS place
          FROM sales`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | tea | 3
          2 | tea | 1
          3 | jam | 1
          4 | tea | 2
          5 | ∅ | 1
          6 | jam | 3
          7 | tea | 1
          9 | jam | 2`,
      },
      {
        name: 'percent_rank',
        query: 'SELECT id, product, percent_rank() OVER (PARTITION BY product ORDER BY quantity) AS share FROM sales',
        maintenance: { sales: 'slice' },
        rows: `
          1 | tea | 0
          2 | tea | 0.6666666666666666
          3 | jam | 0.5
          4 | tea | 0.3333333333333333
          5 | ∅ | 0
          6 | jam | 1
          7 | tea | 0.6666666666666666
          9 | jam | 0`,
      },
      {
        name: 'cume_dist',
        query: 'SELECT id, product, cume_dist() OVER (PARTITION BY product ORDER BY quantity) AS up_to FROM sales',
        maintenance: { sales: 'slice' },
        rows: `
          1 | tea | 0.25
          2 | tea | 1
          3 | jam | 0.6666666666666666
          4 | tea | 0.5
          5 | ∅ | 1
          6 | jam | 1
          7 | tea | 1
          9 | jam | 0.3333333333333333`,
      },
      {
        name: 'ntile',
        query: 'SELECT id, shop, ntile(2) OVER (PARTITION BY shop ORDER BY id) AS half FROM sales',
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1 | 1
          2 | 1 | 1
          3 | 1 | 2
          4 | 2 | 1
          5 | 2 | 1
          6 | 2 | 2
          7 | ∅ | 1
          9 | 4 | 1`,
      },
    ],
  },
  {
    construct: 'values of other rows',
    shapes: [
      {
        name: 'lag_lead',
        query: `SELECT id, shop, lag(quantity) OVER (PARTITION BY shop ORDER BY id) AS before,
          lead(quantity, 1, 0) OVER (PARTITION BY shop ORDER BY id) AS after FROM sales`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1 | ∅ | 4
          2 | 1 | 2 | 6
          3 | 1 | 4 | 0
          4 | 2 | ∅ | 5
          5 | 2 | 3 | ∅
          6 | 2 | 5 | 0
          7 | ∅ | ∅ | 0
          9 | 4 | ∅ | 0`,
      },
      {
        name: 'first_last_nth',
        query: `SELECT id, shop, first_value(product) OVER w AS first, last_value(product) OVER w AS last,
          nth_value(product, 2) OVER w AS second FROM sales
          WINDOW w AS (PARTITION BY shop ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1 | tea | jam | tea
          2 | 1 | tea | jam | tea
          3 | 1 | tea | jam | tea
          4 | 2 | tea | jam | ∅
          5 | 2 | tea | jam | ∅
          6 | 2 | tea | jam | ∅
          7 | ∅ | tea | tea | ∅
          9 | 4 | jam | jam | ∅`,
      },
    ],
  },
  {
    construct: 'aggregates as windows',
    shapes: [
      {
        name: 'sum_of_partition',
        query: `SELECT id, shop, sum(quantity) OVER (PARTITION BY shop) AS pieces, count(*) OVER (PARTITION BY shop) AS n
          FROM sales`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1 | 12 | 3
          2 | 1 | 12 | 3
          3 | 1 | 12 | 3
          4 | 2 | 8 | 3
          5 | 2 | 8 | 3
          6 | 2 | 8 | 3
          7 | ∅ | 4 | 1
          9 | 4 | 1 | 1`,
      },
      {
        name: 'running_total',
        query: 'SELECT id, shop, sum(quantity) OVER (PARTITION BY shop ORDER BY id) AS so_far FROM sales',
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1 | 2
          2 | 1 | 6
          3 | 1 | 12
          4 | 2 | 3
          5 | 2 | 8
          6 | 2 | 8
          7 | ∅ | 4
          9 | 4 | 1`,
      },
      {
        name: 'share_of_partition',
        query: `SELECT id, shop, round(100.0 * quantity / sum(quantity) OVER (PARTITION BY shop), 1) AS percent
          FROM sales`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1 | 16.7
          2 | 1 | 33.3
          3 | 1 | 50.0
          4 | 2 | 37.5
          5 | 2 | 62.5
          6 | 2 | ∅
          7 | ∅ | 100.0
          9 | 4 | 100.0`,
      },
      {
        name: 'window_filter',
        query: 'SELECT id, shop, count(*) FILTER (WHERE paid) OVER (PARTITION BY shop) AS paid FROM sales',
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1 | 2
          2 | 1 | 2
          3 | 1 | 2
          4 | 2 | 1
          5 | 2 | 1
          6 | 2 | 1
          7 | ∅ | 1
          9 | 4 | 0`,
      },
    ],
  },
  {
    construct: 'frames: ROWS, RANGE, GROUPS, EXCLUDE',
    shapes: [
      {
        name: 'frame_rows',
        query: `SELECT id, shop, sum(quantity) OVER (PARTITION BY shop ORDER BY id
          ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS beside FROM sales`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1 | 4
          2 | 1 | 8
          3 | 1 | 4
          4 | 2 | 5
          5 | 2 | 3
          6 | 2 | 5
          7 | ∅ | ∅
          9 | 4 | ∅`,
      },
      {
        name: 'frame_range_of_time',
        query: `SELECT id, shop, count(*) OVER (PARTITION BY shop ORDER BY at
          RANGE BETWEEN interval '1 day' PRECEDING AND CURRENT ROW) AS of_a_day FROM sales`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1 | 1
          2 | 1 | 2
          3 | 1 | 3
          4 | 2 | 1
          5 | 2 | 1
          6 | 2 | 1
          7 | ∅ | 1
          9 | 4 | 1`,
      },
      {
        name: 'frame_range_of_numbers',
        query: `SELECT id, product, sum(price) OVER (PARTITION BY product ORDER BY quantity
          RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) AS near FROM sales`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | tea | 7
          2 | tea | 9
          3 | jam | 7
          4 | tea | 14
          5 | ∅ | ∅
          6 | jam | 9
          7 | tea | 6
          9 | jam | 6`,
      },
      {
        name: 'frame_groups',
        query: `SELECT id, product, count(*) OVER (PARTITION BY product ORDER BY quantity
          GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE GROUP) AS just_below FROM sales`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | tea | 0
          2 | tea | 1
          3 | jam | 1
          4 | tea | 1
          5 | ∅ | 0
          6 | jam | 1
          7 | tea | 1
          9 | jam | 0`,
      },
    ],
  },
  {
    construct: 'several windows, named windows',
    shapes: [
      {
        name: 'named_windows',
        query: `SELECT id, shop, max(quantity) OVER w AS most, row_number() OVER v AS place FROM sales
          WINDOW w AS (PARTITION BY shop), v AS (w ORDER BY id)`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1 | 6 | 1
          2 | 1 | 6 | 2
          3 | 1 | 6 | 3
          4 | 2 | 5 | 1
          5 | 2 | 5 | 2
          6 | 2 | 5 | 3
          7 | ∅ | 4 | 1
          9 | 4 | 1 | 1`,
      },
      {
        name: 'partitions_with_a_common_column',
        query: `SELECT id, shop, product, count(*) OVER (PARTITION BY shop) AS of_shop,
          count(*) OVER (PARTITION BY shop, product) AS of_both FROM sales`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1 | tea | 3 | 2
          2 | 1 | tea | 3 | 2
          3 | 1 | jam | 3 | 1
          4 | 2 | tea | 3 | 1
          5 | 2 | ∅ | 3 | 1
          6 | 2 | jam | 3 | 1
          7 | ∅ | tea | 1 | 1
          9 | 4 | jam | 1 | 1`,
      },
      {
        name: 'partitions_without_a_common_column',
        query: `SELECT id, shop, product, count(*) OVER (PARTITION BY shop) AS of_shop,
          count(*) OVER (PARTITION BY product) AS of_product FROM sales`,
        maintenance: { sales: 'window_over_everything' },
        rows: `
          1 | 1 | tea | 3 | 4
          2 | 1 | tea | 3 | 4
          3 | 1 | jam | 3 | 3
          4 | 2 | tea | 3 | 4
          5 | 2 | ∅ | 3 | 1
          6 | 2 | jam | 3 | 3
          7 | ∅ | tea | 1 | 4
          9 | 4 | jam | 1 | 3`,
      },
      {
        name: 'partition_by_expression',
        query: `SELECT id, date_trunc('month', at) AS month,
          row_number() OVER (PARTITION BY date_trunc('month', at) ORDER BY at, id) AS place FROM sales`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 2024-01-01 00:00:00+00 | 1
          2 | 2024-01-01 00:00:00+00 | 2
          3 | 2024-01-01 00:00:00+00 | 3
          4 | 2024-01-01 00:00:00+00 | 4
          5 | ∅ | 1
          6 | 2024-02-01 00:00:00+00 | 1
          7 | 2024-02-01 00:00:00+00 | 2
          9 | 2024-02-01 00:00:00+00 | 3`,
      },
      {
        name: 'no_partition',
        query: 'SELECT id, rank() OVER (ORDER BY quantity DESC NULLS LAST) AS place FROM sales',
        maintenance: { sales: 'window_over_everything' },
        rows: `
          1 | 6
          2 | 3
          3 | 1
          4 | 5
          5 | 2
          6 | 8
          7 | 3
          9 | 7`,
      },
    ],
  },
  {
    construct: 'windows over aggregates, joins, in FROM',
    shapes: [
      {
        name: 'window_over_aggregate',
        query: `SELECT shop, product, sum(quantity) AS pieces,
          rank() OVER (PARTITION BY shop ORDER BY sum(quantity) DESC NULLS LAST, product) AS place
          FROM sales GROUP BY shop, product`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | jam | 6 | 1
          1 | tea | 6 | 2
          2 | ∅ | 5 | 1
          2 | tea | 3 | 2
          2 | jam | ∅ | 3
          4 | jam | 1 | 1
          ∅ | tea | 4 | 1`,
      },
      {
        name: 'window_over_buckets',
        query: `SELECT shop, day, n, lag(n) OVER (PARTITION BY shop ORDER BY day) AS before
          FROM (SELECT shop, date_trunc('day', at) AS day, count(*) AS n FROM sales GROUP BY 1, 2) s`,
        key: ['shop', 'day'],
        maintenance: { sales: 'delta' },
        pieces: 1,
        rows: `
          1 | 2024-01-01 00:00:00+00 | 2 | ∅
          1 | 2024-01-02 00:00:00+00 | 1 | 2
          2 | 2024-01-02 00:00:00+00 | 1 | ∅
          2 | 2024-02-01 00:00:00+00 | 1 | 1
          2 | ∅ | 1 | 1
          4 | 2024-02-03 00:00:00+00 | 1 | ∅
          ∅ | 2024-02-01 00:00:00+00 | 1 | ∅`,
      },
      {
        name: 'window_over_join',
        query: `SELECT sales.id, shops.region, row_number() OVER (PARTITION BY shops.region ORDER BY sales.id) AS place
          FROM sales JOIN shops ON shops.id = sales.shop`,
        maintenance: { sales: 'slice', shops: 'slice' },
        rows: `
          1 | north | 1
          2 | north | 2
          3 | north | 3
          4 | ∅ | 1
          5 | ∅ | 2
          6 | ∅ | 3`,
      },
      {
        name: 'first_of_each',
        query: `SELECT shop, id FROM (SELECT shop, id,
          row_number() OVER (PARTITION BY shop ORDER BY at DESC NULLS LAST, id) AS place FROM sales) s WHERE place = 1`,
        key: ['shop'],
        maintenance: { sales: 'slice' },
        rows: `
          1 | 3
          2 | 6
          4 | 9
          ∅ | 7`,
      },
      {
        name: 'aggregate_over_window',
        query: `SELECT shop, max(so_far) AS most FROM (SELECT shop,
          sum(quantity) OVER (PARTITION BY shop ORDER BY id) AS so_far FROM sales) s GROUP BY shop`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 12
          2 | 8
          4 | 1
          ∅ | 4`,
      },
    ],
  },
]
