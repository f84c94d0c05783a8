/**
 * Fills an empty database with the tables of TPC-H, then applies refresh pairs and changes of all tables until Ctrl-C:
 *
 *   npx tsx examples/tpch/start.ts postgres://localhost/tpch --sf 0.1 --every 5 --rows 20
 */
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { loadTpch, tpchSize } from './data.js'
import { randomChanges } from './randomChanges.js'
import { applyRefreshPair } from './refreshFunctions.js'

const usage =
  'usage: start.ts <database URL> [--sf 0.1] [--every 5] (seconds; 0: load only) [--rows 20] [--from 1] (round)'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    sf: { type: 'string', default: '0.1' },
    every: { type: 'string', default: '5' },
    rows: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
  },
})
const [url = process.env.DATABASE_URL] = positionals
if (url === undefined) {
  console.error(usage)
  process.exit(2)
}
const scaleFactor = Number(values.sf)
const client = new Client({ connectionString: url })
await client.connect()
try {
  await loadOnce()
  if (Number(values.every) > 0) await changeUntilInterrupted()
} finally {
  await client.end()
}

async function loadOnce(): Promise<void> {
  const { rows } = await client.query(`select 1 where to_regclass('lineitem') is not null`)
  if (rows.length > 0) return console.log('The tables are there already: nothing is loaded.')
  await loadTpch(client, {
    scaleFactor,
    onProgress: ({ step, loaded, total }) => console.log(`${step}: ${loaded} of ${total} orders`),
  })
}

async function changeUntilInterrupted(): Promise<void> {
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  process.once('SIGTERM', () => interrupted.abort())
  for (let round = Number(values.from); !interrupted.signal.aborted; round++) {
    await applyRefreshPair(client, tpchSize(scaleFactor), round)
    const changed = await randomChanges(client, round, Number(values.rows))
    console.log(`round ${round}: a refresh pair, and ${changed} rows changed`)
    await delay(Number(values.every) * 1000, undefined, { signal: interrupted.signal }).catch(() => {})
  }
}
