/**
 * What a user writes. `docs/reference/configuration.md` describes each option with its default; a test keeps the
 * schema, these types and that page in step. Options may be given as `undefined`, which is the same as leaving them out.
 */
import type { Alert } from '../protocol/alert.js'
import type { Duration } from './duration.js'
import type { HttpOptions } from './http-options.js'

export type StorageKind = 'table' | 'matview'

export type IndexMethod = 'btree' | 'hash' | 'gin' | 'gist' | 'spgist' | 'brin'

/** A cron expression, read by the clock of the view's time zone, or of the zone that is given. */
export type CronOptions = string | { readonly cron: string; readonly timeZone?: string | undefined }

export type ScheduleOptions = CronOptions | { readonly every: Duration }

export interface OnChangeOptions {
  /** Refresh once no change has come for this long. Default `'200ms'`. */
  readonly debounce?: Duration | undefined
  /** Refresh at the latest this long after the first change. Default: ten times `debounce`. */
  readonly maxWait?: Duration | undefined
}

export interface IndexOptions {
  /** Columns of the view, in order. */
  readonly columns: readonly string[]
  readonly unique?: boolean | undefined
  /** SQL condition of a partial index. */
  readonly where?: string | undefined
  /** Default `'btree'`. */
  readonly method?: IndexMethod | undefined
  /** Default: chosen by PostgreSQL. */
  readonly name?: string | undefined
}

export interface RetryOptions {
  /** Wait after the first failure; doubled, with jitter, after each further one. Default `'1s'`. */
  readonly initialDelay?: Duration | undefined
  /** The longest wait between two tries. Default `'5m'`. */
  readonly maxDelay?: Duration | undefined
  /** After so many failures in a row, try only once an hour, or when a refresh is asked for; `false`: never. Default 10. */
  readonly quarantineAfter?: number | false | undefined
}

export interface AlertRuleOptions {
  /** A refresh that took longer. Default `false`: none. */
  readonly slowerThan?: Duration | false | undefined
  /** Contents older than this. Default: ten times `freshness`, at least a minute; none without a freshness target. */
  readonly stalerThan?: Duration | false | undefined
  /** A failed refresh, and drift that a reconcile found. Default `true`. */
  readonly onFailure?: boolean | undefined
  /** Refreshing was given up but for one try an hour. Default `true`. */
  readonly onQuarantine?: boolean | undefined
  /** The first success after a failure, and the end of staleness. Default `true`. */
  readonly onRecovery?: boolean | undefined
}

export interface ReadOptions {
  /** Over HTTP, anybody may read it. Default `false`. */
  readonly public?: boolean | undefined
  /** SQL condition on the view's columns that always holds for what is read, `'samples >= 5'` say. Default: none. */
  readonly guard?: string | undefined
  /** The same, unless a read asks for all rows. Default: none. */
  readonly filter?: string | undefined
  /** How old the rows may be that are read. Default `false`: any age. */
  readonly maxStaleness?: Duration | false | undefined
  /** What to do with older ones: serve them, compute the query live, or raise an error. Default `'serve'`. */
  readonly whenStale?: 'serve' | 'live' | 'error' | undefined
  /** How long what was read may be cached, where there is a cache; `false`: not at all. Default `'5m'`. */
  readonly cacheFor?: Duration | false | undefined
  /** Over HTTP, `?fresh=1` may have the query computed. Default `false`. */
  readonly live?: boolean | undefined
}

/** What views can share: under `defaults` it holds for every view that does not say otherwise. */
export interface SharedViewOptions {
  /** Schema of the view. Default `'public'`. */
  readonly schema?: string | undefined
  /** How old the view's contents may be; `false`: no target. Default `'5s'` where no other timing is given. */
  readonly freshness?: Duration | false | undefined
  /** Refresh at fixed times or intervals. */
  readonly schedule?: ScheduleOptions | undefined
  /** Refresh when a base table changed. */
  readonly onChange?: OnChangeOptions | undefined
  /** When to recompute everything and compare; `false`: never. Default 02:00 UTC every day. */
  readonly reconcile?: CronOptions | false | undefined
  /** A maintained table behind a view (default), or a native materialized view. */
  readonly storage?: StorageKind | undefined
  /** `false`: no alerts. */
  readonly alerts?: AlertRuleOptions | false | undefined
  /** A refresh that runs longer is cancelled and counts as failed. Default `'10m'`. */
  readonly maxRunTime?: Duration | undefined
  readonly retry?: RetryOptions | undefined
  /** How the view is read by `createReader` and over HTTP. */
  readonly read?: ReadOptions | undefined
}

export interface ViewOptions extends SharedViewOptions {
  /** The SELECT itself, or the path of a `.sql` file, relative to the configuration file. */
  readonly query: string
  /** Columns that tell the rows apart; `[]`: there is one row. Found from the query when left out. */
  readonly key?: readonly string[] | undefined
  /** Further indexes: lists of columns, or objects. */
  readonly indexes?: readonly (readonly string[] | IndexOptions)[] | undefined
  /** IANA time zone that the query is computed under. Default: the configuration's, or `'UTC'`. */
  readonly timeZone?: string | undefined
  /** Names of views it reads in a way that cannot be found, within a function, say. */
  readonly dependsOn?: readonly string[] | undefined
  /** Becomes the COMMENT of the view. */
  readonly description?: string | undefined
}

/** A view as `view()` returns it: nothing is checked yet. */
export interface ViewDefinition extends ViewOptions {
  readonly name: string
}

export interface WorkerOptions {
  /** Refreshes at a time, and so connections used. Default 4. */
  readonly concurrency?: number | undefined
  /** The longest the worker sleeps without looking for changes by itself. Default `'5s'`. */
  readonly pollInterval?: Duration | undefined
  /** Use LISTEN for wake-ups. Set to `false` behind a transaction pooler. Default `true`. */
  readonly listen?: boolean | undefined
  /** How long a stopping worker waits for refreshes in flight before it cancels them. Default `'30s'`. */
  readonly shutdownTimeout?: Duration | undefined
  /** What run history calls this worker. Default: host name and process id. */
  readonly name?: string | undefined
}

export interface WebhookOptions {
  /** http or https. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Default `'10s'`. */
  readonly timeout?: Duration | undefined
}

export interface AlertChannelOptions {
  /** Write alerts to the log. Default `true`. */
  readonly log?: boolean | undefined
  /** Where alerts are posted as JSON. */
  readonly webhook?: string | WebhookOptions | readonly (string | WebhookOptions)[] | undefined
  /** Called with each alert; what it throws is logged. */
  readonly onAlert?: ((alert: Alert) => unknown) | undefined
}

export interface ConfigOptions {
  /** Connection URL. The command line's `--database` comes before it; environment variables after it. */
  readonly database?: string | undefined
  readonly views: readonly ViewDefinition[]
  readonly defaults?: SharedViewOptions | undefined
  readonly worker?: WorkerOptions | undefined
  readonly alerts?: AlertChannelOptions | undefined
  /** What `tidemark serve` serves, and to whom. */
  readonly http?: HttpOptions | undefined
  /** IANA time zone of views that name none. Default `'UTC'`. */
  readonly timeZone?: string | undefined
}
