-- what is kept, by shop, paid
SELECT DISTINCT shop, paid
FROM public.sales

-- what is read
SELECT shop, paid
FROM tidemark_data.distinct_rows

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."sign", "l"."paid", "l"."shop"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_keys_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0", "k1"
    FROM (
      SELECT i0.shop AS "k0", i0.paid AS "k1"
      FROM (SELECT "shop" AS "shop", "paid" AS "paid" FROM "tidemark_delta_0") AS "i0"
    ) tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
tidemark_fresh AS (
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL AND "k1" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" = "tidemark_key"."k0" AND q."paid" = "tidemark_key"."k1" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL AND "k1" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" IS NULL AND q."paid" = "tidemark_key"."k1" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL AND "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" = "tidemark_key"."k0" AND q."paid" IS NULL OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL AND "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" IS NULL AND q."paid" IS NULL OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."distinct_rows" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL AND "k1" IS NOT NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
    AND q."paid" = "tidemark_key"."k1"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."distinct_rows" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL AND "k1" IS NOT NULL) AS "tidemark_key" ON q."shop" IS NULL
    AND q."paid" = "tidemark_key"."k1"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."distinct_rows" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL AND "k1" IS NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
    AND q."paid" IS NULL
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."distinct_rows" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL AND "k1" IS NULL) AS "tidemark_key" ON q."shop" IS NULL
    AND q."paid" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."paid"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop", f."paid")::record = ROW(o."shop", o."paid")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT DISTINCT shop, paid
    FROM public.sales
    WHERE (sales.shop, sales.paid) IN (
      SELECT k0, k1
      FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL AND k1 IS NOT NULL) AS tidemark_wanted
    )
  ) q
  WHERE (q."shop", q."paid") IN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL AND "k1" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL AND "k1" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" IS NULL AND q."paid" = "tidemark_key"."k1" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL AND "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" = "tidemark_key"."k0" AND q."paid" IS NULL OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL AND "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" IS NULL AND q."paid" IS NULL OFFSET 0
  ) q
)
