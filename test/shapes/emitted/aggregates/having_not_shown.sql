-- what is kept, by product
SELECT product, count(*) AS tidemark_rows, max(price) AS tidemark_extreme_0,
  COALESCE(max(price) > 6::numeric, false) AS tidemark_shown
FROM public.sales
GROUP BY product

-- what is read
SELECT product
FROM tidemark_data.having_not_shown
WHERE tidemark_shown

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."product", "sales"."price",
    pg_catalog.sum("sales"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."product" AS "product", "l"."price" AS "price", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
  GROUP BY "sales"."product", "sales"."price", ("sales"."price"::pg_catalog.text COLLATE "C")
  HAVING pg_catalog.sum("sales"."tidemark_w") <> 0
)
tidemark_joined AS (
  SELECT "g0", "x0", pg_catalog.sum("tidemark_w") AS "tidemark_w"
  FROM (/*terms*/) q
  GROUP BY "g0", "x0", ("x0"::pg_catalog.text COLLATE "C")
  HAVING pg_catalog.sum("tidemark_w") <> 0
)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    pg_catalog.max("x0") FILTER (WHERE "tidemark_w" > 0) AS "came_0",
    pg_catalog.max("x0") FILTER (WHERE "tidemark_w" < 0) AS "went_0"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid,
    coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows",
    "o"."tidemark_extreme_0" AS "extreme_0", c."came_0" AS "came_0", c."went_0" AS "went_0"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."having_not_shown" o ON ("o"."product" = "c"."g0" OR ("o"."product" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    (greatest("extreme_0", "came_0"))::numeric AS "extreme_0",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0 OR "went_0" IS NOT NULL AND ("extreme_0" IS NULL OR "went_0" >= "extreme_0") OR "came_0" = "extreme_0" AND "came_0"::pg_catalog.text <> "extreme_0"::pg_catalog.text)) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::text AS "product", ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows",
    ("tidemark_t"."extreme_0")::numeric AS "tidemark_extreme_0",
    (COALESCE(tidemark_t.extreme_0 > 6::numeric, false))::boolean AS "tidemark_shown"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt AND "tidemark_t"."tidemark_rows" <> 0
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE ("q"."product" = "k"."g0" OR ("q"."product" IS NULL AND "k"."g0" IS NULL)) OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."having_not_shown" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."product",
    f."tidemark_rows", f."tidemark_extreme_0", f."tidemark_shown"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."product")::record = ROW(o."product")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."tidemark_rows", f."tidemark_extreme_0", f."tidemark_shown")::record OPERATOR(pg_catalog.*<>) ROW(o."tidemark_rows", o."tidemark_extreme_0", o."tidemark_shown")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT product AS "g0", price AS "x0", /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."product", "sales"."price", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "product" AS "product", "price" AS "price" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "product", "price", "tidemark_w"
FROM "tidemark_changes_0"
