import { type Database, rows } from '../../engine/database.js'
import { databaseError } from '../../engine/databaseError.js'

export interface FoundIndex {
  readonly columns: readonly string[]
  readonly unique: boolean
  readonly method: string
  readonly where: string | null
  /** It is made of columns alone, in their ordinary order: what a configuration can say. */
  readonly plain: boolean
  readonly definition: string
}

/** A materialized view of the database, as it could be configured. */
export interface FoundView {
  readonly schema: string
  readonly name: string
  readonly query: string
  readonly description: string | null
  /** From its unique index; undefined when it has none that is over columns and over all rows. */
  readonly key: readonly string[] | undefined
  readonly indexes: readonly FoundIndex[]
}

const viewsQuery = `
SELECT n.nspname AS schema, c.relname AS name, pg_get_viewdef(c.oid, true) AS query,
  obj_description(c.oid, 'pg_class') AS description, c.oid::text AS oid
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('tidemark', 'tidemark_data', 'tidemark_log')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2`

const indexesQuery = `
SELECT x.indrelid::text AS relation, x.indisunique AS unique, m.amname AS method, pg_get_expr(x.indpred, x.indrelid) AS where,
  pg_get_indexdef(x.indexrelid) AS definition,
  ARRAY(SELECT a.attname::text FROM unnest(x.indkey::int2[]) WITH ORDINALITY k (number, place)
    JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number ORDER BY k.place) AS columns,
  x.indexprs IS NULL AND x.indnatts = x.indnkeyatts
    AND NOT EXISTS (SELECT FROM unnest(x.indoption::int2[]) o WHERE o <> 0)
    AND NOT EXISTS (SELECT FROM unnest(x.indclass::oid[]) o JOIN pg_opclass p ON p.oid = o WHERE NOT p.opcdefault) AS plain
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam JOIN pg_class t ON t.oid = x.indrelid
WHERE t.relkind = 'm' AND x.indisvalid ORDER BY x.indexrelid`

/** The materialized views that are in the database, apart from those of extensions. */
export async function findMaterializedViews(database: Database): Promise<FoundView[]> {
  try {
    const views = await rows<Omit<FoundView, 'key' | 'indexes'> & { oid: string }>(database, viewsQuery)
    const indexes = await rows<FoundIndex & { relation: string }>(database, indexesQuery)
    return views.map(({ oid, ...view }) =>
      withKey(
        view,
        indexes.filter((index) => index.relation === oid),
      ),
    )
  } catch (error) {
    throw databaseError(error)
  }
}

function withKey(view: Omit<FoundView, 'key' | 'indexes'>, indexes: readonly FoundIndex[]): FoundView {
  const [key] = indexes
    .filter((index) => index.unique && index.plain && index.where === null)
    .sort((left, right) => left.columns.length - right.columns.length)
  return { ...view, key: key?.columns, indexes: indexes.filter((index) => index !== key) }
}
