/** The worker, as a process of its own, as it runs beside an application. Started by latency.ts with a URL. */
import pg from 'pg'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import { startWorker } from '../../src/worker/worker.js'

const [url = ''] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: url, max: 8 })
pool.on('error', () => {})
const { config } = normaliseConfig({ views: [] })
const tell = (details: object, message: string) => console.error(message, JSON.stringify(details))
const worker = startWorker({
  database: pool,
  listen: url,
  settings: config.worker,
  alerts: config.alerts,
  log: { debug: () => {}, info: () => {}, warn: tell, error: tell },
})
process.once('SIGTERM', () => void worker.stop())
process.once('disconnect', () => void worker.stop())
process.send?.('started')
await worker.done
await pool.end()
process.exit(0)
