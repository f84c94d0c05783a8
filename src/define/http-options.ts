/** The option `http`: what a user writes. `docs/reference/configuration.md` describes it. */
import type { Duration } from './duration.js'

/**
 * What can be asked of the server. `read`: rows; `read-live`: rows computed for this request; `freshness`: how fresh views
 * are, and events; `inspect`: definitions, runs, lineage, statistics, alerts, errors in full; `refresh`; `operate`: pause,
 * resume, bypass, verify; `metrics`.
 */
export const httpActions = ['read', 'read-live', 'freshness', 'inspect', 'refresh', 'operate', 'metrics'] as const

export type HttpAction = (typeof httpActions)[number]

export interface TokenOptions {
  /** What logs call whoever shows it. */
  readonly name: string
  /** The token itself, at least 16 characters: this, or its hash. */
  readonly token?: string | undefined
  /** SHA-256 of the token, in hexadecimal: so that the configuration holds no secret. */
  readonly sha256?: string | undefined
  /** Default `['read', 'freshness']`; `'*'`: all. */
  readonly actions?: readonly HttpAction[] | '*' | undefined
  /** Names of the views that it is for. Default: all. */
  readonly views?: readonly string[] | undefined
}

export interface JwtOptions {
  /** The secret of HS256, HS384 or HS512, at least 32 bytes: this, or `jwksUrl`. */
  readonly secret?: string | undefined
  /** Where the issuer publishes its keys: for RS256, PS256, ES256, EdDSA and their like. */
  readonly jwksUrl?: string | undefined
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
  /** The claim that names the role; a dot leads into an object. Default `'role'`. */
  readonly roleClaim?: string | undefined
  /** Roles of PostgreSQL that a token may name: reads run under it, with its privileges and its row-level security. */
  readonly roles: readonly string[]
  /** The role of a token that names none. Default: such a token is refused. */
  readonly defaultRole?: string | undefined
  /** Default `['read', 'freshness']`. */
  readonly actions?: readonly HttpAction[] | undefined
}

/** What `authorize` may answer: yes, no, nothing (the other rules decide), or yes with a role and claims for the read. */
export type Authorization =
  | boolean
  | undefined
  | { readonly role?: string | undefined; readonly claims?: Readonly<Record<string, unknown>> | undefined }

export type Authorize = (
  request: Request,
  action: HttpAction,
  view: string | null,
) => Authorization | Promise<Authorization>

export interface AccessOptions {
  /** Actions that need no credentials, of any view. Default: none. */
  readonly open?: readonly HttpAction[] | undefined
  readonly tokens?: readonly TokenOptions[] | undefined
  readonly jwt?: JwtOptions | undefined
  /** Asked first, for each action. */
  readonly authorize?: Authorize | undefined
  /** The role under which public views are read without credentials. Default: the role of the connection. */
  readonly anonymousRole?: string | undefined
}

export interface CorsOptions {
  /** Origins whose pages may call, or `'*'`. */
  readonly origins: readonly string[] | '*'
  /** Let pages send cookies. Not with `'*'`. Default `false`. */
  readonly credentials?: boolean | undefined
  /** How long browsers remember. Default `'10m'`. */
  readonly maxAge?: Duration | undefined
}

export interface LimitOptions {
  /** The most rows that one answer has. Default 1000. */
  readonly maxRows?: number | undefined
  /** Bytes that the body of a request may have. Default 65536. */
  readonly maxBody?: number | undefined
  /** A statement that runs longer is cancelled. Default `'10s'`. */
  readonly statementTimeout?: Duration | undefined
  /** How long a request waits for a connection, before the answer is 503. Default `'1s'`. */
  readonly connectionWait?: Duration | undefined
  /** How many requests may wait for one. Default 100. */
  readonly maxWaiting?: number | undefined
  /** How long a request waits for an answer of `authorize`, before its own is 503. Default `'10s'`. */
  readonly authorizeTimeout?: Duration | undefined
  /** Clients that listen for events. Default 5000. */
  readonly maxEventClients?: number | undefined
  /** How long a request that joins a running refresh waits for it. Default `'1m'`. */
  readonly refreshWait?: Duration | undefined
}

export interface FreshOptions {
  /** Live reads of one view in a minute. Default 60. */
  readonly perMinute?: number | undefined
}

export interface HttpRedisOptions {
  /** `redis://` or `rediss://`. */
  readonly url: string
  /** What its keys begin with. Default `'tidemark:'`. */
  readonly prefix?: string | undefined
  /** When an answer is given up. Default `'50ms'`. */
  readonly timeout?: Duration | undefined
  /** Larger answers are not stored. Default 4 MiB. */
  readonly maxBytes?: number | undefined
}

export interface HttpCacheOptions {
  /** In this process: how much of it. Default 64 MiB; `false`: none. */
  readonly memory?: { readonly maxBytes?: number | undefined } | false | undefined
  /** Its URL, or how it is used. Default: none. */
  readonly redis?: string | HttpRedisOptions | undefined
}

/** What both `createHandler` and `tidemark serve` take. */
export interface ServingOptions {
  /** The path that everything stands below: `'/data'`. Default: none. */
  readonly basePath?: string | undefined
  readonly access?: AccessOptions | undefined
  /** Default `false`: pages of other origins cannot call. */
  readonly cors?: CorsOptions | false | undefined
  /**
   * Names that requests may call the server by, beside `localhost` and addresses: `'data.example.com'`, or with all below it
   * `'.example.com'`; `'*'`: any. Default: none where `tidemark serve` listens to its own machine alone, else any.
   */
  readonly hosts?: readonly string[] | '*' | undefined
  readonly limits?: LimitOptions | undefined
  /** Reads that are computed for the request (`?fresh=1`), of views that allow it. `false`: none. */
  readonly fresh?: FreshOptions | false | undefined
  /** Where answers to reads are kept until rows change. Default: in this process. `false`: nowhere. */
  readonly cache?: HttpCacheOptions | false | undefined
}

export interface HttpOptions extends ServingOptions {
  /** Default 8432; 0: any that is free. */
  readonly port?: number | undefined
  /** The address to listen on. Default `'127.0.0.1'`. */
  readonly host?: string | undefined
  /** Connections for requests, beside those of the worker. Default 10. */
  readonly connections?: number | undefined
  /** Serve the console. Default `true`. */
  readonly console?: boolean | undefined
}
