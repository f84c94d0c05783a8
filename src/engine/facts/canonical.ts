import type { SelectStmt } from '@pgsql/types'
import type { FunctionFacts, OutputColumn } from '../../compiler/facts.js'
import { type Fragment, ident, literal, sql } from '../../compiler/fragment.js'
import { walk } from '../../compiler/parse/ast.js'
import { parseSelect, positionAt, toSql } from '../../compiler/parse/parse.js'
import { type SourcePosition, TidemarkError } from '../../protocol/errors.js'
import { lastRow, type Queryable } from '../database.js'
import { serverError } from '../databaseError.js'
import { appliedExpression } from './applied.js'
import { type Read, readsExpression } from './closure.js'

const probe = 'tidemark_probe'
const again = 'tidemark_probe_again'

export interface Canonical {
  /** The query as PostgreSQL writes it back. */
  readonly text: string
  readonly output: readonly OutputColumn[]
  readonly faithful: boolean
  /** Relations it reads and the columns of each, by number; 0 alone when none is named. */
  readonly reads: readonly Read[]
  /** Functions not of PostgreSQL's own that it applies, by whatever name. */
  readonly applied: readonly FunctionFacts[]
}

/**
 * Lets PostgreSQL read a query, as a temporary view. To be called in a transaction that is rolled back, with the search
 * path that the query means; from here on, until `forgetProbe`, every name is written with its schema. `question`: one
 * of `probeQuestion`, or what `prepareProbe` has prepared.
 * @throws TidemarkError QUERY_INVALID with the position in the user's text.
 */
export async function canonicalise(database: Queryable, query: string, question: string): Promise<Canonical> {
  const { text, output, reads, applied } = await askProbe(database, query, question)
  const canonical = withoutSemicolon(text)
  return { text: canonical, output, reads, applied, faithful: await isFaithful(database, canonical) }
}

/** Undoes what `canonicalise` did, so that the next query can be read in the same transaction. */
export async function forgetProbe(database: Queryable): Promise<void> {
  await database.query(`ROLLBACK TO SAVEPOINT ${probe}; RELEASE SAVEPOINT ${probe}`)
}

/**
 * A query as PostgreSQL writes it back, every name with its schema. In a transaction, and with the search path, that the
 * caller chose; undone again.
 * @throws what PostgreSQL says of a query that it cannot read.
 */
export async function writtenBack(database: Queryable, query: string): Promise<string> {
  const text = await writeBack(database, query)
  await database.query(`ROLLBACK TO SAVEPOINT ${again}; RELEASE SAVEPOINT ${again}`)
  return text
}

/** Leaves the savepoint `again`, a temporary view made after it, and an empty search path. */
async function writeBack(database: Queryable, query: string): Promise<string> {
  const make = `SAVEPOINT ${again}; CREATE OR REPLACE TEMPORARY VIEW ${again} AS\n${query}\n; SET LOCAL search_path TO ''`
  const look = sql`SELECT pg_get_viewdef(${temporary(again)}) AS text`.text
  return withoutSemicolon((await lastRow<{ text: string }>(database, `${make}; ${look}`)).text)
}

function withoutSemicolon(text: string): string {
  return text.replace(/;\s*$/, '')
}

