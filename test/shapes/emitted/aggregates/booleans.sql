-- what is kept, by shop
SELECT shop, bool_and(paid) AS all_paid, bool_or(paid) AS some_paid, every(quantity > 2) AS many,
  count(*) AS tidemark_rows, count(paid) AS tidemark_count_0,
  count(CASE WHEN paid THEN true ELSE CAST(NULL AS boolean) END) AS tidemark_true_0,
  count(quantity > 2) AS tidemark_count_2,
  count(CASE WHEN quantity > 2 THEN true ELSE CAST(NULL AS boolean) END) AS tidemark_true_2
FROM public.sales
GROUP BY shop

-- what is read
SELECT shop, all_paid, some_paid, many
FROM tidemark_data.booleans

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."shop", "sales"."paid", "sales"."quantity", "sales"."tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."paid" AS "paid", "l"."quantity" AS "quantity",
      l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0"), 0) AS "true_0",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x2" IS NOT NULL), 0) AS "count_2",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x2"), 0) AS "true_2"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid,
    coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."tidemark_count_0", 0) + c."count_0" AS "count_0",
    coalesce("o"."tidemark_true_0", 0) + c."true_0" AS "true_0",
    coalesce("o"."tidemark_count_2", 0) + c."count_2" AS "count_2",
    coalesce("o"."tidemark_true_2", 0) + c."true_2" AS "true_2"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."booleans" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("count_0")::bigint AS "count_0",
    ("true_0")::bigint AS "true_0", ("count_2")::bigint AS "count_2", ("true_2")::bigint AS "true_2",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0)) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::integer AS "shop",
    (CASE WHEN tidemark_t.count_0 > 0 THEN tidemark_t.true_0 = tidemark_t.count_0 END)::boolean AS "all_paid",
    (CASE WHEN tidemark_t.count_0 > 0 THEN tidemark_t.true_0 > 0 END)::boolean AS "some_paid",
    (CASE WHEN tidemark_t.count_2 > 0 THEN tidemark_t.true_2 = tidemark_t.count_2 END)::boolean AS "many",
    ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows",
    ("tidemark_t"."count_0")::bigint AS "tidemark_count_0",
    ("tidemark_t"."true_0")::bigint AS "tidemark_true_0",
    ("tidemark_t"."count_2")::bigint AS "tidemark_count_2",
    ("tidemark_t"."true_2")::bigint AS "tidemark_true_2"
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
  JOIN "tidemark_data"."booleans" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."all_paid",
    f."some_paid", f."many", f."tidemark_rows", f."tidemark_count_0", f."tidemark_true_0",
    f."tidemark_count_2", f."tidemark_true_2"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."all_paid", f."some_paid", f."many", f."tidemark_rows", f."tidemark_count_0", f."tidemark_true_0", f."tidemark_count_2", f."tidemark_true_2")::record OPERATOR(pg_catalog.*<>) ROW(o."all_paid", o."some_paid", o."many", o."tidemark_rows", o."tidemark_count_0", o."tidemark_true_0", o."tidemark_count_2", o."tidemark_true_2")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT shop AS "g0", paid AS "x0", paid AS "x1", quantity > 2 AS "x2",
  /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."shop", "sales"."paid", "sales"."quantity", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop", "paid" AS "paid", "quantity" AS "quantity" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "shop", "paid", "quantity", "tidemark_w"
FROM "tidemark_changes_0"
