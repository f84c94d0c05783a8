-- PIECE 1

-- what is kept, by product, quantity
SELECT product, quantity, count(*) AS tidemark_rows
FROM public.sales
GROUP BY product, quantity

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."product", "sales"."quantity", "sales"."tidemark_w"
  FROM (
    SELECT "l"."product" AS "product", "l"."quantity" AS "quantity", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", "g1", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows"
  FROM tidemark_joined
  GROUP BY "g0", "g1"
)
tidemark_sums AS (
  SELECT c."g0", c."g1", o.ctid AS tidemark_tid,
    coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."piece 1" o ON ("o"."product" = "c"."g0" OR ("o"."product" IS NULL AND "c"."g0" IS NULL))
    AND ("o"."quantity" = "c"."g1" OR ("o"."quantity" IS NULL AND "c"."g1" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", "g1", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0)) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::text AS "product", (tidemark_t.g1)::integer AS "quantity",
    ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt AND "tidemark_t"."tidemark_rows" <> 0
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE ("q"."product" = "k"."g0" OR ("q"."product" IS NULL AND "k"."g0" IS NULL))
      AND ("q"."quantity" = "k"."g1" OR ("q"."quantity" IS NULL AND "k"."g1" IS NULL)) OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."piece 1" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."product",
    f."quantity", f."tidemark_rows"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."product", f."quantity")::record = ROW(o."product", o."quantity")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."tidemark_rows")::record OPERATOR(pg_catalog.*<>) ROW(o."tidemark_rows")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT product AS "g0", quantity AS "g1", /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."product", "sales"."quantity", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "product" AS "product", "quantity" AS "quantity" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "product", "quantity", "tidemark_w"
FROM "tidemark_changes_0"

-- THE VIEW

-- what is kept, by product
SELECT product, sum(quantity) AS different
FROM (
  SELECT "piece 1".product, "piece 1".quantity
  FROM tidemark_data."piece 1" AS "piece 1"
) AS each
GROUP BY product

-- what is read
SELECT product, different
FROM tidemark_data.sum_distinct

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."product"
  FROM "tidemark_log"."log of piece 1" AS l
  WHERE /* pending */ AND "l"."tidemark_xid" IS DISTINCT FROM $2::pg_catalog.xid8
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (
      SELECT i0.product AS "k0"
      FROM (
        SELECT DISTINCT i0.product AS "k0"
        FROM (SELECT "product" AS "product" FROM "tidemark_delta_0") AS "i0"
      ) AS "i0"("product")
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
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."product" = "tidemark_key"."k0" OFFSET 0) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."product" IS NULL OFFSET 0) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."sum_distinct" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."product" = "tidemark_key"."k0"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."sum_distinct" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key" ON q."product" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."product",
    f."different"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."product")::record = ROW(o."product")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."different")::record OPERATOR(pg_catalog.*<>) ROW(o."different")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT product, sum(quantity) AS different
    FROM (
      SELECT "piece 1".product, "piece 1".quantity
      FROM tidemark_data."piece 1" AS "piece 1"
      WHERE "piece 1".product IN (
        SELECT k0
        FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL) AS tidemark_wanted
      )
    ) AS each
    GROUP BY product
  ) q
  WHERE (q."product") IN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."product" IS NULL OFFSET 0) q
)
