-- The functions that refresh views. Callable from psql, pg_cron, an RPC or the worker: all do the same.
-- Nothing here is open to PUBLIC; GRANT EXECUTE on one of them opens it.

CREATE TYPE tidemark.refresh_result AS (
  view text, mode text, slices bigint, inserted bigint, updated bigint, deleted bigint,
  duration_ms double precision, as_of timestamptz, error jsonb
);

-- What a refresh made is read, and cached under its epoch, as soon as it is committed: a crash must not take it back, for the
-- next refresh would give the same epoch to other rows.
CREATE FUNCTION tidemark.commit_durably() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'local', true);
  END IF;
END $$;

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
  pending bigint;
  counted double precision;
  each_ms double precision;
  most bigint;
  changed boolean[];
  here bigint := (SELECT system_identifier FROM pg_control_system());
  complete boolean := tidemark.check_sources(v.id);
BEGIN
  SELECT * INTO STRICT s FROM tidemark.state WHERE view_id = v.id;
  IF s.cursor IS NOT NULL AND s.system_identifier = here AND complete AND NOT full_refresh THEN
    EXECUTE v.statements ->> 'noop' INTO result.as_of USING s.cursor, s.consumed_xid, v.id, s.as_of;
    IF result.as_of IS NOT NULL THEN
      result.mode := 'noop';
      result.slices := 0; result.inserted := 0; result.updated := 0; result.deleted := 0;
      UPDATE tidemark.state SET state = CASE WHEN state = 'paused' THEN state ELSE 'ready' END,
        failures = 0, retry_at = NULL, last_error = NULL
      WHERE view_id = v.id AND (failures > 0 OR state IN ('error', 'quarantined'));
      RETURN result;
    END IF;
    BEGIN
      SELECT * INTO statement, pending, counted, changed, most FROM tidemark.choose_statement(v, s);
    EXCEPTION WHEN data_exception OR check_violation OR raise_exception THEN
      -- Counting looks at rows that are gone, too.
      statement := 'full';
    END;
  END IF;
  LOOP
    began := clock_timestamp();
    -- The planner takes the keys for a few hundred at most; where they are many, one pass over each table is right.
    PERFORM set_config('enable_nestloop', CASE WHEN statement = 'batch' THEN 'off' ELSE 'on' END, true);
    BEGIN
      EXECUTE CASE WHEN statement = 'delta' THEN tidemark.delta_statement(v.statements -> 'delta', changed)
        WHEN statement = 'full' AND NOT complete AND v.statements ->> 'checked' IS NOT NULL THEN v.statements ->> 'checked'
        ELSE v.statements ->> statement END INTO blocked, result.slices, result.inserted, result.updated, result.deleted
        USING s.cursor, s.consumed_xid, v.id, s.as_of, most;
    EXCEPTION WHEN data_exception OR check_violation OR raise_exception THEN
      -- Rows that came and went again, which the query has never met, can raise an error that the query does not.
      IF statement = 'full' THEN
        RAISE;
      END IF;
      blocked := true;
    END;
    EXIT WHEN NOT blocked;
    statement := CASE WHEN result.slices > most AND s.batch_ms < s.full_ms AND v.statements ->> 'batch' IS NOT NULL THEN 'batch'
      ELSE 'full' END;
    most := NULL;
  END LOOP;
  elapsed := extract(epoch FROM clock_timestamp() - began) * 1000;
  each_ms := greatest(elapsed - pending * coalesce(counted, s.count_ms, 0), elapsed / 10) / nullif(result.slices, 0);
  result.mode := CASE WHEN statement = 'full' THEN 'full' ELSE 'incremental' END;
  IF result.inserted + result.updated + result.deleted > 0 THEN
    PERFORM tidemark.commit_durably();
    -- Who has read this view in this very transaction must read it again: these rows carry the same transaction id.
    UPDATE tidemark.state SET consumed_xid = NULL, reread = true
     WHERE consumed_xid = pg_current_xact_id()
       AND view_id IN (SELECT view_id FROM tidemark.view_dependency WHERE upstream_id = v.id);
  END IF;
  UPDATE tidemark.state SET
    state = CASE WHEN state = 'paused' THEN state ELSE 'ready' END,
    failures = 0, retry_at = NULL, last_error = NULL,
    system_identifier = here,
    reread = false,
    last_run_at = clock_timestamp(),
    last_full_at = CASE WHEN statement = 'full' THEN clock_timestamp() ELSE last_full_at END,
    row_count = CASE WHEN row_count IS NULL THEN NULL ELSE row_count + result.inserted - result.deleted END,
    -- A handful of slices says little about one slice: most of its time is planning, and finding them. What was not
    -- chosen is forgotten, so that one bad moment is not held against it for ever: slices now and then, to be probed again,
    -- the others slowly.
    slice_ms = CASE
      WHEN statement <> 'slices' THEN CASE WHEN random() < 0.95 THEN slice_ms END
      WHEN result.slices >= 32 THEN (coalesce(slice_ms, each_ms) + each_ms) / 2
      ELSE slice_ms END,
    batch_ms = CASE
      WHEN statement = 'full' THEN batch_ms * 0.9
      WHEN statement = 'batch' THEN (coalesce(batch_ms, elapsed) + elapsed) / 2
      ELSE batch_ms END,
    touched_rate = CASE WHEN statement IN ('slices', 'batch') AND pending >= 32
      THEN result.slices / pending::double precision WHEN statement <> 'full' THEN touched_rate END,
    full_pending = CASE WHEN statement <> 'full' OR counted IS NOT NULL OR random() < 0.95 THEN full_pending END,
    count_ms = coalesce((count_ms + counted) / 2, counted, count_ms * 0.95),
    delta_ms = CASE
      WHEN statement <> 'delta' THEN delta_ms * 0.9
      WHEN pending >= 32 THEN (coalesce(delta_ms, elapsed / pending) + elapsed / pending) / 2
      ELSE delta_ms END,
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
  message text; hint text; detail text; sqlstate_ text; place text; emptied text;
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
          sqlstate_ = RETURNED_SQLSTATE, place = SCHEMA_NAME, emptied = COLUMN_NAME;
        -- A column of the key could not be NULL when the view was compiled: its storage still cannot.
        IF sqlstate_ = '23502' AND place = 'tidemark_data' THEN
          sqlstate_ := 'TM002'; detail := NULL;
          message := format('"%s" is NULL in a row now. It is in the key of the view, and could not be NULL when the view was deployed.', emptied);
          hint := 'Run: tidemark apply. It compiles the view for the tables as they are now.';
        END IF;
        result.mode := 'failed';
        result.error := jsonb_strip_nulls(jsonb_build_object(
          'code', tidemark.error_code(sqlstate_), 'message', message, 'detail', nullif(detail, ''),
          'hint', nullif(hint, ''), 'sqlstate', sqlstate_));
        IF NOT tidemark.record_failure(target, result.error, started, worker) THEN
          result.mode := 'skipped';
          result.error := NULL;
        END IF;
    END;
  END IF;
  result.view := tidemark.shown_name(v.schema_name, v.view_name);
  result.duration_ms := extract(epoch FROM clock_timestamp() - started) * 1000;
  IF result.mode IN ('incremental', 'full', 'noop') THEN
    DELETE FROM tidemark.request r WHERE r.view_id = target;
  END IF;
  IF result.mode IN ('incremental', 'full') THEN
    INSERT INTO tidemark.run
      (view_id, started_at, finished_at, mode, slices, inserted, updated, deleted, duration_ms, as_of, worker, epoch)
    VALUES (target, started, clock_timestamp(), result.mode, result.slices, result.inserted, result.updated,
      result.deleted, result.duration_ms, result.as_of, worker, (SELECT s.epoch FROM tidemark.state s WHERE s.view_id = target));
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
  -- What is refreshed sees this much, or more.
  least_seen pg_snapshot := tidemark.present_cursor();
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
  PERFORM tidemark.commit_durably();
  UPDATE tidemark.state SET
    state = CASE WHEN state = 'paused' THEN state ELSE 'ready' END,
    failures = 0, retry_at = NULL, last_error = NULL,
    as_of = now(), epoch = epoch + 1, last_run_at = clock_timestamp(), last_full_at = clock_timestamp(),
    full_ms = elapsed, row_count = count, seen = least_seen
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

