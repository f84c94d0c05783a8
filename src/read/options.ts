import type { NormalisedView, WhenStale } from '../define/types.js'
import type { Database } from '../engine/database.js'
import type { CacheOptions } from './cache/caches.js'
import type { ReadQuery } from './query.js'

export type ConfiguredViews = readonly NormalisedView[] | (() => readonly NormalisedView[])

export interface ReaderOptions {
  /** A `pg` Pool, or what is shaped like one. */
  readonly database: Database
  /** Configured views, as `loadConfig` gives them, or what gives those of the moment: they can be computed live where they are not deployed. */
  readonly views?: ConfiguredViews
  /** Limit of a statement; `false`: none. Default 30 s. A Pool with this very `statement_timeout` saves round trips. */
  readonly statementTimeoutMs?: number | false
  /** Default: none. `true`: in this process alone. */
  readonly cache?: CacheOptions | boolean
}

/** Where rows came from: kept rows, the query computed for this read, or a cache. */
export type ReadSource = 'view' | 'live' | 'cache'

interface Freshness {
  /** The rows equal the view's query as of this time, and, where nothing is pending, later. null: nobody knows. */
  readonly asOf: Date | null
  /** By how much they can be older than now, at most; null: nobody knows. */
  readonly stalenessSeconds: number | null
  readonly source: ReadSource
}

export interface StalenessRules {
  /** In seconds; null: any age. Default: as the view's configuration says. */
  readonly maxStalenessSeconds?: number | null
  readonly whenStale?: WhenStale
}

export interface JsonRequest extends StalenessRules {
  readonly view: string
  readonly query: ReadQuery
  readonly count?: 'exact'
  /** Compute the query. */
  readonly live?: boolean
  /** `false`: without the view's default filter. Its guard holds always. */
  readonly defaults?: boolean
  /** Read as this role, under these claims. */
  readonly role?: string
  readonly claims?: object
  /** `stripped`: JSON without the keys whose value is null. */
  readonly format?: 'json' | 'stripped' | 'csv'
  readonly statementTimeoutMs?: number
  /** Gives up waiting. What was sent to the database goes on there, for at most its limit. */
  readonly signal?: AbortSignal
  /** A token of a write: the view has passed it before it is read. */
  readonly afterWrite?: string
  /** How long to wait for that. Default 5 s. */
  readonly afterWriteTimeoutMs?: number
}

export interface JsonAnswer extends Freshness {
  /** A JSON array of objects, or CSV with a head line, as PostgreSQL made it. */
  readonly body: string
  readonly rows: number
  /** How many rows there are without limit and offset, where they were counted. */
  readonly total: number | null
  /** Of kept rows: the same epoch means the same rows. null where the query was computed. */
  readonly epoch: string | null
}

export interface RecalledAnswer extends JsonAnswer {
  /** Stands for the body, for whoever remembers something of it: another one for each that was ever kept in this process. */
  readonly kept: number
}
