/** What is cached of a read: the text that PostgreSQL made, which is the same for all who ask the same at one epoch. */
export interface CachedBody {
  readonly body: string
  readonly rows: number
  readonly total: number | null
}

/** Of one tier. Errors count besides the misses that they are. */
export interface CacheCounters {
  readonly hits: number
  readonly misses: number
  readonly errors: number
}

export interface CacheTier {
  /** Never throws, and never takes long. */
  get(key: string): CachedBody | undefined | Promise<CachedBody | undefined>
  set(key: string, value: CachedBody, forMs: number): void
  readonly counters: CacheCounters
  close(): void
}

/** Nothing has to be waited for. */
export interface MemoryTier extends CacheTier {
  get(key: string): CachedBody | undefined
  /** Counts nothing. */
  has(key: string): boolean
}
