import { spawnSync } from 'node:child_process'
import type { Pool } from 'pg'
import { refreshView } from '../../src/engine/refresh.js'
import type { Bench, Benchmark } from '../kit/bench.js'
import { median } from '../kit/stats.js'
import { digits, lessIsBetter, moreIsBetter, type Outcome, type Result } from '../kit/types.js'
import type { LoadMessage } from './load-process.js'
import { type Bytes, Helper, type Loaded, type LoadOptions, type ServerOptions, type Usage } from './processes.js'
import { type Dashboard, dashboardsOf, makeSite, plainPath } from './site.js'

const connections = 32
/** Times as many rounds at half the rate: what is looked for there, one of a hundred, differs much from one to the next. */
const moreRounds = 2
const listeners = 1_000

/**
 * Reads over HTTP: from the cache against a handler that answers the same bytes, from the database against the same query by
 * hand, and how soon and how dearly a thousand listeners hear of a refresh. Servers, and the load, are processes of their own.
 */
export const http: Benchmark = {
  name: 'http',
  summary: 'reads and events over HTTP, against bare Hono handlers and queries by hand',
  run,
}

interface Served {
  readonly helper: Helper
  readonly port: number
}

/** One after the other, so that each has the machine for itself. */
interface Site {
  readonly cached: Served
  readonly uncached: Served
  readonly bytes: Served
  readonly plain: Served
  readonly query: Served
  readonly load: Helper
}

type Row = Readonly<Record<string, string | number>>

async function run({ server, options, say }: Bench): Promise<Outcome> {
  const submissions = options.submissions ?? (options.quick ? 20_000 : 200_000)
  const rounds = options.rounds ?? (options.quick ? 1 : 5)
  const seconds = options.seconds ?? (options.quick ? 1 : 3)
  say('building what is served')
  const built = spawnSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] })
  if (built.status !== 0) throw new Error('what is to be served could not be built')
  const { pool, url } = await server.createDatabase()
  await makeSite(pool, submissions, say)
  const dashboards = await dashboardsOf(pool)
  const started: Helper[] = []
  try {
    const site = await openSite(url, dashboards.lanes, started)
    const measured = { site, seconds, rounds, say }
    const saturation = await saturate(measured, dashboards.lanes)
    const results = [
      ...saturation.results,
      ...(await atHalf(measured, dashboards.lanes, saturation)),
      ...(await dashboardReads(measured, Object.values(dashboards))),
      ...(await hearRefreshes(measured, pool)),
    ]
    const conditions = { submissions, rounds, seconds, connections, listeners }
    return { results, conditions, tables: { processor: saturation.processor } }
  } finally {
    for (const helper of started) await helper.stop()
  }
}

async function openSite(url: string, { paths, query = '' }: Dashboard, started: Helper[]): Promise<Site> {
  const open = async (options: ServerOptions): Promise<Served> => {
    const [helper, port] = await Helper.start('server', options)
    started.push(helper)
    return { helper, port: Number(port) }
  }
  const cached = await open({ kind: 'tidemark', url, cached: true })
  const [path = ''] = paths
  const bytes = await bytesOf(`http://127.0.0.1:${cached.port}${path}`)
  const type = { 'content-type': bytes.headers['content-type'] ?? '' }
  const [load] = await Helper.start('load')
  started.push(load)
  return {
    cached,
    uncached: await open({ kind: 'tidemark', url, cached: false }),
    bytes: await open({ kind: 'bytes', bytes }),
    plain: await open({ kind: 'bytes', bytes: { body: bytes.body, headers: type } }),
    query: await open({ kind: 'query', url, text: query }),
    load,
  }
}

/** What is answered from the cache, but for what Node itself adds. */
async function bytesOf(address: string): Promise<Bytes> {
  await fetch(address)
  const answer = await fetch(address)
  const own = new Set(['connection', 'keep-alive', 'content-length', 'date'])
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !own.has(name)))
  if (headers['x-data-source'] !== 'cache') throw new Error('the second read was not answered from the cache')
  return { body: await answer.text(), headers }
}

