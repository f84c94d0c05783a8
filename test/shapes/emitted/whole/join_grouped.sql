-- full
WITH tidemark_fresh AS (
  SELECT shops.region, count(*) AS n, sum(sales.price) AS money,
    sum(CAST('1e'::text || (20 * LEAST(scale(sales.price), 1000)) AS numeric)) AS tidemark_scale_1,
    count(sales.price) AS tidemark_count_1
  FROM public.sales
  JOIN public.shops ON shops.id = sales.shop
  GROUP BY shops.region
),
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."join_grouped" q),
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."region", f."n",
    f."money", f."tidemark_scale_1", f."tidemark_count_1"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."region")::record = ROW(o."region")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n", f."money", f."tidemark_scale_1", f."tidemark_count_1")::record OPERATOR(pg_catalog.*<>) ROW(o."n", o."money", o."tidemark_scale_1", o."tidemark_count_1")::record
    OR f.tidemark_several
),
tidemark_deleted AS (
  DELETE
  FROM "tidemark_data"."join_grouped" s USING tidemark_diff d
  WHERE d.tidemark_gone AND s.ctid = d.tidemark_tid
  RETURNING 1
),
tidemark_inserted AS (
  INSERT INTO "tidemark_data"."join_grouped" ("region", "n", "money", "tidemark_scale_1", "tidemark_count_1")
  SELECT "region", "n", "money", "tidemark_scale_1", "tidemark_count_1"
  FROM tidemark_diff
  WHERE tidemark_tid IS NULL OR tidemark_several
  RETURNING 1
),
tidemark_updated AS (
  UPDATE "tidemark_data"."join_grouped" s
  SET "n" = d."n", "money" = d."money", "tidemark_scale_1" = d."tidemark_scale_1",
    "tidemark_count_1" = d."tidemark_count_1"
  FROM tidemark_diff d
  WHERE NOT d.tidemark_gone AND s.ctid = d.tidemark_tid
  RETURNING 1
),
tidemark_written AS (
  SELECT true AS inserted
  FROM tidemark_inserted
  UNION ALL
  SELECT false
  FROM tidemark_updated
),
tidemark_advanced AS (
  UPDATE tidemark.state
  SET cursor = tidemark.present_cursor(), consumed_xid = pg_catalog.pg_current_xact_id(),
    as_of = pg_catalog.now(), epoch = epoch + CASE WHEN EXISTS (SELECT FROM tidemark_written)
    OR EXISTS (SELECT FROM tidemark_deleted) THEN 1 ELSE 0 END
  WHERE view_id = $3::integer AND true
)
SELECT false AS blocked, NULL::bigint AS slices,
  (SELECT pg_catalog.count(*) FROM tidemark_written WHERE inserted) AS inserted,
  (SELECT pg_catalog.count(*) FROM tidemark_written WHERE NOT inserted) AS updated,
  (SELECT pg_catalog.count(*) FROM tidemark_deleted) AS deleted

-- noop
UPDATE tidemark.state
SET cursor = tidemark.present_cursor(), consumed_xid = pg_catalog.pg_current_xact_id(),
  as_of = pg_catalog.now()
WHERE view_id = $3::integer AND NOT EXISTS (
  SELECT
  FROM "tidemark_log"."sales" AS l
  WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
    AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
) AND NOT EXISTS (
  SELECT
  FROM "tidemark_log"."shops" AS l
  WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
    AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
)
RETURNING as_of

-- query
SELECT shops.region, count(*) AS n, sum(sales.price) AS money,
  sum(CAST('1e'::text || (20 * LEAST(scale(sales.price), 1000)) AS numeric)) AS tidemark_scale_1,
  count(sales.price) AS tidemark_count_1
FROM public.sales
JOIN public.shops ON shops.id = sales.shop
GROUP BY shops.region

-- verify
WITH wanted AS MATERIALIZED (
  SELECT "q"."region", "q"."n", "q"."money"
  FROM (
    SELECT shops.region, count(*) AS n, sum(sales.price) AS money
    FROM public.sales
    JOIN public.shops ON shops.id = sales.shop
    GROUP BY shops.region
  ) q
),
kept AS MATERIALIZED (SELECT "q"."region", "q"."n", "q"."money" FROM "tidemark_data"."join_grouped" q),
missing AS MATERIALIZED (SELECT * FROM wanted EXCEPT ALL SELECT * FROM kept),
unexpected AS MATERIALIZED (SELECT * FROM kept EXCEPT ALL SELECT * FROM wanted)
SELECT (SELECT pg_catalog.count(*) FROM "missing" a) AS missing,
  (SELECT pg_catalog.count(*) FROM "unexpected" a) AS unexpected

