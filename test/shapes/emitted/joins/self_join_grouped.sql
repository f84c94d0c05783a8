-- what is kept, by shop
SELECT l.shop, count(*) AS pairs, max(r.price - l.price) AS gap
FROM public.sales AS l
JOIN public.sales AS r USING (shop)
GROUP BY l.shop

-- what is read
SELECT shop, pairs, gap
FROM tidemark_data.self_join_grouped

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "l"."shop", "l"."price", pg_catalog.sum("l"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."price" AS "price", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "l"
  GROUP BY "l"."shop", "l"."price", ("l"."price"::pg_catalog.text COLLATE "C")
  HAVING pg_catalog.sum("l"."tidemark_w") <> 0
)
"tidemark_changes_1" AS MATERIALIZED (
  SELECT "r"."price", "r"."shop", pg_catalog.sum("r"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."price" AS "price", "l"."shop" AS "shop", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "r"
  GROUP BY "r"."price", "r"."shop", ("r"."price"::pg_catalog.text COLLATE "C")
  HAVING pg_catalog.sum("r"."tidemark_w") <> 0
)
tidemark_joined AS (
  SELECT "g0", "x0", "x1", pg_catalog.sum("tidemark_w") AS "tidemark_w"
  FROM (/*terms*/) q
  GROUP BY "g0", "x0", "x1", ("x1"::pg_catalog.text COLLATE "C")
  HAVING pg_catalog.sum("tidemark_w") <> 0
)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0",
    pg_catalog.max("x1") FILTER (WHERE "tidemark_w" > 0) AS "came_1",
    pg_catalog.max("x1") FILTER (WHERE "tidemark_w" < 0) AS "went_1"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid, coalesce("o"."pairs", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."pairs", 0) + c."count_0" AS "count_0", "o"."gap" AS "extreme_1", c."came_1" AS "came_1",
    c."went_1" AS "went_1"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."self_join_grouped" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("count_0")::bigint AS "count_0",
    (greatest("extreme_1", "came_1"))::numeric AS "extreme_1",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0 OR "went_1" IS NOT NULL AND ("extreme_1" IS NULL OR "went_1" >= "extreme_1") OR "came_1" = "extreme_1" AND "came_1"::pg_catalog.text <> "extreme_1"::pg_catalog.text)) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::integer AS "shop", ("tidemark_t"."tidemark_rows")::bigint AS "pairs",
    ("tidemark_t"."extreme_1")::numeric AS "gap"
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
  JOIN "tidemark_data"."self_join_grouped" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."pairs",
    f."gap"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."shop" = o."shop"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."pairs", f."gap")::record OPERATOR(pg_catalog.*<>) ROW(o."pairs", o."gap")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT l.shop AS "g0", true AS "x0", r.price - l.price AS "x1",
  /*sign*/"l"."tidemark_w" * "r"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "l", LATERAL (/*item 1*/) AS "r"
WHERE /*condition 0*/

-- deltas, condition 0
(l.shop = r.shop)

-- deltas, where items 0 and 1 both changed
SELECT "l"."shop", "l"."price", "r"."price" AS "tidemark_second_0", "r"."shop" AS "tidemark_second_1",
  "l"."tidemark_w" * "r"."tidemark_w" AS "tidemark_w", "l"."tidemark_w" AS "tidemark_first_w",
  "r"."tidemark_w" AS "tidemark_second_w"
FROM (SELECT "shop", "price", "tidemark_w" FROM "tidemark_changes_0") AS "l",
  (SELECT "price", "shop", "tidemark_w" FROM "tidemark_changes_1") AS "r"
WHERE (l.shop = r.shop) OFFSET 0 ;
SELECT "l"."tidemark_second_0" AS "price", "l"."tidemark_second_1" AS "shop",
  1::pg_catalog.numeric AS "tidemark_w"

-- deltas, table 0 as it is
SELECT "l"."shop", "l"."price", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop", "price" AS "price" FROM "public"."sales") AS "l"

-- deltas, table 0, its change
SELECT "shop", "price", "tidemark_w"
FROM "tidemark_changes_0"

-- deltas, table 0 as it is
SELECT "r"."price", "r"."shop", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "price" AS "price", "shop" AS "shop" FROM "public"."sales") AS "r"

-- deltas, table 0, its change
SELECT "price", "shop", "tidemark_w"
FROM "tidemark_changes_1"
