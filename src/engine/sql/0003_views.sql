-- Views: their names, what they read, what went wrong with them, and which of their statements is the cheapest.

-- How a view, or a table, is called where people read it: by its schema outside of public, and where its own name could be taken
-- for one with a schema. As `displayName` in TypeScript.
CREATE FUNCTION tidemark.shown_name(schema_name text, name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN schema_name = 'public' AND strpos(name, '.') = 0 THEN name ELSE schema_name || '.' || name END;

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
    WHERE v.replaces IS NULL AND NOT v.hidden
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

-- Whether its rows change with time alone, or with writes that nothing reports: its own, or those that it reads.
CREATE FUNCTION tidemark.moves(target integer) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM tidemark.view v WHERE v.moves AND v.id = ANY (tidemark.upstream(target) || target))
$$;

-- The pieces that a view is made of besides itself, upstream first.
CREATE FUNCTION tidemark.pieces(target integer) RETURNS integer[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(u.id ORDER BY u.place), '{}')
  FROM unnest(tidemark.upstream(target)) WITH ORDINALITY AS u (id, place)
  JOIN tidemark.view v ON v.id = u.id AND v.hidden
  -- Those of a view that this one reads are that one's.
  WHERE NOT EXISTS (SELECT FROM unnest(tidemark.upstream(target)) AS w (id) JOIN tidemark.view o ON o.id = w.id AND NOT o.hidden
    WHERE u.id = ANY (tidemark.upstream(w.id)))
$$;

-- Raises TM002 when a table under the view is not what the view was compiled for, TM005 when the kept rows are not the
-- keeper's. Answers whether the log tells
-- everything: not where partitions came or went, a child of a table is not captured yet, a crash emptied it, a column may
-- be NULL that could not be, or a unique key is gone.
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
           tidemark.covered(s.id) AND NOT tidemark.was_emptied(s.id) AS covered,
           tidemark.may_be_null(s.relation, vs.not_null) OR tidemark.may_repeat(s.relation, vs.unique_keys) AS loosened
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
    ELSIF place.loosened THEN
      -- How the changes are followed may rest on it: until the next apply, everything is recomputed.
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
  PERFORM tidemark.check_rights(v) FROM tidemark.view v WHERE v.id = target;
  RETURN complete;
END $$;

-- Views whose next refresh is going to fail because of what a table under them has become. DDL fires no trigger of ours,
-- so that a view which nobody writes to would not show it: who refreshes views asks now and then.
CREATE FUNCTION tidemark.suspects() RETURNS SETOF integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  target integer;
BEGIN
  FOR target IN SELECT s.view_id FROM tidemark.state s WHERE s.state = 'ready' ORDER BY s.view_id LOOP
    BEGIN
      PERFORM tidemark.check_sources(target);
    EXCEPTION WHEN SQLSTATE 'TM002' OR SQLSTATE 'TM005' THEN
      RETURN QUERY SELECT v.id FROM tidemark.view v WHERE v.id = target AND NOT v.hidden
        UNION SELECT d.view_id FROM tidemark.view_dependency d JOIN tidemark.view v ON v.id = d.view_id AND NOT v.hidden
        WHERE target = ANY (tidemark.pieces(d.view_id));
    END;
  END LOOP;
END $$;

