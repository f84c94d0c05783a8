import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Pool } from 'pg'
import type { Browser } from 'playwright-core'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import { view } from '../../src/define/view.js'
import { applyDeployment } from '../../src/deploy/index.js'
import { verifyView } from '../../src/engine/verify.js'
import { launchChromium } from '../../test/react/browser/chromium.js'
import { buildPage, liveOrders, Site } from '../../test/react/browser/site.js'
import type { Bench, Benchmark } from '../kit/bench.js'
import { percentile } from '../kit/stats.js'
import { lessIsBetter, type Outcome } from '../kit/types.js'

const freshness = '100ms'
const pollMs = 1_000
const accounts = 1_000

/**
 * From the commit of a row to a page in a browser that shows it, without being loaded again. Worker and browser
 * are processes of their own. The peer is the same page reading once a second.
 */
export const live: Benchmark = {
  name: 'live',
  summary: 'from commit to shown by a page in a browser: p50, p95, p99',
  run,
}

async function run({ server, options, say }: Bench): Promise<Outcome> {
  const orders = options.submissions ?? (options.quick ? 20_000 : 1_000_000)
  const writes = options.rounds ?? (options.quick ? 20 : 200)
  const { pool, url } = await server.createDatabase()
  say(`loading ${orders.toLocaleString('en')} orders of ${accounts.toLocaleString('en')} accounts`)
  await fill(pool, orders)
  const browser = await launchChromium()
  const page = await buildPage()
  const site = new Site(url, page.folder)
  const worker = await startWorkerProcess(url)
  try {
    await site.start()
    say(`${writes} writes, one at a time, with events`)
    const ours = await measure(browser, site.url, pool, writes)
    say(`${writes} writes, with a page that reads every ${pollMs} ms`)
    const polled = await measure(browser, `${site.url}&poll=${pollMs}`, pool, writes)
    const { missing, unexpected } = await verifyView(pool, 'live_orders')
    if (missing > 0 || unexpected > 0) throw new Error(`${missing} rows missing, ${unexpected} unexpected`)
    const peer = `reading every ${pollMs} ms`
    const results = [50, 95, 99].map((part) =>
      lessIsBetter(`p${part}`, percentile(ours, part / 100), peer, percentile(polled, part / 100), 'ms'),
    )
    const conditions = { orders, accounts, writes, freshness, browser: `Chromium ${browser.version()}` }
    return { results, conditions: { ...conditions, longest: `${Math.max(...ours)} ms` } }
  } finally {
    await browser.close()
    await site.stop()
    await stop(worker)
    await page.remove()
  }
}

async function fill(pool: Pool, orders: number): Promise<void> {
  await pool.query(liveOrders.table)
  await pool.query('INSERT INTO orders SELECT n, n % $2::int FROM generate_series(1, $1::int) n', [orders, accounts])
  await pool.query('CREATE INDEX ON orders (account)')
  await pool.query('VACUUM ANALYZE orders')
  const definition = view('live_orders', { query: liveOrders.query, freshness, indexes: [['newest']] })
  await applyDeployment(pool, normaliseConfig({ views: [definition] }).views)
}

/** Milliseconds from the answer to COMMIT to the rows being in the document, by the one clock of the machine. */
async function measure(browser: Browser, url: string, pool: Pool, writes: number): Promise<number[]> {
  const page = await browser.newPage()
  const milliseconds: number[] = []
  try {
    await page.goto(url)
    await page.waitForFunction('Object.keys(window.shownAt).length > 0')
    // The first are to warm up.
    for (let written = -5; written < writes; written++) {
      const account = Math.floor(Math.random() * accounts)
      const inserted = await pool.query<{ id: number }>(
        'INSERT INTO orders SELECT max(id) + 1, $1 FROM orders RETURNING id::int',
        [account],
      )
      const committed = Date.now()
      const id = inserted.rows[0]?.id ?? 0
      const shown = await page.waitForFunction(`window.shownAt[${id}]`, undefined, { timeout: 30_000 })
      if (written >= 0) milliseconds.push(((await shown.jsonValue()) as number) - committed)
      // At any moment of whatever rhythm there is.
      await sleep(200 + Math.random() * 800)
    }
    return milliseconds
  } finally {
    await page.close()
  }
}

async function startWorkerProcess(url: string): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('../latency/worker-process.ts', import.meta.url))
  const child = fork(file, [url], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await once(child, 'message')
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}
