import { TidemarkError } from '../protocol/errors.js'
import type { CacheRules } from './http-types.js'
import { isRedisUrl } from './schema/fields.js'
import { redisOf } from './schema/http-schema.js'

/**
 * The cache with the Redis that `TIDEMARK_REDIS_URL` names, where the configuration names none and does not turn caching
 * off. An empty text counts as not given.
 * @throws TidemarkError CONFIG_INVALID where it is no URL of a Redis.
 */
export function withRedisUrl(
  cache: CacheRules | null,
  env: Readonly<Record<string, string | undefined>> = process.env,
): CacheRules | null {
  const url = env.TIDEMARK_REDIS_URL?.trim() ?? ''
  if (cache === null || cache.redis !== null || url === '') return cache
  if (!isRedisUrl(url)) {
    throw new TidemarkError('CONFIG_INVALID', 'TIDEMARK_REDIS_URL: is not a Redis URL', {
      hint: 'It starts with redis:// or rediss://, as in redis://:password@host:6379/0.',
    })
  }
  return { ...cache, redis: redisOf({ url }) }
}
