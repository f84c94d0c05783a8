-- what is kept, by name
SELECT shops.name,
  percentile_cont(CAST(0.5 AS double precision)) WITHIN GROUP (ORDER BY CAST(sales.price AS double precision)) AS median
FROM public.sales
JOIN public.shops ON shops.id = sales.shop
GROUP BY shops.name

-- what is read
SELECT name, median
FROM tidemark_data.percentile_over_join

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."shop"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_delta_1" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id", "l"."name"
  FROM "tidemark_log"."shops" AS l
  WHERE /* pending */
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (
      (
        WITH "tidemark_step_0" AS (
          SELECT DISTINCT "i0"."shop" AS "t1"
          FROM (SELECT "shop" AS "shop" FROM "tidemark_delta_0") AS "i0"
        ),
        "tidemark_step_1" AS (
          SELECT "p".*, "i1"."name" AS "t0"
          FROM "tidemark_step_0" AS "p"
          CROSS JOIN LATERAL (
            SELECT "n"."name" AS "name", "n"."id" AS "id"
            FROM "public"."shops" AS n
            WHERE "n"."id" = "p"."t1" OFFSET 0
          ) AS "i1"
          UNION ALL
          SELECT "p".*, "i1"."name" AS "t0"
          FROM "tidemark_step_0" AS "p"
          JOIN (SELECT "n"."name" AS "name", "n"."id" AS "id" FROM "tidemark_delta_1" AS n) AS "i1" ON "i1"."id" = "p"."t1"
        )
        SELECT p.t0 AS "k0"
        FROM "tidemark_step_1" AS "p"
      ) UNION ALL SELECT i1.name AS "k0" FROM (SELECT "name" AS "name" FROM "tidemark_delta_1") AS "i1"
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
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."name" = "tidemark_key"."k0" OFFSET 0) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."percentile_over_join" q
  JOIN (SELECT * FROM "tidemark_keys_0") AS "tidemark_key" ON q."name" = "tidemark_key"."k0"
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."name", f."median"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."name" = o."name"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."median")::record OPERATOR(pg_catalog.*<>) ROW(o."median")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT shops.name,
      percentile_cont(CAST(0.5 AS double precision)) WITHIN GROUP (ORDER BY CAST(sales.price AS double precision)) AS median
    FROM public.sales
    JOIN public.shops ON shops.id = sales.shop
    WHERE shops.name IN (SELECT k0 FROM (SELECT * FROM tidemark_keys_0) AS tidemark_wanted)
    GROUP BY shops.name
  ) q
  WHERE (q."name") IN (SELECT * FROM "tidemark_keys_0")
)
