import { LRUCache } from 'lru-cache'
import type { KeptBody, MemoryTier } from './types.js'

/** What an entry takes besides its text, roughly. */
const overheadBytes = 400

/** Of all in this process. */
let serial = 0

/** In this process, bounded by size: what was not asked for longest goes first. */
export function memoryCache(maxBytes: number): MemoryTier {
  const entries = new LRUCache<string, KeptBody>({
    maxSize: maxBytes,
    // One answer must not push out all others.
    maxEntrySize: Math.ceil(maxBytes / 4),
    // Otherwise a timer is set for each millisecond in which somebody asks.
    ttlResolution: 0,
    sizeCalculation: ({ body }, key) => overheadBytes + 2 * (body.length + key.length),
  })
  const counters = { hits: 0, misses: 0, errors: 0 }
  return {
    counters,
    getIfThere(key) {
      const found = entries.get(key)
      if (found !== undefined) counters.hits++
      return found
    },
    get(key) {
      const found = entries.get(key)
      if (found === undefined) counters.misses++
      else counters.hits++
      return found
    },
    set(key, value, forMs) {
      entries.set(key, { ...value, serial: ++serial }, { ttl: forMs })
    },
    close: () => entries.clear(),
  }
}
