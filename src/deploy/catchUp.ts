import { setTimeout as delay } from 'node:timers/promises'
import { type Database, one, transaction } from '../engine/database.js'
import type { ErrorBody } from '../protocol/errors.js'
import { TidemarkError } from '../protocol/errors.js'

/** Rounds after which what is left is no more than what a usual refresh finds. */
const rounds = 3
const oldSnapshotsMs = 5_000

/**
 * Refreshes a version that was built and is not yet in its place, so that it is not older than the one it replaces: that
 * one was refreshed during the whole build.
 * @throws TidemarkError when it cannot be refreshed: then it had better not take the other one's place.
 */
export async function catchUp(database: Database, id: number, view: string): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const { mode, error } = await transaction(
      database,
      async (connection) => {
        await connection.query("SET LOCAL tidemark.worker = 'apply'")
        return one<{ mode: string; error: ErrorBody | null }>(
          connection,
          'SELECT mode, error FROM tidemark.refresh_guarded($1, false)',
          [id],
        )
      },
      'BEGIN ISOLATION LEVEL REPEATABLE READ',
    )
    if (mode === 'failed') {
      throw new TidemarkError(
        error?.code ?? 'REFRESH_FAILED',
        `${view}: ${error?.message ?? 'its first refresh failed'}`,
        {
          hint: error?.hint ?? 'Nothing was swapped.',
          view,
        },
      )
    }
    if (mode !== 'incremental') return
  }
}

/**
 * A transaction whose snapshot is older than the new rows would find the view empty. Waits for those that this role can
 * see, but not for long: a dump must not keep everybody else from the new version.
 */
export async function waitForOldSnapshots(database: Database): Promise<void> {
  const { now } = await one<{ now: string }>(database, 'SELECT pg_catalog.pg_current_xact_id()::text AS now')
  const started = performance.now()
  while (performance.now() - started < oldSnapshotsMs) {
    const { old } = await one<{ old: boolean }>(
      database,
      `SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datname = current_database()
         AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
         AND age(a.backend_xmin) >= age($1::xid8::xid)) AS old`,
      [now],
    )
    if (!old) return
    await delay(50)
  }
}
