import { createHash } from 'node:crypto'
import { z } from 'zod'
import { longestTimerMs } from '../duration.js'
import { type Authorize, httpActions } from '../http-options.js'
import type {
  AccessRules,
  CacheRules,
  CorsRules,
  FreshRules,
  HttpLimits,
  JwtRules,
  RedisRules,
  TokenRule,
} from '../http-types.js'
import { byKind, field, strict } from './combinators.js'
import { duration, hostName, identifier, off, redisUrl, webAddress } from './fields.js'
import { show } from './wording.js'

const actions = z.array(z.enum(httpActions)).readonly()

const ordinary = ['read', 'freshness'] as const

export const tokenShape = {
  name: z.string().min(1).max(100),
  token: secretText(16, 'characters').optional(),
  sha256: field<string, string>((value, fail) => {
    if (typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value)) return value.toLowerCase()
    fail('is not a SHA-256 in hexadecimal: 64 digits')
    return undefined
  }).optional(),
  actions: byKind("a list of actions, or '*'", {
    array: actions,
    string: z.literal('*').transform(() => [...httpActions]),
  }).optional(),
  views: z.array(z.string().min(1)).readonly().optional(),
}

const token = strict(tokenShape).transform(
  ({ name, token: text, sha256, actions: allowed, views }, context): TokenRule => {
    if ((text === undefined) === (sha256 === undefined)) {
      context.addIssue({ code: 'custom', message: 'needs either `token` or `sha256`' })
    }
    const hash =
      sha256 === undefined
        ? createHash('sha256')
            .update(text ?? '')
            .digest()
        : Buffer.from(sha256, 'hex')
    return { name, hash, actions: allowed ?? ordinary, views: views ?? null }
  },
)

export const jwtShape = {
  secret: secretText(32, 'bytes').optional(),
  jwksUrl: webAddress.optional(),
  issuer: z.string().min(1).optional(),
  audience: z.string().min(1).optional(),
  roleClaim: z.string().min(1).optional(),
  roles: z.array(identifier).min(1).readonly(),
  defaultRole: identifier.optional(),
  actions: actions.optional(),
}

const jwt = strict(jwtShape).transform((options, context): JwtRules => {
  const { secret, jwksUrl, defaultRole, roles } = options
  if ((secret === undefined) === (jwksUrl === undefined)) {
    context.addIssue({ code: 'custom', message: 'needs either `secret` or `jwksUrl`' })
  }
  if (defaultRole !== undefined && !roles.includes(defaultRole)) {
    context.addIssue({ code: 'custom', path: ['defaultRole'], message: 'is not one of `roles`' })
  }
  return {
    key:
      jwksUrl === undefined
        ? { kind: 'secret', secret: new TextEncoder().encode(secret ?? '') }
        : { kind: 'jwks', url: jwksUrl },
    issuer: options.issuer ?? null,
    audience: options.audience ?? null,
    roleClaim: options.roleClaim ?? 'role',
    roles,
    defaultRole: defaultRole ?? null,
    actions: options.actions ?? ordinary,
  }
})

const authorize: z.ZodType<Authorize, Authorize> = field((value, fail) => {
  if (typeof value === 'function') return value as Authorize
  fail(`expected a function, got ${show(value)}`)
  return undefined
})

export const accessShape = {
  open: actions.optional(),
  tokens: z.array(token).readonly().optional(),
  jwt: jwt.optional(),
  authorize: authorize.optional(),
  anonymousRole: identifier.optional(),
}

const access = strict(accessShape).transform(
  (options): AccessRules => ({
    open: options.open ?? [],
    tokens: options.tokens ?? [],
    jwt: options.jwt ?? null,
    authorize: options.authorize ?? null,
    anonymousRole: options.anonymousRole ?? null,
  }),
)

const origin: z.ZodType<string, string> = field((value, fail) => {
  if (typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value) return value
  fail(`${show(value)} is not an origin, such as 'https://app.example.com'`)
  return undefined
})

export const corsShape = {
  origins: byKind("a list of origins, or '*'", {
    array: z.array(origin).min(1).readonly(),
    string: z.literal('*'),
  }),
  credentials: z.boolean().optional(),
  maxAge: duration(0).optional(),
}

const cors = strict(corsShape).transform(({ origins, credentials = false, maxAge = 600_000 }, context): CorsRules => {
  if (origins === '*' && credentials) {
    context.addIssue({ code: 'custom', path: ['credentials'], message: "needs the origins by name, not '*'" })
  }
  return { origins, credentials, maxAgeSeconds: Math.floor(maxAge / 1000) }
})

