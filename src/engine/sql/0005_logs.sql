-- The log of a source: a table that holds nothing itself, and a chain of numbered children. Child 0 takes the markers and
-- is always indexed. Of the others one is active, the one that the capture function writes to: without an index, which
-- would cost each writer more than it saves a refresh, as long as it is small. The rest hold what some view has not passed
-- yet, indexed, or are empty and wait for their turn.

CREATE FUNCTION tidemark.log_child(source integer, child integer) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('tidemark_log.%I', '~' || source || '_' || child)
$$;

CREATE FUNCTION tidemark.log_children(source integer)
RETURNS TABLE (child integer, name text, bytes bigint, indexed boolean, active boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
  SELECT link.child, tidemark.log_child(s.id, link.child), pg_relation_size(i.inhrelid),
    EXISTS (SELECT FROM pg_index x WHERE x.indrelid = i.inhrelid AND x.indisvalid), link.child = s.active
  FROM tidemark.source s
  CROSS JOIN LATERAL unnest(s.chain) AS link (child)
  JOIN pg_inherits i ON i.inhrelid = to_regclass(tidemark.log_child(s.id, link.child))
    AND i.inhparent = to_regclass(format('tidemark_log.%I', s.log_name))
  WHERE s.id = source
  ORDER BY link.child;
END $$;

CREATE FUNCTION tidemark.index_child(source integer, child integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %s (tidemark_xid)', '~' || source || '_' || child || '~xid', tidemark.log_child(source, child));
  -- Else the planner takes a third of the rows to be behind any cursor.
  EXECUTE format('ANALYZE %s (tidemark_xid)', tidemark.log_child(source, child));
END $$;

-- Makes the capture function write to this child. Its text is kept as it would be for child 0. What is replaced begins
-- outside of any quotes, and within them each quote is doubled: no name of a column can hold it.
CREATE FUNCTION tidemark.write_to(target integer, child integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  insertion text := 'INSERT INTO "tidemark_log"."~%s_%s" (tidemark_xid, tidemark_sign';
BEGIN
  EXECUTE (SELECT replace(s.capture, format(insertion, target, 0), format(insertion, target, child))
             FROM tidemark.source s WHERE s.id = target);
  UPDATE tidemark.source SET active = child WHERE id = target;
END $$;

-- Takes the one lock under which a chain is changed, or returns NULL. It is had only when whoever changed the chain before
-- has told all sessions of it: a transaction is over for others a moment earlier than that.
CREATE FUNCTION tidemark.hold_chain(target integer) RETURNS tidemark.source
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  held tidemark.source;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'Logs are rotated under READ COMMITTED only.' USING ERRCODE = 'TM003';
  END IF;
  SELECT * INTO held FROM tidemark.source WHERE id = target;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF to_regclass(format('tidemark_log.%I', held.log_name)) IS NULL THEN
    RETURN NULL;
  END IF;
  EXECUTE format('LOCK TABLE ONLY tidemark_log.%I IN SHARE UPDATE EXCLUSIVE MODE NOWAIT', held.log_name);
  -- NO KEY: a view that is being built, at a snapshot of before, must be able to refer to the source.
  SELECT * INTO held FROM tidemark.source WHERE id = target FOR NO KEY UPDATE SKIP LOCKED;
  RETURN held;
END $$;

-- Whether some view has not passed all of a child yet, as this statement sees it.
CREATE FUNCTION tidemark.is_needed(target integer, name text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  needed boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM tidemark.view_source vs JOIN tidemark.state s ON s.view_id = vs.view_id '
    'WHERE vs.source_id = %s AND s.cursor IS NOT NULL AND EXISTS (SELECT FROM %s l '
    'WHERE l.tidemark_xid >= pg_snapshot_xmin(s.cursor) AND NOT pg_visible_in_snapshot(l.tidemark_xid, s.cursor)))', target, name) INTO needed;
  RETURN needed;
END $$;

-- Whether no session is in the middle of writing to the tables of a source. Only such a session may still run the capture
-- function as it was before it was last replaced: any other takes a new lock on the table first, and learns of it then.
CREATE FUNCTION tidemark.no_writer(target integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN NOT EXISTS (
    SELECT FROM pg_locks l JOIN pg_trigger t ON t.tgrelid = l.relation
     WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock'
       AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
       AND t.tgfoid = to_regproc(format('tidemark_log.%I', 'capture_' || target)));
END $$;

-- One resting child: emptied once no cursor needs it, and given its index until then. Locks are taken at once or not at
-- all. The exclusive one is free exactly when no open transaction has written to the child, and no refresh is reading it.
-- The one on child 0 keeps out, or is kept out by, a view that is being built and has no cursor yet that could be asked.
CREATE FUNCTION tidemark.settle(target integer, child integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  held tidemark.source;
  place record;
BEGIN
  IF NOT EXISTS (SELECT FROM tidemark.log_children(target) c WHERE c.child = settle.child AND NOT c.active AND c.bytes > 0) THEN
    RETURN;
  END IF;
  held := tidemark.hold_chain(target);
  SELECT * INTO place FROM tidemark.log_children(target) c WHERE c.child = settle.child;
  IF held.id IS NULL OR place.child IS NULL OR place.active THEN
    RETURN;
  END IF;
  IF NOT tidemark.is_needed(target, place.name) THEN
    EXECUTE format('LOCK TABLE ONLY %s IN EXCLUSIVE MODE NOWAIT', tidemark.log_child(target, 0));
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', place.name);
    -- Under the lock, in a snapshot taken after it: every row is committed, so a cursor has passed it or has not.
    IF NOT tidemark.is_needed(target, place.name) THEN
      EXECUTE format('TRUNCATE %s', place.name);
    END IF;
  ELSIF NOT place.indexed AND place.bytes > 262144 AND (place.bytes <= 16777216 OR tidemark.no_writer(target)) THEN
    -- Who still writes here, by a capture function of before, waits for as long as this takes: some milliseconds for
    -- each megabyte.
    EXECUTE format('LOCK TABLE %s IN SHARE MODE NOWAIT', place.name);
    PERFORM tidemark.index_child(target, child);
  END IF;
EXCEPTION WHEN lock_not_available OR undefined_table THEN
  RETURN;
END $$;

-- A child for the log to go on with, with an index or without: an empty one, or a new one. NULL when none can be had now.
CREATE FUNCTION tidemark.next_child(held tidemark.source, with_index boolean) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  place record;
  made integer := (SELECT max(child) + 1 FROM unnest(held.chain) AS child);
  log text := format('tidemark_log.%I', held.log_name);
  owner text := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = log::regclass);
BEGIN
  FOR place IN
    SELECT * FROM tidemark.log_children(held.id) c WHERE c.child > 0 AND NOT c.active AND c.bytes = 0
    ORDER BY c.indexed <> with_index, c.child
  LOOP
    BEGIN
      IF place.indexed <> with_index THEN
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', place.name);
        CONTINUE WHEN pg_relation_size(place.name) > 0;
        IF with_index THEN
          PERFORM tidemark.index_child(held.id, place.child);
        ELSE
          EXECUTE format('DROP INDEX tidemark_log.%I', '~' || held.id || '_' || place.child || '~xid');
        END IF;
      END IF;
      RETURN place.child;
    EXCEPTION WHEN lock_not_available THEN
      CONTINUE;
    END;
  END LOOP;
  -- A statement under READ COMMITTED is planned before its snapshot is taken: planned without the new child, it could
  -- miss what the child holds, and count it as passed. Who reads the log keeps this lock out, or waits for it.
  EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', log);
  EXECUTE format('CREATE TABLE %s () INHERITS (%s)', tidemark.log_child(held.id, made), log);
  -- The capture function writes with the rights of who deployed it, whoever calls this.
  IF owner <> current_user THEN
    EXECUTE format('ALTER TABLE %s OWNER TO %I', tidemark.log_child(held.id, made), owner);
  END IF;
  IF with_index THEN
    PERFORM tidemark.index_child(held.id, made);
  END IF;
  UPDATE tidemark.source SET chain = chain || made WHERE id = held.id;
  RETURN made;
EXCEPTION WHEN lock_not_available OR undefined_table THEN
  RETURN NULL;
END $$;

-- Lets writers go on in another child once the active one has grown: to `grown` bytes, or to an eighth of what rests, so
-- that a view that stays behind does not make the chain long. Where much rests, what is pending is worth an index from
-- the beginning.
CREATE FUNCTION tidemark.rotate(target integer, grown bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  held tidemark.source;
  written bigint;
  resting bigint;
  next integer;
BEGIN
  SELECT sum(c.bytes) FILTER (WHERE c.active), coalesce(sum(c.bytes) FILTER (WHERE NOT c.active), 0)
    INTO written, resting FROM tidemark.log_children(target) c;
  -- Most logs, most of the time: nothing is locked, and nothing written.
  IF written IS NULL OR written < greatest(grown, resting / 8) THEN
    RETURN false;
  END IF;
  held := tidemark.hold_chain(target);
  -- Somebody else may just have done it.
  IF held.id IS NULL OR NOT EXISTS (SELECT FROM tidemark.log_children(target) c WHERE c.active AND c.bytes >= written) THEN
    RETURN false;
  END IF;
  next := tidemark.next_child(held, resting + written > 33554432);
  IF next IS NULL THEN
    RETURN false;
  END IF;
  PERFORM tidemark.write_to(target, next);
  RETURN true;
EXCEPTION WHEN lock_not_available OR undefined_table THEN
  RETURN false;
END $$;

-- Drops what a view that stayed behind has left: of the empty children, all but two. Not while a session may still write
-- there by a capture function of before.
CREATE FUNCTION tidemark.shorten(target integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  held tidemark.source;
  place record;
BEGIN
  IF (SELECT count(*) FROM tidemark.log_children(target) c WHERE c.child > 0 AND NOT c.active AND c.bytes = 0) <= 2 THEN
    RETURN;
  END IF;
  held := tidemark.hold_chain(target);
  FOR place IN
    SELECT * FROM tidemark.log_children(target) c WHERE held.id IS NOT NULL AND c.child > 0 AND NOT c.active AND c.bytes = 0
    ORDER BY c.child OFFSET 2
  LOOP
    EXIT WHEN NOT tidemark.no_writer(target);
    BEGIN
      EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', place.name);
      CONTINUE WHEN pg_relation_size(place.name) > 0;
      EXECUTE format('DROP TABLE %s', place.name);
      UPDATE tidemark.source SET chain = array_remove(chain, place.child) WHERE id = target;
    EXCEPTION WHEN lock_not_available OR dependent_objects_still_exist THEN
      CONTINUE;
    END;
  END LOOP;
EXCEPTION WHEN lock_not_available OR undefined_table THEN
  RETURN;
END $$;
