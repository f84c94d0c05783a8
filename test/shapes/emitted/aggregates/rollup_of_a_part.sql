-- what is kept, by shop, product, level
SELECT shop, product, sum(price) AS money, GROUPING(product) AS level
FROM public.sales
GROUP BY shop, ROLLUP (product)

-- what is read
SELECT shop, product, money, level
FROM tidemark_data.rollup_of_a_part

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
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (
      SELECT shop, product, sum(price) AS money, GROUPING(product) AS level
      FROM public.sales
      WHERE sales.shop = tidemark_key.k0
      GROUP BY shop, ROLLUP (product)
    ) q
    WHERE q."shop" = "tidemark_key"."k0" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" IS NULL OFFSET 0) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."rollup_of_a_part" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."rollup_of_a_part" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key" ON q."shop" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."product",
    f."money", f."level"
  FROM (
    SELECT true AS tidemark_here,
      pg_catalog.count(*) OVER (PARTITION BY q."shop", q."product", q."level") > 1 AS tidemark_several, q.*
    FROM tidemark_fresh q
  ) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop", f."product", f."level")::record = ROW(o."shop", o."product", o."level")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."money")::record OPERATOR(pg_catalog.*<>) ROW(o."money")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT shop, product, sum(price) AS money, GROUPING(product) AS level
    FROM public.sales
    WHERE sales.shop IN (
      SELECT k0
      FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL) AS tidemark_wanted
    )
    GROUP BY shop, ROLLUP (product)
  ) q
  WHERE (q."shop") IN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" IS NULL OFFSET 0) q
)