-- pending
SELECT (
  SELECT pg_catalog.count(*)
  FROM (
    SELECT
    FROM "tidemark_log"."sales" AS l
    WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
      AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL LIMIT $4::pg_catalog.int8
  ) q
) + (
  SELECT pg_catalog.count(*)
  FROM (
    SELECT
    FROM "tidemark_log"."shops" AS l
    WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
      AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL LIMIT $4::pg_catalog.int8
  ) q
) AS pending

-- waiting
SELECT EXISTS (
  SELECT
  FROM "tidemark_log"."sales" AS l
  WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
    AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
) OR EXISTS (
  SELECT
  FROM "tidemark_log"."shops" AS l
  WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
    AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
) AS waiting

-- delta
WITH tidemark_guard AS MATERIALIZED (SELECT /*guard*/ AS blocked),
"tidemark_changes_0" AS MATERIALIZED (
  SELECT "sales"."price", "sales"."shop",
    pg_catalog.sum("sales"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."price" AS "price", "l"."shop" AS "shop", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."sales" AS l
    WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
      AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
      AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "sales"
  GROUP BY "sales"."price", "sales"."shop", ("sales"."price"::pg_catalog.text COLLATE "C")
  HAVING pg_catalog.sum("sales"."tidemark_w") <> 0
),
"tidemark_changes_1" AS MATERIALIZED (
  SELECT "shops"."region", "shops"."id",
    pg_catalog.sum("shops"."tidemark_w")::pg_catalog.numeric AS "tidemark_w"
  FROM (
    SELECT "l"."region" AS "region", "l"."id" AS "id", l.tidemark_sign AS "tidemark_w"
    FROM "tidemark_log"."shops" AS l
    WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
      AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
      AND l.tidemark_sign <> 0 AND NOT (SELECT blocked FROM tidemark_guard)
  ) AS "shops"
  GROUP BY "shops"."region", "shops"."id"
  HAVING pg_catalog.sum("shops"."tidemark_w") <> 0
),
tidemark_joined AS (SELECT * FROM (/*terms*/) q OFFSET 0),
tidemark_change AS MATERIALIZED (
  SELECT "g0", coalesce(pg_catalog.sum("tidemark_w"), 0) AS "tidemark_rows",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x0" IS NOT NULL), 0) AS "count_0",
    coalesce(pg_catalog.sum((('1e' || 20 * least(pg_catalog.scale(("x1")::numeric), 1000))::numeric) * "tidemark_w") FILTER (WHERE "x1" IS NOT NULL), 0) AS "scale_1",
    coalesce(pg_catalog.sum("x1" * "tidemark_w"), 0) AS "sum_1",
    coalesce(pg_catalog.sum("tidemark_w") FILTER (WHERE "x1" IS NOT NULL), 0) AS "count_1"
  FROM tidemark_joined
  GROUP BY "g0"
),
tidemark_sums AS (
  SELECT c."g0", o.ctid AS tidemark_tid, coalesce("o"."n", 0) + c."tidemark_rows" AS "tidemark_rows",
    coalesce("o"."n", 0) + c."count_0" AS "count_0",
    coalesce("o"."tidemark_scale_1", 0) + c."scale_1" AS "scale_1",
    coalesce("o"."money", 0) + c."sum_1" AS "sum_1",
    coalesce("o"."tidemark_count_1", 0) + c."count_1" AS "count_1"
  FROM tidemark_change c
    LEFT JOIN "tidemark_data"."join_grouped" o ON ("o"."region" = "c"."g0" OR ("o"."region" IS NULL AND "c"."g0" IS NULL))
),
tidemark_state AS MATERIALIZED (
  SELECT "g0", tidemark_tid, ("tidemark_rows")::bigint AS "tidemark_rows", ("count_0")::bigint AS "count_0",
    ("scale_1")::numeric AS "scale_1",
    (CASE WHEN "count_1" <> 0 AND "sum_1" NOT IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric) THEN pg_catalog.round("sum_1"::numeric, ((pg_catalog.length(("scale_1")::text) - 1) / 20)) END)::numeric AS "sum_1",
    ("count_1")::bigint AS "count_1",
    ("tidemark_rows" <> 0 AND ("tidemark_rows" < 0 OR ((pg_catalog.length(("scale_1")::text) - 1) / 20) >= 1000 OR "sum_1" IN ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric))) IS TRUE AS tidemark_doubt
  FROM tidemark_sums
),
tidemark_fresh AS (
  SELECT (tidemark_t.g0)::text AS "region", ("tidemark_t"."tidemark_rows")::bigint AS "n",
    ("tidemark_t"."sum_1")::numeric AS "money", ("tidemark_t"."scale_1")::numeric AS "tidemark_scale_1",
    ("tidemark_t"."count_1")::bigint AS "tidemark_count_1"
  FROM tidemark_state "tidemark_t"
  WHERE NOT "tidemark_t".tidemark_doubt AND "tidemark_t"."tidemark_rows" <> 0
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM tidemark_state WHERE tidemark_doubt) k
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (
      SELECT shops.region, count(*) AS n, sum(sales.price) AS money,
        sum(CAST('1e'::text || (20 * LEAST(scale(sales.price), 1000)) AS numeric)) AS tidemark_scale_1,
        count(sales.price) AS tidemark_count_1
      FROM public.sales
      JOIN public.shops ON shops.id = sales.shop
      GROUP BY shops.region
    ) q
    WHERE ("q"."region" = "k"."g0" OR ("q"."region" IS NULL AND "k"."g0" IS NULL)) OFFSET 0
  ) q
),
tidemark_old AS (
  SELECT o.ctid AS tidemark_tid, o.*
  FROM tidemark_state t
  JOIN "tidemark_data"."join_grouped" o ON o.ctid = t.tidemark_tid
),
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."region", f."n",
    f."money", f."tidemark_scale_1", f."tidemark_count_1"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."region")::record = ROW(o."region")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n", f."money", f."tidemark_scale_1", f."tidemark_count_1")::record OPERATOR(pg_catalog.*<>) ROW(o."n", o."money", o."tidemark_scale_1", o."tidemark_count_1")::record
    OR f.tidemark_several
),
tidemark_deleted AS (
  DELETE
  FROM "tidemark_data"."join_grouped" s USING tidemark_diff d
  WHERE d.tidemark_gone AND s.ctid = d.tidemark_tid
  RETURNING 1
),
tidemark_inserted AS (
  INSERT INTO "tidemark_data"."join_grouped" ("region", "n", "money", "tidemark_scale_1", "tidemark_count_1")
  SELECT "region", "n", "money", "tidemark_scale_1", "tidemark_count_1"
  FROM tidemark_diff
  WHERE tidemark_tid IS NULL OR tidemark_several
  RETURNING 1
),
tidemark_updated AS (
  UPDATE "tidemark_data"."join_grouped" s
  SET "n" = d."n", "money" = d."money", "tidemark_scale_1" = d."tidemark_scale_1",
    "tidemark_count_1" = d."tidemark_count_1"
  FROM tidemark_diff d
  WHERE NOT d.tidemark_gone AND s.ctid = d.tidemark_tid
  RETURNING 1
),
tidemark_written AS (
  SELECT true AS inserted
  FROM tidemark_inserted
  UNION ALL
  SELECT false
  FROM tidemark_updated
),
tidemark_advanced AS (
  UPDATE tidemark.state
  SET cursor = tidemark.present_cursor(), consumed_xid = pg_catalog.pg_current_xact_id(),
    as_of = pg_catalog.now(), epoch = epoch + CASE WHEN EXISTS (SELECT FROM tidemark_written)
    OR EXISTS (SELECT FROM tidemark_deleted) THEN 1 ELSE 0 END
  WHERE view_id = $3::integer AND NOT (SELECT blocked FROM tidemark_guard)
)
SELECT (SELECT blocked FROM tidemark_guard) AS blocked,
  (SELECT pg_catalog.count(*) FROM tidemark_state) AS slices,
  (SELECT pg_catalog.count(*) FROM tidemark_written WHERE inserted) AS inserted,
  (SELECT pg_catalog.count(*) FROM tidemark_written WHERE NOT inserted) AS updated,
  (SELECT pg_catalog.count(*) FROM tidemark_deleted) AS deleted

