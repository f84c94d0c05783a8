import type { Pool, PoolClient } from 'pg'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import { view as defineView } from '../../src/define/view.js'
import { applyDeployment } from '../../src/deploy/index.js'
import { verifyView } from '../../src/engine/verify.js'
import type { Bench, Benchmark } from '../kit/bench.js'
import { withClient } from '../kit/session.js'
import { geometricMean, median } from '../kit/stats.js'
import { digits, lessIsBetter, type Outcome, type Result } from '../kit/types.js'
import { type ChangeSize, changeSql, shapes, sizes, tablesSql } from './shapes.js'

/** What makes Tidemark believe that one way is the cheapest. */
const forced = {
  delta: 'delta_ms = 0, full_ms = 1e9',
  slices: 'slice_ms = 0.000001, batch_ms = 1e9, full_ms = 1e9',
  batch:
    'slice_ms = 1e9, batch_ms = 1, full_ms = 1e9, row_count = 1000000000, slice_totals = null, full_pending = null, touched_rate = null, count_ms = null',
  full: 'slice_ms = 1e9, batch_ms = 1e9, delta_ms = 1e9, full_ms = 0.000001, full_pending = 0',
} as const

type Way = keyof typeof forced

/**
 * The choice between the ways to refresh, made at each refresh from what the ones before took: against the best of the ways
 * forced, for changes from one row to all.
 */
export const choice: Benchmark = {
  name: 'choice',
  summary: 'what is chosen at each refresh, against the best of all ways forced, from one changed row to all',
  run,
}

async function run({ server, options, say }: Bench): Promise<Outcome> {
  const rows = options.submissions ?? (options.quick ? 3_000 : 100_000)
  const rounds = options.rounds ?? (options.quick ? 1 : 3)
  const { pool } = await server.createDatabase()
  await pool.query(tablesSql(rows))
  await pool.query('vacuum analyze')
  const views = Object.entries(shapes).map(([name, query]) => defineView(name, { query, freshness: 1 }))
  await applyDeployment(pool, normaliseConfig({ views }).views)
  const ways = await waysOf(pool)
  const measured = new Map<string, Timings>()
  let round = 0
  for (const size of sizes) {
    say(`${size.title}: warming up`)
    for (let left = 3; left > 0; left--) await oursOnly(pool, changeSql(size, round++, rows))
    for (let left = rounds; left > 0; left--) {
      say(`${size.title}: ${left} rounds to go`)
      await pool.query(changeSql(size, round++, rows))
      for (const [name, own] of ways) await measure(pool, name, size, own, measured)
    }
    await pool.query('vacuum analyze')
  }
  const right = new Map<string, boolean>()
  for (const name of ways.keys()) {
    const { missing, unexpected } = await verifyView(pool, name)
    right.set(name, missing + unexpected === 0)
  }
  return outcomeOf(measured, right, { rows, rounds, rolledBack: 'the forced refreshes; ours is committed' })
}

interface Timings {
  readonly name: string
  readonly size: ChangeSize
  readonly ours: number[]
  readonly modes: Set<string>
  readonly forced: Map<Way, number[]>
}

/** The ways that each view has. */
async function waysOf(pool: Pool): Promise<Map<string, Way[]>> {
  const { rows } = await pool.query<{ name: string } & Record<Way, boolean>>(
    `select view_name as name, statements ->> 'delta' is not null as delta, statements ->> 'slices' is not null as slices,
       statements ->> 'batch' is not null as batch, true as full
     from tidemark.view where not hidden order by id`,
  )
  const all = Object.keys(forced) as Way[]
  return new Map(rows.map((row) => [row.name, all.filter((way) => row[way])]))
}

async function oursOnly(pool: Pool, change: string): Promise<void> {
  await pool.query(change)
  for (const name of Object.keys(shapes)) await withClient(pool, (client) => timedRefresh(client, name, undefined))
}

async function measure(
  pool: Pool,
  name: string,
  size: ChangeSize,
  ways: readonly Way[],
  measured: Map<string, Timings>,
): Promise<void> {
  const title = `${name}: ${size.title}`
  const timings: Timings = measured.get(title) ?? { name, size, ours: [], modes: new Set(), forced: new Map() }
  measured.set(title, timings)
  await withClient(pool, async (client) => {
    for (const way of ways) {
      const { ms } = await timedRefresh(client, name, way)
      timings.forced.set(way, [...(timings.forced.get(way) ?? []), ms])
    }
    const { ms, mode } = await timedRefresh(client, name, undefined)
    timings.ours.push(ms)
    timings.modes.add(mode)
  })
}

/** One refresh; undone, with what was learned from it, where the way was forced. */
async function timedRefresh(
  client: PoolClient,
  name: string,
  way: Way | undefined,
): Promise<{ ms: number; mode: string }> {
  await client.query('begin isolation level repeatable read')
  if (way !== undefined) {
    await client.query(
      `update tidemark.state set ${forced[way]} where view_id = (select id from tidemark.view where view_name = $1)`,
      [name],
    )
  }
  const started = performance.now()
  const { rows } = await client.query<{ mode: string }>('select mode from tidemark.refresh($1)', [name])
  const ms = performance.now() - started
  await client.query(way === undefined ? 'commit' : 'rollback')
  const mode = rows[0]?.mode ?? 'none'
  if (mode !== 'incremental' && mode !== 'full') throw new Error(`${name}: the refresh was ${mode}`)
  return { ms, mode }
}

function outcomeOf(
  measured: ReadonlyMap<string, Timings>,
  right: ReadonlyMap<string, boolean>,
  conditions: Outcome['conditions'],
): Outcome {
  const table: Record<string, string | number>[] = []
  const results: Result[] = []
  for (const [title, { name, ours, modes, forced: others }] of measured) {
    const each = [...others].map(([way, times]): [Way, number] => [way, median(times)])
    const [best, bestMs] = each.reduce((one, other) => (other[1] < one[1] ? other : one))
    const result = lessIsBetter(title, median(ours), 'the best way forced', bestMs, 'ms')
    results.push({ ...result, verified: right.get(name) ?? false, mode: [...modes].join(', ') })
    const columns = Object.fromEntries(each.map(([way, ms]) => [way, digits(ms)]))
    table.push({
      case: title,
      ours: digits(median(ours)),
      best,
      delta: '',
      slices: '',
      batch: '',
      full: '',
      ...columns,
    })
  }
  const ratios = results.map(({ ratio }) => ratio)
  const summary = {
    'geometric mean, best / ours': digits(geometricMean(ratios)),
    'more than 1.1 times the best': ratios.filter((ratio) => ratio < 1 / 1.1).length,
    cases: ratios.length,
  }
  return { results, summary, tables: { 'Milliseconds of each way, forced': table }, conditions }
}
