import type { ColumnFacts, IndexFacts, RelationFacts, RelationKind } from '../../compiler/facts.js'
import { type Queryable, rows } from '../database.js'

interface RelationRow {
  oid: number
  schema: string
  name: string
  relkind: string
  rows: number
  bytes: number
  definition: string | null
  children: boolean
  rowSecurity: NonNullable<RelationFacts['rowSecurity']> | null
  readsAs: number | null
  references: string[]
  columns: (ColumnFacts & { number: number })[]
  indexes: (IndexFacts & { key: boolean })[]
}

/** Everything the compiler asks about a table, but for what a query reads of it. */
export interface PlainRelation extends Omit<RelationFacts, 'read' | 'capture'> {
  readonly numbers: ReadonlyMap<number, string>
  /** Of an ordinary view that reads its tables as its owner, and not as whoever asks: the number of that role. */
  readonly readsAs: number | undefined
}

/** Of a column `a` of a table `c`. Since PostgreSQL 18 it can be declared so for new rows alone (NOT VALID). */
const isNotNull = `a.attnotnull AND NOT EXISTS (SELECT FROM pg_constraint v
  WHERE v.conrelid = c.oid AND v.contype = 'n' AND v.conkey = ARRAY[a.attnum] AND NOT v.convalidated)`

const relationQuery = `
SELECT c.oid::bigint::double precision AS oid, n.nspname AS schema, c.relname AS name,
  -- One foreign partition is enough: what changes there is not captured.
  CASE WHEN EXISTS (WITH RECURSIVE below (oid) AS (SELECT c.oid UNION SELECT i.inhrelid FROM below b JOIN pg_inherits i ON i.inhparent = b.oid)
      SELECT FROM below b JOIN pg_class k ON k.oid = b.oid WHERE k.relkind = 'f') THEN 'f' ELSE c.relkind END AS relkind,
  greatest(0, CASE WHEN c.relkind = 'p' OR EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid)
    THEN (SELECT coalesce(sum(greatest(k.reltuples, 0)), 0) FROM pg_partition_tree(c.oid) t JOIN pg_class k ON k.oid = t.relid WHERE t.isleaf)
    WHEN c.reltuples >= 0 THEN c.reltuples
    ELSE pg_relation_size(c.oid) / 100 END)::double precision AS rows,
  CASE WHEN c.relkind = 'p'
    THEN (SELECT coalesce(sum(pg_relation_size(relid)), 0) FROM pg_partition_tree(c.oid))
    WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) ELSE 0 END::double precision AS bytes,
  CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END AS definition,
  EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid) AS children,
  CASE WHEN c.relrowsecurity THEN json_build_object('applies', row_security_active(c.oid), 'role', current_user) END AS "rowSecurity",
  CASE WHEN c.relkind = 'v' AND NOT EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o
    WHERE o.option_name = 'security_invoker' AND o.option_value::boolean) THEN c.relowner END::bigint::double precision AS "readsAs",
  coalesce((SELECT json_agg(json_build_object(
      'number', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'notNull', ${isNotNull},
      'virtual', a.attgenerated = 'v',
      'nondeterministic', coalesce(NOT l.collisdeterministic, false),
      -- PostgreSQL's own operator, found whatever the search path. Arrays and rows may hold what has none.
      'comparable', t.typtype IN ('e', 'r') OR t.typtype = 'b' AND (t.typcategory = 'S' OR EXISTS (
        SELECT FROM pg_operator o WHERE o.oprname = '=' AND o.oprnamespace = 'pg_catalog'::regnamespace
          AND o.oprleft = t.oid AND o.oprright = t.oid)))
      ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns,
  coalesce((SELECT json_agg(json_build_object(
      'name', i.indexrelid::regclass::text, 'unique', i.indisunique, 'partial', i.indpred IS NOT NULL,
      'method', (SELECT amname FROM pg_class k JOIN pg_am m ON m.oid = k.relam WHERE k.oid = i.indexrelid),
      'columns', (SELECT coalesce(json_agg(a.attname ORDER BY p.place), '[]')
        FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS p(number, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.number
        WHERE p.place <= i.indnkeyatts AND NOT EXISTS (
          SELECT FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS e(number, place)
          WHERE e.number = 0 AND e.place <= p.place)),
      'key', i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indimmediate AND NOT EXISTS (
        SELECT FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS p(number, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.number
        WHERE p.place <= i.indnkeyatts AND NOT (${isNotNull})))
      ORDER BY i.indisprimary DESC, i.indexrelid)
    FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid), '[]') AS indexes,
  ARRAY(SELECT DISTINCT a.attname::text FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
    WHERE k.conrelid = c.oid AND k.contype = 'f' ORDER BY 1) AS references
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::oid[])`

export async function readRelations(database: Queryable, oids: readonly number[]): Promise<PlainRelation[]> {
  return (await rows<RelationRow>(database, relationQuery, [oids])).map(fromRow)
}

const kinds: Readonly<Record<string, RelationKind>> = {
  r: 'table',
  p: 'partitioned',
  f: 'foreign',
  v: 'view',
  m: 'matview',
}

function fromRow(row: RelationRow): PlainRelation {
  const system = row.schema === 'pg_catalog' || row.schema === 'information_schema'
  return {
    oid: row.oid,
    schema: row.schema,
    name: row.name,
    kind: system ? 'system' : (kinds[row.relkind] ?? 'system'),
    columns: row.columns.map(({ number: _, ...column }) => column),
    keys: row.indexes.filter((index) => index.key).map((index) => index.columns),
    indexes: row.indexes.map(({ key: _, ...index }) => index),
    rows: Math.round(row.rows),
    bytes: row.bytes,
    ...(row.definition === null ? {} : { definition: row.definition }),
    references: row.references,
    hasChildren: row.children,
    ...(row.rowSecurity === null ? {} : { rowSecurity: row.rowSecurity }),
    readsAs: row.readsAs ?? undefined,
    numbers: new Map(row.columns.map((column) => [column.number, column.name])),
  }
}
