-- what is kept, by id
SELECT sales.id, sales.shop
FROM public.sales
LEFT JOIN public.returns AS r ON r.sale = sales.id
WHERE r.sale IS NULL

-- what is read
SELECT id, shop
FROM tidemark_data.anti_join

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id", "l"."shop"
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
    SELECT DISTINCT "k0", "k1"
    FROM (
      SELECT i0.id AS "k0", i0.shop AS "k1"
      FROM (SELECT "id" AS "id", "shop" AS "shop" FROM "tidemark_delta_0") AS "i0"
    ) tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
"tidemark_found_1" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (SELECT i1.sale AS "k0" FROM (SELECT "sale" AS "sale" FROM "tidemark_delta_1") AS "i1") tidemark_touched
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
  SELECT DISTINCT ON (q."id", q::pg_catalog.text, q.tidemark_copy) q.*
  FROM (
    SELECT pg_catalog.row_number() OVER (PARTITION BY q."id", q::pg_catalog.text) AS tidemark_copy, q.*
    FROM (
      SELECT q.*
      FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL) AS "tidemark_key"
      CROSS JOIN LATERAL (
        SELECT q.*
        FROM (/* what is kept */) q
        WHERE q."id" = "tidemark_key"."k0" AND q."shop" = "tidemark_key"."k1" OFFSET 0
      ) q
      UNION ALL
      SELECT q.*
      FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
      CROSS JOIN LATERAL (
        SELECT q.*
        FROM (/* what is kept */) q
        WHERE q."id" = "tidemark_key"."k0" AND q."shop" IS NULL OFFSET 0
      ) q
    ) q
    UNION ALL
    SELECT pg_catalog.row_number() OVER (PARTITION BY q."id", q::pg_catalog.text) AS tidemark_copy, q.*
    FROM (
      SELECT q.*
      FROM (SELECT * FROM "tidemark_keys_1") AS "tidemark_key"
      CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."id" = "tidemark_key"."k0" OFFSET 0) q
    ) q
  ) q
)
tidemark_old AS (
  SELECT DISTINCT ON (q.tidemark_tid) q.*
  FROM (
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."anti_join" q
    JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
      AND q."shop" = "tidemark_key"."k1"
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."anti_join" q
    JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
      AND q."shop" IS NULL
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."anti_join" q
    JOIN (SELECT * FROM "tidemark_keys_1") AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
  ) q
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."shop"
  FROM (
    SELECT true AS tidemark_here, pg_catalog.count(*) OVER (PARTITION BY q."id") > 1 AS tidemark_several, q.*
    FROM tidemark_fresh q
  ) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."shop")::record OPERATOR(pg_catalog.*<>) ROW(o."shop")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT DISTINCT ON (q."id", q::pg_catalog.text, q.tidemark_copy) q.*
  FROM (
    SELECT pg_catalog.row_number() OVER (PARTITION BY q."id", q::pg_catalog.text) AS tidemark_copy, q.*
    FROM (
      SELECT q.*
      FROM (
        SELECT sales.id, sales.shop
        FROM public.sales
        LEFT JOIN public.returns AS r ON r.sale = sales.id
        WHERE r.sale IS NULL AND (sales.id, sales.shop) IN (
          SELECT k0, k1
          FROM (SELECT * FROM tidemark_keys_0 WHERE k1 IS NOT NULL) AS tidemark_wanted
        )
      ) q
      WHERE (q."id", q."shop") IN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL)
      UNION ALL
      SELECT q.*
      FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
      CROSS JOIN LATERAL (
        SELECT q.*
        FROM (/* what is kept */) q
        WHERE q."id" = "tidemark_key"."k0" AND q."shop" IS NULL OFFSET 0
      ) q
    ) q
    UNION ALL
    SELECT pg_catalog.row_number() OVER (PARTITION BY q."id", q::pg_catalog.text) AS tidemark_copy, q.*
    FROM (
      SELECT q.*
      FROM (
        SELECT sales.id, sales.shop
        FROM public.sales
        LEFT JOIN public.returns AS r ON r.sale = sales.id
        WHERE r.sale IS NULL
          AND sales.id IN (SELECT k0 FROM (SELECT * FROM tidemark_keys_1) AS tidemark_wanted)
      ) q
      WHERE (q."id") IN (SELECT * FROM "tidemark_keys_1")
    ) q
  ) q
)
