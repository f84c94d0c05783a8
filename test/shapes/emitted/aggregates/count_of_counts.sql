-- PIECE 1

-- what is kept, by shop
SELECT shop, count(*) AS n
FROM public.sales
GROUP BY shop

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."shop", "sales"."tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
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
    LEFT JOIN "tidemark_data"."piece 1" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
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
  JOIN "tidemark_data"."piece 1" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."n"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n")::record OPERATOR(pg_catalog.*<>) ROW(o."n")::record OR f.tidemark_several
)

-- deltas, terms
SELECT shop AS "g0", true AS "x0", /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."shop", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "shop", "tidemark_w"
FROM "tidemark_changes_0"

-- THE VIEW

-- what is kept, by n
SELECT n, count(*) AS shops
FROM (
  SELECT "piece 1".shop, "piece 1".n
  FROM tidemark_data."piece 1" AS "piece 1"
) AS s
GROUP BY n

-- what is read
SELECT n, shops
FROM tidemark_data.count_of_counts

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "piece 1"."shop", "piece 1"."n",
    pg_catalog.sum("piece 1"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."n" AS "n", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."log of piece 1" AS l
    WHERE /* pending */ AND "l"."tidemark_xid" IS DISTINCT FROM $2::pg_catalog.xid8 AND l.tidemark_sign <> 0
      AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "piece 1"
  GROUP BY "piece 1"."shop", "piece 1"."n"
  HAVING pg_catalog.sum("piece 1"."tidemark_w") <> 0
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid, coalesce("o"."shops", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."shops", 0) + c."count_0" AS "count_0"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."count_of_counts" o ON ("o"."n" = "c"."g0" OR ("o"."n" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("count_0")::bigint AS "count_0",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0)) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::bigint AS "n", ("tidemark_t"."tidemark_rows")::bigint AS "shops"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt AND "tidemark_t"."tidemark_rows" <> 0
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE ("q"."n" = "k"."g0" OR ("q"."n" IS NULL AND "k"."g0" IS NULL)) OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."count_of_counts" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."n", f."shops"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."n")::record = ROW(o."n")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."shops")::record OPERATOR(pg_catalog.*<>) ROW(o."shops")::record OR f.tidemark_several
)

-- deltas, terms
SELECT n AS "g0", true AS "x0", /*sign*/"s"."tidemark_w" AS "tidemark_w"
FROM (
  SELECT "piece 1".shop AS "shop", "piece 1".n AS "n",
    "piece 1"."tidemark_w" AS "tidemark_w"
  FROM LATERAL (/*item 0*/) AS "piece 1"
) AS "s"

-- deltas, table 0 as it is
SELECT "piece 1"."shop", "piece 1"."n", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop", "n" AS "n" FROM "tidemark_data"."piece 1") AS "piece 1"

-- deltas, table 0, its change
SELECT "shop", "n", "tidemark_w"
FROM "tidemark_changes_0"
