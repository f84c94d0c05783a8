-- what is kept, by shop, product
SELECT sales.shop, sales.product
FROM public.sales
INTERSECT
SELECT offers.shop, offers.product
FROM public.offers

-- what is read
SELECT shop, product
FROM tidemark_data."intersect"

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."product", "l"."shop"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_delta_1" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."product", "l"."shop"
  FROM "tidemark_log"."offers" AS l
  WHERE /* pending */
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0", "k1"
    FROM (
      SELECT i0.shop AS "k0", i0.product AS "k1"
      FROM (SELECT "shop" AS "shop", "product" AS "product" FROM "tidemark_delta_0") AS "i0"
      UNION ALL
      SELECT i0.shop AS "k0", i0.product AS "k1"
      FROM (SELECT "shop" AS "shop", "product" AS "product" FROM "tidemark_delta_1") AS "i0"
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
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL AND "k1" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" = "tidemark_key"."k0" AND q."product" = "tidemark_key"."k1" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL AND "k1" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" IS NULL AND q."product" = "tidemark_key"."k1" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL AND "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" = "tidemark_key"."k0" AND q."product" IS NULL OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL AND "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" IS NULL AND q."product" IS NULL OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."intersect" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL AND "k1" IS NOT NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
    AND q."product" = "tidemark_key"."k1"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."intersect" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL AND "k1" IS NOT NULL) AS "tidemark_key" ON q."shop" IS NULL
    AND q."product" = "tidemark_key"."k1"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."intersect" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL AND "k1" IS NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
    AND q."product" IS NULL
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."intersect" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL AND "k1" IS NULL) AS "tidemark_key" ON q."shop" IS NULL
    AND q."product" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."product"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop", f."product")::record = ROW(o."shop", o."product")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT sales.shop, sales.product
    FROM public.sales
    WHERE (sales.shop, sales.product) IN (
      SELECT k0, k1
      FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL AND k1 IS NOT NULL) AS tidemark_wanted
    )
    INTERSECT
    SELECT offers.shop, offers.product
    FROM public.offers
    WHERE (offers.shop, offers.product) IN (
      SELECT k0, k1
      FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL AND k1 IS NOT NULL) AS tidemark_wanted
    )
  ) q
  WHERE (q."shop", q."product") IN (
    SELECT *
    FROM "tidemark_keys_0"
    WHERE "k0" IS NOT NULL AND "k1" IS NOT NULL
  )
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL AND "k1" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" IS NULL AND q."product" = "tidemark_key"."k1" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL AND "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" = "tidemark_key"."k0" AND q."product" IS NULL OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL AND "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" IS NULL AND q."product" IS NULL OFFSET 0
  ) q
)
