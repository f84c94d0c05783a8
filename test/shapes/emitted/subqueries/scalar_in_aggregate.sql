-- what is kept, by product
SELECT product, sum((SELECT count(*) AS count FROM public.returns AS r WHERE r.sale = sales.id)) AS returned
FROM public.sales
GROUP BY product

-- what is read
SELECT product, returned
FROM tidemark_data.scalar_in_aggregate

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id", "l"."product"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_delta_1" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."sale"
  FROM "tidemark_log"."returns" AS l
  WHERE /* pending */
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (
      SELECT i0.product AS "k0"
      FROM (SELECT "product" AS "product" FROM "tidemark_delta_0") AS "i0"
      UNION ALL (
        WITH "tidemark_step_0" AS (
          SELECT "i1"."c0" AS "t1"
          FROM (
            SELECT DISTINCT i0.sale AS "k0"
            FROM (SELECT "sale" AS "sale" FROM "tidemark_delta_1") AS "i0"
          ) AS "i1"("c0")
        ),
        "tidemark_step_1" AS (
          SELECT "p".*, "i0"."product" AS "t0"
          FROM "tidemark_step_0" AS "p"
          CROSS JOIN LATERAL (
            SELECT "n"."product" AS "product", "n"."id" AS "id"
            FROM "public"."sales" AS n
            WHERE "n"."id" = "p"."t1" OFFSET 0
          ) AS "i0"
          UNION ALL
          SELECT "p".*, "i0"."product" AS "t0"
          FROM "tidemark_step_0" AS "p"
          JOIN (SELECT "n"."product" AS "product", "n"."id" AS "id" FROM "tidemark_delta_0" AS n) AS "i0" ON "i0"."id" = "p"."t1"
        )
        SELECT p.t0 AS "k0"
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
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."product" = "tidemark_key"."k0" OFFSET 0) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."product" IS NULL OFFSET 0) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."scalar_in_aggregate" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."product" = "tidemark_key"."k0"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."scalar_in_aggregate" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key" ON q."product" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."product",
    f."returned"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."product")::record = ROW(o."product")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."returned")::record OPERATOR(pg_catalog.*<>) ROW(o."returned")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT product,
      sum((SELECT count(*) AS count FROM public.returns AS r WHERE r.sale = sales.id)) AS returned
    FROM public.sales
    WHERE sales.product IN (
      SELECT k0
      FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL) AS tidemark_wanted
    )
    GROUP BY product
  ) q
  WHERE (q."product") IN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."product" IS NULL OFFSET 0) q
)
