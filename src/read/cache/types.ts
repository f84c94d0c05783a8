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

/** A body in memory. */
export interface KeptBody extends CachedBody {
  /** No other that was ever put into memory has it. */
  readonly serial: number
}

/** Nothing has to be waited for. */
export interface MemoryTier extends CacheTier {
  get(key: string): KeptBody | undefined
  /** The same, where what is not there is asked for again by `get`, and is a miss there. */
  getIfThere(key: string): KeptBody | undefined
}
