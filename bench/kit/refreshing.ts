import type { Pool } from 'pg'
import { refreshView } from '../../src/engine/refresh.js'
import { timed } from './stats.js'

/** Milliseconds of one refresh, as whoever calls it waits for it. */
export async function ourRefresh(pool: Pool, view: string): Promise<number> {
  return await timed(async () => {
    const { mode, error } = await refreshView(pool, view, { worker: 'bench' })
    if (mode === 'failed' || mode === 'skipped') throw new Error(`${view}: ${mode}: ${error?.message ?? ''}`)
  })
}
