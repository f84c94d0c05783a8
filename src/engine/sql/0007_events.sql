-- What readers and those who watch are told: runs that ended, alerts, and whether a view has passed a write.

-- Which history of which cluster this is: a standby that took over, or a restore to a moment, begins another one, and gives out
-- again what numbers the one before gave out after that. The last checkpoint may be of before; after a promotion it is for
-- minutes.
CREATE FUNCTION tidemark.history() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.system_identifier || '-' || greatest(c.timeline_id, r.min_recovery_end_timeline)
  FROM pg_control_system() s, pg_control_checkpoint() c, pg_control_recovery() r
$$;

-- Whether changes wait for a view, its pieces counted in; NULL where they are not captured. Stops at the first.
CREATE FUNCTION tidemark.waiting(target integer) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  step record;
  found boolean;
  known boolean := true;
  here bigint := (SELECT system_identifier FROM pg_control_system());
BEGIN
  FOR step IN SELECT v.id, v.statements ->> 'waiting' AS statement, s.cursor, s.consumed_xid, s.system_identifier
    FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id WHERE v.id = ANY (tidemark.pieces(target) || target) LOOP
    -- A cursor of another cluster says nothing of the transactions of this one.
    IF step.statement IS NULL OR step.cursor IS NULL OR step.system_identifier IS DISTINCT FROM here THEN
      known := false;
    ELSE
      EXECUTE step.statement INTO found USING step.cursor, step.consumed_xid, step.id;
      IF found THEN
        RETURN true;
      END IF;
    END IF;
  END LOOP;
  RETURN CASE WHEN known THEN false END;
EXCEPTION WHEN undefined_table THEN
  RETURN NULL;
END $$;

-- Whether the view holds what a transaction wrote, by the token that it was given: its transaction id. Not before it has
-- ended; and of one that was rolled back there is nothing to wait for.
CREATE FUNCTION tidemark.has_passed(view text, token xid8) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  target integer := tidemark.find_view(view);
  above integer[] := tidemark.upstream(target);
BEGIN
  IF NOT pg_visible_in_snapshot(token, pg_current_snapshot()) THEN
    RETURN false;
  -- A refresh brings up what the view reads at the same snapshot, but for what is paused.
  ELSIF (SELECT pg_visible_in_snapshot(token, coalesce(s.cursor, s.seen)) AND s.held_as_of IS NULL FROM tidemark.state s WHERE s.view_id = target)
    AND NOT EXISTS (SELECT FROM tidemark.state s WHERE s.view_id = ANY (above) AND s.state = 'paused'
      AND pg_visible_in_snapshot(token, coalesce(s.cursor, s.seen)) IS NOT TRUE) THEN
    RETURN true;
  END IF;
  -- What it wrote may be nothing to the view.
  RETURN (SELECT bool_and(tidemark.waiting(t.id) IS FALSE AND NOT v.moves)
    FROM unnest(above || target) AS t (id) JOIN tidemark.view v ON v.id = t.id);
END $$;

