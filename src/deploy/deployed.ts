import type { IndexDefinition, ViewSettings } from '../define/types.js'
import { type Queryable, rows } from '../engine/database.js'
import { isMigrated } from '../engine/migrate.js'
import type { Explanation } from '../protocol/explanation.js'
import type { TableSecurity } from './tableSecurity.js'

/** A view as the catalog knows it. */
export interface DeployedView {
  readonly id: number
  readonly schema: string
  readonly name: string
  readonly storage: 'table' | 'matview'
  readonly storageName: string
  readonly definitionHash: string
  readonly statements: Readonly<Record<string, unknown>>
  readonly settings: ViewSettings
  readonly explanation: Explanation
  readonly indexes: readonly IndexDefinition[]
  readonly description: string | null
  readonly state: string
  readonly rows: number | null
  /** The relation that people read is there, and is still the one that was deployed. */
  readonly intact: boolean
  /** A table that it reads is not what it was compiled for. */
  readonly outdated: boolean
  readonly rowSecurity: readonly TableSecurity[]
  readonly upstream: readonly number[]
  /** A piece of another view, without a public view of its own. */
  readonly hidden: boolean
}

export interface DeployedSource {
  readonly id: number
  readonly schema: string
  readonly table: string
  readonly relation: number
  readonly log: string
  readonly watched: readonly string[]
  readonly logged: readonly string[]
}

export async function readDeployedViews(database: Queryable): Promise<DeployedView[]> {
  if (!(await isMigrated(database))) return []
  return rows<DeployedView>(
    database,
    `SELECT v.id, v.schema_name AS schema, v.view_name AS name, v.storage, v.storage_name AS "storageName",
       v.definition_hash AS "definitionHash", v.statements, v.settings, v.explanation, s.state,
       s.row_count::double precision AS rows,
       v.indexes, v.description, v.hidden, v.row_security AS "rowSecurity",
       v.hidden AND to_regclass(format('tidemark_data.%I', v.storage_name)) IS NOT NULL OR EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = v.schema_name AND c.relname = v.view_name AND (v.storage = 'matview' AND c.relkind = 'm'
           OR c.relkind = 'v' AND v.bypassed
           OR c.relkind = 'v' AND EXISTS (SELECT FROM pg_rewrite r
             JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
             JOIN pg_class t ON t.oid = d.refobjid AND t.relname = v.storage_name
             WHERE r.ev_class = c.oid AND t.relnamespace = 'tidemark_data'::regnamespace))) AS intact,
       EXISTS (SELECT FROM tidemark.view_source vs JOIN tidemark.source o ON o.id = vs.source_id
         CROSS JOIN LATERAL to_regclass(format('%I.%I', o.schema_name, o.table_name)) AS present (relation)
         WHERE vs.view_id = v.id AND (tidemark.may_be_null(present.relation, vs.not_null)
           OR tidemark.may_repeat(present.relation, vs.unique_keys)
           OR vs.fingerprint IS DISTINCT FROM tidemark.fingerprint(present.relation, vs.read_columns))) AS outdated,
       ARRAY(SELECT d.upstream_id FROM tidemark.view_dependency d WHERE d.view_id = v.id ORDER BY 1) AS upstream
     FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id
     WHERE v.replaces IS NULL ORDER BY v.id`,
  )
}

export async function readDeployedSources(database: Queryable): Promise<DeployedSource[]> {
  if (!(await isMigrated(database))) return []
  return rows<DeployedSource>(
    database,
    `SELECT id, schema_name AS schema, table_name AS "table", relation::bigint::double precision AS relation,
       log_name AS log, watched, logged FROM tidemark.source ORDER BY id`,
  )
}
