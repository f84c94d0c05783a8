-- PIECE 1

-- what is kept, by nothing: one row
SELECT avg(price) AS value, count(*) AS tidemark_rows,
  sum(CAST('1e'::text || (20 * LEAST(scale(price), 1000)) AS numeric)) AS tidemark_scale_0,
  sum(price) AS tidemark_sum_0, count(price) AS tidemark_count_0
FROM public.sales AS o

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "o"."price", "o"."tidemark_w"
  FROM (
    SELECT "l"."price" AS "price", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "o"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum((('1e' || 20 * least(pg_catalog.scale(("x0")::numeric), 1000))::numeric)) FILTER (WHERE "tidemark_w" > 0 AND "x0" IS NOT NULL), 0) - coalesce(pg_catalog.sum((('1e' || 20 * least(pg_catalog.scale(("x0")::numeric), 1000))::numeric)) FILTER (WHERE "tidemark_w" < 0 AND "x0" IS NOT NULL), 0) AS "scale_0",
    coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" > 0), 0) - coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" < 0), 0) AS "sum_0",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0"
  FROM tidemark_joined
)
tidemark_sums AS (
  SELECT o.ctid AS tidemark_tid, coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."tidemark_scale_0", 0) + c."scale_0" AS "scale_0",
    coalesce("o"."tidemark_sum_0", 0) + c."sum_0" AS "sum_0",
    coalesce("o"."tidemark_count_0", 0) + c."count_0" AS "count_0"
  FROM tidemark_change c
  LEFT JOIN "tidemark_data"."piece 1" o ON true
)
tidemark_state AS MATERIALIZED (
  SELECT tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("scale_0")::numeric AS "scale_0",
    (CASE WHEN "count_0" <> 0 AND "sum_0" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN pg_catalog.round("sum_0"::numeric, ((pg_catalog.length(("scale_0")::text) - 1) / 20)) END)::numeric AS "sum_0",
    ("count_0")::bigint AS "count_0",
    (true AND ("tidemark_rows" < 0 OR ((pg_catalog.length(("scale_0")::text) - 1) / 20) >= 1000 OR "sum_0" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
    SELECT (CASE WHEN tidemark_t.count_0 > 0 THEN tidemark_t.sum_0::numeric / tidemark_t.count_0 END)::numeric AS "value",
    ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows",
    ("tidemark_t"."scale_0")::numeric AS "tidemark_scale_0",
    ("tidemark_t"."sum_0")::numeric AS "tidemark_sum_0",
    ("tidemark_t"."count_0")::bigint AS "tidemark_count_0"
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
    f."tidemark_rows", f."tidemark_scale_0", f."tidemark_sum_0", f."tidemark_count_0"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f.tidemark_here = o.tidemark_here
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."value", f."tidemark_rows", f."tidemark_scale_0", f."tidemark_sum_0", f."tidemark_count_0")::record OPERATOR(pg_catalog.*<>) ROW(o."value", o."tidemark_rows", o."tidemark_scale_0", o."tidemark_sum_0", o."tidemark_count_0")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT price AS "x0", /*sign*/"o"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "o"

-- deltas, table 0 as it is
SELECT "o"."price", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "price" AS "price" FROM "public"."sales") AS "o"

-- deltas, table 0, its change
SELECT "price", "tidemark_w"
FROM "tidemark_changes_0"

-- THE VIEW

-- what is kept, by id
SELECT sales.id, sales.price
FROM public.sales, tidemark_data."piece 1" AS scalar
WHERE sales.price > scalar.value

-- what is read
SELECT id, price
FROM tidemark_data.scalar_uncorrelated_in_where

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id", "l"."price"
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
    SELECT DISTINCT "k0", "k1"
    FROM (
      SELECT i0.id AS "k0", i0.price AS "k1"
      FROM (SELECT "id" AS "id", "price" AS "price" FROM "tidemark_delta_0") AS "i0"
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
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."price" = "tidemark_key"."k1" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."price" IS NULL OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."scalar_uncorrelated_in_where" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
    AND q."price" = "tidemark_key"."k1"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."scalar_uncorrelated_in_where" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
    AND q."price" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."price"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."price")::record OPERATOR(pg_catalog.*<>) ROW(o."price")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT sales.id, sales.price
    FROM public.sales, tidemark_data."piece 1" AS scalar
    WHERE sales.price > scalar.value AND (sales.id, sales.price) IN (
      SELECT k0, k1
      FROM (SELECT * FROM tidemark_keys_0 WHERE k1 IS NOT NULL) AS tidemark_wanted
    )
  ) q
  WHERE (q."id", q."price") IN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."price" IS NULL OFFSET 0
  ) q
)
