import type { Client } from 'pg'
import type { Target } from './checks.js'
import { describe, fill, makeHistory, refreshAll, runHistory, shrink } from './sequential.js'

export interface RunRequest {
  readonly client: Client
  readonly targets: readonly Target[]
  readonly seed: number
  readonly count: number
  /** Stop after this many milliseconds, however many histories are left. */
  readonly withinMs?: number
  /** Told of each failure, made small, and of the seed to run again. */
  readonly onFailure: (text: string) => void
}

export interface RunResult {
  readonly histories: number
  readonly failures: number
}

/** Histories from one filling of the tables; then they are filled anew. */
const perFilling = 328

/** Runs the histories of `count` seeds, the tables being filled anew at every seed that `perFilling` divides. */
export async function runSequential(request: RunRequest): Promise<RunResult> {
  const { client, targets, seed, count, withinMs = Number.POSITIVE_INFINITY, onFailure } = request
  const started = Date.now()
  let failures = 0
  let histories = 0
  let filling = Number.NaN
  for (; histories < count && Date.now() - started < withinMs; histories++) {
    const present = seed + histories
    const wanted = Math.floor(present / perFilling)
    if (wanted !== filling) {
      filling = wanted
      await fill(client, filling)
      for (const failure of await refreshAll(client, targets)) {
        failures++
        onFailure(`filling ${filling}: ${describe(failure)}`)
      }
    }
    const history = makeHistory(present, targets)
    if ((await runHistory(client, history)) === undefined) continue
    failures++
    onFailure(`seed ${present}: ${describe(await shrink(client, history))}`)
  }
  return { histories, failures }
}
