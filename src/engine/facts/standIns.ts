import type { ColumnFacts } from '../../compiler/facts.js'
import { ident, join, sql, trusted } from '../../compiler/fragment.js'
import { one, type Queryable, rows } from '../database.js'
import { type NamePlace, scanNames } from './tokens.js'

/** A maintained view that queries can read, as it will be once it is deployed. */
export interface MaintainedView {
  /** Kept as a materialized view of PostgreSQL's own. */
  readonly native: boolean
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
  /** Where readers do not simply see the kept rows: what they see, and the query that gives it. */
  readonly reading: { readonly columns: readonly string[]; readonly definition: string } | undefined
}

/**
 * Temporary views in the place of maintained views that may not be there yet. Each is made once, for the first query
 * that reads it; most are never needed.
 */
export class StandIns {
  readonly #views: MaintainedView[] = []
  readonly #byName = new Map<string, Map<string, number>>()
  readonly #byNumber = new Map<number, MaintainedView>()
  readonly #made = new Set<number>()

  add(view: MaintainedView): void {
    const bySchema = this.#byName.get(view.name) ?? new Map<string, number>()
    bySchema.set(view.schema, this.#views.length)
    this.#byName.set(view.name, bySchema)
    this.#views.push(view)
  }

  /** What was made from here on is forgotten when the returned function is called: the database has undone it. */
  mark(): () => void {
    const [made, numbers] = [new Set(this.#made), new Set(this.#byNumber.keys())]
    return () => {
      for (const index of this.#made) if (!made.has(index)) this.#made.delete(index)
      for (const number of this.#byNumber.keys()) if (!numbers.has(number)) this.#byNumber.delete(number)
    }
  }

  /** Those that were made, by the number of the stand-in. */
  get byNumber(): ReadonlyMap<number, MaintainedView> {
    return this.#byNumber
  }

  /** The query with stand-ins for the maintained views that it names; the names stay as aliases. */
  async putInto(database: Queryable, query: string): Promise<string> {
    const places = scanNames(query).filter(({ name }) => this.#byName.has(name))
    const schemaOf = await this.#resolveBareNames(database, places)
    let text = query
    for (const place of places.reverse()) {
      const schema = place.schema ?? schemaOf.get(place.name)
      const index = schema === undefined ? undefined : this.#byName.get(place.name)?.get(schema)
      if (index === undefined) continue
      await this.#make(database, index)
      const alias = place.aliased ? sql`` : sql` AS ${ident(place.name)}`
      text = `${text.slice(0, place.start)}pg_temp.${standInName(index)}${alias.text}${text.slice(place.end)}`
    }
    return text
  }

  /** Canonical text with the views themselves in place of their stand-ins. */
  takeOutOf(text: string): string {
    if (this.#made.size === 0) return text
    const byName = new Map([...this.#made].map((index) => [standInName(index), this.#views[index]]))
    let result = text
    for (const place of scanNames(text).reverse()) {
      const view = place.schema === undefined ? byName.get(place.name) : undefined
      if (view === undefined) continue
      result = `${result.slice(0, place.start)}${ident(view.schema, view.name).text}${result.slice(place.end)}`
    }
    return result
  }

  async #make(database: Queryable, index: number): Promise<void> {
    const view = this.#views[index]
    if (view === undefined || this.#made.has(index)) return
    this.#made.add(index)
    const shown = view.columns.filter(({ name }) => view.reading?.columns.includes(name) ?? true)
    const columns = shown.map((column) => sql`NULL::${trusted(column.type)} AS ${ident(column.name)}`)
    await database.query(
      sql`CREATE TEMPORARY VIEW ${ident('pg_temp', standInName(index))} AS SELECT ${join(columns)}`.text,
    )
    const { oid } = await one<{ oid: number }>(
      database,
      `SELECT c.oid::bigint::double precision AS oid
       FROM pg_catalog.pg_class c WHERE c.relnamespace = pg_catalog.pg_my_temp_schema() AND c.relname = $1`,
      [standInName(index)],
    )
    this.#byNumber.set(oid, view)
  }

  /** The schema in which the search path finds each name that is written without one. */
  async #resolveBareNames(database: Queryable, places: readonly NamePlace[]): Promise<ReadonlyMap<string, string>> {
    const names = [...new Set(places.flatMap((place) => (place.schema === undefined ? [place.name] : [])))]
    if (names.length === 0) return new Map()
    const known = names.flatMap((name) => [...(this.#byName.get(name)?.keys() ?? [])].map((schema) => [schema, name]))
    const found = await rows<{ name: string; schema: string }>(
      database,
      `SELECT DISTINCT ON (w.name) w.name, p.schema
       FROM pg_catalog.unnest($1::text[]) AS w(name)
       CROSS JOIN pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS p(schema, place)
       WHERE (p.schema, w.name) IN (
         SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relname = ANY ($1)
         UNION ALL
         SELECT * FROM unnest($2::text[], $3::text[]))
       ORDER BY w.name, p.place`,
      [names, known.map(([schema]) => schema), known.map(([, name]) => name)],
    )
    return new Map(found.map(({ name, schema }) => [name, schema]))
  }
}

/** By its place in the list: temporary relations come before all others, so a view's own name could hide a table. */
function standInName(index: number): string {
  return `tidemark_stub_${index}`
}
