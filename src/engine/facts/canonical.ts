import type { OutputColumn } from '../../compiler/facts.js'
import { ident, sql, trusted } from '../../compiler/fragment.js'
import { walk } from '../../compiler/parse/ast.js'
import { parseSelect, positionAt, toSql } from '../../compiler/parse/parse.js'
import { type SourcePosition, TidemarkError } from '../../protocol/errors.js'
import { one, type Queryable, rows } from '../database.js'
import { serverError } from '../databaseError.js'

const probe = 'tidemark_probe'
const again = 'tidemark_probe_again'

export interface Canonical {
  /** The query as PostgreSQL writes it back. */
  readonly text: string
  readonly output: readonly OutputColumn[]
  readonly faithful: boolean
  /** Relations it reads and the columns of each, by number; 0 alone when none is named. */
  readonly reads: readonly { readonly relation: number; readonly column: number }[]
}

/**
 * Lets PostgreSQL read a query, as a temporary view. To be called in a transaction that is rolled back.
 * @throws TidemarkError QUERY_INVALID with the position in the user's text.
 */
export async function canonicalise(database: Queryable, query: string): Promise<Canonical> {
  await database.query('SET LOCAL search_path TO DEFAULT')
  await createProbe(database, query)
  // From here on every name is written with its schema.
  await database.query("SET LOCAL search_path TO ''")
  const text = await definition(database, probe)
  return {
    text,
    output: await readOutput(database, probe),
    faithful: await isFaithful(database, text),
    reads: await readDependencies(database, probe),
  }
}

/** Drops what `canonicalise` made, so that the next query can be read in the same transaction. */
export async function forgetProbe(database: Queryable): Promise<void> {
  await database.query(sql`DROP VIEW IF EXISTS ${ident('pg_temp', probe)}, ${ident('pg_temp', again)}`.text)
}

async function createProbe(database: Queryable, query: string): Promise<void> {
  const head = sql`CREATE TEMPORARY VIEW ${ident(probe)} AS\n`.text
  try {
    await database.query(`${head}${query}`)
  } catch (error) {
    const { message, hint, detail, position, code } = serverError(error)
    if (code === undefined) throw error
    const offset = position === undefined ? undefined : Number(position) - 1 - Array.from(head).length
    const place: SourcePosition | undefined = offset === undefined || offset < 0 ? undefined : positionAt(query, offset)
    throw new TidemarkError(code === '42501' ? 'PRIVILEGE_MISSING' : 'QUERY_INVALID', message, {
      hint: [detail, hint ?? 'PostgreSQL says this of the query as it is written.'].filter(Boolean).join(' '),
      ...(place === undefined ? {} : { position: place }),
      cause: error,
    })
  }
}

async function definition(database: Queryable, view: string): Promise<string> {
  const { text } = await one<{ text: string }>(
    database,
    'SELECT pg_get_viewdef(c.oid) AS text FROM pg_class c WHERE c.relname = $1 AND c.relnamespace = pg_my_temp_schema()',
    [view],
  )
  return text.replace(/;\s*$/, '')
}

/** Our own text of the query must mean the same, or no variant of it can be trusted. */
async function isFaithful(database: Queryable, text: string): Promise<boolean> {
  let own: string
  try {
    own = toSql(parseSelect(text))
  } catch {
    return false
  }
  await database.query('SAVEPOINT tidemark_faithful')
  try {
    await database.query(sql`CREATE TEMPORARY VIEW ${ident(again)} AS ${trusted(own)}`.text)
    const same = (await definition(database, again)) === text
    await database.query('RELEASE SAVEPOINT tidemark_faithful')
    return same
  } catch {
    await database.query('ROLLBACK TO SAVEPOINT tidemark_faithful')
    return false
  }
}

