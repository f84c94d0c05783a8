import type { Redis as RedisClient } from 'ioredis'
import { Breaker } from './breaker.js'
import { seal, unseal } from './envelope.js'
import type { CachedBody, CacheTier } from './types.js'

/** The part of `ioredis` that is called. */
export interface RedisLike {
  get(key: string): Promise<string | null>
  set(key: string, value: string, unit: 'PX', milliseconds: number): Promise<unknown>
}

export interface RedisOptions {
  /** `redis://` or `rediss://`; or a client, which stays its owner's to close. */
  readonly url?: string
  readonly client?: RedisLike
  /** Default `tidemark:`. */
  readonly prefix?: string
  /** When an answer is given up. Default 50. */
  readonly timeoutMs?: number
  /** Larger bodies are not stored. Default 4 MiB. */
  readonly maxBytes?: number
}

const late = Symbol('late')

/** Shared by processes. Trouble with it is a miss, after `timeoutMs` at most; and then it is left alone for a while. */
export function redisCache(options: RedisOptions): CacheTier {
  const { prefix = 'tidemark:', timeoutMs = 50, maxBytes = 4 * 1024 * 1024 } = options
  const counters = { hits: 0, misses: 0, errors: 0 }
  const breaker = new Breaker()
  const connection = options.client === undefined ? new OwnConnection(options.url ?? '') : undefined
  const client = (): RedisLike | undefined => options.client ?? connection?.client

  async function ask<Answer>(work: (redis: RedisLike) => Promise<Answer>): Promise<Answer | undefined> {
    const redis = client()
    if (redis === undefined || !breaker.admits()) return undefined
    const { promise, stop } = timer(timeoutMs)
    try {
      const found = await Promise.race([work(redis), promise])
      if (found === late) throw new Error('no answer in time')
      breaker.succeeded()
      return found as Answer
    } catch {
      counters.errors++
      breaker.failed()
      // A server that takes connections and then says nothing is left only by a new connection.
      if (breaker.failures > 1) connection?.renew()
      return undefined
    } finally {
      stop()
    }
  }

  return {
    counters,
    async get(key): Promise<CachedBody | undefined> {
      const text = await ask((redis) => redis.get(prefix + key))
      const found = text === undefined || text === null ? undefined : unseal(key, text)
      if (found !== undefined) counters.hits++
      else counters.misses++
      if (found === undefined && typeof text === 'string') counters.errors++
      return found
    },
    set(key, value, forMs) {
      if (value.body.length > maxBytes) return
      void ask((redis) => redis.set(prefix + key, seal(key, value), 'PX', Math.max(1, Math.round(forMs))))
    },
    close: () => connection?.close(),
  }
}

function timer(afterMs: number): { promise: Promise<typeof late>; stop: () => void } {
  let handle: NodeJS.Timeout | undefined
  const promise = new Promise<typeof late>((resolve) => {
    handle = setTimeout(() => resolve(late), afterMs)
  })
  return { promise, stop: () => clearTimeout(handle) }
}

/** Loaded when it is first needed: who has no Redis does not load its driver. */
class OwnConnection {
  client: RedisClient | undefined
  #closed = false

  constructor(url: string) {
    import('ioredis')
      .then(({ Redis }) => {
        if (this.#closed) return
        this.client = new Redis(url, {
          // Nothing waits for a connection, and nothing is sent twice: the database has the answer as well.
          enableOfflineQueue: false,
          maxRetriesPerRequest: 0,
          connectTimeout: 2_000,
          retryStrategy: (tried) => Math.min(250 * tried, 5_000),
        })
        // Told by the counters; without a listener it would be written to the console.
        this.client.on('error', () => undefined)
      })
      .catch(() => undefined)
  }

  renew(): void {
    this.client?.disconnect(true)
  }

  close(): void {
    this.#closed = true
    this.client?.disconnect()
  }
}
