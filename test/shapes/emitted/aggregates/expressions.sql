-- what is kept, by shop
SELECT shop,
  round(sum(price * quantity::numeric) / CAST(NULLIF (sum(quantity), 0) AS numeric), 2) AS mean_price,
  CASE WHEN count(*) > 2 THEN 'many'::text ELSE 'few'::text END AS size, count(*) AS tidemark_rows,
  sum(CAST('1e'::text || (20 * LEAST(scale(price * quantity::numeric), 1000)) AS numeric)) AS tidemark_scale_0,
  sum(price * quantity::numeric) AS tidemark_sum_0, count(price * quantity::numeric) AS tidemark_count_0,
  sum(quantity) AS tidemark_sum_1, count(quantity) AS tidemark_count_1
FROM public.sales
GROUP BY shop

-- what is read
SELECT shop, mean_price, size
FROM tidemark_data.expressions

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."shop", "sales"."price", "sales"."quantity", "sales"."tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."price" AS "price", "l"."quantity" AS "quantity",
      l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum((('1e' || 20 * least(pg_catalog.scale(("x0")::numeric), 1000))::numeric)) FILTER (WHERE "tidemark_w" > 0 AND "x0" IS NOT NULL), 0) - coalesce(pg_catalog.sum((('1e' || 20 * least(pg_catalog.scale(("x0")::numeric), 1000))::numeric)) FILTER (WHERE "tidemark_w" < 0 AND "x0" IS NOT NULL), 0) AS "scale_0",
    coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" > 0), 0) - coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" < 0), 0) AS "sum_0",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0",
    coalesce(pg_catalog.sum("x1") FILTER (WHERE "tidemark_w" > 0), 0) - coalesce(pg_catalog.sum("x1") FILTER (WHERE "tidemark_w" < 0), 0) AS "sum_1",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x1" IS NOT NULL), 0) AS "count_1",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x2" IS NOT NULL), 0) AS "count_2"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid,
    coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."tidemark_scale_0", 0) + c."scale_0" AS "scale_0",
    coalesce("o"."tidemark_sum_0", 0) + c."sum_0" AS "sum_0",
    coalesce("o"."tidemark_count_0", 0) + c."count_0" AS "count_0",
    coalesce("o"."tidemark_sum_1", 0) + c."sum_1" AS "sum_1",
    coalesce("o"."tidemark_count_1", 0) + c."count_1" AS "count_1",
    coalesce("o"."tidemark_rows", 0) + c."count_2" AS "count_2"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."expressions" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("scale_0")::numeric AS "scale_0",
    (CASE WHEN "count_0" <> 0 AND "sum_0" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN pg_catalog.round("sum_0"::numeric, ((pg_catalog.length(("scale_0")::text) - 1) / 20)) END)::numeric AS "sum_0",
    ("count_0")::bigint AS "count_0",
    (CASE WHEN "count_1" <> 0 AND "sum_1" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN "sum_1" END)::bigint AS "sum_1",
    ("count_1")::bigint AS "count_1", ("count_2")::bigint AS "count_2",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0 OR ((pg_catalog.length(("scale_0")::text) - 1) / 20) >= 1000 OR "sum_0" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) OR "sum_1" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::integer AS "shop",
    (round(tidemark_t.sum_0 / CAST(NULLIF (tidemark_t.sum_1, 0) AS numeric), 2))::numeric AS "mean_price",
    (CASE WHEN tidemark_t.count_2 > 2 THEN 'many'::text ELSE 'few'::text END)::text AS "size",
    ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows",
    ("tidemark_t"."scale_0")::numeric AS "tidemark_scale_0",
    ("tidemark_t"."sum_0")::numeric AS "tidemark_sum_0",
    ("tidemark_t"."count_0")::bigint AS "tidemark_count_0",
    ("tidemark_t"."sum_1")::bigint AS "tidemark_sum_1", ("tidemark_t"."count_1")::bigint AS "tidemark_count_1"
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
  JOIN "tidemark_data"."expressions" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop",
    f."mean_price", f."size", f."tidemark_rows", f."tidemark_scale_0", f."tidemark_sum_0",
    f."tidemark_count_0", f."tidemark_sum_1", f."tidemark_count_1"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."mean_price", f."size", f."tidemark_rows", f."tidemark_scale_0", f."tidemark_sum_0", f."tidemark_count_0", f."tidemark_sum_1", f."tidemark_count_1")::record OPERATOR(pg_catalog.*<>) ROW(o."mean_price", o."size", o."tidemark_rows", o."tidemark_scale_0", o."tidemark_sum_0", o."tidemark_count_0", o."tidemark_sum_1", o."tidemark_count_1")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT shop AS "g0", price * quantity::numeric AS "x0", quantity AS "x1", true AS "x2",
  /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."shop", "sales"."price", "sales"."quantity", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop", "price" AS "price", "quantity" AS "quantity" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "shop", "price", "quantity", "tidemark_w"
FROM "tidemark_changes_0"
