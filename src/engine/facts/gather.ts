import {
  type ColumnFacts,
  type FunctionFacts,
  type QueryFacts,
  type RelationFacts,
  relationKey,
} from '../../compiler/facts.js'
import { ident, join, sql, trusted } from '../../compiler/fragment.js'
import { type Node, names, walk } from '../../compiler/parse/ast.js'
import { parseSelect } from '../../compiler/parse/parse.js'
import { type Queryable, rows } from '../database.js'
import { canonicalise, forgetProbe, readDependenciesOf, readsWholeRows } from './canonical.js'
import { type PlainRelation, readRelations } from './relations.js'
import { type NamePlace, scanNames } from './tokens.js'

/** A maintained view that queries can read, as it will be once it is deployed. */
export interface MaintainedView {
  readonly schema: string
  readonly name: string
  readonly storage: string
  readonly log: string
  readonly columns: readonly ColumnFacts[]
  readonly key: readonly string[]
  /** Columns of each of its indexes, its key's among them. */
  readonly indexes: readonly (readonly string[])[]
  readonly rows: number
  readonly bytes: number
}

/** Answers which log a captured table has or will have. */
export type LogNames = (schema: string, name: string) => string

/**
 * All that the compiler needs to know of a query. To be called in a transaction that is rolled back: maintained views
 * that may not be there yet stand in it as temporary views.
 */
export async function gatherFacts(
  database: Queryable,
  query: string,
  maintained: readonly MaintainedView[],
  logs: LogNames,
): Promise<QueryFacts> {
  const stubs = await ensureStubs(database, maintained)
  const canonical = await canonicalise(database, await nameStubs(database, query, maintained))
  const plain = await readClosure(database, canonical.reads, stubs)
  await forgetProbe(database)
  const text = nameViews(canonical.text, maintained)
  const definitions = [text, ...plain.relations.flatMap((relation) => relation.definition ?? [])]
  const whole = definitions.some(readsWholeRows)
  const relations = new Map<string, RelationFacts>()
  for (const relation of plain.relations) {
    const { numbers: _, ...facts } = relation
    const read = whole ? 'all' : (plain.reads.get(relation.oid) ?? new Set<string>())
    const capture = { schema: facts.schema, name: facts.name, log: logs(facts.schema, facts.name) }
    relations.set(relationKey(facts.schema, facts.name), { ...facts, read, capture })
  }
  for (const [oid, view] of stubs) {
    if (!plain.reads.has(oid)) continue
    relations.set(relationKey(view.schema, view.name), maintainedFacts(oid, view, plain.reads.get(oid), whole))
  }
  for (const name of systemRelations(definitions, relations))
    relations.set(relationKey('pg_catalog', name), system(name))
  return {
    canonical: text,
    output: canonical.output,
    relations,
    functions: await readFunctions(database, definitions),
    faithful: canonical.faithful,
  }
}

/** Makes the stand-ins of maintained views, and returns those views by the number of their stand-in. */
async function ensureStubs(
  database: Queryable,
  maintained: readonly MaintainedView[],
): Promise<ReadonlyMap<number, MaintainedView>> {
  for (const [index, view] of maintained.entries()) {
    const columns = view.columns.map((column) => sql`NULL::${trusted(column.type)} AS ${ident(column.name)}`)
    await database.query(
      sql`CREATE OR REPLACE TEMPORARY VIEW ${ident('pg_temp', stubName(index))} AS SELECT ${join(columns)}`.text,
    )
  }
  const found = await rows<{ oid: number; name: string }>(
    database,
    `SELECT c.oid::bigint::double precision AS oid, c.relname AS name
     FROM pg_catalog.pg_class c WHERE c.relnamespace = pg_catalog.pg_my_temp_schema() AND c.relkind = 'v'`,
  )
  const byName = new Map(maintained.map((view, index) => [stubName(index), view]))
  return new Map(
    found.flatMap(({ oid, name }) => {
      const view = byName.get(name)
      return view === undefined ? [] : [[oid, view] as const]
    }),
  )
}

/** By its place in the list: temporary relations come before all others, so a view's own name could hide a table. */
function stubName(index: number): string {
  return `tidemark_stub_${index}`
}

/** The query with stand-ins for the maintained views that it names; the names stay as aliases. */
async function nameStubs(database: Queryable, query: string, maintained: readonly MaintainedView[]): Promise<string> {
  if (maintained.length === 0) return query
  const places = scanNames(query)
  const schemaOf = await resolveBareNames(database, places, maintained)
  let text = query
  for (const place of places.reverse()) {
    const schema = place.schema ?? schemaOf.get(place.name)
    const index = maintained.findIndex((view) => view.schema === schema && view.name === place.name)
    if (index < 0) continue
    const alias = place.aliased ? sql`` : sql` AS ${ident(place.name)}`
    text = `${text.slice(0, place.start)}pg_temp.${stubName(index)}${alias.text}${text.slice(place.end)}`
  }
  return text
}

