/** A process that refreshes all views, round and round, until it is killed: `node --import tsx refresher.ts <url>`. */
import { Pool } from 'pg'
import { refreshView } from '../../src/engine/refresh.js'
import { readStatus } from '../../src/engine/status.js'

const pool = new Pool({ connectionString: process.argv[2], max: 2 })
const views = (await readStatus(pool)).map((status) => status.view)
process.send?.('ready')
for (;;) {
  for (const view of views) await refreshView(pool, view, { worker: 'to be killed', full: Math.random() < 0.1 })
}
