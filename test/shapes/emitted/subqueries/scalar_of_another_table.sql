-- PIECE 1

-- what is kept, by nothing: one row
SELECT count(*) AS value
FROM public.returns

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "returns"."tidemark_w"
  FROM (
    SELECT l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."returns" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "returns"
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
SELECT true AS "x0", /*sign*/"returns"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "returns"

-- deltas, table 0 as it is
SELECT 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT FROM "public"."returns") AS "returns"

-- deltas, table 0, its change
SELECT "tidemark_w"
FROM "tidemark_changes_0"

-- THE VIEW

-- what is kept, by id
SELECT sales.id, sales.quantity
FROM public.sales, tidemark_data."piece 1" AS scalar
WHERE sales.quantity > scalar.value

-- what is read
SELECT id, quantity
FROM tidemark_data.scalar_of_another_table

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id", "l"."quantity"
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
      SELECT i0.id AS "k0", i0.quantity AS "k1"
      FROM (SELECT "id" AS "id", "quantity" AS "quantity" FROM "tidemark_delta_0") AS "i0"
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
    WHERE q."id" = "tidemark_key"."k0" AND q."quantity" = "tidemark_key"."k1" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."quantity" IS NULL OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."scalar_of_another_table" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
    AND q."quantity" = "tidemark_key"."k1"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."scalar_of_another_table" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
    AND q."quantity" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."quantity"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."quantity")::record OPERATOR(pg_catalog.*<>) ROW(o."quantity")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT sales.id, sales.quantity
    FROM public.sales, tidemark_data."piece 1" AS scalar
    WHERE sales.quantity > scalar.value AND (sales.id, sales.quantity) IN (
      SELECT k0, k1
      FROM (SELECT * FROM tidemark_keys_0 WHERE k1 IS NOT NULL) AS tidemark_wanted
    )
  ) q
  WHERE (q."id", q."quantity") IN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."quantity" IS NULL OFFSET 0
  ) q
)
