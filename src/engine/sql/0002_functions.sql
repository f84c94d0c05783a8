-- The functions that refresh views. Callable from psql, pg_cron, an RPC or the worker: all do the same.
-- Nothing here is open to PUBLIC; GRANT EXECUTE on one of them opens it.

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

-- Every table that holds a source's rows is captured, and they are those that were when it was last looked at. Asked by
-- every refresh, so it only counts; `uncaptured` tells what is missing.
CREATE FUNCTION tidemark.covered(source integer) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  captured tidemark.source;
BEGIN
  SELECT * INTO captured FROM tidemark.source s WHERE s.id = source;
  RETURN captured.children = tidemark.children(captured.relation) AND 2 * (1 + cardinality(captured.children)) = (
    SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE t.tgrelid = ANY (captured.relation || captured.children) AND t.tgenabled IN ('A', 'O')
       AND t.tgname IN ('tidemark_capture_' || source, 'tidemark_truncate_' || source)
       AND p.proname = substr(t.tgname, 10) AND p.pronamespace = 'tidemark_log'::regnamespace);
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
  UPDATE tidemark.source s SET children = tidemark.children(s.relation) WHERE s.id = source;
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
  IF captured.children IS DISTINCT FROM tidemark.children(captured.relation) THEN
    PERFORM tidemark.install_triggers(source);
  ELSIF NOT tidemark.was_emptied(source) THEN
    INSERT INTO tidemark.unlogged VALUES (source) ON CONFLICT DO NOTHING;
    RETURN false;
  END IF;
  INSERT INTO tidemark.unlogged VALUES (source) ON CONFLICT DO NOTHING;
  EXECUTE format('INSERT INTO tidemark_log.%I (xid, sign) VALUES (pg_current_xact_id(), NULL)', captured.log_name || '~a');
  RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected OR insufficient_privilege OR wrong_object_type THEN
  RETURN false;
END $$;

-- A view by its name as `freshness` shows it, by its full name, quoted or not, or by its bare one where that is enough.
CREATE FUNCTION tidemark.find_view(name text) RETURNS integer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found integer[];
BEGIN
  SELECT array_agg(best.id) INTO found FROM (
    SELECT v.id, rank() OVER (ORDER BY CASE
      WHEN format('%I.%I', v.schema_name, v.view_name) = name THEN 1
      WHEN v.schema_name = 'public' AND v.view_name = name THEN 2
      WHEN v.schema_name || '.' || v.view_name = name THEN 3
      ELSE 4 END) AS place
    FROM tidemark.view v
    WHERE v.replaces IS NULL
      AND name IN (v.view_name, v.schema_name || '.' || v.view_name, format('%I.%I', v.schema_name, v.view_name))) best
  WHERE best.place = 1;
  IF cardinality(found) = 1 THEN
    RETURN found[1];
  ELSIF cardinality(found) > 1 THEN
    RAISE EXCEPTION 'More than one view is named "%".', name
      USING ERRCODE = 'TM001', HINT = 'Write its schema too: schema.view.';
  END IF;
  RAISE EXCEPTION 'There is no deployed view named "%".', name
    USING ERRCODE = 'TM001', HINT = 'SELECT view FROM tidemark.freshness lists them.';
END $$;

