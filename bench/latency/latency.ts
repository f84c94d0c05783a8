import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Pool } from 'pg'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import { view } from '../../src/define/view.js'
import { applyDeployment } from '../../src/deploy/index.js'
import { verifyView } from '../../src/engine/verify.js'
import type { Bench, Benchmark } from '../kit/bench.js'
import { median, percentile } from '../kit/stats.js'
import { lessIsBetter, type Outcome, type Result } from '../kit/types.js'
import { type Probed, type ProbeOptions, probe } from './probe.js'

const concurrently = 'REFRESH MATERIALIZED VIEW CONCURRENTLY'
const accounts = 10_000
const freshness = '50ms'

const query = `select account, count(*) as orders, sum(amount) as amount, max(id) as newest from orders group by account`

/**
 * From the commit of a row to its being seen in the view, by somebody who looks all the time; the worker runs beside,
 * in a process of its own. The peer is a native materialized view of the same query that is refreshed without a pause.
 */
export const latency: Benchmark = {
  name: 'latency',
  summary: 'from commit to visible in the view: p50, p95, p99 at several rates',
  run,
}

async function run({ server, options, say }: Bench): Promise<Outcome> {
  const orders = options.submissions ?? (options.quick ? 20_000 : 1_000_000)
  const rates = options.rates ?? (options.quick ? [50] : [50, 200, 1_000])
  const seconds = options.seconds ?? (options.quick ? 3 : 15)
  const { pool, url } = await server.createDatabase()
  say(`loading ${orders.toLocaleString('en')} orders of ${accounts.toLocaleString('en')} accounts`)
  await fill(pool, orders)

  const results: Result[] = []
  const conditions: Record<string, string | number> = { orders, accounts, seconds, freshness }
  for (const rate of rates) {
    const measure = (name: string, length = seconds): Promise<Probed> =>
      probe({ url, view: name, ratePerSecond: rate, seconds: length, accounts } satisfies ProbeOptions)
    const ours = await withWorker(url, async () => {
      await measure('account_totals', Math.min(2, seconds)) // to warm up
      say(`${rate} transactions a second, with Tidemark`)
      return await measure('account_totals')
    })
    say(`${rate} transactions a second, with ${concurrently}`)
    const theirs = await refreshingAllTheTime(pool, () => measure('native.account_totals'))
    results.push(...resultsOf(rate, ours, theirs))
    conditions[`reached at ${rate}`] = told(ours)
    say(`${rate} a second: ${told(ours)}`)
    await pool.query('vacuum analyze')
  }
  const { missing, unexpected } = await verifyView(pool, 'account_totals')
  if (missing > 0 || unexpected > 0) throw new Error(`${missing} rows missing, ${unexpected} unexpected`)
  return { results, conditions }
}

async function fill(pool: Pool, orders: number): Promise<void> {
  await pool.query(`create table orders (
    id bigint generated always as identity primary key, account int not null, amount numeric not null)`)
  await pool.query(
    `insert into orders (account, amount)
     select (hashint4(n)::bigint & 2147483647) % $2::int, (n % 10000) / 100.0 from generate_series(1, $1::int) n`,
    [orders, accounts],
  )
  await pool.query('create index on orders (account)')
  await pool.query('vacuum analyze orders')
  await applyDeployment(pool, normaliseConfig({ views: [view('account_totals', { query, freshness })] }).views)
  await pool.query(`create schema native; create materialized view native.account_totals as ${query};
    create unique index on native.account_totals (account)`)
}

async function withWorker<Value>(url: string, use: () => Promise<Value>): Promise<Value> {
  const file = fileURLToPath(new URL('./worker-process.ts', import.meta.url))
  const child = fork(file, [url], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  try {
    await once(child, 'message')
    return await use()
  } finally {
    await stop(child)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

async function refreshingAllTheTime<Value>(pool: Pool, use: () => Promise<Value>): Promise<Value> {
  const state = { wanted: true }
  const refreshing = (async () => {
    while (state.wanted) await pool.query('refresh materialized view concurrently native.account_totals')
  })()
  try {
    return await Promise.race([use(), refreshing.then(() => Promise.reject(new Error('it stopped refreshing')))])
  } finally {
    state.wanted = false
    await refreshing
  }
}

function resultsOf(rate: number, ours: Probed, theirs: Probed): Result[] {
  return [50, 95, 99].map((part) =>
    lessIsBetter(
      `${rate} tx/s, p${part}`,
      percentile(ours.latencies, part / 100),
      concurrently,
      percentile(theirs.latencies, part / 100),
      'ms',
    ),
  )
}

function told({ latencies, transactionsPerSecond, looks, unseen }: Probed): string {
  const reached = `${transactionsPerSecond.toFixed(0)} tx/s`
  const lost = unseen === 0 ? '' : `, ${unseen} not seen`
  return `${reached}, ${latencies.length} measured${lost}, a look every ${median(looks).toFixed(1)} ms`
}
