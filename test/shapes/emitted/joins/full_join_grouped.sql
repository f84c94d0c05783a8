-- what is kept, by name, product
SELECT shops.name, sales.product, count(*) AS n
FROM public.shops
FULL JOIN public.sales ON sales.shop = shops.id
GROUP BY shops.name, sales.product

-- what is read
SELECT name, product, n
FROM tidemark_data.full_join_grouped

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."name"
  FROM "tidemark_log"."shops" AS l
  WHERE /* pending */
)
"tidemark_delta_1" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."product"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (
      SELECT i0.name AS "k0"
      FROM (SELECT "name" AS "name" FROM "tidemark_delta_0") AS "i0"
      UNION ALL
      SELECT NULL::text AS "k0"
      FROM (SELECT FROM "tidemark_delta_0") AS "i0"
    ) tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
"tidemark_found_1" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (
      SELECT i1.product AS "k0"
      FROM (SELECT "product" AS "product" FROM "tidemark_delta_1") AS "i1"
      UNION ALL
      SELECT NULL::text AS "k0"
      FROM (SELECT FROM "tidemark_delta_1") AS "i1"
    ) tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
tidemark_few AS MATERIALIZED (
  SELECT coalesce(
    (SELECT pg_catalog.count(*) FROM "tidemark_found_0") + (
      SELECT pg_catalog.count(*)
      FROM "tidemark_found_1"
    ) <= $5::pg_catalog.int8, true
  ) AS few
)
"tidemark_keys_0" AS MATERIALIZED (SELECT * FROM "tidemark_found_0" WHERE (SELECT few FROM tidemark_few))
"tidemark_keys_1" AS MATERIALIZED (SELECT * FROM "tidemark_found_1" WHERE (SELECT few FROM tidemark_few))
tidemark_fresh AS (
  SELECT DISTINCT ON (q."name", q."product") q.*
  FROM (
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."name" = "tidemark_key"."k0" OFFSET 0) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."name" IS NULL OFFSET 0) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NOT NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (/* what is kept */) q
      WHERE q."product" = "tidemark_key"."k0" OFFSET 0
    ) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."product" IS NULL OFFSET 0) q
  ) q
)
tidemark_old AS (
  SELECT DISTINCT ON (q.tidemark_tid) q.*
  FROM (
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."full_join_grouped" q
    JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."name" = "tidemark_key"."k0"
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."full_join_grouped" q
    JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key" ON q."name" IS NULL
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."full_join_grouped" q
    JOIN (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."product" = "tidemark_key"."k0"
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."full_join_grouped" q
    JOIN (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NULL) AS "tidemark_key" ON q."product" IS NULL
  ) q
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."name", f."product",
    f."n"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."name", f."product")::record = ROW(o."name", o."product")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n")::record OPERATOR(pg_catalog.*<>) ROW(o."n")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT DISTINCT ON (q."name", q."product") q.*
  FROM (
    SELECT q.*
    FROM (
      SELECT shops.name, sales.product, count(*) AS n
      FROM public.shops
      FULL JOIN public.sales ON sales.shop = shops.id
      WHERE shops.name IN (
        SELECT k0
        FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL) AS tidemark_wanted
      )
      GROUP BY shops.name, sales.product
    ) q
    WHERE (q."name") IN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL)
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."name" IS NULL OFFSET 0) q
    UNION ALL
    SELECT q.*
    FROM (
      SELECT shops.name, sales.product, count(*) AS n
      FROM public.shops
      FULL JOIN public.sales ON sales.shop = shops.id
      WHERE sales.product IN (
        SELECT k0
        FROM (SELECT * FROM tidemark_keys_1 WHERE k0 IS NOT NULL) AS tidemark_wanted
      )
      GROUP BY shops.name, sales.product
    ) q
    WHERE (q."product") IN (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NOT NULL)
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."product" IS NULL OFFSET 0) q
  ) q
)
