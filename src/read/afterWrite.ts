import { setTimeout as sleep } from 'node:timers/promises'
import type { Queryable } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import { invalidRead } from './errors.js'
import type { ViewFacts } from './facts.js'
import { isBroken, type StateRow } from './state.js'

const longestPauseMs = 100

/**
 * Names the transaction of a client, for reads that are to see what it wrote. To be called in that transaction, after its
 * writes.
 * @throws TidemarkError WRITE_TOKEN_MISSING.
 */
export async function writeToken(client: Queryable): Promise<string> {
  const { rows } = await client.query<{ token: string | null }>(
    'SELECT pg_catalog.pg_current_xact_id_if_assigned()::text AS token',
  )
  const token = rows[0]?.token
  if (typeof token === 'string') return token
  throw new TidemarkError('WRITE_TOKEN_MISSING', 'There is no transaction here that has written anything.', {
    hint: 'Call writeToken with the client of the transaction, after its writes and before COMMIT.',
  })
}

/**
 * Waits until a view holds what a transaction wrote. The worker is asked to hurry. A view whose rows are not going to be read
 * is not waited for.
 * @throws TidemarkError READ_BEHIND.
 */
export async function waitForWrite(
  database: Queryable,
  view: ViewFacts,
  token: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  if (!/^\d{1,19}$/.test(token)) throw invalidRead('"afterWrite" is no token of a write.', undefined, view.shown)
  const name = `${view.schema}.${view.name}`
  const deadline = performance.now() + timeoutMs
  for (let pauseMs = 5; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    const { rows } = await database
      .query<Pick<StateRow, 'state'> & { passed: boolean }>(
        'SELECT state.state, tidemark.has_passed($1, $2::xid8) AS passed FROM tidemark.read_state($3, false) AS state',
        [name, token, view.id],
      )
      .catch((error: unknown) => {
        throw databaseError(error)
      })
    const [found] = rows
    if (found === undefined || found.passed || isBroken(found)) return
    // Who may not ask the worker waits until it looks by itself.
    if (pauseMs === 5) await database.query('SELECT tidemark.request($1)', [name]).catch(() => undefined)
    if (performance.now() + pauseMs > deadline || signal?.aborted) break
    await sleep(pauseMs)
  }
  throw behind(view, `${view.shown} did not pass the write within ${timeoutMs} ms.`)
}

export function behind({ shown }: ViewFacts, message: string, cause?: unknown): TidemarkError {
  return new TidemarkError('READ_BEHIND', message, {
    hint: 'See that a worker runs, and that the view is neither paused nor failing: tidemark status.',
    view: shown,
    cause,
  })
}
