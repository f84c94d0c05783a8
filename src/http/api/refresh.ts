import { setTimeout as delay } from 'node:timers/promises'
import { type RefreshResult, refreshView } from '../../engine/refresh.js'
import type { RefreshAnswer } from '../../protocol/api.js'
import type { ErrorBody } from '../../protocol/errors.js'
import { ask } from '../ask.js'
import type { HttpContext } from '../context.js'
import type { Ending } from '../longWork.js'
import { Problem } from '../problem.js'
import type { ServedView } from '../views.js'
import { shownError, withoutDetails } from '../visible.js'
import { isoTime } from './times.js'

interface Outcome {
  readonly result: RefreshResult
  readonly joined: boolean
  readonly epoch: string | null
}

type RunRow = Omit<RefreshResult, 'view' | 'error'> & { readonly error: ErrorBody | null }

const longestRunMs = 600_000

/** Refreshes that requests ask for: who asks while one is running waits for that one, wherever it runs. */
export class Refreshes {
  readonly #running = new Map<string, Promise<Outcome>>()

  constructor(private readonly context: HttpContext) {}

  /** @param detailed whether whoever asks may see what an error quotes. */
  async refresh(view: ServedView, full: boolean, detailed: boolean): Promise<RefreshAnswer> {
    const key = `${view.id} ${full}`
    const running = this.#running.get(key)
    const outcome =
      running ??
      this.context.work.run((ending) => this.#run(view, full, ending)).finally(() => this.#running.delete(key))
    if (running === undefined) this.#running.set(key, outcome)
    const { joined, ...rest } = await outcome
    return answerOf(view, { ...rest, joined: joined || running !== undefined }, detailed)
  }

  async #run(view: ServedView, full: boolean, ending: Ending): Promise<Outcome> {
    const { before, limitMs } = await this.#start(view)
    const deadline = performance.now() + this.context.limits.refreshWaitMs
    for (let waited = false; ; waited = true) {
      const options = { full, timeoutMs: limitMs, worker: 'http', ...ending }
      const result = await refreshView(this.context.database, view.qualified, options)
      if (result.mode !== 'skipped') return { result, joined: waited && !full, epoch: await this.#epochOf(view) }
      ending.signal.throwIfAborted()
      await this.#untilFree(view, deadline, ending.signal)
      // What ran meanwhile is the answer, unless all of it was to be computed anew.
      const run = full ? undefined : await this.#runSince(view, before)
      if (run !== undefined) return { result: run, joined: true, epoch: await this.#epochOf(view) }
    }
  }

  async #start(view: ServedView): Promise<{ before: string; limitMs: number }> {
    const [row] = await ask<{ before: string; limitMs: number | null }>(
      this.context,
      `SELECT pg_current_snapshot()::text AS before, (settings ->> 'maxRunMs')::double precision AS "limitMs" FROM tidemark.view WHERE id = $1`,
      [view.id],
    )
    if (row === undefined) throw new Problem('UNKNOWN_VIEW', `There is no view named "${view.name}".`)
    return { before: row.before, limitMs: row.limitMs ?? longestRunMs }
  }

  async #epochOf(view: ServedView): Promise<string | null> {
    const [row] = await ask<{ epoch: string }>(
      this.context,
      "SELECT view_id || '-' || epoch AS epoch FROM tidemark.state WHERE view_id = $1",
      [view.id],
    )
    return row?.epoch ?? null
  }

  /** Until nobody refreshes the view, or one that it reads. Looks now and then, and holds no connection meanwhile. */
  async #untilFree(view: ServedView, deadline: number, signal: AbortSignal): Promise<void> {
    for (let waitMs = 20; ; waitMs = Math.min(waitMs * 1.5, 500)) {
      if (performance.now() > deadline) {
        throw new Problem('LOCK_TIMEOUT', 'The view is being refreshed all the time.', { view: view.name })
      }
      await delay(waitMs, undefined, { signal })
      const [row] = await ask<{ busy: boolean }>(this.context, busyText, [view.id])
      if (row?.busy !== true) return
    }
  }

  /** The last run that was committed since: when it ended by the clock says nothing of that. */
  async #runSince(view: ServedView, before: string): Promise<RefreshResult | undefined> {
    const [run] = await ask<RunRow>(
      this.context,
      `SELECT r.mode, r.slices::double precision, r.inserted::double precision, r.updated::double precision, r.deleted::double precision,
         r.duration_ms AS "durationMs", r.as_of AS "asOf", r.error
       FROM tidemark.run r WHERE r.view_id = $1 AND NOT pg_visible_in_snapshot(r.xid, $2::pg_snapshot) ORDER BY r.id DESC LIMIT 1`,
      [view.id, before],
    )
    if (run === undefined) return undefined
    const { error, ...rest } = run
    return { view: view.name, ...rest, ...(error === null ? {} : { error }) }
  }
}

/** The locks that refreshes hold: see tidemark.refresh_guarded. */
const busyText = `SELECT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 1953064301
  AND l.objid = ANY ((tidemark.upstream($1) || $1::integer)::oid[]) AND l.objsubid = 2
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS busy`

function answerOf(view: ServedView, { result, joined, epoch }: Outcome, detailed: boolean): RefreshAnswer {
  const { mode, slices, inserted, updated, deleted, durationMs, asOf, error } = result
  return {
    view: view.name,
    // What was left to the worker has not happened yet; a refresh of ours runs at one snapshot, and never is.
    mode: mode === 'requested' ? 'skipped' : mode,
    joined,
    slices,
    inserted,
    updated,
    deleted,
    durationMs,
    asOf: isoTime(asOf),
    epoch,
    error: error === undefined ? null : detailed ? shownError(error) : withoutDetails(error),
  }
}
