import type { NormalisedView } from '../define/types.js'
import { type Queryable, rows } from '../engine/database.js'
import { scanNames } from '../engine/facts/tokens.js'
import { TidemarkError } from '../protocol/errors.js'
import type { ViewTarget } from './target.js'

interface Missing {
  privilege: string
  object: string
  role: string
}

interface TableNeed {
  readonly schema: string
  readonly name: string
  readonly captured: boolean
}

/**
 * Everything that a deployment needs and this role lacks, all at once and before anything is touched.
 * @throws TidemarkError PRIVILEGE_MISSING, with the GRANTs that would give it.
 */
export async function checkPrivileges(
  database: Queryable,
  targets: readonly ViewTarget[],
  prepares: boolean,
): Promise<void> {
  const tables = targets.flatMap((target) =>
    [...target.facts.relations.values()]
      .filter(({ kind }) => kind !== 'maintained' && kind !== 'system')
      .map(({ oid, schema, name }): TableNeed => {
        return { schema, name, captured: target.sources.some((source) => source.relation.oid === oid) }
      }),
  )
  await requirePrivileges(
    database,
    tables,
    targets.map((target) => target.view),
    prepares,
  )
}

/** The same, by the names in the queries, where a query cannot even be read because a schema is closed. */
export async function checkNamedPrivileges(
  database: Queryable,
  views: readonly NormalisedView[],
  prepares: boolean,
): Promise<void> {
  const tables = views.flatMap((view) =>
    scanNames(view.query).flatMap(({ schema, name }): TableNeed[] =>
      schema === undefined ? [] : [{ schema, name, captured: view.storage === 'table' }],
    ),
  )
  await requirePrivileges(database, tables, views, prepares)
}

async function requirePrivileges(
  database: Queryable,
  tables: readonly TableNeed[],
  views: readonly NormalisedView[],
  prepares: boolean,
): Promise<void> {
  const missing = await rows<Missing>(
    database,
    `SELECT DISTINCT p.privilege, format('TABLE %I.%I', n.nspname, c.relname) AS object, quote_ident(current_user) AS role
     FROM unnest($1::text[], $2::text[], $3::boolean[]) AS wanted(schema, name, captured)
     JOIN pg_namespace n ON n.nspname = wanted.schema
     JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
     CROSS JOIN (VALUES ('SELECT'), ('TRIGGER')) AS p(privilege)
     WHERE (p.privilege = 'SELECT' OR (wanted.captured AND c.relkind IN ('r', 'p'))) AND NOT has_table_privilege(c.oid, p.privilege)
     UNION ALL
     SELECT p.privilege, format('SCHEMA %I', n.nspname), quote_ident(current_user)
     FROM pg_namespace n CROSS JOIN (VALUES ('USAGE'), ('CREATE')) AS p(privilege)
     WHERE (n.nspname = ANY ($4) OR (n.nspname = ANY ($1) AND p.privilege = 'USAGE'))
       AND NOT has_schema_privilege(n.oid, p.privilege)
     UNION ALL
     SELECT 'CREATE', format('DATABASE %I', current_database()), quote_ident(current_user)
     WHERE $5 AND NOT has_database_privilege(current_database(), 'CREATE')
     ORDER BY 2, 1`,
    [
      tables.map((table) => table.schema),
      tables.map((table) => table.name),
      tables.map((table) => table.captured),
      [...new Set(views.map((view) => view.schema))],
      prepares,
    ],
  )
  const [first] = missing
  if (first === undefined) return
  const list = missing.map(
    ({ privilege, object }) => `${privilege} on ${object.replace(/^[A-Z]+/, (kind) => kind.toLowerCase())}`,
  )
  const grants = missing.map(({ privilege, object, role }) => `GRANT ${privilege} ON ${object} TO ${role};`)
  throw new TidemarkError('PRIVILEGE_MISSING', `The role ${first.role} lacks ${list.join(', ')}.`, {
    hint: grants.join(' '),
  })
}
