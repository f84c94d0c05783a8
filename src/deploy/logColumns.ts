import { type Queryable, rows } from '../engine/database.js'

/** A column that a log must have, and whether it does. */
export interface LogColumn {
  readonly name: string
  /** Type and collation, as ALTER TABLE takes them. */
  readonly type: string
  readonly state: 'same' | 'other' | 'missing'
}

/**
 * The columns that a table's log must have. A domain is logged as what it is made of: marker rows are NULL in every
 * column, and a domain may forbid that. The collation is kept, since logged keys are compared with the table's.
 */
export async function readLogColumns(
  database: Queryable,
  table: { readonly schema: string; readonly name: string; readonly log: string },
  columns: readonly string[],
): Promise<LogColumn[]> {
  return rows<LogColumn>(
    database,
    `WITH RECURSIVE base AS (
       SELECT a.attname, a.atttypid AS type, a.atttypmod AS modifier, a.attcollation
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = ANY ($4)
       UNION ALL
       SELECT b.attname, t.typbasetype, t.typtypmod, b.attcollation
       FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
     )
     SELECT b.attname AS name,
       CASE WHEN b.modifier = -1 AND t.typtype <> 'b' THEN format('%I.%I', tn.nspname, t.typname)
         ELSE format_type(b.type, b.modifier) END
         || coalesce((SELECT format(' COLLATE %I.%I', ln.nspname, l.collname)
              FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace
              WHERE l.oid = b.attcollation AND b.attcollation <> t.typcollation), '') AS type,
       CASE WHEN k.attname IS NULL THEN 'missing'
         WHEN (k.atttypid, k.atttypmod, k.attcollation) = (b.type, b.modifier, b.attcollation) THEN 'same'
         ELSE 'other' END AS state
     FROM base b
     JOIN pg_type t ON t.oid = b.type AND t.typtype <> 'd'
     JOIN pg_namespace tn ON tn.oid = t.typnamespace
     LEFT JOIN (pg_attribute k JOIN pg_class l ON l.oid = k.attrelid
       AND l.relname = $3 AND l.relnamespace = to_regnamespace('tidemark_log'))
       ON k.attname = b.attname AND k.attnum > 0 AND NOT k.attisdropped
     ORDER BY 1`,
    [table.schema, table.name, table.log, columns],
  )
}
