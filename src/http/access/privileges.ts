import { type Queryable, rows } from '../../engine/database.js'

const rememberedMs = 10_000

/** Which views a role may SELECT from, as PostgreSQL says; remembered for a little while. */
export class Privileges {
  readonly #known = new Map<string, { readonly readable: Promise<ReadonlySet<number>>; readonly at: number }>()

  constructor(private readonly database: Queryable) {}

  async mayRead(role: string, view: number): Promise<boolean> {
    const known = this.#known.get(role)
    if (known !== undefined && performance.now() - known.at < rememberedMs) return (await known.readable).has(view)
    const readable = this.#read(role)
    this.#known.set(role, { readable, at: performance.now() })
    readable.catch(() => this.#known.delete(role))
    return (await readable).has(view)
  }

  async #read(role: string): Promise<ReadonlySet<number>> {
    const found = await rows<{ id: number }>(
      this.database,
      `SELECT v.id FROM tidemark.view v
       WHERE has_table_privilege($1::name, to_regclass(format('%I.%I', v.schema_name, v.view_name))::oid, 'SELECT')`,
      [role],
    )
    return new Set(found.map(({ id }) => id))
  }
}
