-- what is kept, by id
SELECT shops.id, best.id AS sale, best.price
FROM public.shops
CROSS JOIN LATERAL (
  SELECT sales.id, sales.price
  FROM public.sales
  WHERE sales.shop = shops.id
  ORDER BY sales.price DESC NULLS LAST, sales.id LIMIT 1
) AS best

-- what is read
SELECT id, sale, price
FROM tidemark_data.lateral_top

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id"
  FROM "tidemark_log"."shops" AS l
  WHERE /* pending */
)
"tidemark_delta_1" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."shop"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (
      SELECT i0.id AS "k0"
      FROM (SELECT "id" AS "id" FROM "tidemark_delta_0") AS "i0"
      UNION ALL
      SELECT i2.c0 AS "k0"
      FROM (SELECT DISTINCT i0.shop AS "k0" FROM (SELECT "shop" AS "shop" FROM "tidemark_delta_1") AS "i0") AS "i2"("c0")
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
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."id" = "tidemark_key"."k0" OFFSET 0) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."lateral_top" q
  JOIN (SELECT * FROM "tidemark_keys_0") AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."sale",
    f."price"
  FROM (
    SELECT true AS tidemark_here, pg_catalog.count(*) OVER (PARTITION BY q."id") > 1 AS tidemark_several, q.*
    FROM tidemark_fresh q
  ) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."sale", f."price")::record OPERATOR(pg_catalog.*<>) ROW(o."sale", o."price")::record
    OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT shops.id, best.id AS sale, best.price
    FROM public.shops
    CROSS JOIN LATERAL (
      SELECT sales.id, sales.price
      FROM public.sales
      WHERE sales.shop = shops.id
      ORDER BY sales.price DESC NULLS LAST, sales.id LIMIT 1
    ) AS best
    WHERE shops.id IN (SELECT k0 FROM (SELECT * FROM tidemark_keys_0) AS tidemark_wanted)
  ) q
  WHERE (q."id") IN (SELECT * FROM "tidemark_keys_0")
)
