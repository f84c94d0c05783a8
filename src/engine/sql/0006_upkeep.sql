-- How fresh views are, which of them are due, and what keeps logs and history small.

-- Compares storage with the query at this transaction's snapshot. Meant for REPEATABLE READ, after a refresh. As whoever
-- deployed, like a refresh: row-level security may show the caller other rows.
CREATE FUNCTION tidemark.verify_now(target integer, OUT missing bigint, OUT unexpected bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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

-- How many changes are counted, of those that wait: with a million of them it would take seconds, each time that somebody
-- looks how fresh a view is.
CREATE FUNCTION tidemark.most_counted() RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS 'SELECT 10000::bigint';

-- Changes that wait for one view, its pieces not counted; more than `most_counted`, where there are more.
CREATE FUNCTION tidemark.own_pending(target integer) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement text;
  s tidemark.state;
  pending bigint;
BEGIN
  SELECT v.statements ->> 'pending' INTO statement FROM tidemark.view v WHERE v.id = target;
  SELECT * INTO s FROM tidemark.state WHERE view_id = target;
  IF statement IS NULL OR s.cursor IS NULL OR s.system_identifier IS DISTINCT FROM (SELECT c.system_identifier FROM pg_control_system() c) THEN
    RETURN NULL;
  END IF;
  EXECUTE statement INTO pending USING s.cursor, s.consumed_xid, target, tidemark.most_counted() + 1;
  RETURN pending;
EXCEPTION WHEN undefined_table THEN
  RETURN NULL;
END $$;

-- The same with its pieces. Each is counted once: a plain subquery would be computed wherever it is named.
CREATE FUNCTION tidemark.pending(target integer) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN count(*) = count(p.pending) THEN sum(p.pending) END::bigint
  FROM unnest(tidemark.pieces(target) || target) AS t (id), LATERAL (SELECT tidemark.own_pending(t.id) AS pending OFFSET 0) p
$$;

-- Views to refresh now, by what is pending, asked for, or due by their interval; cron schedules are the worker's, or
-- pg_cron's, which can call tidemark.refresh itself. Those come first that others read.
CREATE FUNCTION tidemark.due() RETURNS TABLE (view_id integer, full_refresh boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
  SELECT v.id, EXISTS (SELECT FROM tidemark.request r WHERE r.view_id = v.id AND r.full_refresh)
  FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id
  WHERE NOT v.hidden AND s.state IN ('ready', 'error')
    AND (s.retry_at IS NULL OR s.retry_at <= clock_timestamp())
    -- What reads a failing view waits for it.
    AND NOT EXISTS (SELECT FROM tidemark.state u WHERE u.view_id = ANY (tidemark.upstream(v.id))
      AND (u.retry_at > clock_timestamp() OR u.state = 'quarantined'))
    AND (
      EXISTS (SELECT FROM tidemark.request r WHERE r.view_id = v.id)
      -- Not built yet, or restored in another cluster, where its cursor means nothing.
      OR v.storage = 'table' AND (s.cursor IS NULL OR s.system_identifier IS DISTINCT FROM (SELECT c.system_identifier FROM pg_control_system() c))
      OR (v.settings #>> '{schedule,kind}' = 'interval'
          AND (s.as_of IS NULL OR s.as_of + make_interval(secs =>
                (v.settings #>> '{schedule,everyMs}')::double precision / 1000) <= clock_timestamp()))
      OR ((v.settings ->> 'freshnessMs' IS NOT NULL OR jsonb_typeof(v.settings -> 'onChange') = 'object')
          AND (s.as_of IS NULL OR s.as_of + make_interval(secs =>
                coalesce((v.settings ->> 'freshnessMs')::double precision, 0) / 1000) <= clock_timestamp())
          AND (tidemark.moves(v.id) OR tidemark.waiting(v.id))))
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

-- Forgets all but the last runs of each view, once there are a fifth more of them than that. How many there are is
-- counted only where their numbers leave it open: this is called every few seconds, and mostly has nothing to do.
CREATE FUNCTION tidemark.forget_runs(kept integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  most bigint := (SELECT count(*) * kept * 1.2 FROM tidemark.view);
  view integer;
  last bigint;
  gone xid8;
  newest xid8;
  here pg_snapshot := pg_current_snapshot();
BEGIN
  IF (SELECT max(id) - min(id) FROM tidemark.run) >= most AND (SELECT count(*) FROM tidemark.run) > most THEN
    FOR view IN SELECT id FROM tidemark.view ORDER BY id LOOP
      SELECT r.id INTO last FROM tidemark.run r WHERE r.view_id = view ORDER BY r.id DESC OFFSET kept LIMIT 1;
      WITH old AS (DELETE FROM tidemark.run r WHERE r.view_id = view AND r.id <= last RETURNING r.xid)
        SELECT max(xid) INTO gone FROM old WHERE pg_visible_in_snapshot(xid, here);
      newest := greatest(newest, gone);
    END LOOP;
  END IF;
  WITH old AS (DELETE FROM tidemark.alert WHERE id <= (SELECT max(id) - kept * 2 FROM tidemark.alert) RETURNING xid)
    SELECT max(xid) INTO gone FROM old WHERE pg_visible_in_snapshot(xid, here);
  newest := greatest(newest, gone);
  IF newest IS NOT NULL THEN
    -- What was restored from another cluster can have numbers that are yet to come here.
    UPDATE tidemark.forgotten SET xid = CASE WHEN pg_visible_in_snapshot(xid, here) THEN greatest(xid, newest) ELSE newest END;
  END IF;
END $$;

-- Empties what every view has passed of the logs, begins a new part where the present one has grown, and forgets old
-- runs. `grown`: bytes from which on that is worth the trouble. One transaction for each part of a log: one that
-- somebody has locked waits for the next time, and does not stop the others.
CREATE PROCEDURE tidemark.maintain(grown bigint DEFAULT 1048576, kept_runs integer DEFAULT 500)
LANGUAGE plpgsql AS $$
DECLARE
  sources integer[];
  parts integer[];
BEGIN
  PERFORM tidemark.forget_runs(kept_runs);
  SELECT array_agg(id ORDER BY id) INTO sources FROM tidemark.source;
  FOR step IN 1 .. coalesce(array_length(sources, 1), 0) LOOP
    COMMIT;
    PERFORM tidemark.follow_children(sources[step]);
    COMMIT;
    SELECT s.chain INTO parts FROM tidemark.source s WHERE s.id = sources[step];
    FOR part IN 1 .. coalesce(array_length(parts, 1), 0) LOOP
      PERFORM tidemark.settle(sources[step], parts[part]);
      COMMIT;
    END LOOP;
    PERFORM tidemark.rotate(sources[step], grown);
    COMMIT;
    PERFORM tidemark.shorten(sources[step]);
  END LOOP;
  COMMIT;
END $$;

-- What became of views and was not told yet: that one fails, is given up, or is refreshed again after so many failures. Each
-- is answered to one caller only, however many workers look, and whichever of them ran the refresh.
CREATE FUNCTION tidemark.take_alarms(views integer[], OUT id integer, OUT kind text, OUT failures integer) RETURNS SETOF record
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  s tidemark.state;
  told tidemark.told;
BEGIN
  FOR id IN SELECT v FROM unnest(views) v ORDER BY v LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM tidemark.state f WHERE f.view_id = id AND f.failures > 0)
      AND NOT EXISTS (SELECT FROM tidemark.told t WHERE t.view_id = id);
    PERFORM pg_advisory_xact_lock(hashtext('tidemark.told'), id);
    -- As they are now that nobody else looks at them.
    SELECT * INTO s FROM tidemark.state f WHERE f.view_id = id;
    CONTINUE WHEN NOT FOUND;
    SELECT * INTO told FROM tidemark.told t WHERE t.view_id = id;
    IF s.failures = 0 THEN
      DELETE FROM tidemark.told t WHERE t.view_id = id;
      kind := CASE WHEN told.kind IS NOT NULL THEN 'recovered' END;
      failures := told.failures;
    ELSE
      kind := CASE WHEN s.state = 'quarantined' THEN 'quarantined' ELSE 'failed' END;
      failures := s.failures;
      INSERT INTO tidemark.told AS t VALUES (id, kind, failures)
        ON CONFLICT (view_id) DO UPDATE SET kind = excluded.kind, failures = excluded.failures;
      -- It does not get better by failing once more while it is given up, or paused then.
      IF kind = told.kind OR told.kind = 'quarantined' THEN
        kind := NULL;
      END IF;
    END IF;
    IF kind IS NOT NULL THEN
      RETURN NEXT;
    END IF;
  END LOOP;
END $$;
