-- What a reader asks: what a view is, how old its rows are, and to have it computed live by all who read it.
-- A role that only reads needs USAGE on the schema tidemark, SELECT on reading, and EXECUTE on describe, read_state, has_passed
-- and request.

-- What readers remember of a view, until its version is another one. Columns are those of the relation that people read;
-- none where it is not there.
CREATE FUNCTION tidemark.describe(view text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  target integer := tidemark.find_view(view);
BEGIN
  RETURN (
    SELECT jsonb_build_object(
      'id', v.id, 'version', v.id || ':' || v.xmin, 'schema', v.schema_name, 'name', v.view_name, 'storage', v.storage,
      'key', to_jsonb(v.key_columns), 'settings', v.settings, 'live', v.live, 'timeZone', v.time_zone,
      'description', v.description, 'bypassed', v.bypassed,
      -- Rows of another cluster, database or view of this number are other rows.
      -- Nor are those written alike that a session with other settings reads.
      'history', tidemark.history(),
      'identity', format('%s.%s.%s.%s', tidemark.history(), (SELECT oid FROM pg_database WHERE datname = current_database()),
        extract(epoch FROM v.created_at),
        (SELECT string_agg(current_setting(name), ' ') FROM unnest(ARRAY['TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits',
          'bytea_output', 'lc_monetary', 'default_text_search_config']) AS name)),
      -- Policies on kept rows say who may read which: computing the query would pass them by.
      'rowSecurity', coalesce((SELECT c.relrowsecurity FROM pg_class c
        WHERE c.relnamespace = 'tidemark_data'::regnamespace AND c.relname = v.storage_name), false),
      'columns', coalesce((
        SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL),
            'baseOid', b.oid::bigint, 'nullable', a.attname <> ALL (v.not_null),
            'kind', CASE WHEN b.typelem <> 0 AND b.typlen = -1 THEN 'array' WHEN t.typtype = 'd' THEN 'domain' ELSE t.typtype::text END,
            'base', format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL),
            'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)) ORDER BY a.attnum)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        JOIN pg_type b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
        WHERE n.nspname = v.schema_name AND c.relname = v.view_name AND c.relkind IN ('v', 'm')), '[]'))
    FROM tidemark.view v WHERE v.id = target);
END $$;

