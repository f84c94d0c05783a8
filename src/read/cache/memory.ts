import { LRUCache } from 'lru-cache'
import type { CachedBody, MemoryTier } from './types.js'

/** What an entry takes besides its text, roughly. */
const overheadBytes = 400

/** In this process, bounded by size: what was not asked for longest goes first. */
export function memoryCache(maxBytes: number): MemoryTier {
  const entries = new LRUCache<string, CachedBody>({
    maxSize: maxBytes,
    // One answer must not push out all others.
    maxEntrySize: Math.ceil(maxBytes / 4),
    sizeCalculation: ({ body }, key) => overheadBytes + 2 * (body.length + key.length),
  })
  const counters = { hits: 0, misses: 0, errors: 0 }
  return {
    counters,
    has: (key) => entries.has(key),
    get(key) {
      const found = entries.get(key)
      if (found === undefined) counters.misses++
      else counters.hits++
      return found
    },
    set(key, value, forMs) {
      entries.set(key, value, { ttl: forMs })
    },
    close: () => entries.clear(),
  }
}
