import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { type ArenaProgress, loadArena } from '../examples/arena/data.js'
import { loadConfig } from '../src/define/load-config.js'
import type { NormalisedView } from '../src/define/types.js'
import { applyDeployment, explainViews } from '../src/deploy/index.js'
import type { EmbeddedServer } from '../src/embedded/server.js'
import { startEmbeddedServer } from '../src/embedded/server.js'
import type { Cleanup } from './cleanup.js'
import { count } from './format.js'
import { fillPeers, measurePeers } from './peers.js'
import type { ReportStep, Steps } from './steps.js'

/** A database with the application in it, and its views deployed. */
export interface Stage {
  readonly url: string
  readonly pool: pg.Pool
  /** As in `PostgreSQL 18.4`. */
  readonly server: string
  readonly views: readonly NormalisedView[]
  /** Views of which every table is followed. */
  readonly incremental: ReadonlySet<string>
  /** Milliseconds of REFRESH MATERIALIZED VIEW CONCURRENTLY, by view. */
  readonly concurrentlyMs: ReadonlyMap<string, number>
}

const configFile = fileURLToPath(new URL('../examples/arena/tidemark.config.ts', import.meta.url))

/** Nothing in it outlives the demo, so nothing has to survive a crash of the machine. */
const serverSettings = {
  fsync: false,
  full_page_writes: false,
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  jit: false,
}

export async function setUp(submissions: number, steps: Steps, cleanup: Cleanup): Promise<Stage> {
  const server = await steps.run('Starting a PostgreSQL of its own', () =>
    startEmbeddedServer({ settings: serverSettings }),
  )
  cleanup.add(() => server.remove())
  const { url, pool } = await createDatabase(server, cleanup)

  await steps.run(
    `Loading ${count(submissions)} submissions`,
    (report) => load(url, submissions, report),
    ({ agents, challenges }) => `${count(agents)} agents in ${count(challenges)} challenges`,
  )
  const { views } = await loadConfig(configFile)
  const explanations = await explainViews(pool, views)
  const incremental = new Set(explanations.filter((view) => view.incremental).map(({ view }) => view))

  // Computing the rows for comparison needs a core of its own for a while: the views are deployed meanwhile.
  const filled = fillPeers(pool, explanations)
  filled.catch(() => {}) // told by whoever awaits it, if it gets that far
  await steps.run(
    'Deploying its four views',
    (report) => deploy(pool, views, report),
    (rows) => `${count(rows)} rows, ${incremental.size} of ${views.length} views incremental`,
  )
  const concurrentlyMs = await steps.run(
    'Timing REFRESH CONCURRENTLY',
    async (report) => {
      await filled
      return await measurePeers(
        pool,
        views.map(({ name }) => name),
        report,
      )
    },
    () => 'once for each view, to compare with',
  )
  return { url, pool, server: await serverName(pool), views, incremental, concurrentlyMs }
}

async function createDatabase(server: EmbeddedServer, cleanup: Cleanup): Promise<{ url: string; pool: pg.Pool }> {
  const admin = new pg.Client(server.url)
  await admin.connect()
  await admin.query('create database arena')
  await admin.end()
  const url = server.urlOf('arena')
  const pool = new pg.Pool({ connectionString: url, max: 12, application_name: 'tidemark-demo' })
  pool.on('error', () => {}) // A connection that breaks is told by the next query on it.
  pool.on('connect', (client) => client.on('error', () => {}))
  cleanup.add(() => pool.end())
  return { url, pool }
}

async function load(url: string, submissions: number, report: ReportStep) {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    const onProgress = ({ step, loaded, total }: ArenaProgress) =>
      report(
        loaded / total,
        step === 'keys' ? 'keys and indexes' : step === 'analyze' ? 'statistics' : `${count(loaded)}`,
      )
    // New submissions come with the time of day: the history ends where they begin.
    return await loadArena(client, { submissions, endsAt: new Date(), onProgress })
  } finally {
    await client.end().catch(() => {})
  }
}

/** The number of rows in all views. */
async function deploy(pool: pg.Pool, views: readonly NormalisedView[], report: ReportStep): Promise<number> {
  const begun = new Set<string>()
  const applied = await applyDeployment(pool, views, {
    onProgress: ({ view, rows }) => {
      begun.add(view)
      report((begun.size - 1) / views.length, rows === undefined ? view : `${view}: ${count(rows)} rows`)
    },
  })
  return applied.views.reduce((sum, { rows }) => sum + rows, 0)
}

async function serverName(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ server_version: string }>('show server_version')
  return `PostgreSQL ${rows[0]?.server_version ?? ''}`.trim()
}