/** The schema in which the search path finds each name that is written without one. */
async function resolveBareNames(
  database: Queryable,
  places: readonly NamePlace[],
  maintained: readonly MaintainedView[],
): Promise<ReadonlyMap<string, string>> {
  const names = places.flatMap((place) => (place.schema === undefined ? [place.name] : []))
  await database.query('SET LOCAL search_path TO DEFAULT')
  const found = await rows<{ name: string; schema: string }>(
    database,
    `SELECT DISTINCT ON (w.name) w.name, p.schema
     FROM pg_catalog.unnest($1::text[]) AS w(name)
     CROSS JOIN pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS p(schema, place)
     WHERE (p.schema, w.name) IN (
       SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       UNION ALL
       SELECT * FROM unnest($2::text[], $3::text[]))
     ORDER BY w.name, p.place`,
    [names, maintained.map((view) => view.schema), maintained.map((view) => view.name)],
  )
  return new Map(found.map(({ name, schema }) => [name, schema]))
}

/** Canonical text with the views themselves in place of their stand-ins. */
function nameViews(text: string, maintained: readonly MaintainedView[]): string {
  const byName = new Map(maintained.map((view, index) => [stubName(index), view]))
  let result = text
  for (const place of scanNames(text).reverse()) {
    const view = place.schema === undefined ? byName.get(place.name) : undefined
    if (view === undefined) continue
    result = `${result.slice(0, place.start)}${ident(view.schema, view.name).text}${result.slice(place.end)}`
  }
  return result
}

interface Closure {
  readonly relations: readonly PlainRelation[]
  /** By oid, the columns that are read. */
  readonly reads: ReadonlyMap<number, ReadonlySet<string>>
}

/** The relations that a query reads, ordinary views opened up. */
async function readClosure(
  database: Queryable,
  first: readonly { relation: number; column: number }[],
  stubs: ReadonlyMap<number, MaintainedView>,
): Promise<Closure> {
  const found = new Map<number, PlainRelation>()
  const reads = new Map<number, Set<string>>()
  let open = [...first]
  while (open.length > 0) {
    const oids = [...new Set(open.map((read) => read.relation))].filter((oid) => !stubs.has(oid) && !found.has(oid))
    const fresh = oids.length === 0 ? [] : await readRelations(database, oids)
    for (const relation of fresh) found.set(relation.oid, relation)
    for (const { relation, column } of open) {
      const columns = reads.get(relation) ?? new Set<string>()
      const name = found.get(relation)?.numbers.get(column) ?? stubs.get(relation)?.columns[column - 1]?.name
      if (name !== undefined) columns.add(name)
      reads.set(relation, columns)
    }
    const views = fresh.filter((relation) => relation.kind === 'view')
    open = (await Promise.all(views.map((view) => readDependenciesOf(database, view.oid)))).flat()
  }
  return { relations: [...found.values()], reads }
}

function maintainedFacts(
  oid: number,
  view: MaintainedView,
  read: ReadonlySet<string> | undefined,
  whole: boolean,
): RelationFacts {
  return {
    oid,
    schema: view.schema,
    name: view.name,
    kind: 'maintained',
    columns: view.columns,
    keys: [view.key],
    indexes: view.indexes.map((columns, index) => ({
      name: `index ${index}`,
      columns,
      unique: index === 0,
      partial: false,
      method: 'btree',
    })),
    rows: view.rows,
    bytes: view.bytes,
    read: whole ? 'all' : (read ?? new Set()),
    capture: { schema: 'tidemark_data', name: view.storage, log: view.log },
    hasChildren: false,
  }
}

/** System tables are named without a schema, and PostgreSQL notes no dependency on them. */
function systemRelations(texts: readonly string[], known: ReadonlyMap<string, RelationFacts>): Set<string> {
  const found = new Set<string>()
  for (const text of texts) {
    const ctes = new Set<string>()
    const tree = parseSelect(text)
    walk(tree, (kind, body) => {
      if (kind === 'CommonTableExpr') ctes.add(String(body.ctename))
      return undefined
    })
    walk(tree, (kind, body) => {
      const name = String(body.relname)
      if (kind === 'RangeVar' && !ctes.has(name) && !known.has(relationKey(String(body.schemaname), name)))
        found.add(name)
      return undefined
    })
  }
  return found
}

function system(name: string): RelationFacts {
  return {
    oid: -1,
    schema: 'pg_catalog',
    name,
    kind: 'system',
    columns: [],
    keys: [],
    indexes: [],
    rows: 0,
    bytes: 0,
    read: 'all',
    capture: { schema: 'pg_catalog', name, log: '' },
    hasChildren: false,
  }
}

async function readFunctions(
  database: Queryable,
  texts: readonly string[],
): Promise<ReadonlyMap<string, readonly FunctionFacts[]>> {
  const wanted = new Set<string>()
  for (const text of texts) {
    walk(parseSelect(text), (kind, body) => {
      if (kind === 'FuncCall') wanted.add(names(body.funcname as readonly Node[]).at(-1) ?? '')
      return undefined
    })
  }
  const found = await rows<FunctionFacts>(
    database,
    `SELECT n.nspname AS schema, p.proname AS name,
       CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS volatility,
       p.prokind = 'a' AS aggregate, p.proretset AS "returnsSet"
     FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.proname = ANY ($1)`,
    [[...wanted]],
  )
  const byName = new Map<string, FunctionFacts[]>()
  for (const facts of found) byName.set(facts.name, [...(byName.get(facts.name) ?? []), facts])
  return byName
}
