-- what is kept, by shop
SELECT shop, min(quantity) AS "least", max(price) AS dearest, max(product) AS last, count(*) AS tidemark_rows
FROM public.sales
GROUP BY shop

-- what is read
SELECT shop, "least", dearest, last
FROM tidemark_data.min_max

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."shop", "sales"."quantity", "sales"."price", "sales"."product",
    pg_catalog.sum("sales"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."quantity" AS "quantity", "l"."price" AS "price",
      "l"."product" AS "product", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
  GROUP BY "sales"."shop", "sales"."quantity", "sales"."price", "sales"."product",
    ("sales"."price"::pg_catalog.text COLLATE "C")
  HAVING pg_catalog.sum("sales"."tidemark_w") <> 0
)
tidemark_joined AS (
  SELECT "g0", "x0", "x1", "x2", pg_catalog.sum("tidemark_w") AS "tidemark_w"
  FROM (/*terms*/) q
  GROUP BY "g0", "x0", "x1", "x2", ("x1"::pg_catalog.text COLLATE "C")
  HAVING pg_catalog.sum("tidemark_w") <> 0
)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    pg_catalog.min("x0") FILTER (WHERE "tidemark_w" > 0) AS "came_0",
    pg_catalog.min("x0") FILTER (WHERE "tidemark_w" < 0) AS "went_0",
    pg_catalog.max("x1") FILTER (WHERE "tidemark_w" > 0) AS "came_1",
    pg_catalog.max("x1") FILTER (WHERE "tidemark_w" < 0) AS "went_1",
    pg_catalog.max("x2") FILTER (WHERE "tidemark_w" > 0) AS "came_2",
    pg_catalog.max("x2") FILTER (WHERE "tidemark_w" < 0) AS "went_2"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid,
    coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows", "o"."least" AS "extreme_0",
    c."came_0" AS "came_0", c."went_0" AS "went_0", "o"."dearest" AS "extreme_1", c."came_1" AS "came_1",
    c."went_1" AS "went_1", "o"."last" AS "extreme_2", c."came_2" AS "came_2", c."went_2" AS "went_2"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."min_max" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    (least("extreme_0", "came_0"))::integer AS "extreme_0",
    (greatest("extreme_1", "came_1"))::numeric AS "extreme_1",
    (greatest("extreme_2", "came_2"))::text AS "extreme_2",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0 OR "went_0" IS NOT NULL AND ("extreme_0" IS NULL OR "went_0" <= "extreme_0") OR "went_1" IS NOT NULL AND ("extreme_1" IS NULL OR "went_1" >= "extreme_1") OR "came_1" = "extreme_1" AND "came_1"::pg_catalog.text <> "extreme_1"::pg_catalog.text OR "went_2" IS NOT NULL AND ("extreme_2" IS NULL OR "went_2" >= "extreme_2"))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::integer AS "shop", ("tidemark_t"."extreme_0")::integer AS "least",
    ("tidemark_t"."extreme_1")::numeric AS "dearest", ("tidemark_t"."extreme_2")::text AS "last",
    ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows"
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
  JOIN "tidemark_data"."min_max" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."least",
    f."dearest", f."last", f."tidemark_rows"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."least", f."dearest", f."last", f."tidemark_rows")::record OPERATOR(pg_catalog.*<>) ROW(o."least", o."dearest", o."last", o."tidemark_rows")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT shop AS "g0", quantity AS "x0", price AS "x1", product AS "x2",
  /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."shop", "sales"."quantity", "sales"."price", "sales"."product",
  1::pg_catalog.numeric AS "tidemark_w"
FROM (
  SELECT "shop" AS "shop", "quantity" AS "quantity", "price" AS "price", "product" AS "product"
  FROM "public"."sales"
) AS "sales"

-- deltas, table 0, its change
SELECT "shop", "quantity", "price", "product", "tidemark_w"
FROM "tidemark_changes_0"
