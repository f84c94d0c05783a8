-- what is kept, by region, reason
SELECT shops.region, r.reason, count(*) AS n
FROM public.returns AS r
JOIN public.sales ON sales.id = r.sale
JOIN public.shops ON shops.id = sales.shop
GROUP BY shops.region, r.reason

-- what is read
SELECT region, reason, n
FROM tidemark_data.three_tables_grouped

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "r"."reason", "r"."sale", pg_catalog.sum("r"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."reason" AS "reason", "l"."sale" AS "sale", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."returns" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "r"
  GROUP BY "r"."reason", "r"."sale"
  HAVING pg_catalog.sum("r"."tidemark_w") <> 0
)
"tidemark_changes_1" AS MATERIALIZED (
  SELECT "sales"."shop", "sales"."id",
    pg_catalog.sum("sales"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."id" AS "id", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
  GROUP BY "sales"."shop", "sales"."id"
  HAVING pg_catalog.sum("sales"."tidemark_w") <> 0
)
"tidemark_changes_2" AS MATERIALIZED (
  SELECT "shops"."region", "shops"."id",
    pg_catalog.sum("shops"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."region" AS "region", "l"."id" AS "id", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."shops" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "shops"
  GROUP BY "shops"."region", "shops"."id"
  HAVING pg_catalog.sum("shops"."tidemark_w") <> 0
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", "g1", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0"
  FROM tidemark_joined
  GROUP BY "g0", "g1"
)
tidemark_sums AS (
  SELECT c."g0", c."g1", o.ctid AS tidemark_tid, coalesce("o"."n", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."n", 0) + c."count_0" AS "count_0"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."three_tables_grouped" o ON ("o"."region" = "c"."g0" OR ("o"."region" IS NULL AND "c"."g0" IS NULL))
    AND ("o"."reason" = "c"."g1" OR ("o"."reason" IS NULL AND "c"."g1" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", "g1", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    ("count_0")::bigint AS "count_0",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0)) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::text AS "region", (tidemark_t.g1)::text AS "reason",
    ("tidemark_t"."tidemark_rows")::bigint AS "n"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt AND "tidemark_t"."tidemark_rows" <> 0
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE ("q"."region" = "k"."g0" OR ("q"."region" IS NULL AND "k"."g0" IS NULL))
      AND ("q"."reason" = "k"."g1" OR ("q"."reason" IS NULL AND "k"."g1" IS NULL)) OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."three_tables_grouped" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."region", f."reason",
    f."n"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."region", f."reason")::record = ROW(o."region", o."reason")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n")::record OPERATOR(pg_catalog.*<>) ROW(o."n")::record OR f.tidemark_several
)

-- deltas, terms
SELECT shops.region AS "g0", r.reason AS "g1", true AS "x0",
  /*sign*/"r"."tidemark_w" * "sales"."tidemark_w" * "shops"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "r", LATERAL (/*item 1*/) AS "sales", LATERAL (/*item 2*/) AS "shops"
WHERE /*condition 0*/ AND /*condition 1*/

-- deltas, condition 0
(shops.id = sales.shop)

-- deltas, condition 1
(sales.id = r.sale)

-- deltas, where items 0 and 1 both changed
SELECT "r"."reason", "r"."sale", "sales"."shop" AS "tidemark_second_0", "sales"."id" AS "tidemark_second_1",
  "r"."tidemark_w" * "sales"."tidemark_w" AS "tidemark_w", "r"."tidemark_w" AS "tidemark_first_w",
  "sales"."tidemark_w" AS "tidemark_second_w"
FROM (SELECT "reason", "sale", "tidemark_w" FROM "tidemark_changes_0") AS "r",
  (SELECT "shop", "id", "tidemark_w" FROM "tidemark_changes_1") AS "sales"
WHERE (sales.id = r.sale) OFFSET 0 ;
SELECT "r"."tidemark_second_0" AS "shop", "r"."tidemark_second_1" AS "id",
  1::pg_catalog.numeric AS "tidemark_w"

-- deltas, where items 0 and 1 both changed, instead of what they add twice
SELECT *
FROM (
  SELECT "r"."reason", "r"."sale", "sales"."shop" AS "tidemark_second_0", "sales"."id" AS "tidemark_second_1",
    "r"."tidemark_w" * "sales"."tidemark_w" AS "tidemark_w", "r"."tidemark_w" AS "tidemark_first_w",
    "sales"."tidemark_w" AS "tidemark_second_w"
  FROM (SELECT "reason", "sale", "tidemark_w" FROM "tidemark_changes_0") AS "r",
    (SELECT "shop", "id", "tidemark_w" FROM "tidemark_changes_1") AS "sales"
  WHERE (sales.id = r.sale) OFFSET 0
) q
WHERE "tidemark_second_w" < 0 ;
SELECT "r"."tidemark_second_0" AS "shop", "r"."tidemark_second_1" AS "id",
  1::pg_catalog.numeric AS "tidemark_w"

-- deltas, where items 0 and 1 both changed, the change of item 0 alone
SELECT *
FROM (SELECT "reason", "sale", "tidemark_w" FROM "tidemark_changes_0") AS "r"
WHERE ("r"."sale") NOT IN (
  SELECT "sales"."id"
  FROM (SELECT "shop", "id", "tidemark_w" FROM "tidemark_changes_1") AS "sales"
  WHERE "sales"."id" IS NOT NULL
)

-- deltas, where items 1 and 2 both changed
SELECT "sales"."shop", "sales"."id", "shops"."region" AS "tidemark_second_0",
  "shops"."id" AS "tidemark_second_1", "sales"."tidemark_w" * "shops"."tidemark_w" AS "tidemark_w",
  "sales"."tidemark_w" AS "tidemark_first_w", "shops"."tidemark_w" AS "tidemark_second_w"
FROM (SELECT "shop", "id", "tidemark_w" FROM "tidemark_changes_1") AS "sales",
  (SELECT "region", "id", "tidemark_w" FROM "tidemark_changes_2") AS "shops"
WHERE (shops.id = sales.shop) OFFSET 0 ;
SELECT "sales"."tidemark_second_0" AS "region", "sales"."tidemark_second_1" AS "id",
  1::pg_catalog.numeric AS "tidemark_w"

-- deltas, where items 1 and 2 both changed, instead of what they add twice
SELECT *
FROM (
  SELECT "sales"."shop", "sales"."id", "shops"."region" AS "tidemark_second_0",
    "shops"."id" AS "tidemark_second_1", "sales"."tidemark_w" * "shops"."tidemark_w" AS "tidemark_w",
    "sales"."tidemark_w" AS "tidemark_first_w", "shops"."tidemark_w" AS "tidemark_second_w"
  FROM (SELECT "shop", "id", "tidemark_w" FROM "tidemark_changes_1") AS "sales",
    (SELECT "region", "id", "tidemark_w" FROM "tidemark_changes_2") AS "shops"
  WHERE (shops.id = sales.shop) OFFSET 0
) q
WHERE "tidemark_second_w" < 0 ;
SELECT "sales"."tidemark_second_0" AS "region", "sales"."tidemark_second_1" AS "id",
  1::pg_catalog.numeric AS "tidemark_w"

-- deltas, where items 1 and 2 both changed, the change of item 1 alone
SELECT *
FROM (SELECT "shop", "id", "tidemark_w" FROM "tidemark_changes_1") AS "sales"
WHERE ("sales"."shop") NOT IN (
  SELECT "shops"."id"
  FROM (SELECT "region", "id", "tidemark_w" FROM "tidemark_changes_2") AS "shops"
  WHERE "shops"."id" IS NOT NULL
)

-- deltas, table 0 as it is
SELECT "r"."reason", "r"."sale", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "reason" AS "reason", "sale" AS "sale" FROM "public"."returns") AS "r"

-- deltas, table 0, its change
SELECT "reason", "sale", "tidemark_w"
FROM "tidemark_changes_0"

-- deltas, table 1 as it is
SELECT "sales"."shop", "sales"."id", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop", "id" AS "id" FROM "public"."sales") AS "sales"

-- deltas, table 1, its change
SELECT "shop", "id", "tidemark_w"
FROM "tidemark_changes_1"

-- deltas, table 2 as it is
SELECT "shops"."region", "shops"."id", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "region" AS "region", "id" AS "id" FROM "public"."shops") AS "shops"

-- deltas, table 2, its change
SELECT "region", "id", "tidemark_w"
FROM "tidemark_changes_2"
