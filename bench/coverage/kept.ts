import type { Pool } from 'pg'
import type { NormalisedView } from '../../src/define/types.js'
import { type Explanation, explainViews } from '../../src/deploy/index.js'
import { databaseError } from '../../src/engine/databaseError.js'
import { median } from '../kit/stats.js'
import { digits } from '../kit/types.js'

/**
 * How a view is kept: by deltas, by slices, in pieces; `partly`, where the changes of some of its tables make all of it be
 * computed again; `full`, where those of every table do; or it is not taken.
 */
export type Kept = 'delta' | 'slice' | 'pieces' | 'partly' | 'full' | 'refused'

export const incremental: readonly Kept[] = ['delta', 'slice', 'pieces']

export interface KeptView {
  readonly kept: Kept
  /** Why it is not incremental, or not taken. */
  readonly codes: readonly string[]
  /** From the question to the explanation, with all that the database is asked for it. */
  readonly planMs: number
  /** Of that, how long a processor worked for Tidemark: the same on a machine that has other things to do. */
  readonly planCpuMs: number
}

/** What Tidemark makes of a view, and of those that it reads. */
export async function keptBy(pool: Pool, views: readonly NormalisedView[], rounds: number): Promise<KeptView> {
  const times: Took[] = []
  try {
    for (let round = 1; ; round++) {
      const { result, ...took } = await timedWithCpu(() => explainViews(pool, views))
      times.push(took)
      const explanation = result.at(-1)
      if (explanation === undefined) throw new TypeError('no view was asked for')
      if (round >= rounds) return { ...classified(explanation), ...medians(times) }
    }
  } catch (error) {
    const { code, view } = databaseError(error)
    if (view === undefined) throw error
    return { kept: 'refused', codes: [code], ...medians(times) }
  }
}

export interface Took {
  readonly ms: number
  readonly cpuMs: number
}

/** Milliseconds, and those of a processor in this process. */
export async function timedWithCpu<Result>(work: () => Promise<Result>): Promise<Took & { result: Result }> {
  const [started, cpu] = [performance.now(), process.cpuUsage()]
  const result = await work()
  const { user, system } = process.cpuUsage(cpu)
  return { result, ms: performance.now() - started, cpuMs: (user + system) / 1000 }
}

function medians(times: readonly Took[]): Pick<KeptView, 'planMs' | 'planCpuMs'> {
  return {
    planMs: digits(median(times.map(({ ms }) => ms))),
    planCpuMs: digits(median(times.map(({ cpuMs }) => cpuMs))),
  }
}

export function classified({ sources, nodes, incremental }: Explanation): Pick<KeptView, 'kept' | 'codes'> {
  const codes = [...new Set(sources.flatMap(({ code }) => code ?? []))]
  if (!incremental) {
    const whole = sources.every(({ maintenance }) => maintenance === 'full')
    return { kept: whole ? 'full' : 'partly', codes }
  }
  if (new Set(nodes.map(({ id }) => id)).size > 1) return { kept: 'pieces', codes }
  return { kept: sources.some(({ maintenance }) => maintenance === 'slice') ? 'slice' : 'delta', codes }
}
