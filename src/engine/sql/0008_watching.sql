-- Whom rows are computed and kept as, and what is not right about who may read them.

-- Whoever deployed: refreshes have that role's rights, whoever asks for them.
CREATE FUNCTION tidemark.keeper() RETURNS oid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT p.proowner FROM pg_proc p WHERE p.oid = to_regprocedure('tidemark.refresh(text, boolean)'));
END $$;

-- Whether row-level security of a table applies to a role.
CREATE FUNCTION tidemark.policies_apply(role oid, relation oid) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM pg_class c JOIN pg_roles r ON r.oid = role
    WHERE c.oid = relation AND c.relrowsecurity AND NOT r.rolsuper AND NOT r.rolbypassrls
      AND (c.relforcerowsecurity OR NOT pg_has_role(r.oid, c.relowner, 'USAGE')));
END $$;

-- Whether those who read a relation do so with their own rights, and not with its owner's.
CREATE FUNCTION tidemark.asks_readers(options text[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM pg_options_to_table(options) o WHERE o.option_name = 'security_invoker' AND o.option_value::boolean)
$$;

-- A role as which a table of a view is read and to which that table's row-level security applies, as things are now; NULL
-- where there is none. One of `row_security` in tidemark.view.
CREATE FUNCTION tidemark.restricted_role(entry jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  read oid := (entry ->> 'relation')::oid;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = read AND c.relrowsecurity) THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT min(pg_get_userbyid(reader.role)) FROM (
      SELECT tidemark.keeper() AS role
      UNION SELECT c.relowner FROM pg_class c
        WHERE c.relkind = 'v' AND c.oid IN (SELECT e.number::oid FROM jsonb_array_elements_text(entry -> 'views') AS e (number))
          AND NOT tidemark.asks_readers(c.reloptions)) AS reader
    WHERE tidemark.policies_apply(reader.role, read));
END $$;

-- Raises TM002 where row-level security of a table applies now and did not when the view was compiled: what its changes tell
-- is not what is read of it any more. TM005 where the role that keeps the rows of a view cannot keep them, or not all.
CREATE FUNCTION tidemark.check_rights(v tidemark.view) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  keeper oid := tidemark.keeper();
  kept oid := to_regclass(format('tidemark_data.%I', v.storage_name));
  place record;
BEGIN
  FOR place IN
    SELECT format('%s.%s', n.nspname, c.relname) AS name, tidemark.restricted_role(e.entry) AS role
    FROM jsonb_array_elements(v.row_security) AS e (entry) JOIN pg_class c ON c.oid = (e.entry ->> 'relation')::oid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relrowsecurity AND e.entry ->> 'judged' <> 'applies'
  LOOP
    IF place.role IS NOT NULL THEN
      RAISE EXCEPTION 'Row-level security of % applies to the role %, as which it is read for this view, and did not when the view was deployed.', place.name, place.role
        USING ERRCODE = 'TM002', HINT = format('Run: tidemark apply, to keep from now on what its policies let %1$I see, for all readers. '
          'Or let that role see all rows, as the owner of the table does unless it forces row-level security: ALTER ROLE %1$I BYPASSRLS;', place.role);
    END IF;
  END LOOP;
  -- Of a new version, the rows are not under this name yet.
  IF kept IS NULL OR v.replaces IS NOT NULL THEN
    RETURN;
  END IF;
  IF tidemark.policies_apply(keeper, kept) THEN
    RAISE EXCEPTION 'Row-level security of the kept rows, tidemark_data.%, applies to the role %, which keeps them.', v.storage_name, pg_get_userbyid(keeper)
      USING ERRCODE = 'TM005', HINT = format('ALTER TABLE tidemark_data.%1$I NO FORCE ROW LEVEL SECURITY; ALTER TABLE tidemark_data.%1$I OWNER TO %2$I;',
        v.storage_name, pg_get_userbyid(keeper));
  ELSIF NOT (has_table_privilege(keeper, kept, 'SELECT') AND has_table_privilege(keeper, kept, 'INSERT')
      AND has_table_privilege(keeper, kept, 'UPDATE') AND has_table_privilege(keeper, kept, 'DELETE')) THEN
    RAISE EXCEPTION 'The kept rows, tidemark_data.%, belong to %: the role %, which keeps them, may not change them.', v.storage_name,
        (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = kept), pg_get_userbyid(keeper)
      USING ERRCODE = 'TM005', HINT = format('ALTER TABLE tidemark_data.%I OWNER TO %I;', v.storage_name, pg_get_userbyid(keeper));
  END IF;
END $$;

-- What is not right about who may read a view, though its refreshes go on: (code, message, hint) each.
CREATE FUNCTION tidemark.warnings(target integer) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v tidemark.view;
  kept pg_class;
  public pg_class;
  keeper text := pg_get_userbyid(tidemark.keeper());
  found jsonb := '[]';
  entry jsonb;
  name text;
