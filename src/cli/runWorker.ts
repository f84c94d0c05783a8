import type { Log } from '../worker/events.js'
import { startWorker } from '../worker/worker.js'
import type { Session } from './session.js'

/** Runs the worker until `signal` ends, and its refreshes with it. The database need not be there yet. */
export async function runWorker(session: Session, log: Log, signal: AbortSignal): Promise<void> {
  const config = await session.configOrDefaults()
  const { url } = await session.databaseUrl()
  const database = await session.openPool(config.worker.concurrency + 2)
  const worker = startWorker({ database, listen: url, settings: config.worker, alerts: config.alerts, log, signal })
  await worker.done
}
