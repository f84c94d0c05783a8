import { type Connection, type Queryable, rows } from '../engine/database.js'
import type { DeployedView } from './deployed.js'

/** Something that reads a view directly. */
export interface Dependent {
  /** As SQL names it, or as PostgreSQL describes it. */
  readonly name: string
  readonly kind: string
  /** Of an ordinary view, with its options in front: it can be written anew. Null for anything else. */
  readonly definition: string | null
  /** Null for what is no relation. */
  readonly owner: string | null
  /** Whether its owner's rights are ours too, so that we may write it anew. */
  readonly owned: boolean
}

/** Those first that others among them are read by: readers lock from the outside in, and so must we. */
export async function readDependents(connection: Connection, schema: string, name: string): Promise<Dependent[]> {
  return rows<Dependent>(
    connection,
    `WITH RECURSIVE target AS (
       SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
     ), reads (reader, oid, depth) AS (
       SELECT r.ev_class, d.refobjid, 1
       FROM target JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = target.oid
       JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.ev_class <> target.oid
       UNION
       SELECT r.ev_class, d.refobjid, reads.depth + 1
       FROM reads JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = reads.reader
       JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.ev_class <> reads.reader
       WHERE reads.depth < 100
     ), direct AS (
       SELECT DISTINCT d.classid, d.objid, r.ev_class
       FROM target JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = target.oid
         AND d.deptype IN ('n', 'a')
       LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
       WHERE r.ev_class IS DISTINCT FROM target.oid
     )
     SELECT DISTINCT
       CASE WHEN c.oid IS NULL THEN pg_describe_object(x.classid, x.objid, 0)
         ELSE format('%I.%I', n.nspname, c.relname) END AS name,
       CASE WHEN c.relkind = 'm' THEN 'materialized view' WHEN c.relkind = 'v' THEN 'view' ELSE 'database object' END AS kind,
       CASE WHEN c.relkind = 'v' THEN
         coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '') || ' AS ' || pg_get_viewdef(c.oid) END AS definition,
       pg_get_userbyid(c.relowner) AS owner, coalesce(pg_has_role(c.relowner, 'USAGE'), false) AS owned,
       (SELECT max(reads.depth) FROM reads WHERE reads.reader = c.oid) AS depth
     FROM direct x LEFT JOIN pg_class c ON c.oid = x.ev_class LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
     ORDER BY depth DESC NULLS LAST, name`,
    [schema, name],
  )
}

/** Objects of other schemas that read anything in Tidemark's own, but for the views that it made itself. */
export async function readForeignReaders(database: Queryable, own: readonly DeployedView[]): Promise<string[]> {
  const found = await rows<{ name: string }>(
    database,
    `SELECT DISTINCT pg_describe_object('pg_class'::regclass, c.oid, 0) AS name
     FROM pg_depend d JOIN pg_class o ON d.refclassid = 'pg_class'::regclass AND o.oid = d.refobjid
     JOIN pg_namespace m ON m.oid = o.relnamespace AND m.nspname IN ('tidemark', 'tidemark_data', 'tidemark_log')
     JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
     JOIN pg_class c ON c.oid = r.ev_class
     JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname NOT IN ('tidemark', 'tidemark_data', 'tidemark_log')
     WHERE (n.nspname, c.relname) NOT IN (SELECT * FROM unnest($1::text[], $2::text[]))
     ORDER BY 1`,
    [own.map((view) => view.schema), own.map((view) => view.name)],
  )
  return found.map(({ name }) => name)
}