BEGIN
  SELECT * INTO v FROM tidemark.view w WHERE w.id = target;
  IF v.storage IS DISTINCT FROM 'table' THEN
    RETURN found;
  END IF;
  SELECT * INTO kept FROM pg_class c WHERE c.oid = to_regclass(format('tidemark_data.%I', v.storage_name));
  SELECT * INTO public FROM pg_class c WHERE c.oid = to_regclass(format('%I.%I', v.schema_name, v.view_name)) AND c.relkind = 'v';
  IF kept.oid IS NULL OR public.oid IS NULL THEN
    RETURN found;
  END IF;
  -- Where policies on the kept rows say who sees what, somebody has thought of it.
  IF NOT kept.relrowsecurity THEN
    FOR entry, name IN
      SELECT e.entry, format('%s.%s', n.nspname, c.relname)
      FROM jsonb_array_elements(v.row_security) AS e (entry) JOIN pg_class c ON c.oid = (e.entry ->> 'relation')::oid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relrowsecurity AND e.entry ->> 'judged' <> 'ignored' AND tidemark.restricted_role(e.entry) IS NULL ORDER BY 2
    LOOP
      found := found || jsonb_build_object('code', 'row_security_ignored',
        'message', format('Row-level security of %s does not hold for this view, which is new since it was deployed: its rows are computed as %s, '
          'which sees all of them, and whoever may read the view sees them all.', name, keeper),
        'hint', 'Put policies on the kept rows, or grant SELECT on the view accordingly. `tidemark apply` takes note of it as it is.');
    END LOOP;
  ELSIF v.bypassed OR NOT tidemark.asks_readers(public.reloptions) AND NOT tidemark.policies_apply(public.relowner, kept.oid) THEN
    found := found || jsonb_build_object('code', 'policies_not_asked',
      'message', format('The policies on the kept rows are not asked: %s.', CASE WHEN v.bypassed THEN 'the view is bypassed, and computes its query'
        ELSE format('the view reads them as its owner, %s, which sees all of them', pg_get_userbyid(public.relowner)) END),
      'hint', CASE WHEN v.bypassed THEN format('SELECT tidemark.bypass(%L, false);', format('%I.%I', v.schema_name, v.view_name))
        ELSE format('ALTER VIEW %I.%I SET (security_invoker = true); and grant SELECT on tidemark_data.%I to those who read it.',
          v.schema_name, v.view_name, v.storage_name) END);
  END IF;
  IF NOT v.bypassed AND NOT tidemark.asks_readers(public.reloptions) AND NOT has_table_privilege(public.relowner, kept.oid, 'SELECT') THEN
    found := found || jsonb_build_object('code', 'readers_refused',
      'message', format('Nobody can read the view: its owner, %s, may not read the kept rows.', pg_get_userbyid(public.relowner)),
      'hint', format('GRANT SELECT ON tidemark_data.%I TO %I; or: ALTER VIEW %I.%I OWNER TO %I;', v.storage_name, pg_get_userbyid(public.relowner),
        v.schema_name, v.view_name, keeper));
  END IF;
  RETURN found;
END $$;

-- Of which warnings somebody was told. Apart from the state, so that telling never collides with refreshing.
CREATE TABLE tidemark.warned (
  view_id integer PRIMARY KEY REFERENCES tidemark.view ON DELETE CASCADE,
  warnings jsonb NOT NULL
);

-- Warnings that are new since the last call, as one alert each would tell them.
CREATE FUNCTION tidemark.new_warnings() RETURNS TABLE (view_id integer, code text, message text, hint text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  place record;
BEGIN
  FOR place IN
    SELECT v.id, coalesce(w.warnings, '[]') AS told, tidemark.warnings(v.id) AS present
    FROM tidemark.view v LEFT JOIN tidemark.warned w ON w.view_id = v.id WHERE v.replaces IS NULL AND NOT v.hidden ORDER BY v.id
  LOOP
    CONTINUE WHEN place.present = place.told;
    RETURN QUERY SELECT place.id, p.warning ->> 'code', p.warning ->> 'message', p.warning ->> 'hint'
      FROM jsonb_array_elements(place.present) AS p (warning) WHERE NOT place.told @> jsonb_build_array(p.warning);
    INSERT INTO tidemark.warned VALUES (place.id, place.present) ON CONFLICT ON CONSTRAINT warned_pkey DO UPDATE SET warnings = excluded.warnings;
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION tidemark.keeper, tidemark.policies_apply, tidemark.asks_readers, tidemark.restricted_role, tidemark.check_rights,
  tidemark.warnings, tidemark.new_warnings FROM PUBLIC;
