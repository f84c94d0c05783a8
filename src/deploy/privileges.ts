import { type Queryable, rows } from '../engine/database.js'
import { TidemarkError } from '../protocol/errors.js'
import type { ViewTarget } from './compileViews.js'

interface Missing {
  privilege: string
  object: string
  role: string
}

/**
 * Everything that a deployment needs and this role lacks, all at once and before anything is touched.
 * @throws TidemarkError PRIVILEGE_MISSING, with the GRANTs that would give it.
 */
export async function checkPrivileges(database: Queryable, targets: readonly ViewTarget[]): Promise<void> {
  const tables = targets.flatMap((target) =>
    target.sources
      .filter(({ relation }) => relation.kind !== 'maintained')
      .map(({ relation }) => [relation.schema, relation.name] as const),
  )
  const schemas = [...new Set(targets.map((target) => target.view.schema))]
  const missing = await rows<Missing>(
    database,
    `SELECT DISTINCT p.privilege, format('TABLE %I.%I', n.nspname, c.relname) AS object, current_user::text AS role
     FROM unnest($1::text[], $2::text[]) AS wanted(schema, name)
     JOIN pg_namespace n ON n.nspname = wanted.schema
     JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
     CROSS JOIN (VALUES ('SELECT'), ('TRIGGER')) AS p(privilege)
     WHERE NOT has_table_privilege(c.oid, p.privilege)
     UNION ALL
     SELECT 'CREATE', format('SCHEMA %I', n.nspname), current_user::text
     FROM pg_namespace n WHERE n.nspname = ANY ($3) AND NOT has_schema_privilege(n.oid, 'CREATE')
     ORDER BY 2, 1`,
    [tables.map(([schema]) => schema), tables.map(([, name]) => name), schemas],
  )
  const [first] = missing
  if (first === undefined) return
  const list = missing.map(({ privilege, object }) => `${privilege} on ${object.toLowerCase().replace(/^(\w+) (.*)$/s, (_, kind: string) => `${kind} ${object.slice(kind.length + 1)}`)}`)
  const grants = missing.map(({ privilege, object, role }) => `GRANT ${privilege} ON ${object} TO "${role}";`)
  throw new TidemarkError('PRIVILEGE_MISSING', `The role "${first.role}" lacks ${list.join(', ')}.`, {
    hint: grants.join(' '),
  })
}
