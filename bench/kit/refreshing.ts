import type { Pool } from 'pg'
import { type RefreshMode, refreshView } from '../../src/engine/refresh.js'
import { TidemarkError } from '../../src/protocol/errors.js'

export interface MeasuredRefresh {
  readonly ms: number
  readonly mode: RefreshMode
}

/** One refresh, as whoever calls it waits for it. */
export async function measuredRefresh(pool: Pool, view: string): Promise<MeasuredRefresh> {
  const started = performance.now()
  const { mode, error } = await refreshView(pool, view, { worker: 'bench' })
  const ms = performance.now() - started
  if (mode !== 'failed' && mode !== 'skipped') return { ms, mode }
  throw new TidemarkError(error?.code ?? 'REFRESH_FAILED', `${view}: ${error?.message ?? mode}`, { view })
}

/** Milliseconds of one refresh. */
export async function ourRefresh(pool: Pool, view: string): Promise<number> {
  return (await measuredRefresh(pool, view)).ms
}
