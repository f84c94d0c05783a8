/**
 * A server that is measured, as a process of its own: of what is built, as users run it. Plain JavaScript, because what
 * translates TypeScript as it is loaded leaves traces in each function that cost time. Started by http.ts; answers `usage`.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Hono } from 'hono'
import pg from 'pg'
import { listenOn } from '../../dist/cli/serve/listen.js'
import { createHandler } from '../../dist/http/index.js'

const statementTimeoutMs = 10_000
/** @type {import('./processes.js').ServerOptions} */
const options = JSON.parse(process.argv[2] ?? '')
const server = await listenOn(handlerOf(options), '127.0.0.1', 0)

process.on('message', async (/** @type {{ readonly settled: boolean }} */ { settled }) => {
  const { user, system } = process.cpuUsage()
  // What is left over from before is not what anything costs.
  for (let round = 0; round < (settled ? 4 : 0); round++) {
    globalThis.gc?.()
    await delay(150)
  }
  /** @type {import('./processes.js').Usage} */
  const usage = { cpuMs: (user + system) / 1000, residentBytes: process.memoryUsage().rss }
  process.send?.(usage)
})
process.once('SIGTERM', () => process.exit(0))
process.once('disconnect', () => process.exit(0))
process.send?.(Number(new URL(server.url).port))

/** @param {import('./processes.js').ServerOptions} from */
function handlerOf(from) {
  if (from.kind === 'tidemark') return ours(from.url, from.cached)
  const app = new Hono()
  if (from.kind === 'bytes') {
    const { body, headers } = from.bytes
    app.get('/rest/v1/:view', () => new Response(body, { headers }))
  } else {
    const pool = poolOf(from.url)
    app.get('/rest/v1/:view', async (c) => c.json((await pool.query(from.text, [c.req.query('of')])).rows))
  }
  return { fetch: app.fetch }
}

/**
 * @param {string} url
 * @param {boolean} cached
 */
function ours(url, cached) {
  return createHandler({
    database: poolOf(url),
    listen: url,
    fresh: { perMinute: 1_000_000 },
    ...(cached ? {} : { cache: false }),
    access: { open: ['freshness'] },
    limits: { statementTimeout: statementTimeoutMs },
  })
}

/**
 * As `tidemark serve` makes it.
 * @param {string} connectionString
 */
function poolOf(connectionString) {
  const pool = new pg.Pool({
    connectionString,
    max: 10,
    statement_timeout: statementTimeoutMs,
    idleTimeoutMillis: 300_000,
  })
  pool.on('error', () => undefined)
  return pool
}
