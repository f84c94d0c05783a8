/** GET /api/stats: how the server itself does. */
export interface ServerStats {
  readonly version: string
  readonly postgres: string
  readonly startedAt: string
  readonly pool: {
    /** Connections that requests hold. */
    readonly busy: number
    readonly waiting: number
    /** Requests that were answered 503 for want of one. */
    readonly refused: number
  }
  readonly events: {
    readonly clients: number
    /** Notifications come in; else it looks by itself. */
    readonly listening: boolean
    readonly dropped: number
  }
  readonly requests: number
  /** Of reads; null: nothing is cached. */
  readonly cache: CacheStats | null
  /** The worker that runs in the same process; null where none does. */
  readonly worker: WorkerStats | null
}

export interface CacheStats {
  /** In this process; null: none there. */
  readonly memory: CacheTierStats | null
  readonly redis: CacheTierStats | null
  /** Reads that waited for the same one, which was under way. */
  readonly joined: number
}

export interface CacheTierStats {
  readonly hits: number
  readonly misses: number
  /** Besides the misses that they are. */
  readonly errors: number
}

export interface WorkerStats {
  readonly name: string
  readonly online: boolean
  readonly listening: boolean
  readonly leads: boolean
  /** Refreshes that ended, by how. */
  readonly refreshes: Readonly<Record<string, number>>
  readonly polls: number
  readonly wakeUps: number
  readonly alerts: number
  readonly undelivered: number
}
