import { hash } from 'node:crypto'
import { memoryCache } from './memory.js'
import { type RedisOptions, redisCache } from './redis.js'
import type { CacheCounters, CachedBody, CacheTier, KeptBody, MemoryTier } from './types.js'

export interface CacheOptions {
  /** In this process: how much of it. Default 64 MiB; `false`: none. */
  readonly memory?: { readonly maxBytes?: number } | false
  /** Its URL, or how it is used. Default: none. */
  readonly redis?: string | RedisOptions
}

export interface CacheStatistics {
  readonly memory: CacheCounters | null
  readonly redis: CacheCounters | null
  /** Reads that waited for one that was on its way, instead of making it again. */
  readonly joined: number
}

/** The tiers, nearest first. */
export class Caches {
  readonly #memory: MemoryTier | undefined
  readonly #redis: CacheTier | undefined

  constructor({ memory = {}, redis }: CacheOptions) {
    this.#memory = memory === false ? undefined : memoryCache(memory.maxBytes ?? 64 * 1024 * 1024)
    this.#redis = redis === undefined ? undefined : redisCache(typeof redis === 'string' ? { url: redis } : redis)
  }

  get statistics(): Pick<CacheStatistics, 'memory' | 'redis'> {
    return { memory: copied(this.#memory), redis: copied(this.#redis) }
  }

  /** The same, where what is not there is looked for again by `near`, and is a miss there. */
  nearIfThere(key: string): KeptBody | undefined {
    return this.#memory?.getIfThere(key)
  }

  near(key: string): CachedBody | undefined {
    return this.#memory?.get(key)
  }

  async far(key: string, forMs: number): Promise<CachedBody | undefined> {
    const found = await this.#redis?.get(key)
    if (found !== undefined) this.#memory?.set(key, found, forMs)
    return found
  }

  set(key: string, value: CachedBody, forMs: number): void {
    this.#memory?.set(key, value, forMs)
    this.#redis?.set(key, value, forMs)
  }

  close(): void {
    this.#memory?.close()
    this.#redis?.close()
  }
}

function copied(tier: CacheTier | undefined): CacheCounters | null {
  return tier === undefined ? null : { ...tier.counters }
}

/** Short, and telling nothing of what was asked, in a cache that others may look into. */
export function keyOf(parts: unknown): string {
  return hash('sha256', JSON.stringify(parts), 'base64url')
}
