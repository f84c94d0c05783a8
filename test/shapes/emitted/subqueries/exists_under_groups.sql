-- PIECE 1

-- what is kept, by id
SELECT shop, id
FROM public.sales
WHERE EXISTS (SELECT FROM public.returns AS r WHERE r.sale = sales.id)

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
      SELECT i0.shop AS "k0", i0.id AS "k1"
      FROM (SELECT "shop" AS "shop", "id" AS "id" FROM "tidemark_delta_0") AS "i0"
    ) tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
"tidemark_found_1" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (
      SELECT i1.c0 AS "k0"
      FROM (SELECT DISTINCT i0.sale AS "k0" FROM (SELECT "sale" AS "sale" FROM "tidemark_delta_1") AS "i0") AS "i1"("c0")
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
  SELECT DISTINCT ON (q."id") q.*
  FROM (
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (/* what is kept */) q
      WHERE q."shop" = "tidemark_key"."k0" AND q."id" = "tidemark_key"."k1" OFFSET 0
    ) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (/* what is kept */) q
      WHERE q."shop" IS NULL AND q."id" = "tidemark_key"."k1" OFFSET 0
    ) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_1") AS "tidemark_key"
    CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."id" = "tidemark_key"."k0" OFFSET 0) q
  ) q
)
tidemark_old AS (
  SELECT DISTINCT ON (q.tidemark_tid) q.*
  FROM (
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."piece 1" q
    JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
      AND q."id" = "tidemark_key"."k1"
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."piece 1" q
    JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key" ON q."shop" IS NULL
      AND q."id" = "tidemark_key"."k1"
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."piece 1" q
    JOIN (SELECT * FROM "tidemark_keys_1") AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
  ) q
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."id"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."shop")::record OPERATOR(pg_catalog.*<>) ROW(o."shop")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT DISTINCT ON (q."id") q.*
  FROM (
    SELECT q.*
    FROM (
      SELECT shop, id
      FROM public.sales
      WHERE EXISTS (SELECT FROM public.returns AS r WHERE r.sale = sales.id) AND (sales.shop, sales.id) IN (
        SELECT k0, k1
        FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL) AS tidemark_wanted
      )
    ) q
    WHERE (q."shop", q."id") IN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL)
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (/* what is kept */) q
      WHERE q."shop" IS NULL AND q."id" = "tidemark_key"."k1" OFFSET 0
    ) q
    UNION ALL
    SELECT q.*
    FROM (
      SELECT shop, id
      FROM public.sales
      WHERE EXISTS (SELECT FROM public.returns AS r WHERE r.sale = sales.id)
        AND sales.id IN (SELECT k0 FROM (SELECT * FROM tidemark_keys_1) AS tidemark_wanted)
    ) q
    WHERE (q."id") IN (SELECT * FROM "tidemark_keys_1")
  ) q
)

-- THE VIEW

-- what is kept, by shop
SELECT shop, count(*) AS n
FROM tidemark_data."piece 1" AS joined
GROUP BY shop

-- what is read
SELECT shop, n
FROM tidemark_data.exists_under_groups

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "joined"."shop", "joined"."tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."log of piece 1" AS l
    WHERE /* pending */ AND "l"."tidemark_xid" IS DISTINCT FROM $2::pg_catalog.xid8 AND l.tidemark_sign <> 0
      AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "joined"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid, coalesce("o"."n", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."n", 0) + c."count_0" AS "count_0"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."exists_under_groups" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("count_0")::bigint AS "count_0",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0)) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::integer AS "shop", ("tidemark_t"."tidemark_rows")::bigint AS "n"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt AND "tidemark_t"."tidemark_rows" <> 0
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE ("q"."shop" = "k"."g0" OR ("q"."shop" IS NULL AND "k"."g0" IS NULL)) OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."exists_under_groups" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."n"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n")::record OPERATOR(pg_catalog.*<>) ROW(o."n")::record OR f.tidemark_several
)

-- deltas, terms
SELECT shop AS "g0", true AS "x0", /*sign*/"joined"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "joined"

-- deltas, table 0 as it is
SELECT "joined"."shop", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop" FROM "tidemark_data"."piece 1") AS "joined"

-- deltas, table 0, its change
SELECT "shop", "tidemark_w"
FROM "tidemark_changes_0"
