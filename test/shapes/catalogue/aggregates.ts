import type { Construct } from '../shape.js'

/** Aggregates of the groups of one table. */
export const aggregates: readonly Construct[] = [
  {
    construct: 'count, sum, avg, min, max',
    shapes: [
      {
        name: 'count',
        query: 'SELECT shop, count(quantity) AS n FROM sales GROUP BY shop',
        maintenance: { sales: 'delta' },
        rows: `
          1 | 3
          2 | 2
          4 | 1
          ∅ | 1`,
      },
      {
        name: 'count_rows',
        query: 'SELECT shop, count(*) AS n FROM sales GROUP BY shop',
        maintenance: { sales: 'delta' },
        rows: `
          1 | 3
          2 | 3
          4 | 1
          ∅ | 1`,
      },
      {
        name: 'sum',
        query: 'SELECT shop, sum(quantity) AS pieces, sum(price) AS money FROM sales GROUP BY shop',
        maintenance: { sales: 'delta' },
        rows: `
          1 | 12 | 15
          2 | 8 | 13
          4 | 1 | 6
          ∅ | 4 | 2`,
      },
      {
        name: 'avg',
        query: 'SELECT shop, avg(quantity) AS mean, avg(price) AS mean_price FROM sales GROUP BY shop',
        maintenance: { sales: 'delta' },
        rows: `
          1 | 4.0000000000000000 | 5.0000000000000000
          2 | 4.0000000000000000 | 6.5000000000000000
          4 | 1.00000000000000000000 | 6.0000000000000000
          ∅ | 4.0000000000000000 | 2.0000000000000000`,
      },
      {
        name: 'min_max',
        query:
          'SELECT shop, min(quantity) AS least, max(price) AS dearest, max(product) AS last FROM sales GROUP BY shop',
        maintenance: { sales: 'delta' },
        rows: `
          1 | 2 | 7 | tea
          2 | 3 | 9 | tea
          4 | 1 | 6 | jam
          ∅ | 4 | 2 | tea`,
      },
      {
        name: 'several_groups',
        query: 'SELECT shop, product, count(*) AS n, sum(quantity) AS pieces FROM sales GROUP BY shop, product',
        maintenance: { sales: 'delta' },
        rows: `
          1 | tea | 2 | 6
          1 | jam | 1 | 6
          2 | tea | 1 | 3
          2 | ∅ | 1 | 5
          2 | jam | 1 | ∅
          4 | jam | 1 | 1
          ∅ | tea | 1 | 4`,
      },
      {
        name: 'group_by_expression',
        query: 'SELECT quantity % 2 AS odd, count(*) AS n FROM sales GROUP BY quantity % 2',
        maintenance: { sales: 'delta' },
        rows: `
          0 | 4
          1 | 3
          ∅ | 1`,
      },
      {
        name: 'group_by_day',
        query: "SELECT date_trunc('day', at) AS day, count(*) AS n, max(price) AS dearest FROM sales GROUP BY 1",
        maintenance: { sales: 'delta' },
        rows: `
          2024-01-01 00:00:00+00 | 2 | 5
          2024-01-02 00:00:00+00 | 2 | 7
          2024-02-01 00:00:00+00 | 2 | 9
          2024-02-03 00:00:00+00 | 1 | 6
          ∅ | 1 | ∅`,
      },
      {
        name: 'everything',
        query: 'SELECT count(*) AS n, sum(quantity) AS pieces, avg(price) AS mean, min(at) AS first FROM sales',
        maintenance: { sales: 'delta' },
        rows: `
          8 | 25 | 5.1428571428571429 | 2024-01-01 10:00:00+00`,
      },
    ],
  },
  {
    construct: 'bool_and, bool_or, bit_and, bit_or',
    shapes: [
      {
        name: 'booleans',
        query: `SELECT shop, bool_and(paid) AS all_paid, bool_or(paid) AS some_paid, every(quantity > 2) AS many
          FROM sales GROUP BY shop`,
        maintenance: { sales: 'delta' },
        rows: `
          1 | f | t | f
          2 | f | t | t
          4 | ∅ | ∅ | f
          ∅ | t | t | t`,
      },
      {
        name: 'bits',
        query: 'SELECT shop, bit_and(quantity) AS common, bit_or(quantity) AS any_of_them FROM sales GROUP BY shop',
        maintenance: { sales: 'slice' },
        rows: `
          1 | 0 | 6
          2 | 1 | 7
          4 | 1 | 1
          ∅ | 4 | 4`,
      },
    ],
  },
  {
    construct: 'variance, stddev, covar, corr, regr',
    shapes: [
      {
        name: 'variance',
        query: `SELECT shop, round(variance(quantity), 4) AS v, round(var_samp(quantity), 4) AS samp,
          round(var_pop(quantity), 4) AS pop FROM sales GROUP BY shop`,
        maintenance: { sales: 'delta' },
        rows: `
          1 | 4.0000 | 4.0000 | 2.6667
          2 | 2.0000 | 2.0000 | 1.0000
          4 | ∅ | ∅ | 0.0000
          ∅ | ∅ | ∅ | 0.0000`,
      },
      {
        name: 'stddev',
        query: `SELECT shop, round(stddev(quantity), 4) AS s, round(stddev_samp(quantity), 4) AS samp,
          round(stddev_pop(quantity), 4) AS pop FROM sales GROUP BY shop`,
        maintenance: { sales: 'delta' },
        rows: `
          1 | 2.0000 | 2.0000 | 1.6330
          2 | 1.4142 | 1.4142 | 1.0000
          4 | ∅ | ∅ | 0.0000
          ∅ | ∅ | ∅ | 0.0000`,
      },
      {
        name: 'covariance',
        query: `SELECT shop, round(covar_pop(price, quantity)::numeric, 4) AS pop,
          round(covar_samp(price, quantity)::numeric, 4) AS samp FROM sales GROUP BY shop`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 2.6667 | 4.0000
          2 | 0.0000 | ∅
          4 | 0.0000 | ∅
          ∅ | 0.0000 | ∅`,
      },
      {
        name: 'correlation',
        query: 'SELECT shop, round(corr(price, quantity)::numeric, 6) AS c FROM sales GROUP BY shop',
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1.000000
          2 | ∅
          4 | ∅
          ∅ | ∅`,
      },
      {
        name: 'regression',
        query: `SELECT shop, round(regr_slope(price, quantity)::numeric, 6) AS slope,
          round(regr_intercept(price, quantity)::numeric, 6) AS intercept, regr_count(price, quantity) AS n,
          round(regr_r2(price, quantity)::numeric, 6) AS r2, round(regr_avgx(price, quantity)::numeric, 2) AS x,
          round(regr_avgy(price, quantity)::numeric, 2) AS y, round(regr_sxx(price, quantity)::numeric, 2) AS sxx,
          round(regr_syy(price, quantity)::numeric, 2) AS syy, round(regr_sxy(price, quantity)::numeric, 2) AS sxy
          FROM sales GROUP BY shop`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 1.000000 | 1.000000 | 3 | 1.000000 | 4.00 | 5.00 | 8.00 | 8.00 | 8.00
          2 | ∅ | ∅ | 1 | ∅ | 3.00 | 4.00 | 0.00 | 0.00 | 0.00
          4 | ∅ | ∅ | 1 | ∅ | 1.00 | 6.00 | 0.00 | 0.00 | 0.00
          ∅ | ∅ | ∅ | 1 | ∅ | 4.00 | 2.00 | 0.00 | 0.00 | 0.00`,
      },
      {
        name: 'variance_of_everything',
        query: 'SELECT round(var_samp(quantity), 4) AS v, round(stddev_pop(price), 4) AS s FROM sales',
        maintenance: { sales: 'delta' },
        rows: `
          2.9524 | 2.2315`,
      },
    ],
  },
  {
    construct: 'array_agg, string_agg, json aggregates',
    shapes: [
      {
        name: 'array_agg',
        query: 'SELECT shop, array_agg(id ORDER BY id DESC) AS ids FROM sales GROUP BY shop',
        maintenance: { sales: 'slice' },
        rows: `
          1 | {3,2,1}
          2 | {6,5,4}
          4 | {9}
          ∅ | {7}`,
      },
      {
        name: 'string_agg',
        query: "SELECT shop, string_agg(product, ',' ORDER BY product, id) AS products FROM sales GROUP BY shop",
        maintenance: { sales: 'slice' },
        rows: `
          1 | jam,tea,tea
          2 | jam,tea
          4 | jam
          ∅ | tea`,
      },
      {
        name: 'jsonb_agg',
        query: 'SELECT shop, jsonb_agg(quantity ORDER BY id) AS quantities FROM sales GROUP BY shop',
        maintenance: { sales: 'slice' },
        rows: `
          1 | [2, 4, 6]
          2 | [3, 5, null]
          4 | [1]
          ∅ | [4]`,
      },
      {
        name: 'json_object_agg',
        query: 'SELECT shop, json_object_agg(id, product ORDER BY id) AS products FROM sales GROUP BY shop',
        maintenance: { sales: 'slice' },
        rows: `
          1 | { "1" : "tea", "2" : "tea", "3" : "jam" }
          2 | { "4" : "tea", "5" : null, "6" : "jam" }
          4 | { "9" : "jam" }
          ∅ | { "7" : "tea" }`,
      },
    ],
  },
  {
    construct: 'percentile, mode, rank within a group',
    shapes: [
      {
        name: 'percentile_cont',
        query:
          'SELECT shop, percentile_cont(0.25) WITHIN GROUP (ORDER BY quantity) AS quarter FROM sales GROUP BY shop',
        maintenance: { sales: 'slice' },
        rows: `
          1 | 3
          2 | 3.5
          4 | 1
          ∅ | 4`,
      },
      {
        name: 'percentile_disc',
        query: `SELECT shop, percentile_disc(0.5) WITHIN GROUP (ORDER BY quantity) AS median,
          percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY quantity) AS quarters FROM sales GROUP BY shop`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 4 | {2,6}
          2 | 3 | {3,5}
          4 | 1 | {1,1}
          ∅ | 4 | {4,4}`,
      },
      {
        name: 'mode',
        query: 'SELECT shop, mode() WITHIN GROUP (ORDER BY product) AS often FROM sales GROUP BY shop',
        maintenance: { sales: 'slice' },
        rows: `
          1 | tea
          2 | jam
          4 | jam
          ∅ | tea`,
      },
      {
        name: 'rank_within_group',
        query: `SELECT shop, rank(4) WITHIN GROUP (ORDER BY quantity) AS place,
          dense_rank(4) WITHIN GROUP (ORDER BY quantity) AS dense,
          percent_rank(4) WITHIN GROUP (ORDER BY quantity) AS share,
          cume_dist(4) WITHIN GROUP (ORDER BY quantity) AS up_to FROM sales GROUP BY shop`,
        maintenance: { sales: 'slice' },
        rows: `
          1 | 2 | 2 | 0.3333333333333333 | 0.75
          2 | 2 | 2 | 0.3333333333333333 | 0.5
          4 | 2 | 2 | 1 | 1
          ∅ | 1 | 1 | 0 | 1`,
      },
      {
        name: 'percentile_of_everything',
        query: 'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY quantity) AS median FROM sales',
        maintenance: { sales: 'aggregate_over_everything' },
        rows: `
          4`,
      },
    ],
  },
  {
    construct: 'FILTER, DISTINCT inside an aggregate',
    shapes: [
      {
        name: 'filter',
        query: `SELECT shop, count(*) FILTER (WHERE paid) AS paid, sum(price) FILTER (WHERE product = 'tea') AS tea
          FROM sales GROUP BY shop`,
        maintenance: { sales: 'delta' },
        rows: `
          1 | 2 | 8
          2 | 1 | 4
          4 | 0 | ∅
          ∅ | 1 | 2`,
      },
      {
        name: 'count_distinct',
        query: 'SELECT shop, count(DISTINCT product) AS products FROM sales GROUP BY shop',
        maintenance: { sales: 'delta' },
        pieces: 1,
        rows: `
          1 | 2
          2 | 2
          4 | 1
          ∅ | 1`,
      },
      {
        name: 'sum_distinct',
        query: 'SELECT product, sum(DISTINCT quantity) AS different FROM sales GROUP BY product',
        maintenance: { sales: 'delta' },
        pieces: 1,
        rows: `
          tea | 9
          jam | 7
          ∅ | 5`,
      },
      {
        name: 'string_agg_distinct',
        query: "SELECT shop, string_agg(DISTINCT product, ',' ORDER BY product) AS products FROM sales GROUP BY shop",
        maintenance: { sales: 'slice' },
        rows: `
          1 | jam,tea
          2 | jam,tea
          4 | jam
          ∅ | tea`,
      },
    ],
  },
  {
    construct: 'HAVING',
    shapes: [
      {
        name: 'having',
        query: `SELECT shop, count(*) AS n, sum(quantity) AS pieces FROM sales
          GROUP BY shop HAVING count(*) > 1 AND sum(quantity) > 8`,
        maintenance: { sales: 'delta' },
        rows: `
          1 | 3 | 12`,
      },
      {
        name: 'having_not_shown',
        query: 'SELECT product FROM sales GROUP BY product HAVING max(price) > 6',
        maintenance: { sales: 'delta' },
        rows: `
          jam`,
      },
      {
        name: 'having_percentile',
        query: `SELECT shop, count(*) AS n FROM sales GROUP BY shop
          HAVING percentile_cont(0.5) WITHIN GROUP (ORDER BY price) > 5`,
        maintenance: { sales: 'slice' },
        rows: `
          2 | 3
          4 | 1`,
      },
    ],
  },
  {
    construct: 'expressions over aggregates',
    shapes: [
      {
        name: 'expressions',
        query: `SELECT shop, round(sum(price * quantity) / nullif(sum(quantity), 0), 2) AS mean_price,
          CASE WHEN count(*) > 2 THEN 'many' ELSE 'few' END AS size FROM sales GROUP BY shop`,
        maintenance: { sales: 'delta' },
        rows: `
          1 | 5.67 | many
          2 | 1.50 | many
          4 | 6.00 | few
          ∅ | 2.00 | few`,
      },
      {
        name: 'top_groups',
        query: 'SELECT shop, sum(price) AS money FROM sales GROUP BY shop ORDER BY sum(price) DESC, shop LIMIT 2',
        maintenance: { sales: 'delta' },
        rows: `
          1 | 15
          2 | 13`,
      },
    ],
  },
  {
    construct: 'DISTINCT, DISTINCT ON',
    shapes: [
      {
        name: 'distinct_rows',
        query: 'SELECT DISTINCT shop, paid FROM sales',
        maintenance: { sales: 'delta' },
        rows: `
          1 | t
          1 | f
          2 | t
          2 | ∅
          2 | f
          4 | ∅
          ∅ | t`,
      },
      {
        name: 'distinct_on',
        query: 'SELECT DISTINCT ON (shop) shop, id, price FROM sales ORDER BY shop, price DESC NULLS LAST, id',
        maintenance: { sales: 'slice' },
        rows: `
          1 | 3 | 7
          2 | 6 | 9
          4 | 9 | 6
          ∅ | 7 | 2`,
      },
    ],
  },
  {
    construct: 'GROUPING SETS, ROLLUP, CUBE',
    shapes: [
      {
        name: 'grouping_sets',
        query: `SELECT shop, product, count(*) AS n, grouping(shop, product) AS level FROM sales
          GROUP BY GROUPING SETS ((shop, product), (shop))`,
        key: ['shop', 'product', 'level'],
        maintenance: { sales: 'slice' },
        rows: `
          1 | tea | 2 | 0
          1 | jam | 1 | 0
          2 | tea | 1 | 0
          2 | ∅ | 1 | 0
          2 | jam | 1 | 0
          4 | jam | 1 | 0
          ∅ | tea | 1 | 0
          1 | ∅ | 3 | 1
          2 | ∅ | 3 | 1
          4 | ∅ | 1 | 1
          ∅ | ∅ | 1 | 1`,
      },
      {
        name: 'rollup_of_a_part',
        query: `SELECT shop, product, sum(price) AS money, grouping(product) AS level FROM sales
          GROUP BY shop, ROLLUP (product)`,
        key: ['shop', 'product', 'level'],
        maintenance: { sales: 'slice' },
        rows: `
          1 | tea | 8 | 0
          1 | jam | 7 | 0
          2 | tea | 4 | 0
          2 | ∅ | ∅ | 0
          2 | jam | 9 | 0
          4 | jam | 6 | 0
          ∅ | tea | 2 | 0
          1 | ∅ | 15 | 1
          2 | ∅ | 13 | 1
          4 | ∅ | 6 | 1
          ∅ | ∅ | 2 | 1`,
      },
      {
        name: 'rollup',
        query:
          'SELECT product, sum(quantity) AS pieces, grouping(product) AS level FROM sales GROUP BY ROLLUP (product)',
        key: ['product', 'level'],
        maintenance: { sales: 'grouping_sets' },
        rows: `
          tea | 13 | 0
          jam | 7 | 0
          ∅ | 5 | 0
          ∅ | 25 | 1`,
      },
      {
        name: 'cube',
        query:
          'SELECT paid, product, count(*) AS n, grouping(paid, product) AS level FROM sales GROUP BY CUBE (paid, product)',
        key: ['paid', 'product', 'level'],
        maintenance: { sales: 'grouping_sets' },
        rows: `
          t | tea | 4 | 0
          f | jam | 2 | 0
          ∅ | ∅ | 1 | 0
          ∅ | jam | 1 | 0
          t | ∅ | 4 | 1
          f | ∅ | 2 | 1
          ∅ | ∅ | 2 | 1
          ∅ | tea | 4 | 2
          ∅ | jam | 3 | 2
          ∅ | ∅ | 1 | 2
          ∅ | ∅ | 8 | 3`,
      },
    ],
  },
  {
    construct: 'aggregates of aggregates',
    shapes: [
      {
        name: 'count_of_counts',
        query: 'SELECT n, count(*) AS shops FROM (SELECT shop, count(*) AS n FROM sales GROUP BY shop) s GROUP BY n',
        maintenance: { sales: 'delta' },
        pieces: 1,
        rows: `
          3 | 2
          1 | 2`,
      },
      {
        name: 'extremes_of_sums',
        query: `SELECT max(total) AS most, min(total) AS least
          FROM (SELECT product, sum(quantity) AS total FROM sales GROUP BY product) s`,
        maintenance: { sales: 'delta' },
        pieces: 1,
        rows: `
          13 | 5`,
      },
      {
        name: 'groups_of_percentiles',
        query: `SELECT median, count(*) AS shops FROM (SELECT shop,
          percentile_disc(0.5) WITHIN GROUP (ORDER BY quantity) AS median FROM sales GROUP BY shop) s GROUP BY median`,
        maintenance: { sales: 'slice' },
        pieces: 1,
        rows: `
          4 | 2
          3 | 1
          1 | 1`,
      },
    ],
  },
]
