-- PIECE 1

-- what is kept, by shop
SELECT shop, count(*) AS n
FROM public.sales
GROUP BY shop

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."shop", "sales"."tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
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
    LEFT JOIN "tidemark_data"."piece 1" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
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
  JOIN "tidemark_data"."piece 1" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."n"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n")::record OPERATOR(pg_catalog.*<>) ROW(o."n")::record OR f.tidemark_several
)

-- deltas, terms
SELECT shop AS "g0", true AS "x0", /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."shop", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "shop", "tidemark_w"
FROM "tidemark_changes_0"

-- PIECE 2

-- what is kept, by shop
SELECT shop, max(discount) AS most
FROM public.offers
GROUP BY shop

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."shop"
  FROM "tidemark_log"."offers" AS l
  WHERE /* pending */
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (SELECT i0.shop AS "k0" FROM (SELECT "shop" AS "shop" FROM "tidemark_delta_0") AS "i0") tidemark_touched
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
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" = "tidemark_key"."k0" OFFSET 0) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."piece 2" q
  JOIN (SELECT * FROM "tidemark_keys_0") AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."most"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."shop" = o."shop"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."most")::record OPERATOR(pg_catalog.*<>) ROW(o."most")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT shop, max(discount) AS most
    FROM public.offers
    WHERE offers.shop IN (SELECT k0 FROM (SELECT * FROM tidemark_keys_0) AS tidemark_wanted)
    GROUP BY shop
  ) q
  WHERE (q."shop") IN (SELECT * FROM "tidemark_keys_0")
)

-- THE VIEW

-- what is kept, by shop
SELECT s.shop, s.n, o.most
FROM (
  SELECT "piece 1".shop, "piece 1".n
  FROM tidemark_data."piece 1" AS "piece 1"
) AS s
LEFT JOIN (
  SELECT "piece 2".shop, "piece 2".most
  FROM tidemark_data."piece 2" AS "piece 2"
) AS o ON o.shop = s.shop

-- what is read
SELECT shop, n, most
FROM tidemark_data.join_of_groups

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."shop"
  FROM "tidemark_log"."log of piece 1" AS l
  WHERE /* pending */ AND "l"."tidemark_xid" IS DISTINCT FROM $2::pg_catalog.xid8
)
"tidemark_delta_1" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."most", "l"."shop"
  FROM "tidemark_log"."log of piece 2" AS l
  WHERE /* pending */ AND "l"."tidemark_xid" IS DISTINCT FROM $2::pg_catalog.xid8
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (
      SELECT i0.shop AS "k0"
      FROM (SELECT DISTINCT i0.shop AS "k0" FROM (SELECT "shop" AS "shop" FROM "tidemark_delta_0") AS "i0") AS "i0"("shop")
    ) tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
