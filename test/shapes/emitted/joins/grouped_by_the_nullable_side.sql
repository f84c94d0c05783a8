-- what is kept, by region
SELECT shops.region, count(*) AS n
FROM public.sales
LEFT JOIN public.shops ON shops.id = sales.shop
GROUP BY shops.region

-- what is read
SELECT region, n
FROM tidemark_data.grouped_by_the_nullable_side

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."shop"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_delta_1" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id", "l"."region"
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
          SELECT "p".*, "i1"."region" AS "t0"
          FROM "tidemark_step_0" AS "p"
          CROSS JOIN LATERAL (
            SELECT "n"."region" AS "region", "n"."id" AS "id"
            FROM "public"."shops" AS n
            WHERE "n"."id" = "p"."t1" OFFSET 0
          ) AS "i1"
          UNION ALL
          SELECT "p".*, "i1"."region" AS "t0"
          FROM "tidemark_step_0" AS "p"
          JOIN (SELECT "n"."region" AS "region", "n"."id" AS "id" FROM "tidemark_delta_1" AS n) AS "i1" ON "i1"."id" = "p"."t1"
        )
        SELECT p.t0 AS "k0"
        FROM "tidemark_step_1" AS "p"
      ) UNION ALL SELECT NULL::text AS "k0" FROM (SELECT FROM "tidemark_delta_0") AS "i0" UNION ALL SELECT i1.region AS "k0" FROM (
        SELECT "region" AS "region"
        FROM "tidemark_delta_1"
      ) AS "i1" UNION ALL SELECT NULL::text AS "k0" FROM (SELECT FROM "tidemark_delta_1") AS "i1"
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
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."region" = "tidemark_key"."k0" OFFSET 0) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."region" IS NULL OFFSET 0) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."grouped_by_the_nullable_side" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."region" = "tidemark_key"."k0"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."grouped_by_the_nullable_side" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key" ON q."region" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."region", f."n"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."region")::record = ROW(o."region")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n")::record OPERATOR(pg_catalog.*<>) ROW(o."n")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT shops.region, count(*) AS n
    FROM public.sales
    LEFT JOIN public.shops ON shops.id = sales.shop
    WHERE shops.region IN (
      SELECT k0
      FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL) AS tidemark_wanted
    )
    GROUP BY shops.region
  ) q
  WHERE (q."region") IN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."region" IS NULL OFFSET 0) q
)
