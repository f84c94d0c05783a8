/**
 * Fills an empty database with the competition application, then writes as its users do until Ctrl-C:
 *
 *   npx tsx examples/arena/start.ts postgres://localhost/arena --submissions 200000 --rate 50
 */
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { type ArenaProgress, loadArena } from './data.js'
import { startWriters } from './writes.js'

const usage = 'usage: start.ts <database URL> [--submissions 200000] [--clients 4] [--rate 50] (0: load only)'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    submissions: { type: 'string', default: '200000' },
    clients: { type: 'string', default: '4' },
    rate: { type: 'string', default: '50' },
  },
})
const [url = process.env.DATABASE_URL] = positionals
if (url === undefined) {
  console.error(usage)
  process.exit(2)
}

await loadOnce(url, Number(values.submissions))
const ratePerSecond = Number(values.rate)
if (ratePerSecond > 0) await writeUntilInterrupted(url, Number(values.clients), ratePerSecond)

async function loadOnce(connectionString: string, submissions: number): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    const { rows } = await client.query(`select 1 where to_regclass('submissions') is not null`)
    if (rows.length > 0) return console.log('The tables are there already: nothing is loaded.')
    // New submissions come with the time of day: the history ends where they begin.
    await loadArena(client, { submissions, endsAt: new Date(), onProgress: showProgress })
  } finally {
    await client.end()
  }
}

function showProgress({ step, loaded, total }: ArenaProgress): void {
  console.log(`${step}: ${loaded} of ${total} submissions`)
}

async function writeUntilInterrupted(connectionString: string, clients: number, ratePerSecond: number): Promise<void> {
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  process.once('SIGTERM', () => interrupted.abort())
  const writers = startWriters(connectionString, { clients, ratePerSecond, signal: interrupted.signal })
  while (!interrupted.signal.aborted) {
    await delay(1_000, undefined, { signal: interrupted.signal }).catch(() => {})
    const { transactions, rows, errors, lastError } = writers.counters
    console.log(`${transactions} transactions, ${rows} rows, ${errors} errors${lastError ? ` (${lastError})` : ''}`)
  }
  await writers.stop()
}
