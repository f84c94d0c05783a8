-- Sources: the shape of a table, its triggers, and whether they still see every change.

-- The snapshot of the calling statement, as a cursor: what this transaction itself writes is never behind it. Under READ
-- COMMITTED a snapshot may be taken after later transactions ended, and then does not list our own as still running.
CREATE FUNCTION tidemark.present_cursor() RETURNS pg_snapshot
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN own.xid IS NULL OR NOT pg_visible_in_snapshot(own.xid, present.snapshot) THEN present.snapshot
    ELSE concat_ws(':', least(pg_snapshot_xmin(present.snapshot), own.xid), pg_snapshot_xmax(present.snapshot),
      (SELECT string_agg(running.xid::text, ',' ORDER BY running.xid)
         FROM (SELECT pg_snapshot_xip(present.snapshot) AS xid UNION SELECT own.xid) running))::pg_snapshot END
  FROM (SELECT pg_current_snapshot() AS snapshot) present, (SELECT pg_current_xact_id_if_assigned() AS xid) own
$$;

-- The shape of a table as far as a view reads it. NULL when the table is gone.
CREATE FUNCTION tidemark.fingerprint(relation oid, columns text[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (
    SELECT md5(concat_ws('|', n.nspname, c.relname,
      (SELECT string_agg(concat_ws(':', a.attname, a.atttypid, a.atttypmod), ',' ORDER BY a.attname)
         FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = ANY (columns))))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = relation);
END
$$;

-- Whether one of these columns, which were declared NOT NULL, no longer is.
CREATE FUNCTION tidemark.may_be_null(relation oid, columns text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attname = ANY (columns) AND NOT a.attisdropped AND NOT a.attnotnull);
END
$$;

-- Whether one of these keys does not tell the rows of a table apart any more: its index is gone, or other tables inherit
-- from this one, for which the index does not hold.
CREATE FUNCTION tidemark.may_repeat(relation oid, keys jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN jsonb_array_length(keys) > 0 AND (
    EXISTS (SELECT FROM pg_class c JOIN pg_inherits i ON i.inhparent = c.oid WHERE c.oid = relation AND c.relkind <> 'p')
    OR EXISTS (SELECT FROM jsonb_array_elements(keys) AS k (columns) WHERE NOT EXISTS (
      SELECT FROM pg_index x WHERE x.indrelid = relation AND x.indisunique AND x.indimmediate AND x.indisvalid
        AND x.indpred IS NULL AND x.indexprs IS NULL AND NOT EXISTS (
          SELECT FROM unnest(x.indkey::smallint[]) WITH ORDINALITY AS p (number, place)
          JOIN pg_attribute a ON a.attrelid = relation AND a.attnum = p.number
          WHERE p.place <= x.indnkeyatts AND NOT k.columns ? a.attname))));
END
$$;

-- Tables that hold a source's rows besides itself: partitions, and children by inheritance, of every level.
CREATE FUNCTION tidemark.children(relation oid) RETURNS oid[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (
    WITH RECURSIVE below AS (
      SELECT inhrelid FROM pg_inherits WHERE inhparent = relation
      UNION
      SELECT i.inhrelid FROM pg_inherits i JOIN below b ON i.inhparent = b.inhrelid
    )
    SELECT coalesce(array_agg(inhrelid ORDER BY inhrelid), '{}') FROM below);
END
$$;

-- Rows that logical replication applies, or a session with session_replication_role = replica writes, are captured too.
-- That takes the table's owner; with the TRIGGER privilege alone, such writes are not seen until the next full refresh.
CREATE FUNCTION tidemark.fire_always(relation regclass, trigger_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF pg_has_role((SELECT relowner FROM pg_class WHERE oid = relation), 'USAGE') THEN
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', relation, trigger_name);
  END IF;
END $$;

-- What of a source is not captured: tables that hold its rows, itself first, and the triggers they lack.
CREATE FUNCTION tidemark.uncaptured(source integer) RETURNS TABLE (relation oid, trigger_name text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
  SELECT place.oid, wanted.name
  FROM tidemark.source s
  CROSS JOIN LATERAL unnest(s.relation || tidemark.children(s.relation)) WITH ORDINALITY AS place (oid, nth)
  CROSS JOIN (VALUES ('tidemark_capture_' || source, 'capture_' || source), ('tidemark_truncate_' || source, 'truncate_' || source)) AS wanted (name, function)
  WHERE s.id = source AND NOT EXISTS (
    SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE t.tgrelid = place.oid AND t.tgname = wanted.name AND t.tgenabled IN ('A', 'O')
       AND p.proname = wanted.function AND p.pronamespace = 'tidemark_log'::regnamespace)
  ORDER BY place.nth;
END
$$;

-- An unlogged table, or a part of one, that may have been emptied by a crash, of which no trigger tells.
CREATE FUNCTION tidemark.was_emptied(source integer) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM tidemark.unlogged u WHERE u.source_id = source) THEN
    RETURN false;
  END IF;
  RETURN EXISTS (SELECT FROM tidemark.source s JOIN pg_class c ON c.oid = ANY (s.relation || s.children)
                  WHERE s.id = source AND c.relpersistence = 'u');
END $$;

-- The triggers by which a source is captured. A partition that was detached and attached again has another one than before:
-- what was written to it meanwhile was not seen.
CREATE FUNCTION tidemark.capturing(captured tidemark.source) RETURNS oid[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (
    SELECT coalesce(array_agg(t.oid ORDER BY t.oid), '{}') FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE t.tgrelid = ANY (captured.relation || tidemark.children(captured.relation)) AND t.tgenabled IN ('A', 'O')
       AND t.tgname IN ('tidemark_capture_' || captured.id, 'tidemark_truncate_' || captured.id)
       AND p.proname = substr(t.tgname, 10) AND p.pronamespace = 'tidemark_log'::regnamespace);
END $$;

-- Every table that holds a source's rows is captured, and they are those that were when it was last looked at. Asked by
-- every refresh, so it only counts; `uncaptured` tells what is missing.
CREATE FUNCTION tidemark.covered(source integer) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  captured tidemark.source;
BEGIN
  SELECT * INTO captured FROM tidemark.source s WHERE s.id = source;
  RETURN captured.children = tidemark.children(captured.relation)
    AND captured.triggers = tidemark.capturing(captured) AND cardinality(captured.triggers) = 2 * (1 + cardinality(captured.children));
END $$;

-- Gives a table and its children the triggers they lack. Their names hold the source's number: a child may be a source
-- of its own as well, and then has both. Row triggers on a partitioned table are cloned to its
-- partitions by PostgreSQL; TRUNCATE triggers, and any trigger on a child by inheritance, are not. The first statement
-- locks the table itself, even where it lacks nothing: who alters its log must hold that lock.
CREATE FUNCTION tidemark.install_triggers(source integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  captured tidemark.source;
  place record;
BEGIN
  SELECT * INTO STRICT captured FROM tidemark.source s WHERE s.id = source;
  FOR place IN
    SELECT c.oid::regclass AS name, c.relispartition AND c.oid <> captured.relation AS cloned
    FROM pg_class c
    WHERE c.oid = captured.relation OR c.oid = ANY (tidemark.children(captured.relation))
    ORDER BY c.oid <> captured.relation, c.oid
  LOOP
    IF NOT place.cloned THEN
      EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s '
        'FOR EACH ROW EXECUTE FUNCTION tidemark_log.%I()', 'tidemark_capture_' || source, place.name, 'capture_' || source);
    END IF;
    PERFORM tidemark.fire_always(place.name, 'tidemark_capture_' || source);
    EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER TRUNCATE ON %s '
      'FOR EACH STATEMENT EXECUTE FUNCTION tidemark_log.%I()', 'tidemark_truncate_' || source, place.name, 'truncate_' || source);
    PERFORM tidemark.fire_always(place.name, 'tidemark_truncate_' || source);
  END LOOP;
  UPDATE tidemark.source s SET children = tidemark.children(s.relation), triggers = tidemark.capturing(s) WHERE s.id = source;
END $$;

-- Partitions come and go with their rows, and crashes empty unlogged tables; no trigger fires. Until this has run, each
-- refresh recomputes everything; so does the one after it, by the marker. Not a part of refreshing: the locks would be
-- held for as long as that takes.
CREATE FUNCTION tidemark.follow_children(source integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  captured tidemark.source;
BEGIN
  SELECT * INTO captured FROM tidemark.source s WHERE s.id = source;
  -- A table that is gone, or has lost its own triggers, is for apply to mend.
  IF captured.id IS NULL OR EXISTS (SELECT FROM tidemark.uncaptured(source) u WHERE u.relation = captured.relation) THEN
    RETURN false;
  END IF;
  IF captured.children IS DISTINCT FROM tidemark.children(captured.relation)
      OR captured.triggers IS DISTINCT FROM tidemark.capturing(captured) THEN
    PERFORM tidemark.install_triggers(source);
  ELSIF NOT tidemark.was_emptied(source) THEN
    INSERT INTO tidemark.unlogged VALUES (source) ON CONFLICT DO NOTHING;
    RETURN false;
  END IF;
  INSERT INTO tidemark.unlogged VALUES (source) ON CONFLICT DO NOTHING;
  EXECUTE format('INSERT INTO %s (tidemark_xid, tidemark_sign) VALUES (pg_current_xact_id(), NULL)', tidemark.log_child(source, 0));
  RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected OR insufficient_privilege OR wrong_object_type THEN
  RETURN false;
END $$;
