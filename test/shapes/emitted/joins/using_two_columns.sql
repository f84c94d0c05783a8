-- what is kept, by shop, product
SELECT sales.shop, sales.product, sum(sales.quantity) AS pieces, max(offers.discount) AS discount
FROM public.sales
JOIN public.offers USING (shop, product)
GROUP BY sales.shop, sales.product

-- what is read
SELECT shop, product, pieces, discount
FROM tidemark_data.using_two_columns

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
      SELECT i1.shop AS "k0", i1.product AS "k1"
      FROM (SELECT "shop" AS "shop", "product" AS "product" FROM "tidemark_delta_1") AS "i1"
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
  FROM (SELECT * FROM "tidemark_keys_0") AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."shop" = "tidemark_key"."k0" AND q."product" = "tidemark_key"."k1" OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."using_two_columns" q
  JOIN (SELECT * FROM "tidemark_keys_0") AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
    AND q."product" = "tidemark_key"."k1"
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."product",
    f."pieces", f."discount"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."shop" = o."shop"
    AND f."product" = o."product"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."pieces", f."discount")::record OPERATOR(pg_catalog.*<>) ROW(o."pieces", o."discount")::record
    OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT sales.shop, sales.product, sum(sales.quantity) AS pieces, max(offers.discount) AS discount
    FROM public.sales
    JOIN public.offers USING (shop, product)
    WHERE (sales.shop, sales.product) IN (
      SELECT k0, k1
      FROM (SELECT * FROM tidemark_keys_0) AS tidemark_wanted
    ) AND (offers.shop, offers.product) IN (
      SELECT k0, k1
      FROM (SELECT * FROM tidemark_keys_0) AS tidemark_wanted
    )
    GROUP BY sales.shop, sales.product
  ) q
  WHERE (q."shop", q."product") IN (SELECT * FROM "tidemark_keys_0")
)