-- Notes how old what a view has just read of others was: of those that are paused, say, and so not as they would be now. That
-- stays true when those go on, until it reads them again. What was refreshed with it is as it is.
CREATE FUNCTION tidemark.note_held(target integer, reads integer[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  held timestamptz;
BEGIN
  SELECT min(least(s.held_as_of, CASE WHEN s.as_of < t.as_of AND (tidemark.moves(s.view_id) OR tidemark.waiting(s.view_id) IS NOT FALSE)
      THEN s.as_of END)) INTO held
    FROM tidemark.state t, tidemark.state s WHERE t.view_id = target AND s.view_id = ANY (reads);
  UPDATE tidemark.state SET held_as_of = held WHERE view_id = target AND held_as_of IS DISTINCT FROM held;
END $$;

-- Refreshes one view now. A view over other maintained views is brought up with them, at one snapshot: that takes
-- REPEATABLE READ. Under READ COMMITTED such a view's refresh is left to the worker, and the answer says so.
CREATE FUNCTION tidemark.refresh(view text, full_refresh boolean DEFAULT false) RETURNS tidemark.refresh_result
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  target integer := tidemark.find_view(view);
  above integer[] := tidemark.upstream(target);
  pieces integer[] := tidemark.pieces(target);
  result tidemark.refresh_result;
  step integer;
  -- What refreshing its pieces took, and whether any of them changed.
  spent double precision := 0;
  changed boolean := false;
BEGIN
  IF cardinality(above) > 0 AND current_setting('transaction_isolation') = 'read committed' THEN
    PERFORM tidemark.request(view, full_refresh);
    result.view := view;
    result.mode := 'requested';
    result.error := jsonb_build_object('code', 'REFRESH_NEEDS_SNAPSHOT',
      'message', format('"%s" reads other maintained views, or is made of several, which takes one snapshot for all. The worker was asked.', view),
      'hint', format('To do it here: BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM tidemark.refresh(%L); COMMIT; or CALL tidemark.tick().', view));
    RETURN result;
  END IF;
  FOREACH step IN ARRAY above LOOP
    CONTINUE WHEN (SELECT s.state = 'paused' FROM tidemark.state s WHERE s.view_id = step);
    result := tidemark.refresh_guarded(step, full_refresh AND step = ANY (pieces));
    IF result.mode IN ('incremental', 'full', 'noop') THEN
      PERFORM tidemark.note_held(step, tidemark.upstream(step));
    END IF;
    IF step = ANY (pieces) THEN
      spent := spent + result.duration_ms;
      changed := changed OR result.mode IN ('incremental', 'full');
    END IF;
    IF result.mode IN ('failed', 'skipped') THEN
      IF result.mode = 'failed' AND step = ANY (pieces) THEN
        PERFORM tidemark.record_failure(target, result.error, clock_timestamp(), nullif(current_setting('tidemark.worker', true), ''));
      ELSIF result.mode = 'failed' THEN
        result.error := jsonb_build_object('code', result.error ->> 'code',
          'message', format('"%s", which it reads, could not be refreshed: %s', result.view, result.error ->> 'message'),
          'hint', result.error ->> 'hint');
      END IF;
      result.view := view;
      RETURN result;
    END IF;
  END LOOP;
  result := tidemark.refresh_guarded(target, full_refresh);
  IF cardinality(above) > 0 AND result.mode IN ('incremental', 'full', 'noop') THEN
    PERFORM tidemark.note_held(target, above);
  END IF;
  result.duration_ms := result.duration_ms + spent;
  IF result.mode = 'noop' AND changed THEN
    result.mode := 'incremental';
  END IF;
  RETURN result;
END $$;
