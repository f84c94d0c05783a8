-- what is kept, by nothing: one row
SELECT count(*) AS n, sum(quantity) AS pieces, avg(price) AS mean, min(at) AS first,
  count(quantity) AS tidemark_count_1,
  sum(CAST('1e'::text || (20 * LEAST(scale(price), 1000)) AS numeric)) AS tidemark_scale_2,
  sum(price) AS tidemark_sum_2, count(price) AS tidemark_count_2
FROM public.sales

-- what is read
SELECT n, pieces, mean, first
FROM tidemark_data.everything

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."quantity", "sales"."price", "sales"."at",
    pg_catalog.sum("sales"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."quantity" AS "quantity", "l"."price" AS "price", "l"."at" AS "at",
      l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
  GROUP BY "sales"."quantity", "sales"."price", "sales"."at", ("sales"."price"::pg_catalog.text COLLATE "C")
  HAVING pg_catalog.sum("sales"."tidemark_w") <> 0
)
tidemark_joined AS (
  SELECT "x0", "x1", "x2", "x3", pg_catalog.sum("tidemark_w") AS "tidemark_w"
  FROM (/*terms*/) q
  GROUP BY "x0", "x1", "x2", "x3"
  HAVING pg_catalog.sum("tidemark_w") <> 0
)
tidemark_change AS MATERIALIZED (
  SELECT coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0",
    coalesce(pg_catalog.sum("x1" * "tidemark_w"), 0) AS "sum_1",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x1" IS NOT NULL), 0) AS "count_1",
    coalesce(pg_catalog.sum((('1e' || 20 * least(pg_catalog.scale(("x2")::numeric), 1000))::numeric) * "tidemark_w") FILTER (WHERE "x2" IS NOT NULL), 0) AS "scale_2",
    coalesce(pg_catalog.sum("x2" * "tidemark_w"), 0) AS "sum_2",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x2" IS NOT NULL), 0) AS "count_2",
    pg_catalog.min("x3") FILTER (WHERE "tidemark_w" > 0) AS "came_3",
    pg_catalog.min("x3") FILTER (WHERE "tidemark_w" < 0) AS "went_3"
  FROM tidemark_joined
)
tidemark_sums AS (
  SELECT o.ctid AS tidemark_tid, coalesce("o"."n", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."n", 0) + c."count_0" AS "count_0", coalesce("o"."pieces", 0) + c."sum_1" AS "sum_1",
    coalesce("o"."tidemark_count_1", 0) + c."count_1" AS "count_1",
    coalesce("o"."tidemark_scale_2", 0) + c."scale_2" AS "scale_2",
    coalesce("o"."tidemark_sum_2", 0) + c."sum_2" AS "sum_2",
    coalesce("o"."tidemark_count_2", 0) + c."count_2" AS "count_2", "o"."first" AS "extreme_3",
    c."came_3" AS "came_3", c."went_3" AS "went_3"
  FROM tidemark_change c
  LEFT JOIN "tidemark_data"."everything" o ON true
)
tidemark_state AS MATERIALIZED (
  SELECT tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("count_0")::bigint AS "count_0",
    (CASE WHEN "count_1" <> 0 AND "sum_1" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN "sum_1" END)::bigint AS "sum_1",
    ("count_1")::bigint AS "count_1", ("scale_2")::numeric AS "scale_2",
    (CASE WHEN "count_2" <> 0 AND "sum_2" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN pg_catalog.round("sum_2"::numeric, ((pg_catalog.length(("scale_2")::text) - 1) / 20)) END)::numeric AS "sum_2",
    ("count_2")::bigint AS "count_2", (least("extreme_3", "came_3"))::timestamp with time zone AS "extreme_3",
    (true AND ("tidemark_rows" < 0 OR "sum_1" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) OR ((pg_catalog.length(("scale_2")::text) - 1) / 20) >= 1000 OR "sum_2" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) OR "went_3" IS NOT NULL AND ("extreme_3" IS NULL OR "went_3" <= "extreme_3"))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT ("tidemark_t"."tidemark_rows")::bigint AS "n", ("tidemark_t"."sum_1")::bigint AS "pieces",
    (CASE WHEN tidemark_t.count_2 > 0 THEN tidemark_t.sum_2::numeric / tidemark_t.count_2 END)::numeric AS "mean",
    ("tidemark_t"."extreme_3")::timestamp with time zone AS "first",
    ("tidemark_t"."count_1")::bigint AS "tidemark_count_1",
    ("tidemark_t"."scale_2")::numeric AS "tidemark_scale_2",
    ("tidemark_t"."sum_2")::numeric AS "tidemark_sum_2",
    ("tidemark_t"."count_2")::bigint AS "tidemark_count_2"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE true OFFSET 0) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."everything" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."n", f."pieces",
    f."mean", f."first", f."tidemark_count_1", f."tidemark_scale_2", f."tidemark_sum_2", f."tidemark_count_2"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f.tidemark_here = o.tidemark_here
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n", f."pieces", f."mean", f."first", f."tidemark_count_1", f."tidemark_scale_2", f."tidemark_sum_2", f."tidemark_count_2")::record OPERATOR(pg_catalog.*<>) ROW(o."n", o."pieces", o."mean", o."first", o."tidemark_count_1", o."tidemark_scale_2", o."tidemark_sum_2", o."tidemark_count_2")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT true AS "x0", quantity AS "x1", price AS "x2", at AS "x3", /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."quantity", "sales"."price", "sales"."at", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "quantity" AS "quantity", "price" AS "price", "at" AS "at" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "quantity", "price", "at", "tidemark_w"
FROM "tidemark_changes_0"