-- How old the rows of a view are, at the snapshot of the statement that asks. `fresh`: they equal the query now; asked
-- only where `look`, as it means looking at the logs. A view over others is as old as the oldest of them; with `live`
-- it is computed, and only those others count. `history`: that of `describe`, where `look`.
CREATE FUNCTION tidemark.read_state(target integer, look boolean, live boolean DEFAULT false,
  OUT version text, OUT state text, OUT epoch bigint, OUT as_of timestamptz, OUT fresh boolean, OUT age double precision, OUT history text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  read integer[] := ARRAY[target];
BEGIN
  SELECT v.id || ':' || v.xmin, s.state, s.epoch, s.as_of INTO version, state, epoch, as_of
    FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id WHERE v.id = target;
  IF EXISTS (SELECT FROM tidemark.view_dependency d WHERE d.view_id = target) THEN
    read := tidemark.upstream(target) || CASE WHEN NOT live THEN read END;
    SELECT array_agg(v.id) INTO read FROM tidemark.view v WHERE v.id = ANY (read) AND NOT v.hidden;
    SELECT CASE WHEN count(*) = count(s.as_of) THEN min(least(s.as_of, s.held_as_of)) END INTO as_of FROM tidemark.state s WHERE s.view_id = ANY (read);
  ELSIF live THEN
    read := '{}';
  END IF;
  IF live AND coalesce(cardinality(read), 0) = 0 THEN
    as_of := statement_timestamp();
    fresh := true;
  ELSIF look THEN
    history := tidemark.history();
    fresh := NOT EXISTS (
      SELECT FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id
      WHERE v.id = ANY (read) AND (s.state IN ('error', 'quarantined', 'building')
        OR tidemark.moves(v.id) OR tidemark.waiting(v.id) IS NOT FALSE));
  END IF;
  age := CASE WHEN fresh THEN 0 ELSE extract(epoch FROM clock_timestamp() - as_of) END;
END $$;

-- The same without a look at the logs, for statements that read kept rows: a view, so that it is planned with them.
CREATE VIEW tidemark.reading AS
SELECT r.view_id, r.version, r.state, r.epoch, r.as_of, extract(epoch FROM clock_timestamp() - r.as_of)::double precision AS age
FROM (
  SELECT v.id AS view_id, v.id || ':' || v.xmin AS version, s.state, s.epoch,
    CASE WHEN EXISTS (SELECT FROM tidemark.view_dependency d WHERE d.view_id = v.id)
      THEN (SELECT whole.as_of FROM tidemark.read_state(v.id, false) whole) ELSE s.as_of END AS as_of
  FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id
) r;

-- It tells nothing of what there is: who may read the view below need not be granted it besides.
GRANT EXECUTE ON FUNCTION tidemark.shown_name TO PUBLIC;

-- How fresh every view is. Where nothing is pending, for it and for all that it reads, staleness is 0, however long ago it was
-- last rebuilt. Each view by itself, so that who asks for one by its name waits for no look at any other; `freshness_of` is the
-- quicker one for all of them.
CREATE VIEW tidemark.freshness AS
SELECT
  tidemark.shown_name(v.schema_name, v.view_name) AS view,
  s.state,
  r.as_of,
  least(p.pending, tidemark.most_counted()) AS pending_changes,
  r.age AS staleness_seconds,
  s.row_count AS rows,
  s.last_run_at AS last_run,
  s.last_error,
  v.id AS view_id,
  tidemark.warnings(v.id) AS warnings,
  -- Than are counted.
  coalesce(p.pending > tidemark.most_counted(), false) AS more_pending
FROM tidemark.view v
JOIN tidemark.state s ON s.view_id = v.id
-- Counted once, as in `pending` itself.
CROSS JOIN LATERAL (SELECT tidemark.pending(v.id) AS pending OFFSET 0) p
CROSS JOIN LATERAL tidemark.read_state(v.id, p.pending IS NOT DISTINCT FROM 0) r
WHERE v.replaces IS NULL AND NOT v.hidden
ORDER BY 1;

-- Points the public view at its own query, so that all who read it have it computed, or back at the kept rows. They are
-- kept on as before meanwhile.
CREATE FUNCTION tidemark.bypass(view text, enabled boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  target integer := tidemark.find_view(view);
  v tidemark.view;
  options text;
BEGIN
  SELECT * INTO STRICT v FROM tidemark.view WHERE id = target FOR UPDATE;
  IF v.bypassed = enabled THEN
    RETURN;
  END IF;
  IF v.storage = 'matview' THEN
    RAISE EXCEPTION '"%" is a native materialized view: its rows cannot be passed by.', view
      USING ERRCODE = 'TM004', HINT = 'Only a view that is kept with storage ''table'' can be bypassed.';
  END IF;
  IF enabled AND (SELECT c.relrowsecurity FROM pg_class c
      WHERE c.relnamespace = 'tidemark_data'::regnamespace AND c.relname = v.storage_name) THEN
    RAISE EXCEPTION 'The kept rows of "%" have row-level security, which its query would pass by.', view
      USING ERRCODE = 'TM004', HINT = 'Say by policies on the tables that it reads who sees what, or disable those on the kept rows first.';
  END IF;
  SELECT ' WITH (' || array_to_string(c.reloptions, ', ') || ')' INTO options
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = v.schema_name AND c.relname = v.view_name;
  EXECUTE format('CREATE OR REPLACE VIEW %I.%I%s AS %s', v.schema_name, v.view_name, coalesce(options, ''),
    CASE WHEN enabled THEN v.live ELSE v.reading END);
  UPDATE tidemark.view SET bypassed = enabled, changed_at = now() WHERE id = target;
END $$;

REVOKE ALL ON FUNCTION tidemark.describe, tidemark.read_state, tidemark.bypass FROM PUBLIC;
