-- what is kept, by shop, paid
SELECT shop, paid, count(*) AS tidemark_rows
FROM public.sales
GROUP BY shop, paid

-- what is read
SELECT shop, paid
FROM tidemark_data.distinct_rows

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."shop", "sales"."paid", "sales"."tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."paid" AS "paid", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", "g1", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows"
  FROM tidemark_joined
  GROUP BY "g0", "g1"
)
tidemark_sums AS (
  SELECT c."g0", c."g1", o.ctid AS tidemark_tid,
    coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."distinct_rows" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
    AND ("o"."paid" = "c"."g1" OR ("o"."paid" IS NULL AND "c"."g1" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", "g1", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0)) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::integer AS "shop", (tidemark_t.g1)::boolean AS "paid",
    ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt AND "tidemark_t"."tidemark_rows" <> 0
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE ("q"."shop" = "k"."g0" OR ("q"."shop" IS NULL AND "k"."g0" IS NULL))
      AND ("q"."paid" = "k"."g1" OR ("q"."paid" IS NULL AND "k"."g1" IS NULL)) OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."distinct_rows" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."paid",
    f."tidemark_rows"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop", f."paid")::record = ROW(o."shop", o."paid")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."tidemark_rows")::record OPERATOR(pg_catalog.*<>) ROW(o."tidemark_rows")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT shop AS "g0", paid AS "g1", /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."shop", "sales"."paid", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop", "paid" AS "paid" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "shop", "paid", "tidemark_w"
FROM "tidemark_changes_0"
