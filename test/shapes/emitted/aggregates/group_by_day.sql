-- what is kept, by day
SELECT date_trunc('day'::text, at) AS day, count(*) AS n, max(price) AS dearest
FROM public.sales
GROUP BY date_trunc('day'::text, at)

-- what is read
SELECT day, n, dearest
FROM tidemark_data.group_by_day

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."at", "sales"."price",
    pg_catalog.sum("sales"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."at" AS "at", "l"."price" AS "price", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
  GROUP BY "sales"."at", "sales"."price", ("sales"."price"::pg_catalog.text COLLATE "C")
  HAVING pg_catalog.sum("sales"."tidemark_w") <> 0
)
tidemark_joined AS (
  SELECT "g0", "x0", "x1", pg_catalog.sum("tidemark_w") AS "tidemark_w"
  FROM (/*terms*/) q
  GROUP BY "g0", "x0", "x1", ("x1"::pg_catalog.text COLLATE "C")
  HAVING pg_catalog.sum("tidemark_w") <> 0
)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0",
    pg_catalog.max("x1") FILTER (WHERE "tidemark_w" > 0) AS "came_1",
    pg_catalog.max("x1") FILTER (WHERE "tidemark_w" < 0) AS "went_1"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid, coalesce("o"."n", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."n", 0) + c."count_0" AS "count_0", "o"."dearest" AS "extreme_1", c."came_1" AS "came_1",
    c."went_1" AS "went_1"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."group_by_day" o ON ("o"."day" = "c"."g0" OR ("o"."day" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("count_0")::bigint AS "count_0",
    (greatest("extreme_1", "came_1"))::numeric AS "extreme_1",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0 OR "went_1" IS NOT NULL AND ("extreme_1" IS NULL OR "went_1" >= "extreme_1") OR "came_1" = "extreme_1" AND "came_1"::pg_catalog.text <> "extreme_1"::pg_catalog.text)) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::timestamp with time zone AS "day", ("tidemark_t"."tidemark_rows")::bigint AS "n",
    ("tidemark_t"."extreme_1")::numeric AS "dearest"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt AND "tidemark_t"."tidemark_rows" <> 0
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE ("q"."day" = "k"."g0" OR ("q"."day" IS NULL AND "k"."g0" IS NULL)) OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."group_by_day" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."day", f."n",
    f."dearest"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."day")::record = ROW(o."day")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n", f."dearest")::record OPERATOR(pg_catalog.*<>) ROW(o."n", o."dearest")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT date_trunc('day'::text, at) AS "g0", true AS "x0", price AS "x1",
  /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."at", "sales"."price", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "at" AS "at", "price" AS "price" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "at", "price", "tidemark_w"
FROM "tidemark_changes_0"
