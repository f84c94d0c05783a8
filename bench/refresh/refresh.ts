import type { Pool } from 'pg'
import { verifyView } from '../../src/engine/verify.js'
import { deployArena, fillArena, makePeers } from '../kit/arena.js'
import type { Bench, Benchmark } from '../kit/bench.js'
import { concurrently, peerRefresh, peerSettings, plain, resetPeerSettings } from '../kit/peers.js'
import { ourRefresh } from '../kit/refreshing.js'
import { withClient } from '../kit/session.js'
import { median } from '../kit/stats.js'
import { lessIsBetter, type Outcome, type Result } from '../kit/types.js'
import { type Change, changesOf } from './changes.js'

/** Milliseconds of each round. */
interface Timings {
  readonly ours: number[]
  readonly concurrently: number[]
  readonly plain: number[]
}

/**
 * The four views of the competition application: the same change, then our refresh and PostgreSQL's two of the same
 * query, in turns. Whoever goes first changes with each round.
 */
export const refresh: Benchmark = {
  name: 'refresh',
  summary: 'the four views of the competition application, against REFRESH and REFRESH CONCURRENTLY',
  run,
}

async function run({ server, options, say }: Bench): Promise<Outcome> {
  const submissions = options.submissions ?? (options.quick ? 20_000 : 1_000_000)
  const rounds = options.rounds ?? (options.quick ? 1 : 3)
  const { pool } = await server.createDatabase()
  await fillArena(pool, submissions, say)
  await deployArena(pool, say)
  const views = await makePeers(pool, say)
  await withClient(pool, (client) => client.query('vacuum analyze'))

  const results: Result[] = []
  let seed = 1
  for (const change of changesOf(submissions)) {
    say(`warming up: ${change.title}`)
    await oursOnly(pool, change, views, seed++)
    const timings = new Map(views.map((view): [string, Timings] => [view, { ours: [], concurrently: [], plain: [] }]))
    for (let round = 0; round < rounds; round++) {
      say(`${change.title}: round ${round + 1} of ${rounds}`)
      await measureRound(pool, change, timings, seed++, round % 2 === 0)
    }
    results.push(...resultsOf(change, timings))
    if (change.large) await withClient(pool, (client) => client.query('vacuum analyze'))
  }
  await mustBeRight(pool, views, say)
  return {
    results,
    conditions: { submissions, rounds, work_mem: '64MB', jit: 'off', ours: 'refreshView, as the worker calls it' },
  }
}

async function oursOnly(pool: Pool, change: Change, views: readonly string[], seed: number): Promise<void> {
  await withClient(pool, (client) => change.apply(client, seed))
  for (const view of views) await ourRefresh(pool, view)
}

/** A view over another comes after it, on both sides: each refresh finds what it reads up to date. */
async function measureRound(
  pool: Pool,
  change: Change,
  timings: ReadonlyMap<string, Timings>,
  seed: number,
  oursFirst: boolean,
): Promise<void> {
  await withClient(pool, (client) => change.apply(client, seed))
  const ours = async () => {
    for (const [view, { ours }] of timings) ours.push(await ourRefresh(pool, view))
  }
  const theirs = () =>
    withClient(pool, async (client) => {
      await client.query(peerSettings)
      for (const [view, timing] of timings) timing.concurrently.push(await peerRefresh(client, concurrently, view))
      for (const [view, timing] of timings) timing.plain.push(await peerRefresh(client, plain, view))
      await client.query(resetPeerSettings)
    })
  if (oursFirst) await ours()
  await theirs()
  if (!oursFirst) await ours()
}

function resultsOf(change: Change, timings: ReadonlyMap<string, Timings>): Result[] {
  return [...timings].flatMap(([view, times]) => {
    const name = `${change.title}: ${view}`
    const ours = median(times.ours)
    return [
      lessIsBetter(name, ours, concurrently, median(times.concurrently), 'ms'),
      lessIsBetter(name, ours, plain, median(times.plain), 'ms'),
    ]
  })
}

/** A fast refresh that is wrong is worth nothing. */
async function mustBeRight(pool: Pool, views: readonly string[], say: (text: string) => void): Promise<void> {
  say('verifying')
  for (const view of views) {
    const { missing, unexpected } = await verifyView(pool, view)
    if (missing > 0 || unexpected > 0) throw new Error(`${view}: ${missing} missing, ${unexpected} unexpected`)
  }
}