-- A paused view is refreshed only when it is asked for. Its pieces are not paused: others may need them.
CREATE FUNCTION tidemark.pause(view text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  target integer := tidemark.find_view(view);
BEGIN
  UPDATE tidemark.state SET state = 'paused' WHERE view_id = target AND state <> 'building';
  PERFORM pg_notify('tidemark', 'request'), pg_notify('tidemark_event', 'views');
END $$;

CREATE FUNCTION tidemark.resume(view text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  target integer := tidemark.find_view(view);
BEGIN
  UPDATE tidemark.state SET state = CASE WHEN failures > 0 THEN 'error' ELSE 'ready' END
   WHERE view_id = target AND state = 'paused';
  PERFORM pg_notify('tidemark', 'request'), pg_notify('tidemark_event', 'views');
END $$;

-- Runs that ended and alerts that were raised since a cursor, which is where the last call left off; none: from now on.
-- Not by their numbers: what is numbered first may be committed last. `complete` is false where some may be missing: the
-- cursor is of another cluster, or of one before a failover, or there are more of them, or some were forgotten since. What
-- was restored from another cluster has numbers of transactions that are none here, or are yet to come: it is no event.
CREATE FUNCTION tidemark.events_since(since text, most integer DEFAULT 1000,
  OUT cursor text, OUT complete boolean, OUT events jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH present AS (SELECT tidemark.history() AS here, pg_current_snapshot() AS snapshot),
  -- A standby that took over may lack the last transactions of the server before it, and gives their numbers out again.
  past AS (SELECT p.snapshot FROM present, LATERAL (SELECT split_part(since, '.', 2)::pg_snapshot AS snapshot) p
    WHERE split_part(since, '.', 1) = here AND pg_snapshot_xmax(p.snapshot) <= pg_snapshot_xmax(present.snapshot)),
  whole AS (SELECT FROM past, present WHERE NOT EXISTS (SELECT FROM tidemark.forgotten f
    WHERE pg_visible_in_snapshot(f.xid, present.snapshot) AND NOT pg_visible_in_snapshot(f.xid, past.snapshot))),
  found AS (
    SELECT r.finished_at AS at, tidemark.shown_name(v.schema_name, v.view_name) AS view,
      CASE WHEN r.mode = 'failed' THEN jsonb_build_object('type', 'failed', 'error', r.error, 'durationMs', r.duration_ms)
      ELSE jsonb_build_object('type', 'refreshed', 'epoch', v.id || '-' || r.epoch, 'asOf', r.as_of, 'mode', r.mode, 'slices', r.slices,
        'inserted', r.inserted, 'updated', r.updated, 'deleted', r.deleted, 'durationMs', r.duration_ms) END AS event
    FROM past, present, tidemark.run r JOIN tidemark.view v ON v.id = r.view_id
    WHERE r.xid >= pg_snapshot_xmin(past.snapshot) AND r.xid < pg_snapshot_xmax(present.snapshot)
      AND NOT pg_visible_in_snapshot(r.xid, past.snapshot) AND NOT v.hidden
    UNION ALL
    SELECT a.raised_at, a.alert ->> 'view',
      jsonb_build_object('type', CASE WHEN a.alert ->> 'kind' = 'stale' THEN 'stale' ELSE 'alert' END, 'alert', a.alert)
    FROM past, present, tidemark.alert a
    WHERE a.xid >= pg_snapshot_xmin(past.snapshot) AND a.xid < pg_snapshot_xmax(present.snapshot)
      AND NOT pg_visible_in_snapshot(a.xid, past.snapshot)
  ),
  newest AS (SELECT * FROM found ORDER BY at DESC LIMIT most + 1)
  SELECT here || '.' || present.snapshot,
    since IS NULL OR EXISTS (SELECT FROM whole) AND (SELECT count(*) FROM newest) <= most,
    coalesce((SELECT jsonb_agg(n.event || jsonb_build_object('view', n.view, 'at', n.at) ORDER BY n.at)
      FROM (SELECT * FROM newest ORDER BY at DESC LIMIT most) n), '[]')
  FROM present
$$;

-- How many changes of each captured table wait, for the view that is furthest behind; `more`: than that.
CREATE FUNCTION tidemark.waiting_changes() RETURNS TABLE (schema_name text, table_name text, pending bigint, more boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  step record;
BEGIN
  FOR step IN SELECT DISTINCT ON (o.id) o.schema_name AS place, o.table_name AS name, o.log_name, s.cursor
    FROM tidemark.source o JOIN tidemark.view_source vs ON vs.source_id = o.id
    JOIN tidemark.view v ON v.id = vs.view_id AND v.replaces IS NULL AND v.statements ->> 'pending' IS NOT NULL
    JOIN tidemark.state s ON s.view_id = v.id AND s.cursor IS NOT NULL
    WHERE o.schema_name <> 'tidemark_data' AND to_regclass(format('tidemark_log.%I', o.log_name)) IS NOT NULL
    ORDER BY o.id, pg_snapshot_xmin(s.cursor) LOOP
    schema_name := step.place;
    table_name := step.name;
    EXECUTE format('SELECT count(*) FROM (SELECT FROM tidemark_log.%I AS l WHERE l.tidemark_xid >= pg_snapshot_xmin($1)
      AND NOT pg_visible_in_snapshot(l.tidemark_xid, $1) LIMIT $2 + 1) q', step.log_name) INTO pending USING step.cursor, tidemark.most_counted();
    more := pending > tidemark.most_counted();
    pending := least(pending, tidemark.most_counted());
    RETURN NEXT;
  END LOOP;
END $$;

-- The channel says only that there is something: what it is, `events_since` tells.
CREATE FUNCTION tidemark.tell() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('tidemark_event', TG_ARGV[0]);
  RETURN NULL;
END $$;

CREATE TRIGGER tell AFTER INSERT ON tidemark.run FOR EACH STATEMENT EXECUTE FUNCTION tidemark.tell('');
CREATE TRIGGER tell AFTER INSERT ON tidemark.alert FOR EACH STATEMENT EXECUTE FUNCTION tidemark.tell('');
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON tidemark.view FOR EACH STATEMENT EXECUTE FUNCTION tidemark.tell('views');

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tidemark FROM PUBLIC;
REVOKE ALL ON ALL PROCEDURES IN SCHEMA tidemark FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA tidemark REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
