-- what is kept, by shop, product
SELECT shop, product, count(*) AS n, sum(quantity) AS pieces, count(quantity) AS tidemark_count_1
FROM public.sales
GROUP BY shop, product

-- what is read
SELECT shop, product, n, pieces
FROM tidemark_data.several_groups

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."shop", "sales"."product", "sales"."quantity", "sales"."tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."product" AS "product", "l"."quantity" AS "quantity",
      l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", "g1", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0",
    coalesce(pg_catalog.sum("x1") FILTER (WHERE "tidemark_w" > 0), 0) - coalesce(pg_catalog.sum("x1") FILTER (WHERE "tidemark_w" < 0), 0) AS "sum_1",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x1" IS NOT NULL), 0) AS "count_1"
  FROM tidemark_joined
  GROUP BY "g0", "g1"
)
tidemark_sums AS (
  SELECT c."g0", c."g1", o.ctid AS tidemark_tid, coalesce("o"."n", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."n", 0) + c."count_0" AS "count_0", coalesce("o"."pieces", 0) + c."sum_1" AS "sum_1",
    coalesce("o"."tidemark_count_1", 0) + c."count_1" AS "count_1"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."several_groups" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
    AND ("o"."product" = "c"."g1" OR ("o"."product" IS NULL AND "c"."g1" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", "g1", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    ("count_0")::bigint AS "count_0",
    (CASE WHEN "count_1" <> 0 AND "sum_1" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN "sum_1" END)::bigint AS "sum_1",
    ("count_1")::bigint AS "count_1",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0 OR "sum_1" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::integer AS "shop", (tidemark_t.g1)::text AS "product",
    ("tidemark_t"."tidemark_rows")::bigint AS "n", ("tidemark_t"."sum_1")::bigint AS "pieces",
    ("tidemark_t"."count_1")::bigint AS "tidemark_count_1"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt AND "tidemark_t"."tidemark_rows" <> 0
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE ("q"."shop" = "k"."g0" OR ("q"."shop" IS NULL AND "k"."g0" IS NULL))
      AND ("q"."product" = "k"."g1" OR ("q"."product" IS NULL AND "k"."g1" IS NULL)) OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."several_groups" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."product",
    f."n", f."pieces", f."tidemark_count_1"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop", f."product")::record = ROW(o."shop", o."product")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n", f."pieces", f."tidemark_count_1")::record OPERATOR(pg_catalog.*<>) ROW(o."n", o."pieces", o."tidemark_count_1")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT shop AS "g0", product AS "g1", true AS "x0", quantity AS "x1",
  /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."shop", "sales"."product", "sales"."quantity", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop", "product" AS "product", "quantity" AS "quantity" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "shop", "product", "quantity", "tidemark_w"
FROM "tidemark_changes_0"
