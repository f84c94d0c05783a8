import { isDeepStrictEqual } from 'node:util'
import { displayName, type QualifiedName } from '../define/names.js'
import { type Queryable, rows } from '../engine/database.js'
import { databaseError, serverError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import type { ConfiguredViews } from '../read/index.js'
import { notDeployed } from './problem.js'

/** A deployed view, as far as serving it goes. */
export interface ServedView {
  /** 0: it is not deployed, only configured. */
  readonly id: number
  /** As people write it: `view`, or `schema.view` outside of public. */
  readonly name: string
  /** Quoted, with its schema: means this view, whatever others there are. */
  readonly qualified: string
  readonly schema: string
  readonly viewName: string
  /** May be read without credentials. */
  readonly public: boolean
  /** May be computed for a request. */
  readonly live: boolean
}

/** After so long what is known is read again beside the request; after so much longer, before it. */
const agingMs = 5_000
const oldMs = 30_000
/** A name that is not known may be new: but not at every request. */
const againMs = 1_000

/** The views that are deployed. Known by heart, so that a request that is answered from a cache needs no database. */
export class ViewDirectory {
  #views: readonly ServedView[] | undefined
  #byName = new Map<string, ServedView>()
  #loadedAt = 0
  #loading: Promise<void> | undefined
  /** Moves when what is being read may be of before the change. */
  #turn = 0

  constructor(
    private readonly database: Queryable,
    /** What may be computed where it is not deployed. */
    private readonly configured: ConfiguredViews = [],
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** What changed must be read before the next request is answered. */
  invalidate(): void {
    this.#turn++
    this.#loading = undefined
    this.#loadedAt = Number.NEGATIVE_INFINITY
  }

  async all(): Promise<readonly ServedView[]> {
    await this.#ready()
    return this.#views ?? []
  }

  /** Finds a view as SQL does: by its quoted name, its name in public, its full name, or a bare one that is enough. */
  async find(name: string): Promise<ServedView | undefined> {
    await this.#ready()
    const known = this.#byName.get(name) ?? choose(this.#views ?? [], name)
    if (known === undefined && this.now() - this.#loadedAt > againMs) {
      await this.#load()
      return choose(this.#views ?? [], name)
    }
    return known
  }

  /** One that is known by its very name, and need not be read again before the request. */
  recent(name: string): ServedView | undefined {
    const age = this.now() - this.#loadedAt
    if (age > oldMs) return undefined
    if (age > agingMs) this.#load().catch(() => undefined)
    return this.#byName.get(name)
  }

  /** The same, and views that are only configured, where they may be computed for a request. */
  async findReadable(name: string): Promise<ServedView | undefined> {
    const configured = this.#findConfigured(name)
    if (configured === undefined) return this.find(name)
    const found = await this.find(name).catch((error: unknown) => {
      if (error instanceof TidemarkError && error.code === 'NOT_DEPLOYED') return undefined
      throw error
    })
    return found ?? configured
  }

  #findConfigured(name: string): ServedView | undefined {
    const views = typeof this.configured === 'function' ? this.configured() : this.configured
    const found = views.find((view) => view.read.live && (displayName(view) === name || fullName(view) === name))
    if (found === undefined) return undefined
    const { schema, name: viewName, read } = found
    return {
      id: 0,
      name: displayName(found),
      qualified: fullName(found),
      schema,
      viewName,
      public: read.public,
      live: read.live,
    }
  }

  async #ready(): Promise<void> {
    const age = this.now() - this.#loadedAt
    if (this.#views === undefined || age > oldMs) {
      // While the database is away, what is cached can still be read.
      await this.#load().catch((error: unknown) => {
        if (this.#views === undefined || databaseError(error).code !== 'DATABASE_UNREACHABLE') throw error
      })
    } else if (age > agingMs) {
      this.#load().catch(() => undefined)
    }
  }

  #load(): Promise<void> {
    if (this.#loading !== undefined) return this.#loading
    const loading = this.#read().finally(() => {
      if (this.#loading === loading) this.#loading = undefined
    })
    this.#loading = loading
    return loading
  }

  async #read(): Promise<void> {
    const began = this.now()
    const turn = this.#turn
    const before = new Map(this.#views?.map((view) => [view.qualified, view]))
    // The same object as long as it is the same: much is remembered by it.
    const views = (await readViews(this.database)).map((view) => {
      const known = before.get(view.qualified)
      return known !== undefined && isDeepStrictEqual(known, view) ? known : view
    })
    const isPast = turn !== this.#turn
    if (isPast && this.#views !== undefined) return
    this.#views = views
    // A quoted name comes before one in public that is written the same.
    this.#byName = new Map(views.filter(({ schema }) => schema === 'public').map((view) => [view.viewName, view]))
    for (const view of views) this.#byName.set(view.qualified, view)
    if (!isPast) this.#loadedAt = began
  }
}

function fullName({ schema, name }: QualifiedName): string {
  return `${schema}.${name}`
}

function choose(views: readonly ServedView[], name: string): ServedView | undefined {
  const full = views.filter(({ schema, viewName }) => `${schema}.${viewName}` === name)
  const found = full.length > 0 ? full : views.filter(({ viewName }) => viewName === name)
  return found.length === 1 ? found[0] : undefined
}

async function readViews(database: Queryable): Promise<ServedView[]> {
  try {
    return await rows<ServedView>(
      database,
      `SELECT v.id, tidemark.shown_name(v.schema_name, v.view_name) AS name,
         format('%I.%I', v.schema_name, v.view_name) AS qualified, v.schema_name AS schema, v.view_name AS "viewName",
         v.settings #>> '{read,public}' IS NOT DISTINCT FROM 'true' AS public,
         v.settings #>> '{read,live}' IS NOT DISTINCT FROM 'true' AS live
       FROM tidemark.view v WHERE v.replaces IS NULL AND NOT v.hidden ORDER BY 2`,
    )
  } catch (error) {
    const { code } = serverError(error)
    if (code !== '42P01' && code !== '3F000') throw error
    throw notDeployed()
  }
}
