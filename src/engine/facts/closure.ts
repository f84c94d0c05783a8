import { type Queryable, rows } from '../database.js'
import { type PlainRelation, readRelations } from './relations.js'
import type { MaintainedView } from './standIns.js'

/** A column of a relation that something reads, by their numbers. Column 0 alone stands for none by name. */
export interface Read {
  readonly relation: number
  readonly column: number
}

interface ReadThrough extends Read {
  /** The ordinary view that reads it; undefined for the query itself. */
  readonly view: PlainRelation | undefined
}

export interface Closure {
  readonly relations: readonly PlainRelation[]
  /** By oid, the columns that are read. */
  readonly reads: ReadonlyMap<number, ReadonlySet<string>>
}

/** Finds out what queries read, ordinary views opened up. What it has looked up once it does not ask for again. */
export class ClosureReader {
  readonly #relations = new Map<number, PlainRelation>()
  readonly #readsOf = new Map<number, readonly Read[]>()

  /** The text of ordinary views depends on the time zone. */
  forget(): void {
    this.#relations.clear()
    this.#readsOf.clear()
  }

  async read(
    database: Queryable,
    first: readonly Read[],
    standIns: ReadonlyMap<number, MaintainedView>,
  ): Promise<Closure> {
    const found = new Map<number, PlainRelation>()
    const reads = new Map<number, Set<string>>()
    const readers = new Map<number, Set<PlainRelation>>()
    let open: readonly ReadThrough[] = first.map((read) => ({ ...read, view: undefined }))
    while (open.length > 0) {
      const numbers = [...new Set(open.map((read) => read.relation))]
      const fresh = await this.#lookUp(
        database,
        numbers.filter((oid) => !standIns.has(oid) && !found.has(oid)),
      )
      for (const relation of fresh) found.set(relation.oid, relation)
      for (const { relation, column, view } of open) {
        if (view !== undefined) readers.set(relation, (readers.get(relation) ?? new Set()).add(view))
        const columns = reads.get(relation) ?? new Set<string>()
        const name = found.get(relation)?.numbers.get(column) ?? standIns.get(relation)?.columns[column - 1]?.name
        if (name !== undefined) columns.add(name)
        reads.set(relation, columns)
      }
      open = fresh.flatMap((view) => (this.#readsOf.get(view.oid) ?? []).map((read) => ({ ...read, view })))
    }
    return { relations: await throughViews(database, [...found.values()], readers), reads }
  }

  async #lookUp(database: Queryable, oids: readonly number[]): Promise<PlainRelation[]> {
    const unknown = oids.filter((oid) => !this.#relations.has(oid))
    const fresh = unknown.length === 0 ? [] : await readRelations(database, unknown)
    for (const relation of fresh) this.#relations.set(relation.oid, relation)
    const views = fresh.flatMap(({ kind, oid }) => (kind === 'view' ? [oid] : []))
    for (const view of views) this.#readsOf.set(view, await readsOf(database, view))
    return oids.flatMap((oid) => this.#relations.get(oid) ?? [])
  }
}

/**
 * The relations, with row-level security as it applies to whom their rows are shown: to the owner of an ordinary view,
 * too, which reads its tables as that role.
 */
async function throughViews(
  database: Queryable,
  relations: readonly PlainRelation[],
  readers: ReadonlyMap<number, ReadonlySet<PlainRelation>>,
): Promise<PlainRelation[]> {
  const asked = relations.flatMap(({ oid, rowSecurity }) =>
    [...(rowSecurity === undefined ? [] : (readers.get(oid) ?? []))].flatMap((view) =>
      view.readsAs === undefined ? [] : [{ oid, view, owner: view.readsAs }],
    ),
  )
  const known = relations.map((relation) => {
    const views = readers.get(relation.oid)
    return views === undefined
      ? relation
      : { ...relation, through: [...views].map(({ oid }) => oid).sort((left, right) => left - right) }
  })
  if (asked.length === 0) return known
  const applying = await rows<{ oid: number; owner: number; role: string }>(
    database,
    `SELECT c.oid::bigint::double precision AS oid, r.oid::bigint::double precision AS owner, r.rolname AS role
     FROM unnest($1::oid[], $2::oid[]) AS w (relation, owner) JOIN pg_class c ON c.oid = w.relation JOIN pg_roles r ON r.oid = w.owner
     WHERE c.relrowsecurity AND NOT r.rolsuper AND NOT r.rolbypassrls
       AND (c.relforcerowsecurity OR NOT pg_has_role(r.oid, c.relowner, 'USAGE'))`,
    [asked.map(({ oid }) => oid), asked.map(({ owner }) => owner)],
  )
  return known.map((relation) => {
    const found = applying.find(({ oid }) => oid === relation.oid)
    if (found === undefined) return relation
    const through = asked.find(({ oid, owner }) => oid === found.oid && owner === found.owner)?.view
    const name = `${through?.schema}.${through?.name}`
    return { ...relation, rowSecurity: { applies: true, role: found.role, through: name } }
  })
}

/** An expression: as JSON, what the view of this number reads. */
export function readsExpression(view: string): string {
  return `(SELECT coalesce(json_agg(d), '[]') FROM (
    SELECT DISTINCT d.refobjid::bigint AS relation, d.refobjsubid AS column
    FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE d.refclassid = 'pg_class'::regclass AND r.ev_class = ${view} AND d.refobjid <> r.ev_class ORDER BY 1, 2) d)`
}

async function readsOf(database: Queryable, view: number): Promise<readonly Read[]> {
  const [found] = await rows<{ reads: Read[] }>(database, `SELECT ${readsExpression('$1::oid')} AS reads`, [view])
  return found?.reads ?? []
}
