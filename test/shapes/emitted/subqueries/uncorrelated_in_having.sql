-- PIECE 1

-- what is kept, by shop
SELECT shop, sum(quantity) AS a1, count(*) AS tidemark_rows, count(quantity) AS tidemark_count_0
FROM public.sales
GROUP BY shop

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."shop", "sales"."quantity", "sales"."tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."quantity" AS "quantity", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" > 0), 0) - coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" < 0), 0) AS "sum_0",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid,
    coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."a1", 0) + c."sum_0" AS "sum_0",
    coalesce("o"."tidemark_count_0", 0) + c."count_0" AS "count_0"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."piece 1" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    (CASE WHEN "count_0" <> 0 AND "sum_0" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN "sum_0" END)::bigint AS "sum_0",
    ("count_0")::bigint AS "count_0",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0 OR "sum_0" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::integer AS "shop", ("tidemark_t"."sum_0")::bigint AS "a1",
    ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows",
    ("tidemark_t"."count_0")::bigint AS "tidemark_count_0"
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
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."a1",
    f."tidemark_rows", f."tidemark_count_0"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."a1", f."tidemark_rows", f."tidemark_count_0")::record OPERATOR(pg_catalog.*<>) ROW(o."a1", o."tidemark_rows", o."tidemark_count_0")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT shop AS "g0", quantity AS "x0", /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."shop", "sales"."quantity", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop", "quantity" AS "quantity" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "shop", "quantity", "tidemark_w"
FROM "tidemark_changes_0"

-- PIECE 2

-- what is kept, by nothing: one row
SELECT avg(quantity) AS value, count(*) AS tidemark_rows, sum(quantity) AS tidemark_sum_0,
  count(quantity) AS tidemark_count_0
FROM public.sales AS o

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "o"."quantity", "o"."tidemark_w"
  FROM (
    SELECT "l"."quantity" AS "quantity", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "o"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" > 0), 0) - coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" < 0), 0) AS "sum_0",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0"
  FROM tidemark_joined
)
tidemark_sums AS (
  SELECT o.ctid AS tidemark_tid, coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."tidemark_sum_0", 0) + c."sum_0" AS "sum_0",
    coalesce("o"."tidemark_count_0", 0) + c."count_0" AS "count_0"
  FROM tidemark_change c
  LEFT JOIN "tidemark_data"."piece 2" o ON true
)
tidemark_state AS MATERIALIZED (
  SELECT tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    (CASE WHEN "count_0" <> 0 AND "sum_0" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN "sum_0" END)::bigint AS "sum_0",
    ("count_0")::bigint AS "count_0",
    (true AND ("tidemark_rows" < 0 OR "sum_0" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
    SELECT (CASE WHEN tidemark_t.count_0 > 0 THEN tidemark_t.sum_0::numeric / tidemark_t.count_0 END)::numeric AS "value",
    ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows",
    ("tidemark_t"."sum_0")::bigint AS "tidemark_sum_0", ("tidemark_t"."count_0")::bigint AS "tidemark_count_0"
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
  JOIN "tidemark_data"."piece 2" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."value",
    f."tidemark_rows", f."tidemark_sum_0", f."tidemark_count_0"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f.tidemark_here = o.tidemark_here
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."value", f."tidemark_rows", f."tidemark_sum_0", f."tidemark_count_0")::record OPERATOR(pg_catalog.*<>) ROW(o."value", o."tidemark_rows", o."tidemark_sum_0", o."tidemark_count_0")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT quantity AS "x0", /*sign*/"o"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "o"

-- deltas, table 0 as it is
SELECT "o"."quantity", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "quantity" AS "quantity" FROM "public"."sales") AS "o"

-- deltas, table 0, its change
SELECT "quantity", "tidemark_w"
FROM "tidemark_changes_0"

-- THE VIEW

-- what is kept, by shop
SELECT grouped.shop, grouped.a1 AS pieces
FROM (
  SELECT "piece 1".shop, "piece 1".a1
  FROM tidemark_data."piece 1" AS "piece 1"
) AS grouped, tidemark_data."piece 2" AS scalar
WHERE grouped.a1::numeric > scalar.value

-- what is read
SELECT shop, pieces
FROM tidemark_data.uncorrelated_in_having

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."shop"
  FROM "tidemark_log"."log of piece 1" AS l
  WHERE /* pending */ AND "l"."tidemark_xid" IS DISTINCT FROM $2::pg_catalog.xid8
)
"tidemark_delta_1" AS MATERIALIZED (
  SELECT "l"."tidemark_sign"
  FROM "tidemark_log"."log of piece 2" AS l
  WHERE /* pending */ AND "l"."tidemark_xid" IS DISTINCT FROM $2::pg_catalog.xid8
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (
      SELECT i0.shop AS "k0"
      FROM (SELECT DISTINCT i0.shop AS "k0" FROM (SELECT "shop" AS "shop" FROM "tidemark_delta_0") AS "i0") AS "i0"("shop")
    ) tidemark_touched
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
  FROM "tidemark_data"."uncorrelated_in_having" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."uncorrelated_in_having" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key" ON q."shop" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."pieces"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."pieces")::record OPERATOR(pg_catalog.*<>) ROW(o."pieces")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT grouped.shop, grouped.a1 AS pieces
    FROM (
      SELECT "piece 1".shop, "piece 1".a1
      FROM tidemark_data."piece 1" AS "piece 1"
      WHERE "piece 1".shop IN (
        SELECT k0
        FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL) AS tidemark_wanted
      )
    ) AS grouped, tidemark_data."piece 2" AS scalar
    WHERE grouped.a1::numeric > scalar.value
  ) q
  WHERE (q."shop") IN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" IS NULL OFFSET 0) q
)
