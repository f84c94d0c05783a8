import type { Queryable } from '../engine/database.js'
import { one } from '../engine/database.js'

export type ApplyPhase = 'compiling' | 'capturing' | 'building' | 'indexing' | 'swapping' | 'done'

/** What `apply` is doing now. */
export interface ApplyProgress {
  readonly view: string
  readonly phase: ApplyPhase
  /** Rows built so far, and how many there were before, when that is known. */
  readonly rows?: number
  readonly expectedRows?: number
  readonly elapsedMs: number
}

export type ReportProgress = (progress: ApplyProgress) => void

/**
 * Reports rows while a view is built. They are counted by a sequence, the one thing that a transaction shows to
 * others before it commits.
 */
export function watchBuild(
  database: Queryable,
  view: string,
  expectedRows: number | undefined,
  report: ReportProgress,
): () => void {
  const started = Date.now()
  let asking = false
  const timer = setInterval(() => {
    if (asking) return
    asking = true
    one<{ rows: string }>(database, 'SELECT last_value AS rows FROM tidemark.build_rows')
      .then(({ rows }) =>
        report({
          view,
          phase: 'building',
          rows: Number(rows),
          ...(expectedRows === undefined ? {} : { expectedRows }),
          elapsedMs: Date.now() - started,
        }),
      )
      .catch(() => undefined) // progress is a courtesy: the build itself reports what is wrong
      .finally(() => {
        asking = false
      })
  }, 500)
  return () => clearInterval(timer)
}
