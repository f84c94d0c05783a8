import type { Pool } from 'pg'
import { applyDeployment } from '../../src/deploy/index.js'
import { verifyView } from '../../src/engine/verify.js'
import { arenaViews, fillArena } from '../kit/arena.js'
import type { Bench, Benchmark } from '../kit/bench.js'
import { ourRefresh } from '../kit/refreshing.js'
import { withClient } from '../kit/session.js'
import { median } from '../kit/stats.js'
import { lessIsBetter, type Outcome, type Result } from '../kit/types.js'
import { type Change, changesOf } from '../refresh/changes.js'

/**
 * Changes that are the same on every size: they touch as many slices, and slices as large. (A thousand submissions at
 * random are in 200 challenges of a small table, and in 700 of a large one.)
 */
const cases = [
  { change: '1,000 submissions re-scored', view: 'mv_agent_progress' },
  { change: '1 row', view: 'mv_agent_progress' },
  { change: '10 challenges touched', view: 'mv_lane_score_distribution' },
] as const
type Case = (typeof cases)[number]

const warmUps = 2

interface Sized {
  readonly rows: number
  readonly pool: Pool
  readonly changes: readonly Change[]
}

/** The same change on tables of several sizes, which take turns. The smallest is what the others are compared with. */
export const scale: Benchmark = {
  name: 'scale',
  summary: 'the same change on 100k, 1M and 5M rows: a refresh must not grow with the table',
  run,
}

async function run({ server, options, say }: Bench): Promise<Outcome> {
  const sizes = [...(options.sizes ?? (options.quick ? [50_000, 200_000] : [100_000, 1_000_000, 5_000_000]))].sort(
    (a, b) => a - b,
  )
  const rounds = options.rounds ?? (options.quick ? 2 : 9)
  const wanted = (await arenaViews()).filter(({ name }) => cases.some(({ view }) => view === name))
  const tables: Sized[] = []
  for (const rows of sizes) {
    const { pool } = await server.createDatabase()
    await fillArena(pool, rows, say)
    say('deploying')
    await applyDeployment(pool, wanted)
    await pool.query('vacuum analyze')
    tables.push({ rows, pool, changes: changesOf(rows) })
  }

  const results: Result[] = []
  for (const measured of cases) {
    say(`${measured.change}: ${measured.view}`)
    results.push(...resultsOf(measured, sizes, await measureCase(tables, measured, rounds)))
  }
  for (const { pool } of tables) await mustBeRight(pool)
  return { results, conditions: { rounds, work_mem: '64MB', jit: 'off', warmUpRounds: warmUps } }
}

/** Milliseconds of each round, by the number of rows. */
async function measureCase(
  tables: readonly Sized[],
  { change, view }: Case,
  rounds: number,
): Promise<ReadonlyMap<number, number[]>> {
  const times = new Map(tables.map(({ rows }): [number, number[]] => [rows, []]))
  for (let round = -warmUps; round < rounds; round++) {
    const turn = (round + warmUps) % tables.length
    for (const { rows, pool, changes } of [...tables.slice(turn), ...tables.slice(0, turn)]) {
      const known = changes.find(({ title }) => title === change)
      await withClient(pool, async (client) => known?.apply(client, round + 10))
      const took = await ourRefresh(pool, view)
      if (round >= 0) times.get(rows)?.push(took)
    }
  }
  return times
}

function resultsOf({ change, view }: Case, sizes: readonly number[], times: ReadonlyMap<number, number[]>): Result[] {
  const of = (rows: number) => median(times.get(rows) ?? [])
  const [smallest = 0, ...larger] = sizes
  return larger.map((rows) =>
    lessIsBetter(`${change}: ${view}, ${told(rows)} rows`, of(rows), `${told(smallest)} rows`, of(smallest), 'ms'),
  )
}

function told(rows: number): string {
  return rows.toLocaleString('en')
}

async function mustBeRight(pool: Pool): Promise<void> {
  for (const view of new Set(cases.map(({ view }) => view))) {
    const { missing, unexpected } = await verifyView(pool, view)
    if (missing > 0 || unexpected > 0) throw new Error(`${view}: ${missing} missing, ${unexpected} unexpected`)
  }
}
