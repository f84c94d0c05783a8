import { startWriters, type Writers } from '../examples/arena/writes.js'
import { normaliseConfig } from '../src/define/normalise-config.js'
import { startWorker } from '../src/worker/worker.js'
import type { Cleanup } from './cleanup.js'
import type { Frame, Pages } from './frame.js'
import type { DemoOptions } from './options.js'
import { ViewSampler, WriteSampler } from './sampler.js'
import { startServing } from './serving.js'
import type { Stage } from './setup.js'

const clients = 4

/** The worker and the writers at work, and what can be seen of it. */
export interface Run {
  readonly writers: Writers
  readonly views: ViewSampler
  readonly pages: Pages
  frame(): Promise<Frame>
}

export async function startRun(stage: Stage, options: DemoOptions, cleanup: Cleanup): Promise<Run> {
  const views = new ViewSampler(stage)
  await views.start()
  const { config } = normaliseConfig({ views: [] })
  const worker = startWorker({
    database: stage.pool,
    listen: stage.url,
    settings: config.worker,
    alerts: { ...config.alerts, log: false },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore }, // the table shows the state of every view
  })
  cleanup.add(() => worker.stop())
  const pages: Pages = options.serve
    ? await startServing(stage.url, options.port, cleanup)
    : { dashboard: null, console: null }
  const writers = startWriters(stage.url, { clients, ratePerSecond: options.rate })
  cleanup.add(() => writers.stop())
  const writes = new WriteSampler(writers, clients)
  const started = performance.now()
  return {
    writers,
    views,
    pages,
    frame: async () => ({
      submissions: options.submissions,
      server: stage.server,
      url: stage.url,
      pages,
      elapsedMs: performance.now() - started,
      writes: writes.read(),
      views: await views.read(),
    }),
  }
}

function ignore(): void {}
