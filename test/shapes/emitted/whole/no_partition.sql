-- full
WITH tidemark_fresh AS (SELECT id, rank() OVER (ORDER BY quantity DESC NULLS LAST) AS place FROM public.sales),
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."no_partition" q),
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."place"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."place")::record OPERATOR(pg_catalog.*<>) ROW(o."place")::record OR f.tidemark_several
),
tidemark_deleted AS (
  DELETE
  FROM "tidemark_data"."no_partition" s USING tidemark_diff d
  WHERE d.tidemark_gone AND s.ctid = d.tidemark_tid
  RETURNING 1
),
tidemark_inserted AS (
  INSERT INTO "tidemark_data"."no_partition" ("id", "place")
  SELECT "id", "place"
  FROM tidemark_diff
  WHERE tidemark_tid IS NULL OR tidemark_several
  RETURNING 1
),
tidemark_updated AS (
  UPDATE "tidemark_data"."no_partition" s
  SET "place" = d."place"
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

-- query
SELECT id, rank() OVER (ORDER BY quantity DESC NULLS LAST) AS place
FROM public.sales

-- verify
WITH wanted AS MATERIALIZED (
  SELECT "q"."id", "q"."place"
  FROM (SELECT id, rank() OVER (ORDER BY quantity DESC NULLS LAST) AS place FROM public.sales) q
),
kept AS MATERIALIZED (SELECT "q"."id", "q"."place" FROM "tidemark_data"."no_partition" q),
missing AS MATERIALIZED (SELECT * FROM wanted EXCEPT ALL SELECT * FROM kept),
unexpected AS MATERIALIZED (SELECT * FROM kept EXCEPT ALL SELECT * FROM wanted)
SELECT (SELECT pg_catalog.count(*) FROM "missing" a) AS missing,
  (SELECT pg_catalog.count(*) FROM "unexpected" a) AS unexpected

-- checked
WITH tidemark_fresh AS (SELECT id, rank() OVER (ORDER BY quantity DESC NULLS LAST) AS place FROM public.sales),
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."no_partition" q),
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."place"
  FROM (
    SELECT true AS tidemark_here, pg_catalog.count(*) OVER (PARTITION BY q."id") > 1 AS tidemark_several, q.*
    FROM tidemark_fresh q
  ) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."place")::record OPERATOR(pg_catalog.*<>) ROW(o."place")::record OR f.tidemark_several
),
tidemark_deleted AS (
  DELETE
  FROM "tidemark_data"."no_partition" s USING tidemark_diff d
  WHERE d.tidemark_gone AND s.ctid = d.tidemark_tid
  RETURNING 1
),
tidemark_inserted AS (
  INSERT INTO "tidemark_data"."no_partition" ("id", "place")
  SELECT "id", "place"
  FROM tidemark_diff
  WHERE tidemark_tid IS NULL OR tidemark_several
  RETURNING 1
),
tidemark_updated AS (
  UPDATE "tidemark_data"."no_partition" s
  SET "place" = d."place"
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