"tidemark_found_1" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0", "k1"
    FROM (
      SELECT i1.shop AS "k0", i1.most AS "k1"
      FROM (
        SELECT DISTINCT i0.shop AS "k0", i0.most AS "k1"
        FROM (SELECT "shop" AS "shop", "most" AS "most" FROM "tidemark_delta_1") AS "i0"
      ) AS "i1"("shop", "most")
      UNION ALL
      SELECT i1.shop AS "k0", NULL::integer AS "k1"
      FROM (SELECT DISTINCT i0.shop AS "k0" FROM (SELECT "shop" AS "shop" FROM "tidemark_delta_1") AS "i0") AS "i1"("shop")
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
  SELECT DISTINCT ON (q."shop") q.*
  FROM (
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" = "tidemark_key"."k0" OFFSET 0) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" IS NULL OFFSET 0) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NOT NULL AND "k1" IS NOT NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (/* what is kept */) q
      WHERE q."shop" = "tidemark_key"."k0" AND q."most" = "tidemark_key"."k1" OFFSET 0
    ) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NULL AND "k1" IS NOT NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (/* what is kept */) q
      WHERE q."shop" IS NULL AND q."most" = "tidemark_key"."k1" OFFSET 0
    ) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NOT NULL AND "k1" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (/* what is kept */) q
      WHERE q."shop" = "tidemark_key"."k0" AND q."most" IS NULL OFFSET 0
    ) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NULL AND "k1" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (/* what is kept */) q
      WHERE q."shop" IS NULL AND q."most" IS NULL OFFSET 0
    ) q
  ) q
)
tidemark_old AS (
  SELECT DISTINCT ON (q.tidemark_tid) q.*
  FROM (
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."join_of_groups" q
    JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."join_of_groups" q
    JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key" ON q."shop" IS NULL
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."join_of_groups" q
    JOIN (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NOT NULL AND "k1" IS NOT NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
      AND q."most" = "tidemark_key"."k1"
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."join_of_groups" q
    JOIN (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NULL AND "k1" IS NOT NULL) AS "tidemark_key" ON q."shop" IS NULL
      AND q."most" = "tidemark_key"."k1"
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."join_of_groups" q
    JOIN (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NOT NULL AND "k1" IS NULL) AS "tidemark_key" ON q."shop" = "tidemark_key"."k0"
      AND q."most" IS NULL
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."join_of_groups" q
    JOIN (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NULL AND "k1" IS NULL) AS "tidemark_key" ON q."shop" IS NULL
      AND q."most" IS NULL
  ) q
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."n",
    f."most"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n", f."most")::record OPERATOR(pg_catalog.*<>) ROW(o."n", o."most")::record
    OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT DISTINCT ON (q."shop") q.*
  FROM (
    SELECT q.*
    FROM (
      SELECT s.shop, s.n, o.most
      FROM (
        SELECT "piece 1".shop, "piece 1".n
        FROM tidemark_data."piece 1" AS "piece 1"
        WHERE "piece 1".shop IN (
          SELECT k0
          FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL) AS tidemark_wanted
        )
      ) AS s
      LEFT JOIN (
        SELECT "piece 2".shop, "piece 2".most
        FROM tidemark_data."piece 2" AS "piece 2"
      ) AS o ON o.shop = s.shop
    ) q
    WHERE (q."shop") IN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL)
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE q."shop" IS NULL OFFSET 0) q
    UNION ALL
    SELECT q.*
    FROM (
      SELECT s.shop, s.n, o.most
      FROM (
        SELECT "piece 1".shop, "piece 1".n
        FROM tidemark_data."piece 1" AS "piece 1"
        WHERE "piece 1".shop IN (
          SELECT k0
          FROM (SELECT * FROM tidemark_keys_1 WHERE k0 IS NOT NULL AND k1 IS NOT NULL) AS tidemark_wanted
        )
      ) AS s
      LEFT JOIN (
        SELECT "piece 2".shop, "piece 2".most
        FROM tidemark_data."piece 2" AS "piece 2"
        WHERE "piece 2".most IN (
          SELECT k1
          FROM (SELECT * FROM tidemark_keys_1 WHERE k0 IS NOT NULL AND k1 IS NOT NULL) AS tidemark_wanted
        )
      ) AS o ON o.shop = s.shop
    ) q
    WHERE (q."shop", q."most") IN (
      SELECT *
      FROM "tidemark_keys_1"
      WHERE "k0" IS NOT NULL AND "k1" IS NOT NULL
    )
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NULL AND "k1" IS NOT NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (/* what is kept */) q
      WHERE q."shop" IS NULL AND q."most" = "tidemark_key"."k1" OFFSET 0
    ) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NOT NULL AND "k1" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (/* what is kept */) q
      WHERE q."shop" = "tidemark_key"."k0" AND q."most" IS NULL OFFSET 0
    ) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_1" WHERE "k0" IS NULL AND "k1" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (/* what is kept */) q
      WHERE q."shop" IS NULL AND q."most" IS NULL OFFSET 0
    ) q
  ) q
)