interface Measured {
  readonly site: Site
  readonly seconds: number
  readonly rounds: number
  readonly say: (text: string) => void
}

interface Saturation {
  readonly results: readonly Result[]
  /** Requests a second, of each server as it is called there. */
  readonly rates: Readonly<Record<'cached' | 'bytes' | 'uncached' | 'query', number>>
  readonly processor: readonly Row[]
}

interface Case {
  readonly name: string
  readonly server: Served
  readonly paths: readonly string[]
  readonly rates: number[]
  /** Microseconds of its processor for one request. */
  readonly costs: number[]
}

async function saturate({ site, seconds, rounds, say }: Measured, { paths }: Dashboard): Promise<Saturation> {
  const of = (name: string, server: Served, asked: readonly string[]): Case => ({
    name,
    server,
    paths: asked,
    rates: [],
    costs: [],
  })
  const one = paths.slice(0, 1)
  const cached = of('Tidemark, cached', site.cached, one)
  const bytes = of('bare Hono, same bytes', site.bytes, one)
  const plain = of('bare Hono, same body alone', site.plain, one)
  const uncached = of('Tidemark, uncached', site.uncached, paths)
  const query = of('bare Hono and pg by hand', site.query, paths.map(plainPath))
  const cases = [cached, bytes, plain, uncached, query]
  for (const { server, paths: asked } of cases) await ask(site, server, { paths: asked, seconds: Math.min(2, seconds) })
  for (let round = 0; round < rounds; round++) {
    say(`as fast as can be: round ${round + 1} of ${rounds}`)
    for (const measured of round % 2 === 0 ? cases : [...cases].reverse()) {
      const before = await usageOf(measured.server)
      const { answered, seconds: took } = await ask(site, measured.server, { paths: measured.paths, seconds })
      const after = await usageOf(measured.server)
      measured.rates.push(answered / took)
      measured.costs.push(((after.cpuMs - before.cpuMs) * 1000) / answered)
    }
  }
  const compared = (ours: Case, peer: Case): Result =>
    moreIsBetter(ours.name.replace('Tidemark, ', ''), median(ours.rates), peer.name, median(peer.rates), 'requests/s')
  return {
    results: [compared(cached, bytes), compared(cached, plain), compared(uncached, query)],
    rates: {
      cached: median(cached.rates),
      bytes: median(bytes.rates),
      uncached: median(uncached.rates),
      query: median(query.rates),
    },
    processor: cases.map(({ name, costs }) => ({ server: name, 'processor µs a request': digits(median(costs)) })),
  }
}

/** Each at half the rate that it reached itself: what the machine holds up shows in both. */
async function atHalf(
  { site, seconds, rounds, say }: Measured,
  { paths }: Dashboard,
  { rates }: Saturation,
): Promise<Result[]> {
  const results: Result[] = []
  for (const { name, ours, peer } of [
    {
      name: 'cached',
      ours: { server: site.cached, paths, rate: rates.cached / 2 },
      peer: { name: 'bare Hono, same bytes', server: site.bytes, paths, rate: rates.bytes / 2 },
    },
    {
      name: 'uncached',
      ours: { server: site.uncached, paths, rate: rates.uncached / 2 },
      peer: {
        name: 'bare Hono and pg by hand',
        server: site.query,
        paths: paths.map(plainPath),
        rate: rates.query / 2,
      },
    },
  ]) {
    say(`${name}: ${Math.round(ours.rate)} requests a second, and the peer ${Math.round(peer.rate)}`)
    const own: number[] = []
    const theirs: number[] = []
    // Other paths than before, which nobody has asked for yet.
    for (const { server, paths: asked, rate } of [ours, peer]) await ask(site, server, { paths: asked, seconds, rate })
    for (let round = 0; round < rounds * moreRounds; round++) {
      own.push((await ask(site, ours.server, { paths: ours.paths, seconds, rate: ours.rate })).p99)
      theirs.push((await ask(site, peer.server, { paths: peer.paths, seconds, rate: peer.rate })).p99)
    }
    results.push(lessIsBetter(`${name}, half as fast, p99`, median(own), 'target', 10, 'ms'))
    results.push(
      lessIsBetter(
        `${name}, half as fast, p99`,
        median(own),
        `${peer.name}, half as fast as it is`,
        median(theirs),
        'ms',
      ),
    )
  }
  return results
}

