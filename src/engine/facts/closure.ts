import { type Queryable, rows } from '../database.js'
import { type PlainRelation, readRelations } from './relations.js'
import type { MaintainedView } from './standIns.js'

/** A column of a relation that something reads, by their numbers. Column 0 alone stands for none by name. */
export interface Read {
  readonly relation: number
  readonly column: number
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
    let open = first
    while (open.length > 0) {
      const numbers = [...new Set(open.map((read) => read.relation))]
      const fresh = await this.#lookUp(
        database,
        numbers.filter((oid) => !standIns.has(oid) && !found.has(oid)),
      )
      for (const relation of fresh) found.set(relation.oid, relation)
      for (const { relation, column } of open) {
        const columns = reads.get(relation) ?? new Set<string>()
        const name = found.get(relation)?.numbers.get(column) ?? standIns.get(relation)?.columns[column - 1]?.name
        if (name !== undefined) columns.add(name)
        reads.set(relation, columns)
      }
      open = fresh.flatMap((relation) => this.#readsOf.get(relation.oid) ?? [])
    }
    return { relations: [...found.values()], reads }
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
