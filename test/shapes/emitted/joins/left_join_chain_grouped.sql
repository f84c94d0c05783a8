-- what is kept, by id
SELECT shops.id, count(DISTINCT sales.id) AS sales, count(r.sale) AS returned
FROM public.shops
LEFT JOIN public.sales ON sales.shop = shops.id
LEFT JOIN public.returns AS r ON r.sale = sales.id
GROUP BY shops.id

-- what is read
SELECT id, sales, returned
FROM tidemark_data.left_join_chain_grouped

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id"
  FROM "tidemark_log"."shops" AS l
  WHERE /* pending */
)
"tidemark_delta_1" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id", "l"."shop"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_delta_2" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."sale"
  FROM "tidemark_log"."returns" AS l
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
      SELECT i1.shop AS "k0"
      FROM (SELECT "shop" AS "shop" FROM "tidemark_delta_1") AS "i1"
      UNION ALL (
        WITH "tidemark_step_0" AS (
          SELECT DISTINCT "i2"."sale" AS "t1"
          FROM (SELECT "sale" AS "sale" FROM "tidemark_delta_2") AS "i2"
        ),
        "tidemark_step_1" AS (
          SELECT "p".*, "i1"."shop" AS "t2"
          FROM "tidemark_step_0" AS "p"
          CROSS JOIN LATERAL (
            SELECT "n"."id" AS "id", "n"."shop" AS "shop"
            FROM "public"."sales" AS n
            WHERE "n"."id" = "p"."t1" OFFSET 0
          ) AS "i1"
          UNION ALL
          SELECT "p".*, "i1"."shop" AS "t2"
          FROM "tidemark_step_0" AS "p"
          JOIN (SELECT "n"."id" AS "id", "n"."shop" AS "shop" FROM "tidemark_delta_1" AS n) AS "i1" ON "i1"."id" = "p"."t1"
        ),
        "tidemark_step_2" AS (
          SELECT "p".*, "i0"."id" AS "t0"
          FROM "tidemark_step_1" AS "p"
          CROSS JOIN LATERAL (
            SELECT "n"."id" AS "id"
            FROM "public"."shops" AS n
            WHERE "n"."id" = "p"."t2" OFFSET 0
          ) AS "i0"
          UNION ALL
          SELECT "p".*, "i0"."id" AS "t0"
          FROM "tidemark_step_1" AS "p"
          JOIN (SELECT "n"."id" AS "id" FROM "tidemark_delta_0" AS n) AS "i0" ON "i0"."id" = "p"."t2"
        )
        SELECT p.t0 AS "k0"
        FROM "tidemark_step_2" AS "p"
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
  FROM (SELECT * FROM "tidemark_keys_0") AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."id" = "tidemark_key"."k0" OFFSET 0) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."left_join_chain_grouped" q
  JOIN (SELECT * FROM "tidemark_keys_0") AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."sales",
    f."returned"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."sales", f."returned")::record OPERATOR(pg_catalog.*<>) ROW(o."sales", o."returned")::record
    OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT shops.id, count(DISTINCT sales.id) AS sales, count(r.sale) AS returned
    FROM public.shops
    LEFT JOIN public.sales ON sales.shop = shops.id
    LEFT JOIN public.returns AS r ON r.sale = sales.id
    WHERE shops.id IN (SELECT k0 FROM (SELECT * FROM tidemark_keys_0) AS tidemark_wanted)
    GROUP BY shops.id
  ) q
  WHERE (q."id") IN (SELECT * FROM "tidemark_keys_0")
)
