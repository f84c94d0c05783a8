/**
 * `npm run histories -- --count 10000 --seed 1 [--views <pattern>]`: random histories of writes, and after each the
 * check that the view equals its query. Prints what fails with its seed and ends with exit code 1 then.
 * `--concurrent <seconds>`: eight sessions that write at once instead, while two others refresh and compare.
 */
import { parseArgs } from 'node:util'
import { Client, Pool } from 'pg'
import { postgresVersions } from '../../src/embedded/binaries.js'
import { startEmbeddedServer } from '../../src/embedded/server.js'
import { readTargets, type Target } from './checks.js'
import { runConcurrent } from './concurrent.js'
import { deployLibrary } from './library.js'
import { runSequential } from './sequentialRun.js'
import { shapes as library } from './shapes/index.js'

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    views: { type: 'string', default: '' },
    concurrent: { type: 'string' },
  },
})

const pattern = new RegExp(options.views)
/** Views over views need those below them. */
const shapes = library.filter((shape) => pattern.test(shape.name) || shape.name.startsWith('up_'))
const version = postgresVersions.find((known) => String(known) === (process.env.TIDEMARK_TEST_PG ?? '18'))
const server = await startEmbeddedServer({
  ...(version && { version }),
  settings: { fsync: false, full_page_writes: false, synchronous_commit: 'off' },
})
const pool = new Pool({ connectionString: server.url, max: 5 })
pool.on('error', () => {})
const client = new Client(server.url)
try {
  await client.connect()
  await deployLibrary(pool, shapes)
  const targets = await readTargets(pool, shapes)
  const failures =
    options.concurrent === undefined ? await oneByOne(targets) : await atOnce(targets, options.concurrent)
  if (failures > 0) process.exitCode = 1
} finally {
  await client.end()
  await pool.end()
  await server.remove()
}

async function oneByOne(targets: readonly Target[]): Promise<number> {
  const started = Date.now()
  const [seed, count] = [Number(options.seed), Number(options.count)]
  const { histories, failures } = await runSequential({ client, targets, seed, count, onFailure: print })
  const seconds = Math.round((Date.now() - started) / 1000)
  const last = seed + histories - 1
  console.log(
    `${histories} histories over ${targets.length} views, seeds ${seed} to ${last}, ${seconds} s: ${failures} failed`,
  )
  return failures
}

async function atOnce(targets: readonly Target[], seconds: string): Promise<number> {
  let failures = 0
  const onFailure = (text: string): void => {
    failures++
    print(text)
  }
  const durationMs = Number(seconds) * 1000
  const result = await runConcurrent({
    url: server.url,
    pool,
    targets,
    seed: Number(options.seed),
    durationMs,
    onFailure,
  })
  console.log(`${seconds} s, seed ${options.seed}, ${failures} failed: ${JSON.stringify(result)}`)
  return failures
}

function print(text: string): void {
  console.log(`${text}\n`)
}
