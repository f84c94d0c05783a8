-- what is kept, by id
SELECT id, shop
FROM public.sales
WHERE price = ((SELECT max(o.price) AS max FROM public.sales AS o WHERE o.shop = sales.shop))

-- what is read
SELECT id, shop
FROM tidemark_data.scalar_in_where

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
    FROM (
      SELECT i1.c0 AS "k0"
      FROM (SELECT DISTINCT i0.shop AS "k0" FROM (SELECT "shop" AS "shop" FROM "tidemark_delta_0") AS "i0") AS "i1"("c0")
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
  FROM "tidemark_data"."scalar_in_where" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."scalar_in_where" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key" ON q."shop" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."shop"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."shop")::record OPERATOR(pg_catalog.*<>) ROW(o."shop")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT id, shop
    FROM public.sales
    WHERE price = ((SELECT max(o.price) AS max FROM public.sales AS o WHERE o.shop = sales.shop)) AND sales.shop IN (
      SELECT k0
      FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL) AS tidemark_wanted
    )
  ) q
  WHERE (q."shop") IN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" IS NULL OFFSET 0) q
)
