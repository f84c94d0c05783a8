-- what is kept, by id, later
SELECT l.id, r.id AS later
FROM public.sales AS l
JOIN public.sales AS r ON r.shop = l.shop AND r.id > l.id

-- what is read
SELECT id, later
FROM tidemark_data.self_join

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id", "l"."shop"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0", "k1"
    FROM (
      (
        WITH "tidemark_step_0" AS (
          SELECT DISTINCT "i0"."id" AS "t0", "i0"."shop" AS "t2"
          FROM (SELECT "id" AS "id", "shop" AS "shop" FROM "tidemark_delta_0") AS "i0"
        ),
        "tidemark_step_1" AS (
          SELECT "p".*, "i1"."id" AS "t1"
          FROM "tidemark_step_0" AS "p"
          CROSS JOIN LATERAL (
            SELECT "n"."id" AS "id", "n"."shop" AS "shop"
            FROM "public"."sales" AS n
            WHERE "n"."shop" = "p"."t2" OFFSET 0
          ) AS "i1"
          UNION ALL
          SELECT "p".*, "i1"."id" AS "t1"
          FROM "tidemark_step_0" AS "p"
          JOIN (SELECT "n"."id" AS "id", "n"."shop" AS "shop" FROM "tidemark_delta_0" AS n) AS "i1" ON "i1"."shop" = "p"."t2"
        )
        SELECT p.t0 AS "k0", p.t1 AS "k1"
        FROM "tidemark_step_1" AS "p"
      ) UNION ALL (
        WITH "tidemark_step_0" AS (
          SELECT DISTINCT "i1"."id" AS "t1", "i1"."shop" AS "t2"
          FROM (SELECT "id" AS "id", "shop" AS "shop" FROM "tidemark_delta_0") AS "i1"
        ),
        "tidemark_step_1" AS (
          SELECT "p".*, "i0"."id" AS "t0"
          FROM "tidemark_step_0" AS "p"
          CROSS JOIN LATERAL (
            SELECT "n"."id" AS "id", "n"."shop" AS "shop"
            FROM "public"."sales" AS n
            WHERE "n"."shop" = "p"."t2" OFFSET 0
          ) AS "i0"
          UNION ALL
          SELECT "p".*, "i0"."id" AS "t0"
          FROM "tidemark_step_0" AS "p"
          JOIN (SELECT "n"."id" AS "id", "n"."shop" AS "shop" FROM "tidemark_delta_0" AS n) AS "i0" ON "i0"."shop" = "p"."t2"
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
  FROM (SELECT * FROM "tidemark_keys_0") AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."later" = "tidemark_key"."k1" OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."self_join" q
  JOIN (SELECT * FROM "tidemark_keys_0") AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
    AND q."later" = "tidemark_key"."k1"
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."later"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
    AND f."later" = o."later"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT l.id, r.id AS later
    FROM public.sales AS l
    JOIN public.sales AS r ON r.shop = l.shop AND r.id > l.id
    WHERE l.id IN (SELECT k0 FROM (SELECT * FROM tidemark_keys_0) AS tidemark_wanted)
      AND r.id IN (SELECT k1 FROM (SELECT * FROM tidemark_keys_0) AS tidemark_wanted)
  ) q
  WHERE (q."id", q."later") IN (SELECT * FROM "tidemark_keys_0")
)
