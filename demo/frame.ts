/** Everything that the screen shows at one moment: plain values, so that what is drawn can be tested. */
export interface Frame {
  readonly submissions: number
  /** As in `PostgreSQL 18.4`. */
  readonly server: string
  readonly url: string
  /** Where it can be seen in a browser. */
  readonly pages: Pages
  readonly elapsedMs: number
  readonly writes: WriteFigures
  readonly views: readonly ViewFigures[]
}

/** Addresses, with the token in them; null where nothing is served. */
export interface Pages {
  readonly dashboard: string | null
  readonly console: string | null
}

export interface WriteFigures {
  readonly clients: number
  readonly transactionsPerSecond: number
  readonly rowsPerSecond: number
  readonly rows: number
  readonly errors: number
  /** Rows of each past second, the newest last. */
  readonly history: readonly number[]
}

export interface ViewFigures {
  readonly view: string
  readonly state: string
  readonly rows: number
  /** 0 when nothing is pending. */
  readonly ageSeconds: number
  /** What was promised. */
  readonly freshnessSeconds: number | null
  readonly pendingChanges: number
  readonly last: RefreshFigures | null
  readonly refreshes: number
  readonly totalMs: number
  /** Milliseconds of each refresh, the newest last. */
  readonly history: readonly number[]
  /** What one REFRESH MATERIALIZED VIEW CONCURRENTLY of the same query took; null where it was not measured. */
  readonly concurrentlyMs: number | null
}

export interface RefreshFigures {
  readonly mode: string
  /** Null for a full one. */
  readonly slices: number | null
  readonly changedRows: number
  readonly durationMs: number
}
