import type { ServerStats, WorkerStats } from '../../protocol/stats.js'
import type { Worker } from '../../worker/worker.js'
import { ask } from '../ask.js'
import type { HttpContext } from '../context.js'
import type { EventHub } from '../events/hub.js'
import { packageVersion } from '../version.js'
import { isoTime } from './times.js'

/** How the server itself does. */
export class Statistics {
  readonly #startedAt = new Date()
  requests = 0

  constructor(
    private readonly context: HttpContext,
    private readonly hub: EventHub,
    private readonly worker: Worker | undefined,
  ) {}

  async read(): Promise<ServerStats> {
    const [row] = await ask<{ version: string }>(this.context, "SELECT current_setting('server_version') AS version")
    return {
      version: packageVersion(),
      postgres: row?.version ?? '',
      startedAt: isoTime(this.#startedAt),
      pool: this.context.database.use,
      events: this.hub.use,
      requests: this.requests,
      cache: this.context.reader.statistics,
      worker: this.worker === undefined ? null : workerStats(this.worker),
    }
  }
}

function workerStats(worker: Worker): WorkerStats {
  const { name, online, listening, leads, counters } = worker.snapshot()
  return { name, online, listening, leads, ...counters }
}