async function askProbe(database: Queryable, query: string, question: string): Promise<Omit<Canonical, 'faithful'>> {
  const head = sql`SAVEPOINT ${ident(probe)}; CREATE TEMPORARY VIEW ${ident(probe)} AS\n`.text
  try {
    return await lastRow(database, `${head}${query}\n; SET LOCAL search_path TO ''; ${question}`)
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

/** Our own text of the query must mean the same, or no variant of it can be trusted. */
async function isFaithful(database: Queryable, text: string): Promise<boolean> {
  let own: string
  try {
    own = toSql(parseSelect(text))
    // A text that cannot be parsed would end the transaction before there is a savepoint to return to.
    parseSelect(own)
  } catch {
    return false
  }
  const read = await readBack(database, own)
  if (read === undefined || read === text) return read === text
  // PostgreSQL does not write its own text back as it stands: `(ARRAY[0.5])::real[]` gets the type within the array.
  return read === (await readBack(database, text))
}

/** A query as PostgreSQL writes it back, when it can read it. */
async function readBack(database: Queryable, query: string): Promise<string | undefined> {
  try {
    return await writeBack(database, query)
  } catch {
    await database.query(sql`ROLLBACK TO SAVEPOINT ${ident(again)}`.text)
    return undefined
  }
}

/** The number of a temporary view. */
function temporary(name: string): Fragment {
  return sql`(SELECT c.oid FROM pg_class c WHERE c.relname = ${literal(name)} AND c.relnamespace = pg_my_temp_schema())`
}

/** One question for everything: with hundreds of views, each round trip counts. */
export const probeQuestion = `
WITH RECURSIVE probe AS (
  SELECT oid FROM ${temporary(probe).text} p
), columns AS (
  SELECT a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation
  FROM pg_attribute a JOIN probe ON probe.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped
), base AS (
  -- Composite types have the equality that their fields have.
  SELECT attnum, atttypid AS type, false AS composite FROM columns
  UNION
  SELECT b.attnum, inner_type.oid, b.composite OR t.typtype = 'c' FROM base b JOIN pg_type t ON t.oid = b.type CROSS JOIN LATERAL (
    SELECT t.typbasetype AS oid WHERE t.typtype = 'd'
    UNION ALL SELECT t.typelem WHERE t.typtype <> 'd' AND t.typcategory = 'A' AND t.typelem <> 0
    UNION ALL SELECT a.atttypid FROM pg_attribute a
      WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) inner_type
), types AS (
  SELECT b.attnum, b.composite, t.oid, t.typtype, t.typcategory FROM base b JOIN pg_type t ON t.oid = b.type
  WHERE t.typtype NOT IN ('d', 'c') AND NOT (t.typcategory = 'A' AND t.typelem <> 0)
), equality AS (
  SELECT t.attnum, bool_and(p.builtin IS NOT NULL) AS comparable,
    -- NULL as opposed to a row of NULLs is not told by IS NULL: nothing is looked up by such a column.
    bool_and(coalesce(p.builtin, false) AND NOT t.composite) AS builtin, bool_and(coalesce(p.image, false) AND NOT t.composite) AS image
  FROM types t LEFT JOIN LATERAL (
    SELECT o.oprnamespace = 'pg_catalog'::regnamespace AS builtin, EXISTS (SELECT FROM pg_amproc x
      WHERE x.amprocfamily = p.opcfamily AND x.amprocnum = 4 AND x.amproclefttype = p.opcintype AND x.amprocrighttype = p.opcintype
        AND x.amproc IN ('btequalimage'::regproc, 'btvarstrequalimage'::regproc)) AS image
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
    ORDER BY (p.opcintype = t.oid) DESC LIMIT 1) p ON true
  GROUP BY t.attnum
)
SELECT pg_get_viewdef(probe.oid) AS text, ${readsExpression('probe.oid')} AS reads,
  ${appliedExpression('ARRAY[probe.oid]')} AS applied,
  (SELECT coalesce(json_agg(json_build_object('name', c.attname, 'type', format_type(c.atttypid, c.atttypmod),
      'comparable', coalesce(e.comparable, false), 'builtinEquality', coalesce(e.builtin, false), 'image', coalesce(e.image, false),
      'nondeterministic', coalesce((SELECT NOT l.collisdeterministic FROM pg_collation l WHERE l.oid = c.attcollation), false)
    ) ORDER BY c.attnum), '[]')
    FROM columns c LEFT JOIN equality e USING (attnum)) AS output
FROM probe`

/**
 * Has the same asked by a function, until the transaction is rolled back: PostgreSQL takes longer to plan the question
 * than to answer it, and keeps the plan for a function. To be called before `canonicalise`.
 */
export async function prepareProbe(database: Queryable): Promise<string> {
  const name = sql`pg_temp.tidemark_ask`.text
  await database.query(`CREATE FUNCTION ${name}() RETURNS TABLE (text text, reads json, applied json, output json)
LANGUAGE plpgsql SET search_path TO '' AS $ask$ #variable_conflict use_column
BEGIN RETURN QUERY ${probeQuestion}; END $ask$`)
  return `SELECT * FROM ${name}()`
}

/** Whether a query reads whole rows (`to_jsonb(s.*)`), of which PostgreSQL notes no columns. */
export function readsWholeRows(tree: SelectStmt): boolean {
  let whole = false
  const aliases = new Set<string>()
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
