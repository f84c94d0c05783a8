/** What the rest of Tidemark works with: everything a user wrote, checked, with every default filled in. */
import type { Alert } from '../protocol/alert.js'
import type { CronSchedule } from './cron.js'
import type { HttpSettings } from './http-types.js'
import type { QualifiedName } from './names.js'
import type { IndexMethod, StorageKind } from './options.js'

export type Schedule =
  | ({ readonly kind: 'cron' } & CronSchedule)
  | { readonly kind: 'interval'; readonly everyMs: number }

export interface OnChange {
  readonly debounceMs: number
  readonly maxWaitMs: number
}

export interface RetryPolicy {
  readonly initialDelayMs: number
  readonly maxDelayMs: number
  /** Failures in a row; null: never. */
  readonly quarantineAfter: number | null
}

/** Which alerts a view raises; null: none of that kind. */
export interface AlertRules {
  readonly slowerThanMs: number | null
  readonly stalerThanMs: number | null
  readonly onFailure: boolean
  readonly onQuarantine: boolean
  readonly onRecovery: boolean
}

/** What a reader does with rows that are older than they may be. */
export type WhenStale = 'serve' | 'live' | 'error'

/** How a view is read by `createReader` and over HTTP. Who reads it by SQL is not concerned. */
export interface ReadSettings {
  readonly public: boolean
  /** SQL condition on the view's columns that always holds for what is read. */
  readonly guard: string | null
  /** The same, unless a read asks for all rows. */
  readonly filter: string | null
  readonly maxStalenessMs: number | null
  readonly whenStale: WhenStale
  /** null: not cached. */
  readonly cacheForMs: number | null
  /** Whether that was said, and not left to its default. */
  readonly cacheChosen: boolean
  /** Whether a request over HTTP may have the query computed. */
  readonly live: boolean
}

/** When a view is refreshed, and how it is read. Plain JSON: it is kept in the catalog, so that the database knows what is due. */
export interface ViewSettings {
  readonly freshnessMs: number | null
  readonly schedule: Schedule | null
  readonly onChange: OnChange | null
  readonly reconcile: CronSchedule | null
  readonly maxRunMs: number
  readonly retry: RetryPolicy
  readonly alerts: AlertRules
  readonly read: ReadSettings
}

export interface IndexDefinition {
  /** null: PostgreSQL chooses. */
  readonly name: string | null
  readonly columns: readonly string[]
  readonly unique: boolean
  readonly where: string | null
  readonly method: IndexMethod
}

/** Where the first character of a text stands. */
export interface TextOrigin {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface NormalisedView extends QualifiedName, ViewSettings {
  /** SQL text, as written: positions in it are positions in the user's file. */
  readonly query: string
  /** Absolute path of the file the query came from. */
  readonly queryFile?: string
  /** Where it begins, when it stands word for word in the configuration file. */
  readonly writtenAt?: TextOrigin
  /** The same of the conditions under which it is read. */
  readonly conditionsAt?: { readonly guard?: TextOrigin; readonly filter?: TextOrigin }
  /** Absent: to be found. Empty: there is one row. */
  readonly key?: readonly string[]
  readonly indexes: readonly IndexDefinition[]
  readonly storage: StorageKind
  readonly timeZone: string
  readonly dependsOn: readonly QualifiedName[]
  readonly description: string | null
}

export interface WorkerSettings {
  readonly concurrency: number
  readonly pollIntervalMs: number
  readonly listen: boolean
  readonly shutdownTimeoutMs: number
  readonly name: string | null
}

export interface Webhook {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

export interface AlertChannels {
  readonly log: boolean
  readonly webhooks: readonly Webhook[]
  readonly onAlert: ((alert: Alert) => unknown) | null
}

/** The configuration apart from its views. */
export interface NormalisedConfig {
  readonly database: string | null
  readonly worker: WorkerSettings
  readonly alerts: AlertChannels
  readonly http: HttpSettings
  readonly timeZone: string
}
