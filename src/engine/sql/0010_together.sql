-- How fresh many views are, at one look. Answers what `freshness` answers for each by itself, but looks at the log of a table
-- once for all views over it: with hundreds of views, to begin a statement for each of them takes longer than what it reads.

-- Of each view, as far as it has a cursor, and each table that it reads: how many changes wait, more than `most_counted` where
-- there are more. NULL where there is no log.
CREATE FUNCTION tidemark.waiting_rows(views integer[]) RETURNS TABLE (view_id integer, changes bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  most bigint := tidemark.most_counted() + 1;
  -- Rows that one look reads; where more have come since the oldest cursor, each cursor is asked for by itself.
  enough bigint := 2 * tidemark.most_counted();
  source record;
  place record;
  found bigint;
  written xid8[];
  sizes bigint[];
BEGIN
  FOR source IN
    SELECT to_regclass(format('tidemark_log.%I', o.log_name)) AS log, o.schema_name = 'tidemark_data' AS maintained,
      array_agg(s.view_id) AS readers, min(pg_snapshot_xmin(s.cursor)) AS oldest
    FROM tidemark.source o JOIN tidemark.view_source vs ON vs.source_id = o.id JOIN tidemark.state s ON s.view_id = vs.view_id
    WHERE s.view_id = ANY (views) AND s.cursor IS NOT NULL GROUP BY o.id
  LOOP
    IF source.log IS NULL THEN
      RETURN QUERY SELECT unnest(source.readers), NULL::bigint;
      CONTINUE;
    END IF;
    EXECUTE format('SELECT array_agg(q.xid), array_agg(q.size), coalesce(sum(q.size), 0) FROM (SELECT l.xid, count(*) AS size '
      'FROM (SELECT tidemark_xid AS xid FROM %s WHERE tidemark_xid >= $1 LIMIT $2) l GROUP BY l.xid) q', source.log)
      INTO written, sizes, found USING source.oldest, enough;
    IF found < enough THEN
      -- What a refresh of another view wrote is left out by who has read it in the same transaction.
      RETURN QUERY SELECT s.view_id, least(most, (
          SELECT coalesce(sum(w.size), 0) FROM unnest(written, sizes) AS w (xid, size)
          WHERE w.xid >= pg_snapshot_xmin(s.cursor) AND NOT pg_visible_in_snapshot(w.xid, s.cursor)
            AND (NOT source.maintained OR w.xid IS DISTINCT FROM s.consumed_xid)))::bigint
        FROM tidemark.state s WHERE s.view_id = ANY (source.readers);
      CONTINUE;
    END IF;
    FOR place IN
      SELECT min(s.cursor::text)::pg_snapshot AS cursor, CASE WHEN source.maintained THEN s.consumed_xid END AS consumed, array_agg(s.view_id) AS readers
      FROM tidemark.state s WHERE s.view_id = ANY (source.readers) GROUP BY s.cursor::text, 2
    LOOP
      EXECUTE format('SELECT count(*) FROM (SELECT FROM %s WHERE tidemark_xid >= pg_snapshot_xmin($1) '
        'AND NOT pg_visible_in_snapshot(tidemark_xid, $1) AND (NOT $2 OR tidemark_xid IS DISTINCT FROM $3) LIMIT $4) q', source.log)
        INTO found USING place.cursor, source.maintained, place.consumed, most;
      RETURN QUERY SELECT unnest(place.readers), found;
    END LOOP;
  END LOOP;
END $$;

-- As `tidemark.pending` and `tidemark.read_state` answer for each of these views, none of which is a piece of another.
CREATE FUNCTION tidemark.freshness_of(views integer[])
RETURNS TABLE (view_id integer, pending bigint, as_of timestamptz, fresh boolean, age double precision)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  here bigint := (SELECT system_identifier FROM pg_control_system());
  involved integer[];
BEGIN
  WITH RECURSIVE reached (id) AS (
    SELECT unnest(views) UNION SELECT d.upstream_id FROM reached r JOIN tidemark.view_dependency d ON d.view_id = r.id
  ) SELECT array_agg(r.id) INTO involved FROM reached r;
  RETURN QUERY
  WITH RECURSIVE above (root, id) AS (
    SELECT d.view_id, d.upstream_id FROM tidemark.view_dependency d WHERE d.view_id = ANY (involved)
    UNION
    SELECT a.root, d.upstream_id FROM above a JOIN tidemark.view_dependency d ON d.view_id = a.id
  ), rows_waiting AS MATERIALIZED (
    SELECT w.view_id AS id, CASE WHEN count(*) = count(w.changes) THEN sum(w.changes) END AS changes, count(*) = count(w.changes) AS known
    FROM tidemark.waiting_rows(involved) w GROUP BY w.view_id
  ), own AS MATERIALIZED (
    -- A cursor of another cluster says nothing of the transactions of this one.
    SELECT v.id, v.hidden, v.moves, s.state, s.as_of, s.held_as_of, c.captured,
      CASE WHEN c.counted AND s.cursor IS NOT NULL AND s.system_identifier = here AND coalesce(w.known, true)
        THEN CASE WHEN c.captured THEN coalesce(w.changes, 0) ELSE 0 END END AS pending
    FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id
    CROSS JOIN LATERAL (SELECT v.statements ->> 'pending' IS NOT NULL AS counted, v.statements ->> 'waiting' IS NOT NULL AS captured OFFSET 0) c
    LEFT JOIN rows_waiting w ON w.id = v.id
    WHERE v.id = ANY (involved)
  ), part (root, id) AS (
    -- The pieces of a view that it reads are that one's.
    SELECT a.root, a.id FROM above a JOIN own p ON p.id = a.id AND p.hidden
    WHERE NOT EXISTS (SELECT FROM above o JOIN own w ON w.id = o.id AND NOT w.hidden JOIN above b ON b.root = o.id
      WHERE o.root = a.root AND b.id = a.id)
    UNION ALL SELECT o.id, o.id FROM own o
  ), whole AS MATERIALIZED (
    SELECT p.root AS id, CASE WHEN count(*) = count(o.pending) THEN sum(o.pending) END::bigint AS pending,
      bool_and(o.captured AND o.pending IS NOT DISTINCT FROM 0) AS quiet
    FROM part p JOIN own o ON o.id = p.id GROUP BY p.root
  ), moving AS MATERIALIZED (
    SELECT o.id FROM own o WHERE o.moves UNION SELECT a.root FROM above a JOIN own o ON o.id = a.id WHERE o.moves
  ), settled AS MATERIALIZED (
    SELECT o.id, o.as_of, o.held_as_of,
      o.state NOT IN ('error', 'quarantined', 'building') AND w.quiet AND NOT EXISTS (SELECT FROM moving m WHERE m.id = o.id) AS fresh
    FROM own o JOIN whole w ON w.id = o.id WHERE NOT o.hidden
  ), read (root, id) AS (
    SELECT o.id, o.id FROM own o UNION ALL SELECT a.root, a.id FROM above a
  ), together AS (
    -- A view over others is as old as the oldest of them.
    SELECT r.root AS id, bool_and(s.fresh) AS fresh,
      CASE WHEN count(*) = count(s.as_of) THEN min(least(s.as_of, s.held_as_of)) END AS as_of
    FROM read r JOIN settled s ON s.id = r.id WHERE r.root = ANY (views) GROUP BY r.root
  )
  SELECT o.id, w.pending, known.as_of, t.fresh,
    CASE WHEN t.fresh THEN 0 ELSE extract(epoch FROM clock_timestamp() - known.as_of)::double precision END
  FROM own o JOIN whole w ON w.id = o.id JOIN together t ON t.id = o.id
  CROSS JOIN LATERAL (SELECT CASE WHEN EXISTS (SELECT FROM above a WHERE a.root = o.id) THEN t.as_of ELSE o.as_of END AS as_of OFFSET 0) known
  WHERE o.id = ANY (views);
END $$;

REVOKE ALL ON FUNCTION tidemark.waiting_rows, tidemark.freshness_of FROM PUBLIC;
