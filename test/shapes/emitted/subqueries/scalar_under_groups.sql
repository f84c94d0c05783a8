-- PIECE 1

-- what is kept, by nothing: one row
SELECT count(*) AS value
FROM public.returns AS r
WHERE sale > 0

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "r"."tidemark_w"
  FROM (
    SELECT "l"."sale" AS "sale", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."returns" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "r"
  WHERE (sale > 0)
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0"
  FROM tidemark_joined
)
tidemark_sums AS (
  SELECT o.ctid AS tidemark_tid, coalesce("o"."value", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."value", 0) + c."count_0" AS "count_0"
  FROM tidemark_change c
  LEFT JOIN "tidemark_data"."piece 1" o ON true
)
tidemark_state AS MATERIALIZED (
  SELECT tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("count_0")::bigint AS "count_0",
    (true AND ("tidemark_rows" < 0)) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT ("tidemark_t"."tidemark_rows")::bigint AS "value"
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
  JOIN "tidemark_data"."piece 1" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."value"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f.tidemark_here = o.tidemark_here
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."value")::record OPERATOR(pg_catalog.*<>) ROW(o."value")::record OR f.tidemark_several
)

-- deltas, terms
SELECT true AS "x0", /*sign*/"r"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "r"

-- deltas, table 0 as it is
SELECT 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "sale" AS "sale" FROM "public"."returns") AS "r"
WHERE (sale > 0)

-- deltas, table 0, its change
SELECT "tidemark_w"
FROM "tidemark_changes_0"

-- THE VIEW

-- what is kept, by shop
SELECT sales.shop, count(*) AS n
FROM public.sales, tidemark_data."piece 1" AS scalar
WHERE sales.quantity < scalar.value
GROUP BY sales.shop

-- what is read
SELECT shop, n
FROM tidemark_data.scalar_under_groups

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."shop", "sales"."quantity",
    pg_catalog.sum("sales"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."quantity" AS "quantity", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
  GROUP BY "sales"."shop", "sales"."quantity"
  HAVING pg_catalog.sum("sales"."tidemark_w") <> 0
)
"tidemark_changes_1" AS MATERIALIZED (
  SELECT "scalar"."value", pg_catalog.sum("scalar"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."value" AS "value", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."log of piece 1" AS l
    WHERE /* pending */ AND "l"."tidemark_xid" IS DISTINCT FROM $2::pg_catalog.xid8 AND l.tidemark_sign <> 0
      AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "scalar"
  GROUP BY "scalar"."value"
  HAVING pg_catalog.sum("scalar"."tidemark_w") <> 0
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid, coalesce("o"."n", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."n", 0) + c."count_0" AS "count_0"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."scalar_under_groups" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("count_0")::bigint AS "count_0",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0)) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::integer AS "shop", ("tidemark_t"."tidemark_rows")::bigint AS "n"
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
  JOIN "tidemark_data"."scalar_under_groups" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."n"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n")::record OPERATOR(pg_catalog.*<>) ROW(o."n")::record OR f.tidemark_several
)

-- deltas, terms
SELECT sales.shop AS "g0", true AS "x0", /*sign*/"sales"."tidemark_w" * "scalar"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales", LATERAL (/*item 1*/) AS "scalar"
WHERE /*condition 0*/

-- deltas, condition 0
(sales.quantity < scalar.value)

-- deltas, table 0 as it is
SELECT "sales"."shop", "sales"."quantity", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop", "quantity" AS "quantity" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "shop", "quantity", "tidemark_w"
FROM "tidemark_changes_0"

-- deltas, table 1 as it is
SELECT "scalar"."value", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "value" AS "value" FROM "tidemark_data"."piece 1") AS "scalar"

-- deltas, table 1, its change
SELECT "value", "tidemark_w"
FROM "tidemark_changes_1"
