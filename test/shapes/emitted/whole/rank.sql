-- full
WITH tidemark_fresh AS (
  SELECT id, product, rank() OVER (PARTITION BY product ORDER BY quantity) AS place
  FROM public.sales
),
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."rank" q),
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."product",
    f."place"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."product", f."place")::record OPERATOR(pg_catalog.*<>) ROW(o."product", o."place")::record
    OR f.tidemark_several
),
tidemark_deleted AS (
  DELETE
  FROM "tidemark_data"."rank" s USING tidemark_diff d
  WHERE d.tidemark_gone AND s.ctid = d.tidemark_tid
  RETURNING 1
),
tidemark_inserted AS (
  INSERT INTO "tidemark_data"."rank" ("id", "product", "place")
  SELECT "id", "product", "place"
  FROM tidemark_diff
  WHERE tidemark_tid IS NULL OR tidemark_several
  RETURNING 1
),
tidemark_updated AS (
  UPDATE "tidemark_data"."rank" s
  SET "product" = d."product", "place" = d."place"
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
)
RETURNING as_of

-- batch
WITH "tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."product"
  FROM "tidemark_log"."sales" AS l
  WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
    AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
),
tidemark_guard AS MATERIALIZED (
  SELECT EXISTS (SELECT FROM "tidemark_delta_0" WHERE tidemark_sign IS NULL) AS blocked
),
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (SELECT i0.product AS "k0" FROM (SELECT "product" AS "product" FROM "tidemark_delta_0") AS "i0") tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
),
tidemark_few AS MATERIALIZED (
  SELECT coalesce((SELECT pg_catalog.count(*) FROM "tidemark_found_0") <= $5::pg_catalog.int8, true) AS few
),
"tidemark_keys_0" AS MATERIALIZED (SELECT * FROM "tidemark_found_0" WHERE (SELECT few FROM tidemark_few)),
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT id, product, rank() OVER (PARTITION BY product ORDER BY quantity) AS place
    FROM public.sales
    WHERE sales.product IN (
      SELECT k0
      FROM (SELECT * FROM tidemark_keys_0 WHERE k0 IS NOT NULL) AS tidemark_wanted
    )
  ) q
  WHERE (q."product") IN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (SELECT id, product, rank() OVER (PARTITION BY product ORDER BY quantity) AS place FROM public.sales) q
    WHERE q."product" IS NULL OFFSET 0
  ) q
),
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."rank" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."product" = "tidemark_key"."k0"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."rank" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key" ON q."product" IS NULL
),
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."product",
    f."place"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."product", f."place")::record OPERATOR(pg_catalog.*<>) ROW(o."product", o."place")::record
    OR f.tidemark_several
),
tidemark_deleted AS (
  DELETE
  FROM "tidemark_data"."rank" s USING tidemark_diff d
  WHERE d.tidemark_gone AND s.ctid = d.tidemark_tid
  RETURNING 1
),
tidemark_inserted AS (
  INSERT INTO "tidemark_data"."rank" ("id", "product", "place")
  SELECT "id", "product", "place"
  FROM tidemark_diff
  WHERE tidemark_tid IS NULL OR tidemark_several
  RETURNING 1
),
tidemark_updated AS (
  UPDATE "tidemark_data"."rank" s
  SET "product" = d."product", "place" = d."place"
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
  WHERE view_id = $3::integer AND NOT (SELECT blocked FROM tidemark_guard) AND (SELECT few FROM tidemark_few)
)
SELECT (SELECT blocked FROM tidemark_guard) OR NOT (SELECT few FROM tidemark_few) AS blocked,
  (SELECT pg_catalog.count(*) FROM "tidemark_found_0") AS slices,
  (SELECT pg_catalog.count(*) FROM tidemark_written WHERE inserted) AS inserted,
  (SELECT pg_catalog.count(*) FROM tidemark_written WHERE NOT inserted) AS updated,
  (SELECT pg_catalog.count(*) FROM tidemark_deleted) AS deleted

-- count
WITH "tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."product"
  FROM "tidemark_log"."sales" AS l
  WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
    AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
),
tidemark_guard AS MATERIALIZED (
  SELECT EXISTS (SELECT FROM "tidemark_delta_0" WHERE tidemark_sign IS NULL) AS blocked
),
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (SELECT i0.product AS "k0" FROM (SELECT "product" AS "product" FROM "tidemark_delta_0") AS "i0") tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
SELECT (SELECT pg_catalog.count(*) FROM "tidemark_found_0") AS slices,
  ARRAY[(SELECT pg_catalog.count(*) FROM "tidemark_found_0")] AS touched

-- query
SELECT id, product, rank() OVER (PARTITION BY product ORDER BY quantity) AS place
FROM public.sales

