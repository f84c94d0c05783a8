import type { ServingOptions } from './http-options.js'
import type { AccessRules, HttpSettings, ServingSettings } from './http-types.js'
import { type Problem, raise } from './problems.js'
import { cacheOf, limitsOf, type ParsedHttp, type ParsedServing, servingSchema } from './schema/http-schema.js'
import { wording } from './schema/wording.js'

/**
 * Checks what `createHandler` was given, and fills in the defaults.
 * @throws TidemarkError CONFIG_INVALID, with all that is wrong.
 */
export function normaliseServing(options: ServingOptions): ServingSettings {
  const result = servingSchema.safeParse(options, { error: wording })
  const problems = (result.error?.issues ?? []).map(
    (issue): Problem => ({ code: 'CONFIG_INVALID', path: issue.path, message: issue.message }),
  )
  raise(problems, options)
  return servingSettings(result.data as ParsedServing)
}

export function httpSettings(options: ParsedHttp | undefined): HttpSettings {
  return {
    port: options?.port ?? 8432,
    host: options?.host ?? '127.0.0.1',
    connections: options?.connections ?? 10,
    console: options?.console ?? true,
    ...servingSettings(options ?? {}),
  }
}

function servingSettings(options: ParsedServing): ServingSettings {
  return {
    basePath: options.basePath ?? '',
    access: options.access ?? closed,
    cors: options.cors ?? null,
    hosts: options.hosts ?? null,
    limits: options.limits ?? limitsOf({}),
    fresh: options.fresh === undefined ? { perMinute: 60 } : options.fresh,
    cache: options.cache === undefined ? cacheOf({}) : options.cache,
  }
}

const closed: AccessRules = { open: [], tokens: [], jwt: null, authorize: null, anonymousRole: null }