/** One at a time, from the database: a dashboard as it is read first. */
async function dashboardReads({ site, seconds, say }: Measured, dashboards: readonly Dashboard[]): Promise<Result[]> {
  const results: Result[] = []
  for (const { name, paths, indexed } of dashboards) {
    say(`${name}: kept, and computed for each request`)
    const live = paths.map((path) => `${path}&fresh=1`)
    await ask(site, site.uncached, { paths, seconds: 1, connections: 1 })
    await ask(site, site.uncached, { paths: live, seconds: 1, connections: 1 })
    const kept = await ask(site, site.uncached, { paths, seconds, connections: 1 })
    const computed = await ask(site, site.uncached, { paths: live, seconds: 2 * seconds, connections: 1 })
    results.push(lessIsBetter(`${name}, p95`, kept.p95, 'computed live', computed.p95, 'ms'))
    if (indexed) results.push(lessIsBetter(`${name}, by an index, p95`, kept.p95, 'target', 10, 'ms'))
  }
  return results
}

async function hearRefreshes({ site, rounds, say }: Measured, pool: Pool): Promise<Result[]> {
  const { port } = site.cached
  const before = await usageOf(site.cached, true)
  say(`${listeners} clients listen`)
  await site.load.ask({ kind: 'listen', options: { port, clients: listeners } } satisfies LoadMessage)
  const after = await usageOf(site.cached, true)
  const slowest: number[] = []
  for (let round = 0; round < rounds; round++) {
    await pool.query(
      'update submissions set composite_score = composite_score + 0.001 where id = (select id from submissions where status = $1 limit 1)',
      ['scored'],
    )
    // From before the refresh itself, which commits in between.
    const began = Date.now()
    const { mode } = await refreshView(pool, 'mv_agent_progress')
    const heard = await site.load.ask<readonly number[]>({ kind: 'heard' } satisfies LoadMessage)
    if (mode !== 'incremental' && mode !== 'full') throw new Error(`nothing was refreshed: ${mode}`)
    if (heard.length !== listeners) throw new Error(`${heard.length} of ${listeners} clients heard of a refresh`)
    slowest.push(Math.max(...heard) - began)
  }
  const megabytes = ({ residentBytes }: Usage): number => residentBytes / 2 ** 20
  const last = await usageOf(site.cached, true)
  const cost = Math.max(megabytes(after), megabytes(last)) - megabytes(before)
  return [
    lessIsBetter(`${listeners} listeners hear of a refresh, the last of them`, median(slowest), 'target', 1_000, 'ms'),
    lessIsBetter(`${listeners} listeners, memory of the server`, Math.max(cost, 0.1), 'target', 50, 'MB'),
  ]
}

async function ask(
  site: Site,
  { port }: Served,
  options: Pick<LoadOptions, 'paths' | 'seconds'> & Partial<LoadOptions>,
): Promise<Loaded> {
  const loaded = await site.load.ask<Loaded>({
    kind: 'load',
    options: { port, connections, ...options },
  } satisfies LoadMessage)
  if (loaded.failed > 0) throw new Error(`${loaded.failed} requests failed`)
  return loaded
}

function usageOf({ helper }: Served, settled = false): Promise<Usage> {
  return helper.ask<Usage>({ settled })
}
