-- what is kept, by shop
SELECT shop, count(*) FILTER (WHERE paid) AS paid, sum(price) FILTER (WHERE product = 'tea'::text) AS tea,
  count(*) AS tidemark_rows,
  sum(CAST('1e'::text || (20 * LEAST(scale(price), 1000)) AS numeric)) FILTER (WHERE product = 'tea'::text) AS tidemark_scale_1,
  count(price) FILTER (WHERE product = 'tea'::text) AS tidemark_count_1
FROM public.sales
GROUP BY shop

-- what is read
SELECT shop, paid, tea
FROM tidemark_data.filter

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."shop", "sales"."paid", "sales"."price", "sales"."product", "sales"."tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."paid" AS "paid", "l"."price" AS "price", "l"."product" AS "product",
      l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0",
    coalesce(pg_catalog.sum((('1e' || 20 * least(pg_catalog.scale(("x1")::numeric), 1000))::numeric)) FILTER (WHERE "tidemark_w" > 0 AND "x1" IS NOT NULL), 0) - coalesce(pg_catalog.sum((('1e' || 20 * least(pg_catalog.scale(("x1")::numeric), 1000))::numeric)) FILTER (WHERE "tidemark_w" < 0 AND "x1" IS NOT NULL), 0) AS "scale_1",
    coalesce(pg_catalog.sum("x1") FILTER (WHERE "tidemark_w" > 0), 0) - coalesce(pg_catalog.sum("x1") FILTER (WHERE "tidemark_w" < 0), 0) AS "sum_1",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x1" IS NOT NULL), 0) AS "count_1"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid,
    coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."paid", 0) + c."count_0" AS "count_0",
    coalesce("o"."tidemark_scale_1", 0) + c."scale_1" AS "scale_1",
    coalesce("o"."tea", 0) + c."sum_1" AS "sum_1",
    coalesce("o"."tidemark_count_1", 0) + c."count_1" AS "count_1"
  FROM tidemark_change c
  LEFT JOIN "tidemark_data"."filter" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("count_0")::bigint AS "count_0",
    ("scale_1")::numeric AS "scale_1",
    (CASE WHEN "count_1" <> 0 AND "sum_1" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN pg_catalog.round("sum_1"::numeric, ((pg_catalog.length(("scale_1")::text) - 1) / 20)) END)::numeric AS "sum_1",
    ("count_1")::bigint AS "count_1",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0 OR ((pg_catalog.length(("scale_1")::text) - 1) / 20) >= 1000 OR "sum_1" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::integer AS "shop", ("tidemark_t"."count_0")::bigint AS "paid",
    ("tidemark_t"."sum_1")::numeric AS "tea", ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows",
    ("tidemark_t"."scale_1")::numeric AS "tidemark_scale_1",
    ("tidemark_t"."count_1")::bigint AS "tidemark_count_1"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt AND "tidemark_t"."tidemark_rows" <> 0
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE ("q"."shop" = "k"."g0" OR ("q"."shop" IS NULL AND "k"."g0" IS NULL)) OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."filter" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."paid",
    f."tea", f."tidemark_rows", f."tidemark_scale_1", f."tidemark_count_1"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."paid", f."tea", f."tidemark_rows", f."tidemark_scale_1", f."tidemark_count_1")::record OPERATOR(pg_catalog.*<>) ROW(o."paid", o."tea", o."tidemark_rows", o."tidemark_scale_1", o."tidemark_count_1")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT shop AS "g0", CASE WHEN paid THEN true END AS "x0",
  CASE WHEN product = 'tea'::text THEN price END AS "x1", /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."shop", "sales"."paid", "sales"."price", "sales"."product",
  1::pg_catalog.numeric AS "tidemark_w"
FROM (
  SELECT "shop" AS "shop", "paid" AS "paid", "price" AS "price", "product" AS "product"
  FROM "public"."sales"
) AS "sales"

-- deltas, table 0, its change
SELECT "shop", "paid", "price", "product", "tidemark_w"
FROM "tidemark_changes_0"
