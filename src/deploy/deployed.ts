import type { ViewSettings } from '../define/types.js'
import { isMigrated } from '../engine/migrate.js'
import { type Queryable, rows } from '../engine/database.js'
import type { Explanation } from './explanation.js'

/** A view as the catalog knows it. */
export interface DeployedView {
  readonly id: number
  readonly schema: string
  readonly name: string
  readonly storage: 'table' | 'matview'
  readonly storageName: string
  readonly definitionHash: string
  readonly statements: Readonly<Record<string, string | null>>
  readonly settings: ViewSettings
  readonly explanation: Explanation
  readonly state: string
  readonly rows: number | null
  /** Its relation, when it is still there: v is a view, m a materialized view. */
  readonly relkind: string | null
  readonly upstream: readonly number[]
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
       (SELECT c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = v.schema_name AND c.relname = v.view_name) AS relkind,
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
