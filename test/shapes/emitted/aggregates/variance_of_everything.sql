-- what is kept, by nothing: one row
SELECT round(var_samp(quantity), 4) AS v, round(stddev_pop(price), 4) AS s, count(*) AS tidemark_rows,
  sum(quantity) AS tidemark_sum_0, count(quantity) AS tidemark_count_0,
  sum(quantity::numeric * quantity::numeric) AS tidemark_square_0,
  sum(CAST('1e'::text || (20 * LEAST(scale(price), 1000)) AS numeric)) AS tidemark_scale_1,
  sum(price) AS tidemark_sum_1, count(price) AS tidemark_count_1,
  sum(CASE WHEN abs(price) >= '10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric THEN 'NaN'::numeric ELSE price * price END) AS tidemark_square_1
FROM public.sales

-- what is read
SELECT v, s
FROM tidemark_data.variance_of_everything

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."quantity", "sales"."price", "sales"."tidemark_w"
  FROM (
    SELECT "l"."quantity" AS "quantity", "l"."price" AS "price", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" > 0), 0) - coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" < 0), 0) AS "sum_0",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0",
    coalesce(pg_catalog.sum((("x0")::numeric * ("x0")::numeric)) FILTER (WHERE "tidemark_w" > 0 AND "x0" IS NOT NULL), 0) - coalesce(pg_catalog.sum((("x0")::numeric * ("x0")::numeric)) FILTER (WHERE "tidemark_w" < 0 AND "x0" IS NOT NULL), 0) AS "square_0",
    coalesce(pg_catalog.sum((('1e' || 20 * least(pg_catalog.scale(("x1")::numeric), 1000))::numeric)) FILTER (WHERE "tidemark_w" > 0 AND "x1" IS NOT NULL), 0) - coalesce(pg_catalog.sum((('1e' || 20 * least(pg_catalog.scale(("x1")::numeric), 1000))::numeric)) FILTER (WHERE "tidemark_w" < 0 AND "x1" IS NOT NULL), 0) AS "scale_1",
    coalesce(pg_catalog.sum("x1") FILTER (WHERE "tidemark_w" > 0), 0) - coalesce(pg_catalog.sum("x1") FILTER (WHERE "tidemark_w" < 0), 0) AS "sum_1",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x1" IS NOT NULL), 0) AS "count_1",
    coalesce(pg_catalog.sum((CASE WHEN pg_catalog.abs(("x1")::numeric) >= '1e1000' THEN 'NaN' ELSE ("x1")::numeric * ("x1")::numeric END)) FILTER (WHERE "tidemark_w" > 0 AND "x1" IS NOT NULL), 0) - coalesce(pg_catalog.sum((CASE WHEN pg_catalog.abs(("x1")::numeric) >= '1e1000' THEN 'NaN' ELSE ("x1")::numeric * ("x1")::numeric END)) FILTER (WHERE "tidemark_w" < 0 AND "x1" IS NOT NULL), 0) AS "square_1"
  FROM tidemark_joined
)
tidemark_sums AS (
  SELECT o.ctid AS tidemark_tid, coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."tidemark_sum_0", 0) + c."sum_0" AS "sum_0",
    coalesce("o"."tidemark_count_0", 0) + c."count_0" AS "count_0",
    coalesce("o"."tidemark_square_0", 0) + c."square_0" AS "square_0",
    coalesce("o"."tidemark_scale_1", 0) + c."scale_1" AS "scale_1",
    coalesce("o"."tidemark_sum_1", 0) + c."sum_1" AS "sum_1",
    coalesce("o"."tidemark_count_1", 0) + c."count_1" AS "count_1",
    coalesce("o"."tidemark_square_1", 0) + c."square_1" AS "square_1"
  FROM tidemark_change c
  LEFT JOIN "tidemark_data"."variance_of_everything" o ON true
)
tidemark_state AS MATERIALIZED (
  SELECT tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    (CASE WHEN "count_0" <> 0 AND "sum_0" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN "sum_0" END)::bigint AS "sum_0",
    ("count_0")::bigint AS "count_0",
    (CASE WHEN "count_0" <> 0 AND "square_0" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN "square_0" END)::numeric AS "square_0",
    ("scale_1")::numeric AS "scale_1",
    (CASE WHEN "count_1" <> 0 AND "sum_1" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN pg_catalog.round("sum_1"::numeric, ((pg_catalog.length(("scale_1")::text) - 1) / 20)) END)::numeric AS "sum_1",
    ("count_1")::bigint AS "count_1",
    (CASE WHEN "count_1" <> 0 AND "square_1" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN pg_catalog.round("square_1"::numeric, ((pg_catalog.length(("scale_1")::text) - 1) / 20) * 2) END)::numeric AS "square_1",
    (true AND ("tidemark_rows" < 0 OR "sum_0" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) OR "square_0" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) OR ((pg_catalog.length(("scale_1")::text) - 1) / 20) >= 1000 OR "sum_1" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) OR "square_1" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
    SELECT (round(CASE WHEN tidemark_t.count_0 > 1 THEN CASE WHEN ((tidemark_t.count_0 * tidemark_t.square_0) - (tidemark_t.sum_0::numeric * tidemark_t.sum_0)) > 0 THEN ((tidemark_t.count_0 * tidemark_t.square_0) - (tidemark_t.sum_0::numeric * tidemark_t.sum_0)) / (tidemark_t.count_0::numeric * (tidemark_t.count_0 - 1)) ELSE 0::numeric END END, 4))::numeric AS "v", (
    round(
      (
        SELECT CASE WHEN tidemark_spread.v = 0 THEN tidemark_spread.v WHEN tidemark_spread.r > 0
          AND tidemark_spread.v < ((tidemark_spread.r - CAST('5e-' || (pg_catalog.scale(tidemark_spread.v) + 1) AS numeric)) * (tidemark_spread.r - CAST('5e-' || (pg_catalog.scale(tidemark_spread.v) + 1) AS numeric))) THEN tidemark_spread.r - CAST('1e-' || pg_catalog.scale(tidemark_spread.v) AS numeric) ELSE tidemark_spread.r END
        FROM (
          SELECT tidemark_spread.v,
            pg_catalog.round(pg_catalog.sqrt(tidemark_spread.v), pg_catalog.scale(tidemark_spread.v)) AS r
          FROM (
              SELECT CASE WHEN tidemark_t.count_1 > 0 THEN CASE WHEN ((tidemark_t.count_1 * tidemark_t.square_1) - (tidemark_t.sum_1::numeric * tidemark_t.sum_1)) > 0 THEN ((tidemark_t.count_1 * tidemark_t.square_1) - (tidemark_t.sum_1::numeric * tidemark_t.sum_1)) / (tidemark_t.count_1::numeric * tidemark_t.count_1) ELSE 0::numeric END END AS v
          ) AS tidemark_spread
        ) AS tidemark_spread
      ), 4
    )
  )::numeric AS "s", ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows",
    ("tidemark_t"."sum_0")::bigint AS "tidemark_sum_0",
    ("tidemark_t"."count_0")::bigint AS "tidemark_count_0",
    ("tidemark_t"."square_0")::numeric AS "tidemark_square_0",
    ("tidemark_t"."scale_1")::numeric AS "tidemark_scale_1",
    ("tidemark_t"."sum_1")::numeric AS "tidemark_sum_1",
    ("tidemark_t"."count_1")::bigint AS "tidemark_count_1",
    ("tidemark_t"."square_1")::numeric AS "tidemark_square_1"
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
  JOIN "tidemark_data"."variance_of_everything" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."v", f."s",
    f."tidemark_rows", f."tidemark_sum_0", f."tidemark_count_0", f."tidemark_square_0", f."tidemark_scale_1",
    f."tidemark_sum_1", f."tidemark_count_1", f."tidemark_square_1"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f.tidemark_here = o.tidemark_here
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."v", f."s", f."tidemark_rows", f."tidemark_sum_0", f."tidemark_count_0", f."tidemark_square_0", f."tidemark_scale_1", f."tidemark_sum_1", f."tidemark_count_1", f."tidemark_square_1")::record OPERATOR(pg_catalog.*<>) ROW(o."v", o."s", o."tidemark_rows", o."tidemark_sum_0", o."tidemark_count_0", o."tidemark_square_0", o."tidemark_scale_1", o."tidemark_sum_1", o."tidemark_count_1", o."tidemark_square_1")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT quantity AS "x0", price AS "x1", /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."quantity", "sales"."price", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "quantity" AS "quantity", "price" AS "price" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "quantity", "price", "tidemark_w"
FROM "tidemark_changes_0"
