-- what is kept, by id, shop
SELECT shops.id, closed.shop
FROM public.shops
CROSS JOIN public.closed

-- what is read
SELECT id, shop
FROM tidemark_data.cross_join

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id"
  FROM "tidemark_log"."shops" AS l
  WHERE /* pending */
)
"tidemark_delta_1" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."shop"
  FROM "tidemark_log"."closed" AS l
  WHERE /* pending */
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (SELECT i0.id AS "k0" FROM (SELECT "id" AS "id" FROM "tidemark_delta_0") AS "i0") tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
"tidemark_found_1" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (SELECT i1.shop AS "k0" FROM (SELECT "shop" AS "shop" FROM "tidemark_delta_1") AS "i1") tidemark_touched
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
  SELECT DISTINCT ON (q."id", q."shop", q::pg_catalog.text, q.tidemark_copy) q.*
  FROM (
    SELECT pg_catalog.row_number() OVER (PARTITION BY q."id", q."shop", q::pg_catalog.text) AS tidemark_copy,
      q.*
    FROM (
      SELECT q.*
      FROM (SELECT * FROM "tidemark_keys_0") AS "tidemark_key"
      CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."id" = "tidemark_key"."k0" OFFSET 0) q
    ) q
    UNION ALL
    SELECT pg_catalog.row_number() OVER (PARTITION BY q."id", q."shop", q::pg_catalog.text) AS tidemark_copy,
      q.*
    FROM (
      SELECT q.*
      FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NOT NULL) AS "tidemark_key"
      CROSS JOIN LATERAL (
        SELECT q.*
        FROM (/* what is kept */) q
        WHERE q."shop" = "tidemark_key"."k0" OFFSET 0
      ) q
      UNION ALL
      SELECT q.*
      FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NULL) AS "tidemark_key"
      CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" IS NULL OFFSET 0) q
    ) q
  ) q
)
tidemark_old AS (
  SELECT DISTINCT ON (q.tidemark_tid) q.*
  FROM (
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."cross_join" q
    JOIN (SELECT * FROM "tidemark_keys_0") AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."cross_join" q
    JOIN (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."cross_join" q
    JOIN (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NULL) AS "tidemark_key" ON q."shop" IS NULL
  ) q
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."shop"
  FROM (
    SELECT true AS tidemark_here,
      pg_catalog.count(*) OVER (PARTITION BY q."id", q."shop") > 1 AS tidemark_several, q.*
    FROM tidemark_fresh q
  ) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."id", f."shop")::record = ROW(o."id", o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT DISTINCT ON (q."id", q."shop", q::pg_catalog.text, q.tidemark_copy) q.*
  FROM (
    SELECT pg_catalog.row_number() OVER (PARTITION BY q."id", q."shop", q::pg_catalog.text) AS tidemark_copy,
      q.*
    FROM (
      SELECT q.*
      FROM (
        SELECT shops.id, closed.shop
        FROM public.shops
        CROSS JOIN public.closed
        WHERE shops.id IN (SELECT k0 FROM (SELECT * FROM tidemark_keys_0) AS tidemark_wanted)
      ) q
      WHERE (q."id") IN (SELECT * FROM "tidemark_keys_0")
    ) q
    UNION ALL
    SELECT pg_catalog.row_number() OVER (PARTITION BY q."id", q."shop", q::pg_catalog.text) AS tidemark_copy,
      q.*
    FROM (
      SELECT q.*
      FROM (
        SELECT shops.id, closed.shop
        FROM public.shops
        CROSS JOIN public.closed
        WHERE closed.shop IN (
          SELECT k0
          FROM (SELECT * FROM tidemark_keys_1 WHERE k0 IS NOT NULL) AS tidemark_wanted
        )
      ) q
      WHERE (q."shop") IN (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NOT NULL)
      UNION ALL
      SELECT q.*
      FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NULL) AS "tidemark_key"
      CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" IS NULL OFFSET 0) q
    ) q
  ) q
)
