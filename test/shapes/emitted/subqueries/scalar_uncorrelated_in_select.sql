-- PIECE 1

-- what is kept, by nothing: one row
SELECT min(quantity) AS value, count(*) AS tidemark_rows
FROM public.sales AS o

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "o"."quantity", pg_catalog.sum("o"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."quantity" AS "quantity", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "o"
  GROUP BY "o"."quantity"
  HAVING pg_catalog.sum("o"."tidemark_w") <> 0
)
tidemark_joined AS (
  SELECT "x0", pg_catalog.sum("tidemark_w") AS "tidemark_w"
  FROM (/*terms*/) q
  GROUP BY "x0"
  HAVING pg_catalog.sum("tidemark_w") <> 0
)
tidemark_change AS MATERIALIZED (
  SELECT coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    pg_catalog.min("x0") FILTER (WHERE "tidemark_w" > 0) AS "came_0",
    pg_catalog.min("x0") FILTER (WHERE "tidemark_w" < 0) AS "went_0"
  FROM tidemark_joined
)
tidemark_sums AS (
  SELECT o.ctid AS tidemark_tid, coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows",
    "o"."value" AS "extreme_0", c."came_0" AS "came_0", c."went_0" AS "went_0"
  FROM tidemark_change c
  LEFT JOIN "tidemark_data"."piece 1" o ON true
)
tidemark_state AS MATERIALIZED (
  SELECT tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    (least("extreme_0", "came_0"))::integer AS "extreme_0",
    (true AND ("tidemark_rows" < 0 OR "went_0" IS NOT NULL AND ("extreme_0" IS NULL OR "went_0" <= "extreme_0"))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT ("tidemark_t"."extreme_0")::integer AS "value",
    ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows"
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
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."value",
    f."tidemark_rows"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f.tidemark_here = o.tidemark_here
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."value", f."tidemark_rows")::record OPERATOR(pg_catalog.*<>) ROW(o."value", o."tidemark_rows")::record
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

-- what is kept, by id
SELECT sales.id, sales.quantity - scalar.value AS above
FROM public.sales, tidemark_data."piece 1" AS scalar

-- what is read
SELECT id, above
FROM tidemark_data.scalar_uncorrelated_in_select

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_delta_1" AS MATERIALIZED (
  SELECT "l"."tidemark_sign"
  FROM "tidemark_log"."log of piece 1" AS l
  WHERE /* pending */ AND "l"."tidemark_xid" IS DISTINCT FROM $2::pg_catalog.xid8
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (SELECT i0.id AS "k0" FROM (SELECT "id" AS "id" FROM "tidemark_delta_0") AS "i0") tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
tidemark_few AS MATERIALIZED (
  SELECT coalesce((SELECT pg_catalog.count(*) FROM "tidemark_found_0") <= $5::pg_catalog.int8, true) AS few
)
"tidemark_keys_0" AS MATERIALIZED (SELECT * FROM "tidemark_found_0" WHERE (SELECT few FROM tidemark_few))
tidemark_fresh AS (
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0") AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."id" = "tidemark_key"."k0" OFFSET 0) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."scalar_uncorrelated_in_select" q
  JOIN (SELECT * FROM "tidemark_keys_0") AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."above"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."above")::record OPERATOR(pg_catalog.*<>) ROW(o."above")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT sales.id, sales.quantity - scalar.value AS above
    FROM public.sales, tidemark_data."piece 1" AS scalar
    WHERE sales.id IN (SELECT k0 FROM (SELECT * FROM tidemark_keys_0) AS tidemark_wanted)
  ) q
  WHERE (q."id") IN (SELECT * FROM "tidemark_keys_0")
)