-- delta, terms
SELECT shops.region AS "g0", true AS "x0", sales.price AS "x1",
  /*sign*/"sales"."tidemark_w" * "shops"."tidemark_w" AS "tidemark_w"
FROM LATERAL (/*item 0*/) AS "sales", LATERAL (/*item 1*/) AS "shops"
WHERE /*condition 0*/

-- delta, what is pending
SELECT ARRAY["c0".pending, "c1".pending] AS pending, "c0".untold OR "c1".untold AS untold
FROM (
  SELECT pg_catalog.count(*) AS pending, coalesce(pg_catalog.bool_or(q.untold), false) AS untold
  FROM (
      SELECT (l.tidemark_sign IS NULL OR l.tidemark_xid IS NOT DISTINCT FROM pg_catalog.pg_current_xact_id_if_assigned() OR l.tidemark_xid IS NOT DISTINCT FROM $2::pg_catalog.xid8) AS untold
    FROM "tidemark_log"."sales" AS l
    WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
      AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
  ) q
) AS "c0", (
  SELECT pg_catalog.count(*) AS pending, coalesce(pg_catalog.bool_or(q.untold), false) AS untold
  FROM (
      SELECT (l.tidemark_sign IS NULL OR l.tidemark_xid IS NOT DISTINCT FROM pg_catalog.pg_current_xact_id_if_assigned() OR l.tidemark_xid IS NOT DISTINCT FROM $2::pg_catalog.xid8) AS untold
    FROM "tidemark_log"."shops" AS l
    WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
      AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
  ) q
) AS "c1"