const outputQuery = `
WITH RECURSIVE columns AS (
  SELECT a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE c.relname = $1 AND c.relnamespace = pg_my_temp_schema() AND a.attnum > 0 AND NOT a.attisdropped
), base AS (
  SELECT attnum, atttypid AS type FROM columns
  UNION ALL
  SELECT b.attnum, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END
  FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd' OR (t.typcategory = 'A' AND t.typelem <> 0)
), types AS (
  SELECT b.attnum, t.oid, t.typtype, t.typcategory FROM base b JOIN pg_type t ON t.oid = b.type
  WHERE t.typtype <> 'd' AND NOT (t.typcategory = 'A' AND t.typelem <> 0)
), equality AS (
  SELECT t.attnum, (SELECT o.oprnamespace = 'pg_catalog'::regnamespace
    FROM pg_opclass p JOIN pg_am m ON m.oid = p.opcmethod AND m.amname = 'btree'
    JOIN pg_amop f ON f.amopfamily = p.opcfamily AND f.amopstrategy = 3
      AND f.amoplefttype = p.opcintype AND f.amoprighttype = p.opcintype
    JOIN pg_operator o ON o.oid = f.amopopr
    WHERE p.opcdefault AND (p.opcintype = t.oid
      OR (t.typtype = 'e' AND p.opcintype = 'anyenum'::regtype)
      OR (t.typtype = 'r' AND p.opcintype = 'anyrange'::regtype)
      OR (t.typtype = 'm' AND p.opcintype = 'anymultirange'::regtype)
      OR EXISTS (SELECT FROM pg_cast k WHERE k.castsource = t.oid AND k.casttarget = p.opcintype
        AND k.castmethod = 'b' AND k.castcontext = 'i'))
    ORDER BY (p.opcintype = t.oid) DESC LIMIT 1) AS builtin
  FROM types t
)
SELECT c.attname AS name, format_type(c.atttypid, c.atttypmod) AS type,
  e.builtin IS NOT NULL AS comparable, coalesce(e.builtin, false) AS "builtinEquality",
  coalesce((SELECT NOT l.collisdeterministic FROM pg_collation l WHERE l.oid = c.attcollation), false) AS nondeterministic
FROM columns c LEFT JOIN equality e USING (attnum) ORDER BY c.attnum`

async function readOutput(database: Queryable, view: string): Promise<OutputColumn[]> {
  return rows<OutputColumn>(database, outputQuery, [view])
}

const dependencyQuery = `
SELECT DISTINCT d.refobjid::bigint::double precision AS relation, d.refobjsubid AS column
FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
WHERE d.refclassid = 'pg_class'::regclass AND r.ev_class = $1::oid AND d.refobjid <> r.ev_class`

export async function readDependenciesOf(database: Queryable, view: number): Promise<Canonical['reads']> {
  return rows(database, dependencyQuery, [view])
}

async function readDependencies(database: Queryable, view: string): Promise<Canonical['reads']> {
  const { oid } = await one<{ oid: number }>(
    database,
    'SELECT c.oid::bigint::double precision AS oid FROM pg_class c WHERE c.relname = $1 AND c.relnamespace = pg_my_temp_schema()',
    [view],
  )
  return readDependenciesOf(database, oid)
}

/** Whether a query reads whole rows (`to_jsonb(s.*)`), of which PostgreSQL notes no columns. */
export function readsWholeRows(text: string): boolean {
  let whole = false
  const aliases = new Set<string>()
  const tree = parseSelect(text)
  walk(tree, (kind, body) => {
    if (kind === 'Alias') aliases.add(String(body.aliasname))
    if (kind === 'RangeVar') aliases.add(String(body.relname))
    return undefined
  })
  walk(tree, (kind, body) => {
    if (kind === 'A_Star') whole = true
    if (kind === 'ColumnRef') {
      const fields = body.fields as { String?: { sval?: string } }[]
      if (fields.length === 1 && aliases.has(fields[0]?.String?.sval ?? '')) whole = true
    }
    return undefined
  })
  return whole
}
