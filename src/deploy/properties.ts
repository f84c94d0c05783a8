import { type Connection, rows } from '../engine/database.js'

interface Relation {
  readonly schema: string
  readonly name: string
}

/** What people gave to a relation, as statements that give it to another one of its name. */
export interface Properties {
  /** ` WITH (…)`, or nothing. */
  readonly options: string
  readonly statements: readonly string[]
}

/**
 * Owner, grants on the view and on its columns, comments and options of a view. What default privileges would give to
 * a new view is taken away first.
 */
export async function readViewProperties(
  connection: Connection,
  { schema, name }: Relation,
  columns: readonly string[],
): Promise<Properties | undefined> {
  const [found] = await rows<{ options: string | null; statements: string[] }>(
    connection,
    `SELECT ' WITH (' || array_to_string(c.reloptions, ', ') || ')' AS options, ARRAY(
       ${revokeDefaults}
       UNION ALL
       ${grants}
       UNION ALL
       SELECT format('GRANT %s (%I) ON %I.%I TO %s%s', a.privilege_type, at.attname, n.nspname, c.relname,
         ${grantee}, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
       FROM pg_attribute at, aclexplode(at.attacl) a
       WHERE at.attrelid = c.oid AND at.attnum > 0 AND NOT at.attisdropped AND at.attname = ANY ($3)
       UNION ALL
       SELECT CASE WHEN d.objsubid = 0 THEN format('COMMENT ON VIEW %I.%I IS %L', n.nspname, c.relname, d.description)
         ELSE format('COMMENT ON COLUMN %I.%I.%I IS %L', n.nspname, c.relname, at.attname, d.description) END
       FROM pg_description d LEFT JOIN pg_attribute at ON at.attrelid = c.oid AND at.attnum = d.objsubid AND d.objsubid > 0
       WHERE d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND (d.objsubid = 0 OR at.attname = ANY ($3))
       UNION ALL
       SELECT format('ALTER VIEW %I.%I OWNER TO %I', n.nspname, c.relname, pg_get_userbyid(c.relowner))
       WHERE pg_get_userbyid(c.relowner) <> current_user
     ) AS statements
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'v'`,
    [schema, name, columns],
  )
  return found === undefined ? undefined : { options: found.options ?? '', statements: found.statements }
}

/** Grants, row-level security and triggers that people put on a storage table. */
export async function readTableProperties(connection: Connection, { schema, name }: Relation): Promise<Properties> {
  const [found] = await rows<{ statements: string[] }>(
    connection,
    `SELECT ARRAY(
       ${revokeDefaults}
       UNION ALL
       ${grants}
       UNION ALL
       SELECT format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s%s%s', p.policyname, n.nspname, c.relname,
         p.permissive, p.cmd, (SELECT string_agg(CASE r WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(r) END, ', ') FROM unnest(p.roles) r),
         ' USING (' || p.qual || ')', ' WITH CHECK (' || p.with_check || ')')
       FROM pg_policies p WHERE p.schemaname = n.nspname AND p.tablename = c.relname
       UNION ALL
       SELECT format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', n.nspname, c.relname) WHERE c.relrowsecurity
       UNION ALL
       SELECT format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', n.nspname, c.relname) WHERE c.relforcerowsecurity
       UNION ALL
       SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
       WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND f.pronamespace <> 'tidemark_log'::regnamespace
     ) AS statements
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, name],
  )
  return { options: '', statements: found?.statements ?? [] }
}

const grantee = `CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END`

const revokeDefaults = `
       SELECT DISTINCT format('REVOKE ALL ON %I.%I FROM %s', n.nspname, c.relname, ${grantee})
       FROM pg_default_acl da, aclexplode(da.defaclacl) a
       WHERE da.defaclobjtype = 'r' AND da.defaclnamespace IN (0, n.oid) AND a.grantee <> da.defaclrole
         AND pg_get_userbyid(da.defaclrole) = current_user`

const grants = `
       SELECT format('GRANT %s ON %I.%I TO %s%s', a.privilege_type, n.nspname, c.relname, ${grantee},
         CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
       FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner`
