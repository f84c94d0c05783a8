/** One process of clients, where there is no pgbench: started by load.ts, which it tells its rate. */
import pg from 'pg'
import { type Load, limits, statements } from './load.js'

const { url, operation, clients, seconds, submissions } = JSON.parse(process.argv[2] ?? '') as Load & { url: string }
const highest = limits(submissions)
const used = new Set(statements[operation].match(/\$\d/g))

const connections = await Promise.all(
  Array.from({ length: clients }, async () => {
    const client = new pg.Client(url)
    await client.connect()
    return client
  }),
)
let transactions = 0
const started = performance.now()
await Promise.all(connections.map(write))
const tps = transactions / ((performance.now() - started) / 1000)
await Promise.all(connections.map((client) => client.end()))
process.send?.(tps)

async function write(client: pg.Client): Promise<void> {
  const until = started + seconds * 1000
  while (performance.now() < until) {
    await client.query({ name: operation, text: numbered(), values: values() })
    transactions += 1
  }
}

/** The statement with its parameters numbered from 1, as many as it has. */
function numbered(): string {
  const order = [...used].sort()
  return statements[operation].replaceAll(/\$\d/g, (name) => `$${order.indexOf(name) + 1}`)
}

function values(): number[] {
  return [...used].sort().map((name) => {
    const place = Number(name.slice(1)) - 1
    return Math.max(place === 0 ? 1 : 0, Math.ceil(Math.random() * (highest[place] ?? 0)))
  })
}
