-- PIECE 1

-- what is kept, by product
SELECT product, sum(quantity) AS total, count(*) AS tidemark_rows, count(quantity) AS tidemark_count_0
FROM public.sales
GROUP BY product

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."product", "sales"."quantity", "sales"."tidemark_w"
  FROM (
    SELECT "l"."product" AS "product", "l"."quantity" AS "quantity", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" > 0), 0) - coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" < 0), 0) AS "sum_0",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid,
    coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."total", 0) + c."sum_0" AS "sum_0",
    coalesce("o"."tidemark_count_0", 0) + c."count_0" AS "count_0"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."piece 1" o ON ("o"."product" = "c"."g0" OR ("o"."product" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    (CASE WHEN "count_0" <> 0 AND "sum_0" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN "sum_0" END)::bigint AS "sum_0",
    ("count_0")::bigint AS "count_0",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0 OR "sum_0" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::text AS "product", ("tidemark_t"."sum_0")::bigint AS "total",
    ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows",
    ("tidemark_t"."count_0")::bigint AS "tidemark_count_0"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt AND "tidemark_t"."tidemark_rows" <> 0
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE ("q"."product" = "k"."g0" OR ("q"."product" IS NULL AND "k"."g0" IS NULL)) OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."piece 1" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."product", f."total",
    f."tidemark_rows", f."tidemark_count_0"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."product")::record = ROW(o."product")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."total", f."tidemark_rows", f."tidemark_count_0")::record OPERATOR(pg_catalog.*<>) ROW(o."total", o."tidemark_rows", o."tidemark_count_0")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT product AS "g0", quantity AS "x0", /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."product", "sales"."quantity", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "product" AS "product", "quantity" AS "quantity" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "product", "quantity", "tidemark_w"
FROM "tidemark_changes_0"

-- THE VIEW

-- what is kept, by nothing: one row
SELECT max(total) AS most, min(total) AS "least", count(*) AS tidemark_rows
FROM (
  SELECT "piece 1".product, "piece 1".total
  FROM tidemark_data."piece 1" AS "piece 1"
) AS s

-- what is read
SELECT most, "least"
FROM tidemark_data.extremes_of_sums

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "piece 1"."product", "piece 1"."total",
    pg_catalog.sum("piece 1"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."product" AS "product", "l"."total" AS "total", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."log of piece 1" AS l
    WHERE /* pending */ AND "l"."tidemark_xid" IS DISTINCT FROM $2::pg_catalog.xid8 AND l.tidemark_sign <> 0
      AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "piece 1"
  GROUP BY "piece 1"."product", "piece 1"."total"
  HAVING pg_catalog.sum("piece 1"."tidemark_w") <> 0
)
tidemark_joined AS (
  SELECT "x0", "x1", pg_catalog.sum("tidemark_w") AS "tidemark_w"
  FROM (/*terms*/) q
  GROUP BY "x0", "x1"
  HAVING pg_catalog.sum("tidemark_w") <> 0
)
tidemark_change AS MATERIALIZED (
  SELECT coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    pg_catalog.max("x0") FILTER (WHERE "tidemark_w" > 0) AS "came_0",
    pg_catalog.max("x0") FILTER (WHERE "tidemark_w" < 0) AS "went_0",
    pg_catalog.min("x1") FILTER (WHERE "tidemark_w" > 0) AS "came_1",
    pg_catalog.min("x1") FILTER (WHERE "tidemark_w" < 0) AS "went_1"
  FROM tidemark_joined
)
tidemark_sums AS (
  SELECT o.ctid AS tidemark_tid, coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows",
    "o"."most" AS "extreme_0", c."came_0" AS "came_0", c."went_0" AS "went_0", "o"."least" AS "extreme_1",
    c."came_1" AS "came_1", c."went_1" AS "went_1"
  FROM tidemark_change c
  LEFT JOIN "tidemark_data"."extremes_of_sums" o ON true
)
tidemark_state AS MATERIALIZED (
  SELECT tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    (greatest("extreme_0", "came_0"))::bigint AS "extreme_0",
    (least("extreme_1", "came_1"))::bigint AS "extreme_1",
    (true AND ("tidemark_rows" < 0 OR "went_0" IS NOT NULL AND ("extreme_0" IS NULL OR "went_0" >= "extreme_0") OR "went_1" IS NOT NULL AND ("extreme_1" IS NULL OR "went_1" <= "extreme_1"))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT ("tidemark_t"."extreme_0")::bigint AS "most", ("tidemark_t"."extreme_1")::bigint AS "least",
    ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (SELECT q.* FROM (/* what is kept */) q WHERE true OFFSET 0) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."extremes_of_sums" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."most", f."least",
    f."tidemark_rows"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f.tidemark_here = o.tidemark_here
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."most", f."least", f."tidemark_rows")::record OPERATOR(pg_catalog.*<>) ROW(o."most", o."least", o."tidemark_rows")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT total AS "x0", total AS "x1", /*sign*/"s"."tidemark_w" AS "tidemark_w"
FROM (
  SELECT "piece 1".product AS "product", "piece 1".total AS "total",
    "piece 1"."tidemark_w" AS "tidemark_w"
  FROM LATERAL (/*item 0*/) AS "piece 1"
) AS "s"

-- deltas, table 0 as it is
SELECT "piece 1"."product", "piece 1"."total", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "product" AS "product", "total" AS "total" FROM "tidemark_data"."piece 1") AS "piece 1"

-- deltas, table 0, its change
SELECT "product", "total", "tidemark_w"
FROM "tidemark_changes_0"
