import type { Pool } from 'pg'
import { loadTpch, type TpchSize } from '../../examples/tpch/data.js'
import { applyRefreshPair, ordersPerRound } from '../../examples/tpch/refreshFunctions.js'
import { UsageError } from '../../scripts/arguments.js'
import type { NormalisedView } from '../../src/define/types.js'
import { verifyView } from '../../src/engine/verify.js'
import type { Bench, Benchmark } from '../kit/bench.js'
import { measuredRefresh } from '../kit/refreshing.js'
import { withClient } from '../kit/session.js'
import { median } from '../kit/stats.js'
import { digits, lessIsBetter, type Outcome, type Result } from '../kit/types.js'
import { deployWhatCan, tpchViews } from './views.js'

/** Ten times the data and the same orders coming and going: what a refresh costs then must not be ten times as much. */
export const tpchGrowth: Benchmark = {
  name: 'tpch-growth',
  summary: 'the same orders coming and going at two scale factors: a refresh must not grow with the data',
  run,
}

interface Scaled {
  readonly scaleFactor: number
  readonly pool: Pool
  readonly size: TpchSize
  readonly times: Map<string, number[]>
}

const warmUps = 2

async function run({ server, options, say }: Bench): Promise<Outcome> {
  const large = options.scaleFactor ?? (options.quick ? 0.02 : 1)
  const rounds = options.rounds ?? (options.quick ? 1 : 5)
  const wanted = await tpchViews(options.queries)
  if (wanted.length === 0) throw new UsageError('--queries is made of numbers from 1 to 22')
  const scales: Scaled[] = []
  for (const scaleFactor of [large / 10, large]) {
    const { pool } = await server.createDatabase()
    say(`loading scale factor ${scaleFactor}`)
    const size = await withClient(pool, (client) => loadTpch(client, { scaleFactor }))
    say('deploying')
    const { rejected } = await deployWhatCan(pool, wanted)
    if (rejected.length > 0) throw new Error(`${rejected[0]?.case}: ${rejected[0]?.message}`)
    await withClient(pool, (client) => client.query('vacuum analyze'))
    scales.push({ scaleFactor, pool, size, times: new Map() })
  }
  const [small, big] = scales as [Scaled, Scaled]
  const orders = ordersPerRound(small.size)
  const changed = new Set<string>()
  for (let round = 1 - warmUps; round <= rounds; round++) {
    say(round < 1 ? 'warming up' : `round ${round} of ${rounds}`)
    const turns = round % 2 === 0 ? [small, big] : [big, small]
    for (const scale of turns) await refreshAll(scale, wanted, { round, orders, changed })
  }
  say('verifying')
  const results: Result[] = []
  for (const { name } of wanted.filter((view) => changed.has(view.name))) {
    const result = lessIsBetter(name, timeOf(big, name), told(small), timeOf(small, name), 'ms')
    results.push({ ...result, verified: (await isRight(small, name)) && (await isRight(big, name)) })
  }
  return {
    results,
    conditions: {
      'scale factors': `${told(small)}, ${told(big)}`,
      rounds,
      'orders that come and go': orders,
      jit: 'off',
    },
    summary: {
      'median of what the larger costs over the smaller': digits(median(results.map(({ ratio }) => 1 / ratio))),
    },
  }
}

interface Round {
  readonly round: number
  readonly orders: number
  /** Views that had anything to refresh, which this adds to. */
  readonly changed: Set<string>
}

async function refreshAll(
  scale: Scaled,
  views: readonly NormalisedView[],
  { round, orders, changed }: Round,
): Promise<void> {
  await withClient(scale.pool, (client) => applyRefreshPair(client, scale.size, round + warmUps, orders))
  for (const { name } of views) {
    const { ms, mode } = await measuredRefresh(scale.pool, name)
    if (mode !== 'noop') changed.add(name)
    if (round >= 1) scale.times.set(name, [...(scale.times.get(name) ?? []), ms])
  }
  await scale.pool.query('call tidemark.maintain()')
}

function timeOf({ times }: Scaled, view: string): number {
  return median(times.get(view) ?? [])
}

function told({ scaleFactor }: Scaled): string {
  return `SF ${scaleFactor}`
}

async function isRight({ pool }: Scaled, view: string): Promise<boolean> {
  const { missing, unexpected } = await verifyView(pool, view)
  return missing === 0 && unexpected === 0
}