-- delta, guard
EXISTS (
  SELECT
  FROM "tidemark_log"."sales" AS l
  WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
    AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
    AND (l.tidemark_sign IS NULL OR l.tidemark_xid IS NOT DISTINCT FROM pg_catalog.pg_current_xact_id_if_assigned() OR l.tidemark_xid IS NOT DISTINCT FROM $2::pg_catalog.xid8)
) OR EXISTS (
  SELECT
  FROM "tidemark_log"."shops" AS l
  WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
    AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
    AND (l.tidemark_sign IS NULL OR l.tidemark_xid IS NOT DISTINCT FROM pg_catalog.pg_current_xact_id_if_assigned() OR l.tidemark_xid IS NOT DISTINCT FROM $2::pg_catalog.xid8)
)

-- delta, condition 0
(shops.id = sales.shop)

-- delta, where items 0 and 1 both changed
SELECT "sales"."price", "sales"."shop", "shops"."region" AS "tidemark_second_0",
  "shops"."id" AS "tidemark_second_1", "sales"."tidemark_w" * "shops"."tidemark_w" AS "tidemark_w",
  "sales"."tidemark_w" AS "tidemark_first_w", "shops"."tidemark_w" AS "tidemark_second_w"
FROM (SELECT "price", "shop", "tidemark_w" FROM "tidemark_changes_0") AS "sales",
  (SELECT "region", "id", "tidemark_w" FROM "tidemark_changes_1") AS "shops"
WHERE (shops.id = sales.shop) OFFSET 0 ;
SELECT "sales"."tidemark_second_0" AS "region", "sales"."tidemark_second_1" AS "id",
  1::pg_catalog.numeric AS "tidemark_w"

-- delta, where items 0 and 1 both changed, instead of what they add twice
SELECT *
FROM (
  SELECT "sales"."price", "sales"."shop", "shops"."region" AS "tidemark_second_0",
    "shops"."id" AS "tidemark_second_1", "sales"."tidemark_w" * "shops"."tidemark_w" AS "tidemark_w",
    "sales"."tidemark_w" AS "tidemark_first_w", "shops"."tidemark_w" AS "tidemark_second_w"
  FROM (SELECT "price", "shop", "tidemark_w" FROM "tidemark_changes_0") AS "sales",
    (SELECT "region", "id", "tidemark_w" FROM "tidemark_changes_1") AS "shops"
  WHERE (shops.id = sales.shop) OFFSET 0
) q
WHERE "tidemark_second_w" < 0 ;
SELECT "sales"."tidemark_second_0" AS "region", "sales"."tidemark_second_1" AS "id",
  1::pg_catalog.numeric AS "tidemark_w"

-- delta, where items 0 and 1 both changed, the change of item 0 alone
SELECT *
FROM (SELECT "price", "shop", "tidemark_w" FROM "tidemark_changes_0") AS "sales"
WHERE ("sales"."shop") NOT IN (
  SELECT "shops"."id"
  FROM (SELECT "region", "id", "tidemark_w" FROM "tidemark_changes_1") AS "shops"
  WHERE "shops"."id" IS NOT NULL
)

-- delta, table 0 as it is
SELECT "sales"."price", "sales"."shop", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "price" AS "price", "shop" AS "shop" FROM "public"."sales") AS "sales"

-- delta, table 0, its change
SELECT "price", "shop", "tidemark_w"
FROM "tidemark_changes_0"

-- delta, table 0 as it was
SELECT "sales"."price", "sales"."shop", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "price" AS "price", "shop" AS "shop" FROM "public"."sales") AS "sales"
UNION ALL
SELECT "price", "shop", - "tidemark_w" AS "tidemark_w"
FROM "tidemark_changes_0"

-- delta, table 1 as it is
SELECT "shops"."region", "shops"."id", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "region" AS "region", "id" AS "id" FROM "public"."shops") AS "shops"

-- delta, table 1, its change
SELECT "region", "id", "tidemark_w"
FROM "tidemark_changes_1"

-- delta, table 1 as it was
SELECT "shops"."region", "shops"."id", 1::pg_catalog.numeric AS "tidemark_w"
FROM (SELECT "region" AS "region", "id" AS "id" FROM "public"."shops") AS "shops"
UNION ALL
SELECT "region", "id", - "tidemark_w" AS "tidemark_w"
FROM "tidemark_changes_1"

-- delta, whether table 0 changed
SELECT EXISTS (
  SELECT
  FROM "tidemark_log"."sales" AS l
  WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
    AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
)

-- delta, whether table 1 changed
SELECT EXISTS (
  SELECT
  FROM "tidemark_log"."shops" AS l
  WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
    AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
)