-- Every view that this one reads, directly or not, those first that others read.
CREATE FUNCTION tidemark.upstream(target integer) RETURNS integer[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE above (id, depth) AS (
    SELECT upstream_id, 1 FROM tidemark.view_dependency WHERE view_id = target
    UNION ALL
    SELECT d.upstream_id, a.depth + 1 FROM above a JOIN tidemark.view_dependency d ON d.view_id = a.id
  ), deepest AS (SELECT id, max(depth) AS depth FROM above GROUP BY id)
  SELECT coalesce(array_agg(id ORDER BY depth DESC, id), '{}') FROM deepest
$$;

-- Raises TM002 when a table under the view is not what the view was compiled for. Answers whether the log tells
-- everything: not where partitions came or went, a child of a table is not captured yet, or a crash emptied it.
CREATE FUNCTION tidemark.check_sources(target integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  place record;
  complete boolean := true;
BEGIN
  FOR place IN
    SELECT s.id, s.schema_name, s.table_name, s.relation, vs.fingerprint,
           tidemark.fingerprint(s.relation, vs.read_columns) AS present,
           s.relation::regclass::text AS present_name,
           to_regclass(format('%I.%I', s.schema_name, s.table_name)) IS DISTINCT FROM s.relation AS renamed,
           tidemark.covered(s.id) AND NOT tidemark.was_emptied(s.id) AS covered
    FROM tidemark.view_source vs JOIN tidemark.source s ON s.id = vs.source_id
    WHERE vs.view_id = target
  LOOP
    IF place.present IS NULL THEN
      RAISE EXCEPTION 'The table %.% was dropped.', place.schema_name, place.table_name
        USING ERRCODE = 'TM002', HINT = 'Change the view''s query or restore the table, then run: tidemark apply';
    ELSIF place.renamed THEN
      RAISE EXCEPTION 'The table %.% was renamed to %.', place.schema_name, place.table_name, place.present_name
        USING ERRCODE = 'TM002', HINT = 'Change the view''s query or rename it back, then run: tidemark apply';
    ELSIF place.present <> place.fingerprint THEN
      RAISE EXCEPTION 'The table %.% was altered: a column that the view reads is gone, renamed or of another type.',
        place.schema_name, place.table_name
        USING ERRCODE = 'TM002', HINT = 'Run: tidemark apply. It compiles the view for the table as it is now.';
    ELSIF NOT place.covered THEN
      IF EXISTS (SELECT FROM tidemark.uncaptured(place.id) u WHERE u.relation = place.relation) THEN
        RAISE EXCEPTION 'Changes of %.% are not captured: Tidemark''s triggers on it were dropped or disabled.',
          place.schema_name, place.table_name
          USING ERRCODE = 'TM002', HINT = 'Run: tidemark apply. It puts them back and recomputes the view.';
      END IF;
      complete := false;
    END IF;
  END LOOP;
  FOR place IN
    SELECT b.schema, b.name
    FROM tidemark.view v, jsonb_to_recordset(v.behind) AS b (schema text, name text, definition text)
    WHERE v.id = target AND b.definition IS DISTINCT FROM
      (SELECT pg_get_viewdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = b.schema AND c.relname = b.name AND c.relkind = 'v')
  LOOP
    RAISE EXCEPTION 'The view %.%, which the query reads, was altered or dropped.', place.schema, place.name
      USING ERRCODE = 'TM002', HINT = 'Run: tidemark apply. It builds the view anew.';
  END LOOP;
  RETURN complete;
END $$;

CREATE FUNCTION tidemark.error_code(state text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE
    WHEN state IN ('TM002', '42P01', '42703', '42883', '42704', '3F000') THEN 'SOURCE_CHANGED'
    WHEN state IN ('23505', '21000') THEN 'KEY_NOT_UNIQUE'
    WHEN state = '42501' THEN 'PRIVILEGE_MISSING'
    WHEN state = '55P03' THEN 'LOCK_TIMEOUT'
    WHEN state = '57014' THEN 'REFRESH_TIMEOUT'
    WHEN state = 'TM003' THEN 'REFRESH_NEEDS_SNAPSHOT'
    ELSE 'REFRESH_FAILED'
  END
$$;

-- Notes a failure: the view keeps its rows and its cursor, so nothing is lost.
CREATE FUNCTION tidemark.record_failure(target integer, failure jsonb, started timestamptz, worker text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  policy jsonb := (SELECT v.settings -> 'retry' FROM tidemark.view v WHERE v.id = target);
  base double precision := coalesce((policy ->> 'initialDelayMs')::double precision, 1000);
  cap double precision := coalesce((policy ->> 'maxDelayMs')::double precision, 300000);
BEGIN
  UPDATE tidemark.state SET
    failures = failures + 1,
    last_error = failure || jsonb_build_object('at', clock_timestamp()),
    last_run_at = clock_timestamp(),
    state = CASE
      WHEN state = 'paused' THEN state
      WHEN failures + 1 >= coalesce((policy ->> 'quarantineAfter')::integer, 2147483647) THEN 'quarantined'
      ELSE 'error' END,
    -- Twice as long each time, and half of it left to chance, so that many views do not come back at once.
    retry_at = clock_timestamp()
      + make_interval(secs => least(cap, base * 2 ^ least(failures, 30)) * (0.5 + random() / 2) / 1000)
  WHERE view_id = target;
  INSERT INTO tidemark.run (view_id, started_at, finished_at, mode, duration_ms, error, worker)
  VALUES (target, started, clock_timestamp(), 'failed',
    extract(epoch FROM clock_timestamp() - started) * 1000, failure, worker);
END $$;

-- Which of the view's statements is cheapest for what is pending: each slice by itself, all slices in one pass, or
-- everything. A wrong guess costs time, never truth.
CREATE FUNCTION tidemark.choose_statement(v tidemark.view, s tidemark.state) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  pending bigint;
  slices bigint;
  full_ms double precision := coalesce(s.full_ms, 1000);
  slice_ms double precision := coalesce(s.slice_ms, 0.02 + 3 * full_ms / greatest(s.row_count, 1));
  batch_ms double precision := coalesce(s.batch_ms, full_ms * 0.6);
BEGIN
  IF v.statements ->> 'slices' IS NULL THEN
    RETURN 'full';
  END IF;
  EXECUTE v.statements ->> 'pending' INTO pending USING s.cursor, s.consumed_xid, v.id;
  -- A changed row seldom touches more than a slice. Where they are far too few to matter, they are not counted.
  IF pending * slice_ms < least(batch_ms, full_ms) / 4 THEN
    RETURN 'slices';
  END IF;
  EXECUTE v.statements ->> 'count' INTO slices USING s.cursor, s.consumed_xid, v.id;
  IF slices * slice_ms <= least(batch_ms, full_ms) THEN
    RETURN 'slices';
  ELSIF v.statements ->> 'batch' IS NOT NULL AND batch_ms < full_ms AND slices < coalesce(s.row_count, 0) * 0.7 THEN
    RETURN 'batch';
  END IF;
  RETURN 'full';
END $$;

CREATE TYPE tidemark.refresh_result AS (
  view text, mode text, slices bigint, inserted bigint, updated bigint, deleted bigint,
  duration_ms double precision, as_of timestamptz, error jsonb
);

-- Refreshes one view, whose upstream views are as fresh as they are going to be. The caller holds its lock.
CREATE FUNCTION tidemark.refresh_now(v tidemark.view, full_refresh boolean) RETURNS tidemark.refresh_result
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  s tidemark.state;
  result tidemark.refresh_result;
  statement text := 'full';
  blocked boolean;
  began timestamptz;
  elapsed double precision;
  here bigint := (SELECT system_identifier FROM pg_control_system());
  complete boolean := tidemark.check_sources(v.id);
BEGIN
  SELECT * INTO STRICT s FROM tidemark.state WHERE view_id = v.id;
  IF s.cursor IS NOT NULL AND s.system_identifier = here AND complete AND NOT full_refresh THEN
    EXECUTE v.statements ->> 'noop' INTO result.as_of USING s.cursor, s.consumed_xid, v.id;
    IF result.as_of IS NOT NULL THEN
      result.mode := 'noop';
      result.slices := 0; result.inserted := 0; result.updated := 0; result.deleted := 0;
      UPDATE tidemark.state SET state = CASE WHEN state = 'paused' THEN state ELSE 'ready' END,
        failures = 0, retry_at = NULL, last_error = NULL
      WHERE view_id = v.id AND (failures > 0 OR state IN ('error', 'quarantined'));
      RETURN result;
    END IF;
    statement := tidemark.choose_statement(v, s);
  END IF;
  LOOP
    began := clock_timestamp();
    -- The planner takes the keys for a few hundred at most; where they are many, one pass over each table is right.
    PERFORM set_config('enable_nestloop', CASE WHEN statement = 'batch' THEN 'off' ELSE 'on' END, true);
    EXECUTE v.statements ->> statement INTO blocked, result.slices, result.inserted, result.updated, result.deleted
      USING s.cursor, s.consumed_xid, v.id;
    EXIT WHEN NOT blocked;
    statement := 'full';
  END LOOP;
  elapsed := extract(epoch FROM clock_timestamp() - began) * 1000;
  result.mode := CASE WHEN statement = 'full' THEN 'full' ELSE 'incremental' END;
  IF result.inserted + result.updated + result.deleted > 0 THEN
    -- Who has read this view in this very transaction must read it again: these rows carry the same transaction id.
    UPDATE tidemark.state SET consumed_xid = NULL
     WHERE consumed_xid = pg_current_xact_id()
       AND view_id IN (SELECT view_id FROM tidemark.view_dependency WHERE upstream_id = v.id);
  END IF;
  UPDATE tidemark.state SET
    state = CASE WHEN state = 'paused' THEN state ELSE 'ready' END,
    failures = 0, retry_at = NULL, last_error = NULL,
    system_identifier = here,
    last_run_at = clock_timestamp(),
    last_full_at = CASE WHEN statement = 'full' THEN clock_timestamp() ELSE last_full_at END,
    row_count = CASE WHEN row_count IS NULL THEN NULL ELSE row_count + result.inserted - result.deleted END,
    -- A handful of slices says little about one slice: most of its time is planning.
    slice_ms = CASE WHEN statement = 'slices' AND result.slices >= 32
      THEN (coalesce(slice_ms, elapsed / result.slices) + elapsed / result.slices) / 2 ELSE slice_ms END,
    batch_ms = CASE WHEN statement = 'batch' THEN (coalesce(batch_ms, elapsed) + elapsed) / 2 ELSE batch_ms END,
    full_ms = CASE WHEN statement = 'full' THEN (coalesce(full_ms, elapsed) + elapsed) / 2 ELSE full_ms END
  WHERE view_id = v.id
  RETURNING as_of INTO result.as_of;
  RETURN result;
END $$;

-- Runs `refresh_now` for one view under the settings that were pinned for it, and notes what came of it.
CREATE FUNCTION tidemark.refresh_guarded(target integer, full_refresh boolean) RETURNS tidemark.refresh_result
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_nestloop = on SET work_mem = '64MB' SET datestyle = 'ISO, MDY' SET intervalstyle = 'postgres' SET extra_float_digits = 1 AS $$
DECLARE
  v tidemark.view;
  result tidemark.refresh_result;
  started timestamptz := clock_timestamp();
  zone text := current_setting('TimeZone');
  worker text := nullif(current_setting('tidemark.worker', true), '');
  message text; hint text; detail text; sqlstate_ text;
BEGIN
  SELECT * INTO STRICT v FROM tidemark.view WHERE id = target;
  IF NOT pg_try_advisory_xact_lock(1953064301, target) THEN
    result.mode := 'skipped';
  ELSE
    BEGIN
      PERFORM set_config('TimeZone', v.time_zone, true);
      IF v.storage = 'matview' THEN
        result := tidemark.refresh_matview(v);
      ELSE
        result := tidemark.refresh_now(v, full_refresh);
      END IF;
      PERFORM set_config('TimeZone', zone, true);
    EXCEPTION
      WHEN serialization_failure THEN
        -- Someone else refreshed this view after this transaction's snapshot was taken.
        result.mode := 'skipped';
      WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT, detail = PG_EXCEPTION_DETAIL,
          sqlstate_ = RETURNED_SQLSTATE;
        result.mode := 'failed';
        result.error := jsonb_strip_nulls(jsonb_build_object(
          'code', tidemark.error_code(sqlstate_), 'message', message, 'detail', nullif(detail, ''),
          'hint', nullif(hint, ''), 'sqlstate', sqlstate_));
        PERFORM tidemark.record_failure(target, result.error, started, worker);
    END;
  END IF;
  result.view := CASE WHEN v.schema_name = 'public' THEN v.view_name ELSE v.schema_name || '.' || v.view_name END;
  result.duration_ms := extract(epoch FROM clock_timestamp() - started) * 1000;
  IF result.mode IN ('incremental', 'full', 'noop') THEN
    DELETE FROM tidemark.request r WHERE r.view_id = target;
  END IF;
  IF result.mode IN ('incremental', 'full') THEN
    INSERT INTO tidemark.run
      (view_id, started_at, finished_at, mode, slices, inserted, updated, deleted, duration_ms, as_of, worker)
    VALUES (target, started, clock_timestamp(), result.mode, result.slices, result.inserted, result.updated,
      result.deleted, result.duration_ms, result.as_of, worker);
  END IF;
  RETURN result;
END $$;

-- A native materialized view: recomputed whole, and its readers not blocked once it has rows.
CREATE FUNCTION tidemark.refresh_matview(v tidemark.view) RETURNS tidemark.refresh_result
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  result tidemark.refresh_result;
  relation regclass := to_regclass(format('%I.%I', v.schema_name, v.view_name));
  populated boolean;
  count bigint;
  began timestamptz := clock_timestamp();
  elapsed double precision;
BEGIN
  IF relation IS NULL THEN
    RAISE EXCEPTION 'The materialized view %.% was dropped.', v.schema_name, v.view_name
      USING ERRCODE = 'TM002', HINT = 'Run: tidemark apply';
  END IF;
  SELECT relispopulated INTO populated FROM pg_class WHERE oid = relation;
  EXECUTE format('REFRESH MATERIALIZED VIEW %s %s',
    CASE WHEN populated AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = relation AND i.indisunique AND i.indisvalid
      AND i.indpred IS NULL AND i.indexprs IS NULL) THEN 'CONCURRENTLY' ELSE '' END, relation);
  elapsed := extract(epoch FROM clock_timestamp() - began) * 1000;
  EXECUTE format('SELECT count(*) FROM %s', relation) INTO count;
  UPDATE tidemark.state SET
    state = CASE WHEN state = 'paused' THEN state ELSE 'ready' END,
    failures = 0, retry_at = NULL, last_error = NULL,
    as_of = now(), epoch = epoch + 1, last_run_at = clock_timestamp(), last_full_at = clock_timestamp(),
    full_ms = elapsed, row_count = count
  WHERE view_id = v.id
  RETURNING as_of INTO result.as_of;
  result.mode := 'full';
  RETURN result;
END $$;

-- Leaves word for the worker.
CREATE FUNCTION tidemark.request(view text, full_refresh boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.request (view_id, full_refresh) VALUES (tidemark.find_view(view), full_refresh);
  PERFORM pg_notify('tidemark', 'request');
END $$;

-- Refreshes one view now. A view over other maintained views is brought up with them, at one snapshot: that takes
-- REPEATABLE READ. Under READ COMMITTED such a view's refresh is left to the worker, and the answer says so.
CREATE FUNCTION tidemark.refresh(view text, full_refresh boolean DEFAULT false) RETURNS tidemark.refresh_result
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  target integer := tidemark.find_view(view);
  above integer[] := tidemark.upstream(target);
  result tidemark.refresh_result;
  step integer;
BEGIN
  IF cardinality(above) > 0 AND current_setting('transaction_isolation') = 'read committed' THEN
    PERFORM tidemark.request(view, full_refresh);
    result.view := view;
    result.mode := 'requested';
    result.error := jsonb_build_object('code', 'REFRESH_NEEDS_SNAPSHOT',
      'message', format('"%s" reads other maintained views, which takes one snapshot for all. The worker was asked.', view),
      'hint', format('To do it here: BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM tidemark.refresh(%L); COMMIT; or CALL tidemark.tick().', view));
    RETURN result;
  END IF;
  FOREACH step IN ARRAY above LOOP
    CONTINUE WHEN (SELECT s.state = 'paused' FROM tidemark.state s WHERE s.view_id = step);
    result := tidemark.refresh_guarded(step, false);
    IF result.mode IN ('failed', 'skipped') THEN
      IF result.mode = 'failed' THEN
        result.error := jsonb_build_object('code', result.error ->> 'code',
          'message', format('"%s", which it reads, could not be refreshed: %s', result.view, result.error ->> 'message'),
          'hint', result.error ->> 'hint');
      END IF;
      result.view := view;
      RETURN result;
    END IF;
  END LOOP;
  RETURN tidemark.refresh_guarded(target, full_refresh);
END $$;

-- Compares storage with the query at this transaction's snapshot. Meant for REPEATABLE READ, after a refresh.
CREATE FUNCTION tidemark.verify_now(target integer, OUT missing bigint, OUT unexpected bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_nestloop = on SET work_mem = '64MB' SET datestyle = 'ISO, MDY' SET intervalstyle = 'postgres' SET extra_float_digits = 1 AS $$
DECLARE
  v tidemark.view;
  zone text := current_setting('TimeZone');
BEGIN
  SELECT * INTO STRICT v FROM tidemark.view WHERE id = target;
  PERFORM set_config('TimeZone', v.time_zone, true);
  EXECUTE v.statements ->> 'verify' INTO missing, unexpected;
  PERFORM set_config('TimeZone', zone, true);
END $$;

CREATE FUNCTION tidemark.pending(target integer) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement text;
  s tidemark.state;
  pending bigint;
BEGIN
  SELECT v.statements ->> 'pending' INTO statement FROM tidemark.view v WHERE v.id = target;
  SELECT * INTO s FROM tidemark.state WHERE view_id = target;
  IF statement IS NULL OR s.cursor IS NULL THEN
    RETURN NULL;
  END IF;
  EXECUTE statement INTO pending USING s.cursor, s.consumed_xid, target;
  RETURN pending;
EXCEPTION WHEN undefined_table THEN
  RETURN NULL;
END $$;

-- How fresh every view is. Nothing pending is staleness 0, however long ago the view was last rebuilt.
CREATE VIEW tidemark.freshness AS
SELECT
  CASE WHEN v.schema_name = 'public' THEN v.view_name ELSE v.schema_name || '.' || v.view_name END AS view,
  s.state,
  s.as_of,
  p.pending AS pending_changes,
  CASE
    WHEN s.as_of IS NULL THEN NULL
    WHEN p.pending = 0 AND NOT v.moves AND s.state <> 'error' AND s.state <> 'quarantined' THEN 0
    ELSE extract(epoch FROM clock_timestamp() - s.as_of)::double precision
  END AS staleness_seconds,
  s.row_count AS rows,
  s.last_run_at AS last_run,
  s.last_error
FROM tidemark.view v
JOIN tidemark.state s ON s.view_id = v.id
CROSS JOIN LATERAL (SELECT tidemark.pending(v.id) AS pending) p
WHERE v.replaces IS NULL
ORDER BY 1;

-- Views to refresh now, by what is pending, asked for, or due by their interval; cron schedules are the worker's, or
-- pg_cron's, which can call tidemark.refresh itself. Those come first that others read.
CREATE FUNCTION tidemark.due() RETURNS TABLE (view_id integer, full_refresh boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
  SELECT v.id, EXISTS (SELECT FROM tidemark.request r WHERE r.view_id = v.id AND r.full_refresh)
  FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id
  WHERE s.state IN ('ready', 'error')
    AND (s.retry_at IS NULL OR s.retry_at <= clock_timestamp())
    -- What reads a failing view waits for it.
    AND NOT EXISTS (SELECT FROM tidemark.state u WHERE u.view_id = ANY (tidemark.upstream(v.id))
      AND (u.retry_at > clock_timestamp() OR u.state = 'quarantined'))
    AND (
      EXISTS (SELECT FROM tidemark.request r WHERE r.view_id = v.id)
      OR s.cursor IS NULL AND v.storage = 'table'
      OR (v.settings #>> '{schedule,kind}' = 'interval'
          AND (s.as_of IS NULL OR s.as_of + make_interval(secs =>
                (v.settings #>> '{schedule,everyMs}')::double precision / 1000) <= clock_timestamp()))
      OR ((v.settings ->> 'freshnessMs' IS NOT NULL OR jsonb_typeof(v.settings -> 'onChange') = 'object')
          AND (s.as_of IS NULL OR s.as_of + make_interval(secs =>
                coalesce((v.settings ->> 'freshnessMs')::double precision, 0) / 1000) <= clock_timestamp())
          AND (v.moves OR tidemark.pending(v.id) > 0)))
  ORDER BY cardinality(tidemark.upstream(v.id)), v.id;
END $$;

-- Refreshes all that is due: for pg_cron, or a loop in psql. Each view in a transaction of its own; one that fails
-- stops only what reads it.
CREATE PROCEDURE tidemark.tick()
LANGUAGE plpgsql AS $$
DECLARE
  ids integer[];
  fulls boolean[];
  name text;
BEGIN
  SELECT array_agg(d.view_id), array_agg(d.full_refresh) INTO ids, fulls FROM tidemark.due() d;
  FOR step IN 1 .. coalesce(array_length(ids, 1), 0) LOOP
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
    SELECT v.schema_name || '.' || v.view_name INTO name FROM tidemark.view v WHERE v.id = ids[step];
    IF name IS NOT NULL THEN
      PERFORM tidemark.refresh(name, fulls[step]);
    END IF;
  END LOOP;
  COMMIT;
  CALL tidemark.maintain();
END $$;

-- Empties logs that every view has passed, starts a new one where the present one has grown, and forgets old runs.
-- `grown`: bytes of a log from which on it is worth the trouble.
CREATE PROCEDURE tidemark.maintain(grown bigint DEFAULT 1048576, kept_runs integer DEFAULT 500)
LANGUAGE plpgsql AS $$
DECLARE
  sources integer[];
BEGIN
  DELETE FROM tidemark.run r USING (
    SELECT id, row_number() OVER (PARTITION BY view_id ORDER BY id DESC) AS place FROM tidemark.run) old
  WHERE r.id = old.id AND old.place > kept_runs;
  SELECT array_agg(id ORDER BY id) INTO sources FROM tidemark.source;
  FOR step IN 1 .. coalesce(array_length(sources, 1), 0) LOOP
    COMMIT;
    PERFORM tidemark.follow_children(sources[step]);
    COMMIT;
    PERFORM tidemark.rotate(sources[step], grown);
  END LOOP;
  COMMIT;
END $$;

-- One log. Writers append to the active child; the other one is emptied once no cursor needs it, and only then can
-- the two change places. The exclusive lock is taken at once or not at all: it is free exactly when no open
-- transaction has written to that child, and no refresh is reading it.
CREATE FUNCTION tidemark.rotate(target integer, grown bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  captured tidemark.source;
  resting text;
  empty boolean;
  needed boolean;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'Logs are rotated under READ COMMITTED only.' USING ERRCODE = 'TM003';
  END IF;
  SELECT * INTO captured FROM tidemark.source WHERE id = target FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  resting := CASE captured.active WHEN 'a' THEN '~b' ELSE '~a' END;
  EXECUTE format('SELECT NOT EXISTS (SELECT FROM tidemark_log.%I)', captured.log_name || resting) INTO empty;
  IF NOT empty THEN
    EXECUTE format('LOCK TABLE tidemark_log.%I IN ACCESS EXCLUSIVE MODE NOWAIT', captured.log_name || resting);
    -- Under the lock, in a snapshot taken after it: every row is committed, so a cursor has passed it or has not.
    EXECUTE format('SELECT EXISTS (SELECT FROM tidemark_log.%I l, tidemark.view_source vs JOIN tidemark.state s '
      'ON s.view_id = vs.view_id WHERE vs.source_id = %s AND s.cursor IS NOT NULL '
      'AND NOT pg_visible_in_snapshot(l.xid, s.cursor))',
      captured.log_name || resting, target) INTO needed;
    IF needed THEN
      RETURN false;
    END IF;
    EXECUTE format('TRUNCATE tidemark_log.%I', captured.log_name || resting);
    empty := true;
  END IF;
  IF empty AND pg_relation_size(format('tidemark_log.%I', captured.log_name || '~' || captured.active)::regclass) >= grown THEN
    EXECUTE CASE captured.active WHEN 'a' THEN captured.capture_b ELSE captured.capture_a END;
    UPDATE tidemark.source SET active = CASE captured.active WHEN 'a' THEN 'b' ELSE 'a' END WHERE id = target;
    RETURN true;
  END IF;
  RETURN false;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tidemark FROM PUBLIC;
REVOKE ALL ON ALL PROCEDURES IN SCHEMA tidemark FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA tidemark REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
