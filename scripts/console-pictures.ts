/**
 * Makes the pictures of the console that the documentation shows, of the real thing: the competition of the examples in a
 * PostgreSQL of its own, its views kept fresh under writes, and the console in a browser.
 *
 *   npm run build && npx tsx scripts/console-pictures.ts [--submissions 50000] [--seconds 20]
 */
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import pg from 'pg'
import type { Browser } from 'playwright-core'
import { Cleanup } from '../demo/cleanup.js'
import { loadArena } from '../examples/arena/data.js'
import { startWriters } from '../examples/arena/writes.js'
import { loadConfig } from '../src/define/load-config.js'
import { applyDeployment } from '../src/deploy/index.js'
import { startEmbeddedServer } from '../src/embedded/server.js'
import { createHandler } from '../src/http/index.js'
import { startWorker } from '../src/worker/index.js'
import { findChromium, startBrowser } from '../test/console/chromium.js'
import { listenLocally } from '../test/console/listen.js'

const configFile = fileURLToPath(new URL('../examples/arena/tidemark.config.ts', import.meta.url))
const images = fileURLToPath(new URL('../docs/images/', import.meta.url))
const { values } = parseArgs({
  options: { submissions: { type: 'string', default: '50000' }, seconds: { type: 'string', default: '20' } },
})

const view = 'mv_lane_score_distribution'
const wide = { width: 1280, height: 760 }
const narrow = { width: 390, height: 780 }

const cleanup = new Cleanup()
try {
  const chromium = findChromium()
  if (chromium === undefined) throw new Error('No chromium was found; TIDEMARK_CHROMIUM names one.')
  const url = await prepareDatabase(Number(values.submissions))
  const address = await startServing(url)
  // Some history, so that there is something to see.
  await delay(Number(values.seconds) * 1000)
  const browser = await startBrowser(chromium)
  cleanup.add(() => browser.close())
  await takePictures(browser, address)
} finally {
  await cleanup.run()
}

async function prepareDatabase(submissions: number): Promise<string> {
  const server = await startEmbeddedServer({ settings: { fsync: false, jit: false } })
  cleanup.add(() => server.remove())
  const client = new pg.Client(server.url)
  await client.connect()
  await loadArena(client, { submissions, endsAt: new Date() })
  await client.end()
  const pool = openPool(server.url)
  const { views } = await loadConfig(configFile)
  await applyDeployment(pool, views)
  return server.url
}

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 8 })
  pool.on('error', () => {})
  cleanup.add(() => pool.end())
  return pool
}

/** Worker, writers and server, as `tidemark dev` would run them. */
async function startServing(url: string): Promise<string> {
  const settings = { concurrency: 2, pollIntervalMs: 5_000, listen: true, shutdownTimeoutMs: 10_000, name: 'worker-1' }
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  const alerts = { log: false, webhooks: [], onAlert: null }
  const worker = startWorker({ database: openPool(url), listen: url, settings, alerts, log: silent })
  cleanup.add(() => worker.stop())
  const interrupted = new AbortController()
  const writers = startWriters(url, { clients: 2, ratePerSecond: 15, signal: interrupted.signal })
  cleanup.add(async () => {
    interrupted.abort()
    await writers.stop()
  })
  const open = ['read', 'freshness', 'inspect', 'refresh', 'operate'] as const
  const handler = createHandler({ database: openPool(url), listen: url, access: { open } })
  cleanup.add(() => handler.close())
  const { address, close } = await listenLocally(handler.fetch)
  cleanup.add(close)
  return address
}

async function takePictures(browser: Browser, address: string): Promise<void> {
  const pictures = [
    ['overview-light', '/', 'light', { width: 1280, height: 500 }],
    ['overview-dark', '/', 'dark', { width: 1280, height: 500 }],
    ['view', `/views/${view}`, 'light', { width: 1280, height: 1000 }],
    ['history', `/views/${view}/history`, 'dark', { width: 1280, height: 960 }],
    ['lineage', '/lineage', 'light', wide],
    ['activity', '/activity', 'dark', wide],
    ['phone', '/', 'light', narrow],
  ] as const
  for (const [name, path, colorScheme, viewport] of pictures) {
    const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 1.5 })
    const page = await context.newPage()
    await page.goto(`${address}#${path}`)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.waitForTimeout(2_000)
    await page.screenshot({ path: `${images}console-${name}.png` })
    await context.close()
    console.log(`docs/images/console-${name}.png`)
  }
}