-- slices
WITH "tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."product"
  FROM "tidemark_log"."sales" AS l
  WHERE "l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)
    AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL
),
tidemark_guard AS MATERIALIZED (
  SELECT EXISTS (SELECT FROM "tidemark_delta_0" WHERE tidemark_sign IS NULL) AS blocked
),
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (SELECT i0.product AS "k0" FROM (SELECT "product" AS "product" FROM "tidemark_delta_0") AS "i0") tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
),
tidemark_few AS MATERIALIZED (
  SELECT coalesce((SELECT pg_catalog.count(*) FROM "tidemark_found_0") <= $5::pg_catalog.int8, true) AS few
),
"tidemark_keys_0" AS MATERIALIZED (SELECT * FROM "tidemark_found_0" WHERE (SELECT few FROM tidemark_few)),
tidemark_fresh AS (
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (SELECT id, product, rank() OVER (PARTITION BY product ORDER BY quantity) AS place FROM public.sales) q
    WHERE q."product" = "tidemark_key"."k0" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (SELECT id, product, rank() OVER (PARTITION BY product ORDER BY quantity) AS place FROM public.sales) q
    WHERE q."product" IS NULL OFFSET 0
  ) q
),
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."rank" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key" ON q."product" = "tidemark_key"."k0"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."rank" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key" ON q."product" IS NULL
),
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."product",
    f."place"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."product", f."place")::record OPERATOR(pg_catalog.*<>) ROW(o."product", o."place")::record
    OR f.tidemark_several
),
tidemark_deleted AS (
  DELETE
  FROM "tidemark_data"."rank" s USING tidemark_diff d
  WHERE d.tidemark_gone AND s.ctid = d.tidemark_tid
  RETURNING 1
),
tidemark_inserted AS (
  INSERT INTO "tidemark_data"."rank" ("id", "product", "place")
  SELECT "id", "product", "place"
  FROM tidemark_diff
  WHERE tidemark_tid IS NULL OR tidemark_several
  RETURNING 1
),
tidemark_updated AS (
  UPDATE "tidemark_data"."rank" s
  SET "product" = d."product", "place" = d."place"
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
  WHERE view_id = $3::integer AND NOT (SELECT blocked FROM tidemark_guard) AND (SELECT few FROM tidemark_few)
)
SELECT (SELECT blocked FROM tidemark_guard) OR NOT (SELECT few FROM tidemark_few) AS blocked,
  (SELECT pg_catalog.count(*) FROM "tidemark_found_0") AS slices,
  (SELECT pg_catalog.count(*) FROM tidemark_written WHERE inserted) AS inserted,
  (SELECT pg_catalog.count(*) FROM tidemark_written WHERE NOT inserted) AS updated,
  (SELECT pg_catalog.count(*) FROM tidemark_deleted) AS deleted

-- verify
WITH wanted AS MATERIALIZED (
  SELECT "q"."id", "q"."product", "q"."place"
  FROM (SELECT id, product, rank() OVER (PARTITION BY product ORDER BY quantity) AS place FROM public.sales) q
),
kept AS MATERIALIZED (SELECT "q"."id", "q"."product", "q"."place" FROM "tidemark_data"."rank" q),
missing AS MATERIALIZED (SELECT * FROM wanted EXCEPT ALL SELECT * FROM kept),
unexpected AS MATERIALIZED (SELECT * FROM kept EXCEPT ALL SELECT * FROM wanted)
SELECT (SELECT pg_catalog.count(*) FROM "missing" a) AS missing,
  (SELECT pg_catalog.count(*) FROM "unexpected" a) AS unexpected

-- checked
WITH tidemark_fresh AS (
  SELECT id, product, rank() OVER (PARTITION BY product ORDER BY quantity) AS place
  FROM public.sales
),
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."rank" q),
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."product",
    f."place"
  FROM (
    SELECT true AS tidemark_here, pg_catalog.count(*) OVER (PARTITION BY q."id") > 1 AS tidemark_several, q.*
    FROM tidemark_fresh q
  ) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."product", f."place")::record OPERATOR(pg_catalog.*<>) ROW(o."product", o."place")::record
    OR f.tidemark_several
),
tidemark_deleted AS (
  DELETE
  FROM "tidemark_data"."rank" s USING tidemark_diff d
  WHERE d.tidemark_gone AND s.ctid = d.tidemark_tid
  RETURNING 1
),
tidemark_inserted AS (
  INSERT INTO "tidemark_data"."rank" ("id", "product", "place")
  SELECT "id", "product", "place"
  FROM tidemark_diff
  WHERE tidemark_tid IS NULL OR tidemark_several
  RETURNING 1
),
tidemark_updated AS (
  UPDATE "tidemark_data"."rank" s
  SET "product" = d."product", "place" = d."place"
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

-- pending
SELECT (
  SELECT pg_catalog.count(*)
  FROM (
    SELECT
    FROM "tidemark_log"."sales" AS l
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
) AS waiting

-- probe
WITH "tidemark_keys_0" AS MATERIALIZED (
  SELECT q."product" AS "k0"
  FROM "tidemark_data"."rank" q LIMIT /*probed*/
)
SELECT pg_catalog.count(*)
FROM (
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (SELECT id, product, rank() OVER (PARTITION BY product ORDER BY quantity) AS place FROM public.sales) q
    WHERE q."product" = "tidemark_key"."k0" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k0" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (SELECT id, product, rank() OVER (PARTITION BY product ORDER BY quantity) AS place FROM public.sales) q
    WHERE q."product" IS NULL OFFSET 0
  ) q
) q