CREATE FUNCTION tidemark.error_code(state text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE
    WHEN state IN ('TM002', '42P01', '42703', '42883', '42704', '3F000') THEN 'SOURCE_CHANGED'
    WHEN state IN ('23505', '21000') THEN 'KEY_NOT_UNIQUE'
    WHEN state = 'TM005' THEN 'STORAGE_CHANGED'
    WHEN state = '42501' THEN 'PRIVILEGE_MISSING'
    WHEN state = '55P03' THEN 'LOCK_TIMEOUT'
    WHEN state = '57014' THEN 'REFRESH_TIMEOUT'
    WHEN state = 'TM003' THEN 'REFRESH_NEEDS_SNAPSHOT'
    ELSE 'REFRESH_FAILED'
  END
$$;

-- Notes a failure: the view keeps its rows and its cursor, so nothing is lost. Answers whether it did: not when somebody
-- else has refreshed the view, or failed to, since this transaction's snapshot was taken.
CREATE FUNCTION tidemark.record_failure(target integer, failure jsonb, started timestamptz, worker text) RETURNS boolean
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
  RETURN true;
EXCEPTION WHEN serialization_failure THEN
  RETURN false;
END $$;

-- A text with slots, of which every second part names one.
CREATE FUNCTION tidemark.filled(parts jsonb, slots jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(CASE WHEN place % 2 = 1 THEN part ELSE slots ->> part END, '' ORDER BY place)
  FROM jsonb_array_elements_text(parts) WITH ORDINALITY AS p (part, place)
$$;

-- One part of a delta: the join with something in the place of each of its tables. Of two tables that are joined to each
-- other and both give their changes, the changes are joined first. `keyed` are the pairs, by number, whose parts leave out
-- what they would add only to take it away.
CREATE FUNCTION tidemark.delta_term(rows jsonb, chosen text[], keyed integer[], negative boolean) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  slots jsonb := jsonb_build_object('sign', CASE WHEN negative THEN '- ' ELSE '' END)
    || (SELECT coalesce(jsonb_object_agg('item ' || place - 1, rows -> 'items' -> (place - 1)::integer ->> choice), '{}')
          FROM unnest(chosen) WITH ORDINALITY AS c (choice, place))
    || (SELECT coalesce(jsonb_object_agg('condition ' || place - 1, condition), '{}')
          FROM jsonb_array_elements_text(rows -> 'conditions') WITH ORDINALITY AS c (condition, place));
  pair jsonb;
  own boolean;
  one integer;
  other integer;
  referring integer;
BEGIN
  FOR pair, own IN SELECT p, number = ANY (keyed) FROM jsonb_array_elements(rows -> 'pairs') WITH ORDINALITY AS t (p, number)
    ORDER BY number = ANY (keyed) DESC, number
  LOOP
    one := (pair -> 'places' ->> 0)::integer;
    other := (pair -> 'places' ->> 1)::integer;
    referring := (pair -> 'keyed' ->> 'referring')::integer;
    IF own AND chosen[1 + referring] = 'delta' AND chosen[1 + one + other - referring] = 'now' THEN
      chosen[1 + referring] := 'unchanged';
      slots := slots || jsonb_build_object('item ' || referring, pair -> 'keyed' -> 'unchanged');
    ELSIF chosen[1 + one] = 'delta' AND chosen[1 + other] = 'delta' THEN
      chosen[1 + one] := 'paired';
      chosen[1 + other] := 'paired';
      slots := slots || jsonb_build_object('item ' || other, pair -> 'second',
          'item ' || one, CASE WHEN own THEN pair -> 'keyed' -> 'gone' ELSE pair -> 'first' END)
        || (SELECT coalesce(jsonb_object_agg('condition ' || number, 'true'), '{}')
              FROM jsonb_array_elements_text(pair -> 'conditions') AS c (number));
    END IF;
  END LOOP;
  RETURN tidemark.filled(rows -> 'parts', slots);
END $$;

-- The statement that adds the changes of those tables that did change: by inclusion and exclusion where they are read at
-- few places, since then every other table is as it is now and has its indexes; else one place after the other.
CREATE FUNCTION tidemark.delta_statement(template jsonb, changed boolean[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rows jsonb := template -> 'rows';
  -- Places, counted from 1, at which changed tables are read.
  places integer[];
  -- Of the pairs with a key, counted from 1, those of which both tables changed; none shares a table with another.
  keyed integer[] := '{}';
  taken integer[] := '{}';
  of_pair integer[];
  chosen text[];
  terms text[] := '{}';
  guard text := 'false';
BEGIN
  -- Under READ COMMITTED the statement sees more than the one that asked what is pending: what has changed since must
  -- not be passed over.
  IF current_setting('transaction_isolation') = 'read committed' THEN
    SELECT (template ->> 'guard') || coalesce(string_agg(format(' OR (%s)', q), '' ORDER BY place), '') INTO guard
      FROM jsonb_array_elements_text(template -> 'changed') WITH ORDINALITY AS t (q, place)
      WHERE true = ANY (changed) AND NOT changed[place];
  END IF;
  SELECT array_agg(place ORDER BY place) INTO places FROM jsonb_array_elements(rows -> 'items') WITH ORDINALITY AS t (item, place)
    WHERE changed[1 + (item ->> 'table')::integer] OR true <> ALL (changed);
  IF cardinality(places) <= 4 THEN
    FOR i IN 1 .. jsonb_array_length(rows -> 'pairs') LOOP
      SELECT array_agg(1 + place::integer) INTO of_pair FROM jsonb_array_elements_text(rows -> 'pairs' -> i - 1 -> 'places') AS p (place);
      IF rows -> 'pairs' -> i - 1 ? 'keyed' AND of_pair <@ places AND NOT of_pair && taken THEN
        keyed := keyed || i;
        taken := taken || of_pair;
      END IF;
    END LOOP;
    FOR subset IN 1 .. (1 << cardinality(places)) - 1 LOOP
      chosen := array_fill('now'::text, ARRAY[jsonb_array_length(rows -> 'items')]);
      FOR i IN 1 .. cardinality(places) LOOP
        IF subset & (1 << (i - 1)) <> 0 THEN
          chosen[places[i]] := 'delta';
        END IF;
      END LOOP;
      terms := terms || tidemark.delta_term(rows, chosen, keyed, bit_count(subset::bit(8)) % 2 = 0);
    END LOOP;
  ELSE
    FOR i IN 1 .. cardinality(places) LOOP
      chosen := array_fill('now'::text, ARRAY[jsonb_array_length(rows -> 'items')]);
      chosen[places[i]] := 'delta';
      FOR j IN i + 1 .. cardinality(places) LOOP
        chosen[places[j]] := 'before';
      END LOOP;
      terms := terms || tidemark.delta_term(rows, chosen, '{}', false);
    END LOOP;
  END IF;
  RETURN tidemark.filled(template -> 'parts', jsonb_build_object('guard', guard, 'terms', array_to_string(terms, ' UNION ALL ')));
END $$;

-- What a slice costs, measured on some that there are; NULL where there are none. Cheap ones are measured again, and more
-- of them: a moment in which the machine was busy would be taken for theirs.
CREATE FUNCTION tidemark.probe_slices(probe jsonb, rows bigint) RETURNS double precision
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  plan json;
  looked bigint := least(rows, 3);
  each_ms double precision;
BEGIN
  IF coalesce(rows, 0) = 0 THEN
    RETURN NULL;
  END IF;
  FOR attempt IN 1 .. 3 LOOP
    EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ' || tidemark.filled(probe, jsonb_build_object('probed', looked)) INTO plan;
    each_ms := least(each_ms, (plan -> 0 ->> 'Execution Time')::double precision / looked);
    EXIT WHEN each_ms > 20;
    looked := least(rows, CASE WHEN each_ms < 2 THEN 30 ELSE 3 END);
  END LOOP;
  RETURN each_ms;
END $$;

-- Which of the view's statements is cheapest for what is pending: adding the changes, each slice by itself (`most` of them, if
-- not NULL), all slices in one pass, or everything. A wrong guess costs time, never truth.
CREATE FUNCTION tidemark.choose_statement(v tidemark.view, s tidemark.state, OUT statement text, OUT pending bigint, OUT count_ms double precision,
  OUT changed boolean[], OUT most bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  began timestamptz;
  -- Rows that came or went with time alone.
  moved bigint;
  slices bigint;
  touched bigint[];
  counts bigint[];
  untold boolean;
  -- The largest part of all slices of one key that is touched.
  share double precision;
  full_ms double precision := coalesce(s.full_ms, 1000);
  each_ms double precision := s.slice_ms;
  batch_ms double precision := coalesce(s.batch_ms, full_ms * 0.9);
BEGIN
  IF v.statements ->> 'slices' IS NULL AND v.statements ->> 'delta' IS NULL THEN
    statement := 'full';
    RETURN;
  END IF;
  IF v.statements ->> 'delta' IS NOT NULL THEN
    EXECUTE v.statements -> 'delta' ->> 'pending' INTO counts, untold USING s.cursor, s.consumed_xid, v.id, s.as_of;
    SELECT sum(n), array_agg(n > 0 ORDER BY place) INTO pending, changed FROM unnest(counts) WITH ORDINALITY AS c (n, place);
    statement := CASE WHEN NOT s.reread AND NOT untold AND pending * coalesce(s.delta_ms, 0.003) <= full_ms THEN 'delta' ELSE 'full' END;
    RETURN;
  END IF;
  EXECUTE v.statements ->> 'pending' INTO pending USING s.cursor, s.consumed_xid, v.id, 1000000;
  IF v.statements ->> 'moved' IS NOT NULL THEN
    EXECUTE v.statements ->> 'moved' INTO moved USING s.cursor, s.consumed_xid, v.id, s.as_of;
    pending := pending + moved;
  END IF;
  -- A changed row seldom touches more than a slice. Where they are far too few to matter, they are not counted.
  IF (each_ms IS NULL AND pending <= 2) OR pending * each_ms < least(batch_ms, full_ms) / 4 THEN
    statement := 'slices';
    RETURN;
  END IF;
  -- It was found out before that as many touch too much.
  IF pending >= s.full_pending THEN
    statement := 'full';
    RETURN;
  END IF;
  -- Finding the slices takes as long as counting them. Where they were few the last time, the statement counts them by
  -- itself, and does nothing should they be too many.
  IF pending * each_ms * 2 * s.touched_rate < least(batch_ms, full_ms) THEN
    statement := 'slices';
    most := least(batch_ms, full_ms) / each_ms;
    RETURN;
  END IF;
  -- Finding out which slices are touched can take longer than recomputing everything.
  IF pending * s.count_ms > full_ms / 2 THEN
    statement := 'full';
    RETURN;
  END IF;
  began := clock_timestamp();
  EXECUTE v.statements ->> 'count' INTO slices, touched USING s.cursor, s.consumed_xid, v.id, s.as_of;
  count_ms := extract(epoch FROM clock_timestamp() - began) * 1000 / pending;
  SELECT coalesce(max(t.slices / greatest(a.slices, 1)::double precision), 0) INTO share
    FROM unnest(touched, s.slice_totals) AS t (slices, total), LATERAL (SELECT coalesce(t.total, s.row_count) AS slices) a;
  IF each_ms IS NULL AND slices > 0 THEN
    SELECT tidemark.probe_slices(v.statements -> 'probe' -> (place - 1)::integer, s.row_count) INTO each_ms
      FROM unnest(touched) WITH ORDINALITY AS t (slices, place) ORDER BY t.slices DESC LIMIT 1;
    UPDATE tidemark.state SET slice_ms = each_ms WHERE view_id = v.id;
  END IF;
  -- Where there are none yet: one of a few rows, which an index finds.
  each_ms := coalesce(each_ms, 0.02);
  statement := CASE
    -- More than there are: most touched keys have no rows, as where the conditions of the query keep few of them.
    WHEN share BETWEEN 0.5 AND 1 THEN 'full'
    WHEN slices * each_ms <= least(batch_ms, full_ms) THEN 'slices'
    WHEN v.statements ->> 'batch' IS NOT NULL AND batch_ms < full_ms THEN 'batch'
    ELSE 'full' END;
  IF statement = 'full' THEN
    UPDATE tidemark.state SET full_pending = pending WHERE view_id = v.id;
  END IF;
END $$;
