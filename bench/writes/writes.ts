import { fillArena } from '../kit/arena.js'
import type { Bench, Benchmark } from '../kit/bench.js'
import { median } from '../kit/stats.js'
import { moreIsBetter, type Outcome, type Result } from '../kit/types.js'
import { findDriver, type LoadDriver, type Operation, operations } from './load.js'
import { ivm, makeVariants, noTrigger, notifying, type Variant } from './variants.js'

/**
 * What the writers of a table pay for its being followed: single-row updates and inserts, as fast as the clients can.
 * Every variant has a database of its own with the same rows; they take turns, another first in each round.
 */
export const writes: Benchmark = {
  name: 'writes',
  summary: 'single-row updates and inserts, against no trigger, a notifying trigger, pg_ivm',
  run,
}

interface Plan {
  readonly submissions: number
  readonly rounds: number
  readonly seconds: number
  readonly clients: readonly number[]
}

async function run(bench: Bench): Promise<Outcome> {
  const { server, options, say } = bench
  const plan: Plan = {
    submissions: options.submissions ?? (options.quick ? 5_000 : 100_000),
    rounds: options.rounds ?? (options.quick ? 1 : 3),
    seconds: options.seconds ?? (options.quick ? 1 : 4),
    clients: options.clients ?? (options.quick ? [2] : [1, 8, 32]),
  }
  const driver = await findDriver()
  const filled = await server.createDatabase()
  await fillArena(filled.pool, plan.submissions, say)
  const variants = await makeVariants(bench, filled, options.views ?? [0, 1, 5])

  const results: Result[] = []
  for (const operation of operations) {
    for (const clients of plan.clients) {
      const rates = await measureCase(bench, driver, variants, plan, operation, clients)
      results.push(...resultsOf(`${operation}, ${clients} ${clients === 1 ? 'client' : 'clients'}`, rates, variants))
    }
  }
  const { submissions, rounds, seconds } = plan
  const load = `${driver.name}, prepared statements, on the same machine`
  return { results, conditions: { submissions, rounds, seconds, load, worker: 'not running: what the writers pay' } }
}

/** Transactions per second of each round, by variant. */
async function measureCase(
  { say, server }: Bench,
  driver: LoadDriver,
  variants: readonly Variant[],
  plan: Plan,
  operation: Operation,
  clients: number,
): Promise<ReadonlyMap<string, number[]>> {
  const rates = new Map(variants.map(({ name }): [string, number[]] => [name, []]))
  // Round 0 warms up: connections, caches, plans, and the first pages of the log.
  for (let round = 0; round <= plan.rounds; round++) {
    const turn = round % variants.length
    for (const variant of [...variants.slice(turn), ...variants.slice(0, turn)]) {
      await variant.settle()
      await server.checkpoint()
      const seconds = round === 0 ? 1 : plan.seconds
      const tps = await driver.measure(variant.database.url, { ...plan, operation, clients, seconds })
      if (round > 0) rates.get(variant.name)?.push(tps)
      if (round > 0) say(`${operation}, ${clients} clients, ${variant.name}: ${Math.round(tps)} a second`)
    }
  }
  return rates
}

function resultsOf(title: string, rates: ReadonlyMap<string, number[]>, variants: readonly Variant[]): Result[] {
  const of = (name: string) => median(rates.get(name) ?? [])
  return variants.flatMap(({ name, views }) => {
    if (views === undefined) return []
    // With no view nothing is followed: there is only the untouched table to compare with, and it shows the noise.
    const peers = views === 0 ? [noTrigger] : views === 1 ? [noTrigger, notifying, ivm] : [noTrigger, notifying]
    return peers
      .filter((peer) => rates.has(peer))
      .map((peer) => moreIsBetter(`${title}, ${name}`, of(name), peer, of(peer), 'tx/s'))
  })
}
