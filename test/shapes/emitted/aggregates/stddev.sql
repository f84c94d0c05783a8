-- what is kept, by shop
SELECT shop, round(stddev(quantity), 4) AS s, round(stddev_samp(quantity), 4) AS samp,
  round(stddev_pop(quantity), 4) AS pop, count(*) AS tidemark_rows, sum(quantity) AS tidemark_sum_0,
  count(quantity) AS tidemark_count_0, sum(quantity::numeric * quantity::numeric) AS tidemark_square_0
FROM public.sales
GROUP BY shop

-- what is read
SELECT shop, s, samp, pop
FROM tidemark_data.stddev

-- deltas
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."shop", "sales"."quantity", "sales"."tidemark_w"
  FROM (
    SELECT "l"."shop" AS "shop", "l"."quantity" AS "quantity", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE /* pending */ AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
)
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0)
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" > 0), 0) - coalesce(pg_catalog.sum("x0") FILTER (WHERE "tidemark_w" < 0), 0) AS "sum_0",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0",
    coalesce(pg_catalog.sum((("x0")::numeric * ("x0")::numeric)) FILTER (WHERE "tidemark_w" > 0 AND "x0" IS NOT NULL), 0) - coalesce(pg_catalog.sum((("x0")::numeric * ("x0")::numeric)) FILTER (WHERE "tidemark_w" < 0 AND "x0" IS NOT NULL), 0) AS "square_0"
  FROM tidemark_joined
  GROUP BY "g0"
)
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid,
    coalesce("o"."tidemark_rows", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."tidemark_sum_0", 0) + c."sum_0" AS "sum_0",
    coalesce("o"."tidemark_count_0", 0) + c."count_0" AS "count_0",
    coalesce("o"."tidemark_square_0", 0) + c."square_0" AS "square_0"
  FROM tidemark_change c
  LEFT JOIN "tidemark_data"."stddev" o ON ("o"."shop" = "c"."g0" OR ("o"."shop" IS NULL AND "c"."g0" IS NULL))
)
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows",
    (CASE WHEN "count_0" <> 0 AND "sum_0" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN "sum_0" END)::bigint AS "sum_0",
    ("count_0")::bigint AS "count_0",
    (CASE WHEN "count_0" <> 0 AND "square_0" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN "square_0" END)::numeric AS "square_0",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0 OR "sum_0" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) OR "square_0" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
)
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::integer AS "shop", (
    round(
      (
        SELECT CASE WHEN tidemark_spread.v = 0 THEN tidemark_spread.v WHEN tidemark_spread.r > 0
          AND tidemark_spread.v < ((tidemark_spread.r - CAST('5e-' || (pg_catalog.scale(tidemark_spread.v) + 1) AS numeric)) * (tidemark_spread.r - CAST('5e-' || (pg_catalog.scale(tidemark_spread.v) + 1) AS numeric))) THEN tidemark_spread.r - CAST('1e-' || pg_catalog.scale(tidemark_spread.v) AS numeric) ELSE tidemark_spread.r END
        FROM (
          SELECT tidemark_spread.v,
            pg_catalog.round(pg_catalog.sqrt(tidemark_spread.v), pg_catalog.scale(tidemark_spread.v)) AS r
          FROM (
              SELECT CASE WHEN tidemark_t.count_0 > 1 THEN CASE WHEN ((tidemark_t.count_0 * tidemark_t.square_0) - (tidemark_t.sum_0::numeric * tidemark_t.sum_0)) > 0 THEN ((tidemark_t.count_0 * tidemark_t.square_0) - (tidemark_t.sum_0::numeric * tidemark_t.sum_0)) / (tidemark_t.count_0::numeric * (tidemark_t.count_0 - 1)) ELSE 0::numeric END END AS v
          ) AS tidemark_spread
        ) AS tidemark_spread
      ), 4
    )
  )::numeric AS "s", (
    round(
      (
        SELECT CASE WHEN tidemark_spread.v = 0 THEN tidemark_spread.v WHEN tidemark_spread.r > 0
          AND tidemark_spread.v < ((tidemark_spread.r - CAST('5e-' || (pg_catalog.scale(tidemark_spread.v) + 1) AS numeric)) * (tidemark_spread.r - CAST('5e-' || (pg_catalog.scale(tidemark_spread.v) + 1) AS numeric))) THEN tidemark_spread.r - CAST('1e-' || pg_catalog.scale(tidemark_spread.v) AS numeric) ELSE tidemark_spread.r END
        FROM (
          SELECT tidemark_spread.v,
            pg_catalog.round(pg_catalog.sqrt(tidemark_spread.v), pg_catalog.scale(tidemark_spread.v)) AS r
          FROM (
              SELECT CASE WHEN tidemark_t.count_0 > 1 THEN CASE WHEN ((tidemark_t.count_0 * tidemark_t.square_0) - (tidemark_t.sum_0::numeric * tidemark_t.sum_0)) > 0 THEN ((tidemark_t.count_0 * tidemark_t.square_0) - (tidemark_t.sum_0::numeric * tidemark_t.sum_0)) / (tidemark_t.count_0::numeric * (tidemark_t.count_0 - 1)) ELSE 0::numeric END END AS v
          ) AS tidemark_spread
        ) AS tidemark_spread
      ), 4
    )
  )::numeric AS "samp", (
    round(
      (
        SELECT CASE WHEN tidemark_spread.v = 0 THEN tidemark_spread.v WHEN tidemark_spread.r > 0
          AND tidemark_spread.v < ((tidemark_spread.r - CAST('5e-' || (pg_catalog.scale(tidemark_spread.v) + 1) AS numeric)) * (tidemark_spread.r - CAST('5e-' || (pg_catalog.scale(tidemark_spread.v) + 1) AS numeric))) THEN tidemark_spread.r - CAST('1e-' || pg_catalog.scale(tidemark_spread.v) AS numeric) ELSE tidemark_spread.r END
        FROM (
          SELECT tidemark_spread.v,
            pg_catalog.round(pg_catalog.sqrt(tidemark_spread.v), pg_catalog.scale(tidemark_spread.v)) AS r
          FROM (
              SELECT CASE WHEN tidemark_t.count_0 > 0 THEN CASE WHEN ((tidemark_t.count_0 * tidemark_t.square_0) - (tidemark_t.sum_0::numeric * tidemark_t.sum_0)) > 0 THEN ((tidemark_t.count_0 * tidemark_t.square_0) - (tidemark_t.sum_0::numeric * tidemark_t.sum_0)) / (tidemark_t.count_0::numeric * tidemark_t.count_0) ELSE 0::numeric END END AS v
          ) AS tidemark_spread
        ) AS tidemark_spread
      ), 4
    )
  )::numeric AS "pop", ("tidemark_t"."tidemark_rows")::bigint AS "tidemark_rows",
    ("tidemark_t"."sum_0")::bigint AS "tidemark_sum_0",
    ("tidemark_t"."count_0")::bigint AS "tidemark_count_0",
    ("tidemark_t"."square_0")::numeric AS "tidemark_square_0"
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
  JOIN "tidemark_data"."stddev" o ON o.ctid = t.tidemark_tid
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."s",
    f."samp", f."pop", f."tidemark_rows", f."tidemark_sum_0", f."tidemark_count_0", f."tidemark_square_0"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."s", f."samp", f."pop", f."tidemark_rows", f."tidemark_sum_0", f."tidemark_count_0", f."tidemark_square_0")::record OPERATOR(pg_catalog.*<>) ROW(o."s", o."samp", o."pop", o."tidemark_rows", o."tidemark_sum_0", o."tidemark_count_0", o."tidemark_square_0")::record
    OR f.tidemark_several
)

-- deltas, terms
SELECT shop AS "g0", quantity AS "x0", quantity AS "x1", quantity AS "x2",
  /*sign*/"sales"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales"

-- deltas, table 0 as it is
SELECT "sales"."shop", "sales"."quantity", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "shop" AS "shop", "quantity" AS "quantity" FROM "public"."sales") AS "sales"

-- deltas, table 0, its change
SELECT "shop", "quantity", "tidemark_w"
FROM "tidemark_changes_0"