/** What a timer ends: of this process, or of PostgreSQL. */
const timed = duration(1, longestTimerMs).optional()

export const limitShape = {
  maxRows: z.int().min(1).max(1_000_000).optional(),
  maxBody: z.int().min(0).max(10_000_000).optional(),
  statementTimeout: timed,
  connectionWait: timed,
  maxWaiting: z.int().min(0).max(100_000).optional(),
  authorizeTimeout: timed,
  maxEventClients: z.int().min(0).max(1_000_000).optional(),
  refreshWait: duration(0).optional(),
}

const limits = strict(limitShape).transform(limitsOf)

export function limitsOf(options: z.output<ReturnType<typeof strict<typeof limitShape>>>): HttpLimits {
  return {
    maxRows: options.maxRows ?? 1_000,
    maxBody: options.maxBody ?? 65_536,
    statementTimeoutMs: options.statementTimeout ?? 10_000,
    connectionWaitMs: options.connectionWait ?? 1_000,
    authorizeTimeoutMs: options.authorizeTimeout ?? 10_000,
    maxWaiting: options.maxWaiting ?? 100,
    maxEventClients: options.maxEventClients ?? 5_000,
    refreshWaitMs: options.refreshWait ?? 60_000,
  }
}

export const freshShape = { perMinute: z.int().min(1).max(1_000_000).optional() }

const fresh = strict(freshShape).transform(({ perMinute = 60 }): FreshRules => ({ perMinute }))

export const redisShape = {
  url: redisUrl,
  prefix: z.string().max(200).optional(),
  timeout: duration(1).optional(),
  maxBytes: z.int().min(0).max(500_000_000).optional(),
}

const redisObject = strict(redisShape).transform(redisOf)

export function redisOf(options: z.output<ReturnType<typeof strict<typeof redisShape>>>): RedisRules {
  return {
    url: options.url,
    prefix: options.prefix ?? 'tidemark:',
    timeoutMs: options.timeout ?? 50,
    maxBytes: options.maxBytes ?? 4 * 1024 * 1024,
  }
}

const redis = byKind('a URL, or { url }', {
  string: redisUrl.transform((url): RedisRules => redisOf({ url })),
  object: redisObject,
})

export const memoryShape = { maxBytes: z.int().min(0).max(100_000_000_000).optional() }

const none: z.ZodType<false, false> = off.transform((): false => false)

export const cacheShape = {
  memory: byKind('an object, or false', { object: strict(memoryShape), boolean: none }).optional(),
  redis: redis.optional(),
}

const cache = strict(cacheShape).transform(cacheOf)

export function cacheOf({ memory, redis }: z.output<ReturnType<typeof strict<typeof cacheShape>>>): CacheRules {
  return {
    memory: memory === false ? false : { maxBytes: memory?.maxBytes ?? 64 * 1024 * 1024 },
    redis: redis ?? null,
  }
}

const basePath: z.ZodType<string, string> = field((value, fail) => {
  if (value === '/' || value === '') return ''
  if (typeof value === 'string' && /^(\/[A-Za-z0-9._~-]+)+\/?$/.test(value)) return value.replace(/\/$/, '')
  fail(`${show(value)} is not a path such as '/data'`)
  return undefined
})

export const servingShape = {
  basePath: basePath.optional(),
  access: access.optional(),
  cors: byKind('an object, or false', { object: cors, boolean: off }).optional(),
  hosts: byKind("a list of names, or '*'", {
    array: z.array(hostName).readonly(),
    string: z.literal('*'),
  }).optional(),
  limits: limits.optional(),
  fresh: byKind('an object, or false', { object: fresh, boolean: off }).optional(),
  cache: byKind('an object, or false', { object: cache, boolean: off }).optional(),
}

export const httpShape = {
  port: z.int().min(0).max(65_535).optional(),
  host: z.string().min(1).optional(),
  connections: z.int().min(1).max(1_000).optional(),
  console: z.boolean().optional(),
  ...servingShape,
}

export const servingSchema = strict(servingShape)

export const httpSchema = strict(httpShape)

export type ParsedServing = z.output<typeof servingSchema>

export type ParsedHttp = z.output<typeof httpSchema>

/** A secret: it is never shown. */
function secretText(least: number, unit: 'characters' | 'bytes'): z.ZodType<string, string> {
  return field((value, fail) => {
    if (typeof value === 'string' && Buffer.byteLength(value) >= least) return value
    fail(typeof value === 'string' ? `is shorter than ${least} ${unit}` : 'is not a string')
    return undefined
  })
}
