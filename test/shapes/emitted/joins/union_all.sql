-- what is kept, by what, id, product
SELECT 'sale'::text AS what, sales.id, sales.product
FROM public.sales
UNION ALL
SELECT 'offer'::text AS what, offers.shop AS id, offers.product
FROM public.offers

-- what is read
SELECT what, id, product
FROM tidemark_data.union_all

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id", "l"."product"
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
      SELECT i0.id AS "k0", i0.product AS "k1"
      FROM (SELECT "id" AS "id", "product" AS "product" FROM "tidemark_delta_0") AS "i0"
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
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."product" = "tidemark_key"."k1" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."product" IS NULL OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."union_all" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
    AND q."product" = "tidemark_key"."k1"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."union_all" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
    AND q."product" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."what", f."id",
    f."product"
  FROM (
    SELECT true AS tidemark_here,
      pg_catalog.count(*) OVER (PARTITION BY q."what", q."id", q."product") > 1 AS tidemark_several, q.*
    FROM tidemark_fresh q
  ) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."what", f."id", f."product")::record = ROW(o."what", o."id", o."product")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT 'sale'::text AS what, sales.id, sales.product
    FROM public.sales
    WHERE (sales.id, sales.product) IN (
      SELECT k0, k1
      FROM (SELECT * FROM tidemark_keys_0 WHERE k1 IS NOT NULL) AS tidemark_wanted
    )
    UNION ALL
    SELECT 'offer'::text AS what, offers.shop AS id, offers.product
    FROM public.offers
    WHERE (offers.shop, offers.product) IN (
      SELECT k0, k1
      FROM (SELECT * FROM tidemark_keys_0 WHERE k1 IS NOT NULL) AS tidemark_wanted
    )
  ) q
  WHERE (q."id", q."product") IN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."product" IS NULL OFFSET 0
  ) q
)
