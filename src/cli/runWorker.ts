import type { Log } from '../worker/events.js'
import { startWorker, type Worker } from '../worker/worker.js'
import type { Session } from './session.js'

/** Starts the worker, which stops when `signal` ends, and its refreshes with it. The database need not be there yet. */
export async function startConfiguredWorker(session: Session, log: Log, signal: AbortSignal): Promise<Worker> {
  const config = await session.configOrDefaults()
  const { url } = await session.databaseUrl()
  const database = await session.openPool(config.worker.concurrency + 2)
  return startWorker({ database, listen: url, settings: config.worker, alerts: config.alerts, log, signal })
}
