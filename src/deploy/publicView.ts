import { type Fragment, ident, join, literal, sql, trusted } from '../compiler/fragment.js'
import { type Connection, rows } from '../engine/database.js'
import { serverError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import type { ViewTarget } from './compileViews.js'

/**
 * Points the public view at a storage table. In place where its columns allow; else a new view takes its name, and what
 * depends on it is pointed at the new one. No reader sees it missing: all happens in one transaction.
 * @throws TidemarkError DEPENDENT_BLOCKS.
 */
export async function pointPublicView(connection: Connection, target: ViewTarget): Promise<void> {
  const { view } = target
  const name = ident(view.schema, view.name)
  const columns = join(target.facts.output.map((column) => ident(column.name)))
  const select = sql`SELECT ${columns} FROM ${ident('tidemark_data', target.storage)}`
  // CREATE OR REPLACE VIEW forgets options that are not said again, such as security_invoker.
  const options = (await readProperties(connection, view.schema, view.name))?.options ?? ''
  await connection.query('SAVEPOINT tidemark_view')
  try {
    await connection.query(sql`CREATE OR REPLACE VIEW ${name}${trusted(options)} AS ${select}`.text)
    await connection.query('RELEASE SAVEPOINT tidemark_view')
  } catch (error) {
    await connection.query('ROLLBACK TO SAVEPOINT tidemark_view')
    if (serverError(error).code !== '42P16') throw error
    await replaceView(connection, target, select)
  }
  if (view.description !== null) {
    await connection.query(sql`COMMENT ON VIEW ${name} IS ${literal(view.description)}`.text)
  }
}

interface Dependent {
  name: string
  kind: string
  definition: string | null
}

/** Columns were removed, renamed or have another type, which CREATE OR REPLACE VIEW does not do. */
async function replaceView(connection: Connection, target: ViewTarget, select: Fragment): Promise<void> {
  const { view } = target
  const old = ident(view.schema, `${view.name.slice(0, 40)}~old`)
  const name = ident(view.schema, view.name)
  const dependents = await readDependents(connection, view.schema, view.name)
  const blocking = dependents.find((dependent) => dependent.definition === null)
  if (blocking !== undefined) throw blocked(target, blocking.name, `it is a ${blocking.kind}`)
  const properties = (await readProperties(connection, view.schema, view.name)) ?? { options: '', statements: [] }
  await connection.query(sql`ALTER VIEW ${name} RENAME TO ${ident(`${view.name.slice(0, 40)}~old`)}`.text)
  await connection.query(sql`CREATE VIEW ${name}${trusted(properties.options)} AS ${select}`.text)
  for (const statement of properties.statements) await connection.query(statement)
  for (const dependent of dependents) {
    try {
      await connection.query(`CREATE OR REPLACE VIEW ${dependent.name} AS ${dependent.definition ?? ''}`)
    } catch (error) {
      throw blocked(target, dependent.name, serverError(error).message)
    }
  }
  await connection.query(sql`DROP VIEW ${old}`.text)
}

function blocked(target: ViewTarget, dependent: string, why: string): TidemarkError {
  return new TidemarkError(
    'DEPENDENT_BLOCKS',
    `${target.name} cannot change its columns: ${dependent} depends on it (${why}).`,
    { hint: `Change or drop ${dependent} first, then apply again. Nothing was changed.`, view: target.name },
  )
}

/** What reads the view directly. Views can be written anew; anything else stands in the way. */
async function readDependents(connection: Connection, schema: string, name: string): Promise<Dependent[]> {
  return rows<Dependent>(
    connection,
    `SELECT DISTINCT
       CASE WHEN c.oid IS NULL THEN pg_describe_object(d.classid, d.objid, d.objsubid)
         ELSE format('%I.%I', cn.nspname, c.relname) END AS name,
       CASE WHEN c.relkind = 'm' THEN 'materialized view' WHEN c.oid IS NULL THEN 'database object' ELSE 'view' END AS kind,
       CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END AS definition
     FROM pg_class v JOIN pg_namespace n ON n.oid = v.relnamespace
     JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid AND d.deptype IN ('n', 'a')
     LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
     LEFT JOIN pg_class c ON c.oid = r.ev_class
     LEFT JOIN pg_namespace cn ON cn.oid = c.relnamespace
     WHERE n.nspname = $1 AND v.relname = $2 AND (c.oid IS NULL OR c.oid <> v.oid)
       AND NOT (d.classid = 'pg_class'::regclass AND d.objid = v.oid)`,
    [schema, name],
  )
}

interface Properties {
  /** ` WITH (…)`, or nothing. */
  readonly options: string
  readonly statements: readonly string[]
}

/** Owner, grants, comments and options of a view, as statements that give them to another of its name. */
async function readProperties(connection: Connection, schema: string, name: string): Promise<Properties | undefined> {
  const [found] = await rows<{ options: string[] | null; statements: string[] }>(
    connection,
    `SELECT c.reloptions AS options, ARRAY(
       SELECT format('ALTER VIEW %I.%I OWNER TO %I', n.nspname, c.relname, pg_get_userbyid(c.relowner))
       UNION ALL
       SELECT format('GRANT %s ON %I.%I TO %s%s', a.privilege_type, n.nspname, c.relname,
         CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
         CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
       FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner
       UNION ALL
       SELECT format('COMMENT ON VIEW %I.%I IS %L', n.nspname, c.relname, d.description)
       FROM pg_description d WHERE d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
     ) AS statements
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, name],
  )
  if (found === undefined) return undefined
  const options = found.options === null ? '' : ` WITH (${found.options.join(', ')})`
  return { options, statements: found.statements }
}
