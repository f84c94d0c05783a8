/** The option `http`, checked, with every default filled in. */
import type { Authorize, HttpAction } from './http-options.js'

export interface TokenRule {
  readonly name: string
  /** SHA-256 of the token. */
  readonly hash: Uint8Array
  readonly actions: readonly HttpAction[]
  /** null: all. */
  readonly views: readonly string[] | null
}

export interface JwtRules {
  readonly key:
    | { readonly kind: 'secret'; readonly secret: Uint8Array }
    | { readonly kind: 'jwks'; readonly url: string }
  readonly issuer: string | null
  readonly audience: string | null
  readonly roleClaim: string
  readonly roles: readonly string[]
  readonly defaultRole: string | null
  readonly actions: readonly HttpAction[]
}

export interface AccessRules {
  readonly open: readonly HttpAction[]
  readonly tokens: readonly TokenRule[]
  readonly jwt: JwtRules | null
  readonly authorize: Authorize | null
  readonly anonymousRole: string | null
}

export interface CorsRules {
  readonly origins: readonly string[] | '*'
  readonly credentials: boolean
  readonly maxAgeSeconds: number
}

/** Names in lower case; one that begins with a dot stands for those below it as well. null: not said. */
export type HostRules = readonly string[] | '*' | null

export interface HttpLimits {
  readonly maxRows: number
  readonly maxBody: number
  readonly statementTimeoutMs: number
  readonly connectionWaitMs: number
  readonly authorizeTimeoutMs: number
  readonly maxWaiting: number
  readonly maxEventClients: number
  readonly refreshWaitMs: number
}

export interface FreshRules {
  readonly perMinute: number
}

export interface RedisRules {
  readonly url: string
  readonly prefix: string
  readonly timeoutMs: number
  readonly maxBytes: number
}

export interface CacheRules {
  readonly memory: { readonly maxBytes: number } | false
  readonly redis: RedisRules | null
}

export interface ServingSettings {
  /** Empty, or `/one/two`. */
  readonly basePath: string
  readonly access: AccessRules
  readonly cors: CorsRules | null
  readonly hosts: HostRules
  readonly limits: HttpLimits
  readonly fresh: FreshRules | null
  /** null: nothing is cached. */
  readonly cache: CacheRules | null
}

export interface HttpSettings extends ServingSettings {
  readonly port: number
  readonly host: string
  readonly connections: number
  readonly console: boolean
}
