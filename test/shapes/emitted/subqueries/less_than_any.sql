-- what is kept, by id
SELECT id, price
FROM public.sales
WHERE price < ANY (SELECT o.price FROM public.sales AS o WHERE o.shop = sales.shop)

-- what is read
SELECT id, price
FROM tidemark_data.less_than_any

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id", "l"."price", "l"."shop"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0", "k1"
    FROM (
      SELECT i0.id AS "k0", i0.price AS "k1"
      FROM (SELECT "id" AS "id", "price" AS "price" FROM "tidemark_delta_0") AS "i0"
      UNION ALL (
        WITH "tidemark_step_0" AS (
          SELECT "i1"."c0" AS "t2"
          FROM (
            SELECT DISTINCT i0.shop AS "k0"
            FROM (SELECT "shop" AS "shop" FROM "tidemark_delta_0") AS "i0"
          ) AS "i1"("c0")
        ),
        "tidemark_step_1" AS (
          SELECT "p".*, "i0"."id" AS "t0", "i0"."price" AS "t1"
          FROM "tidemark_step_0" AS "p"
          CROSS JOIN LATERAL (
            SELECT "n"."id" AS "id", "n"."price" AS "price", "n"."shop" AS "shop"
            FROM "public"."sales" AS n
            WHERE "n"."shop" = "p"."t2" OFFSET 0
          ) AS "i0"
          UNION ALL
          SELECT "p".*, "i0"."id" AS "t0", "i0"."price" AS "t1"
          FROM "tidemark_step_0" AS "p"
          JOIN (
            SELECT "n"."id" AS "id", "n"."price" AS "price", "n"."shop" AS "shop"
            FROM "tidemark_delta_0" AS n
          ) AS "i0" ON "i0"."shop" = "p"."t2"
        )
        SELECT p.t0 AS "k0", p.t1 AS "k1"
        FROM "tidemark_step_1" AS "p"
      )
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
    WHERE q."id" = "tidemark_key"."k0" AND q."price" = "tidemark_key"."k1" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."price" IS NULL OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."less_than_any" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
    AND q."price" = "tidemark_key"."k1"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."less_than_any" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
    AND q."price" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."price"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."price")::record OPERATOR(pg_catalog.*<>) ROW(o."price")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT id, price
    FROM public.sales
    WHERE price < ANY (SELECT o.price FROM public.sales AS o WHERE o.shop = sales.shop) AND (sales.id, sales.price) IN (
      SELECT k0, k1
      FROM (SELECT * FROM tidemark_keys_0 WHERE k1 IS NOT NULL) AS tidemark_wanted
    )
  ) q
  WHERE (q."id", q."price") IN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."price" IS NULL OFFSET 0
  ) q
)
