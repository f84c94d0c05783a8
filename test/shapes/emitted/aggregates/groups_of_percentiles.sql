-- PIECE 1

-- what is kept, by shop
SELECT shop, percentile_disc(CAST(0.5 AS double precision)) WITHIN GROUP (ORDER BY quantity) AS median
FROM public.sales
GROUP BY shop

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."shop"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (SELECT i0.shop AS "k0" FROM (SELECT "shop" AS "shop" FROM "tidemark_delta_0") AS "i0") tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
tidemark_few AS MATERIALIZED (
  SELECT coalesce((SELECT pg_catalog.count(*) FROM "tidemark_found_0") <= $5::pg_catalog.int8, true) AS few
)
"tidemark_keys_0" AS MATERIALIZED (SELECT * FROM "tidemark_found_0" WHERE (SELECT few FROM tidemark_few))
tidemark_fresh AS (
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" = "tidemark_key"."k0" OFFSET 0) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" IS NULL OFFSET 0) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."piece 1" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."piece 1" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key" ON q."shop" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."median"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."median")::record OPERATOR(pg_catalog.*<>) ROW(o."median")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT shop, percentile_disc(CAST(0.5 AS double precision)) WITHIN GROUP (ORDER BY quantity) AS median
    FROM public.sales
    WHERE sales.shop IN (
      SELECT k0
      FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL) AS tidemark_wanted
    )
    GROUP BY shop
  ) q
  WHERE (q."shop") IN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" IS NULL OFFSET 0) q
)

-- THE VIEW

-- what is kept, by median
SELECT median, count(*) AS shops
FROM (
  SELECT "piece 1".shop, "piece 1".median
  FROM tidemark_data."piece 1" AS "piece 1"
) AS s
GROUP BY median

-- what is read
SELECT median, shops
FROM tidemark_data.groups_of_percentiles

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "piece 1"."shop", "piece 1"."median",
    pg_catalog.sum("piece 1"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."median" AS "median", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."log of piece 1" AS l
    WHERE /* pending */ AND "l"."tidemark_xid" IS DISTINCT FROM $2::pg_catalog.xid8 AND l.tidemark_sign <> 0
      AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "piece 1"
  GROUP BY "piece 1"."shop", "piece 1"."median"
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
    LEFT JOIN "tidemark_data"."groups_of_percentiles" o ON ("o"."median" = "c"."g0" OR ("o"."median" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("count_0")::bigint AS "count_0",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0)) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::integer AS "median", ("tidemark_t"."tidemark_rows")::bigint AS "shops"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt AND "tidemark_t"."tidemark_rows" <> 0
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE ("q"."median" = "k"."g0" OR ("q"."median" IS NULL AND "k"."g0" IS NULL)) OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."groups_of_percentiles" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."median", f."shops"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."median")::record = ROW(o."median")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."shops")::record OPERATOR(pg_catalog.*<>) ROW(o."shops")::record OR f.tidemark_several
)

-- deltas, terms
SELECT median AS "g0", true AS "x0", /*sign*/"s"."tidemark_w" AS "tidemark_w"
FROM (
  SELECT "piece 1".shop AS "shop", "piece 1".median AS "median",
    "piece 1"."tidemark_w" AS "tidemark_w"
  FROM LATERAL (/*item 0*/) AS "piece 1"
) AS "s"

-- deltas, table 0 as it is
SELECT "piece 1"."shop", "piece 1"."median", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop", "median" AS "median" FROM "tidemark_data"."piece 1") AS "piece 1"

-- deltas, table 0, its change
SELECT "shop", "median", "tidemark_w"
FROM "tidemark_changes_0"
