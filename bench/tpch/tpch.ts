import type { Pool } from 'pg'
import { loadTpch } from '../../examples/tpch/data.js'
import { applyRefreshPair, ordersPerRound } from '../../examples/tpch/refreshFunctions.js'
import { UsageError } from '../../scripts/arguments.js'
import type { NormalisedView } from '../../src/define/types.js'
import { verifyView } from '../../src/engine/verify.js'
import type { Bench, Benchmark } from '../kit/bench.js'
import {
  concurrently,
  createPeer,
  peerRefresh,
  peerSchema,
  peerSettings,
  plain,
  resetPeerSettings,
} from '../kit/peers.js'
import { withClient } from '../kit/session.js'
import type { Outcome } from '../kit/types.js'
import { Measured } from './measured.js'
import { outcomeOf } from './outcome.js'
import { deployWhatCan, tpchViews } from './views.js'

/** The 22 queries of TPC-H: a refresh pair, then each view by Tidemark and by PostgreSQL's two, in turns. */
export const tpch: Benchmark = {
  name: 'tpch',
  summary: 'the 22 queries of TPC-H after its refresh functions, against REFRESH and REFRESH CONCURRENTLY',
  run,
}

async function run({ server, options, say }: Bench): Promise<Outcome> {
  const scaleFactor = options.scaleFactor ?? (options.quick ? 0.01 : 0.1)
  const rounds = options.rounds ?? (options.quick ? 1 : 5)
  const wanted = await tpchViews(options.queries)
  if (wanted.length === 0) throw new UsageError('--queries is made of numbers from 1 to 22')
  const { pool } = await server.createDatabase()
  const size = await withClient(pool, (client) => {
    say(`loading scale factor ${scaleFactor}`)
    return loadTpch(client, { scaleFactor })
  })
  say('deploying')
  const { views, explanations, rejected } = await deployWhatCan(pool, wanted)
  say(`${views.length} of ${wanted.length} views are deployed; making their native siblings`)
  await makePeers(pool, views)
  await withClient(pool, (client) => client.query('vacuum analyze'))

  const measured = views.map((view) => new Measured(view, explanations.get(view.name)))
  // Round 0 warms up: connections, caches, plans, and what Tidemark measures of itself.
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warming up' : `round ${round} of ${rounds}`)
    await withClient(pool, (client) => applyRefreshPair(client, size, round + 1))
    await server.checkpoint()
    for (const [index, view] of measured.entries()) await measureView(pool, view, round, index)
    // As the worker does every ten seconds: what all views have passed is taken out of the logs.
    await pool.query('call tidemark.maintain()')
  }
  say('verifying')
  for (const view of measured) {
    if (view.failure === undefined) await view.noting(async () => view.checked(await verifyView(pool, view.name)))
  }
  return outcomeOf(measured, rejected, {
    scaleFactor,
    rounds,
    'orders that come and go in a round': ordersPerRound(size),
    work_mem: '64MB',
    jit: 'off',
    ours: 'refreshView, as the worker calls it',
  })
}

async function makePeers(pool: Pool, views: readonly NormalisedView[]): Promise<void> {
  await withClient(pool, async (client) => {
    await client.query(`create schema ${peerSchema}; set search_path = ${peerSchema}, public; ${peerSettings}`)
    for (const { name, query, key = [] } of views) await createPeer(client, name, query, key)
    await client.query('reset all')
  })
}

/** The three take turns in going first. */
async function measureView(pool: Pool, view: Measured, round: number, index: number): Promise<void> {
  const counts = round > 0
  const turns = [
    () => view.noting(() => view.refresh(pool, counts)),
    () =>
      native(pool, async (client) =>
        view.took('concurrently', await peerRefresh(client, concurrently, view.name), counts),
      ),
    () => native(pool, async (client) => view.took('plain', await peerRefresh(client, plain, view.name), counts)),
  ]
  const first = (round + index) % turns.length
  for (const turn of [...turns.slice(first), ...turns.slice(0, first)]) {
    if (view.failure === undefined) await turn()
  }
}

async function native(pool: Pool, work: Parameters<typeof withClient<void>>[1]): Promise<void> {
  await withClient(pool, async (client) => {
    await client.query(peerSettings)
    await work(client)
    await client.query(resetPeerSettings)
  })
}
