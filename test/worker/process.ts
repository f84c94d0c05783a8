/** A worker as a process that can be killed: `node --import tsx process.ts <url>`. */
import { Pool } from 'pg'
import { startWorker } from '../../src/worker/worker.js'
import { silent } from './kit.js'

const url = process.argv[2] ?? ''
const worker = startWorker({
  database: new Pool({ connectionString: url, max: 6 }),
  listen: url,
  settings: { concurrency: 4, pollIntervalMs: 5_000, listen: true, shutdownTimeoutMs: 0, name: 'to be killed' },
  alerts: { log: false, webhooks: [], onAlert: (alert) => process.send?.(`alert ${alert.kind}: ${alert.message}`) },
  log: silent,
})
worker.events.on('refreshed', () => process.send?.('refreshed'))
