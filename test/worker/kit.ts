import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach } from 'vitest'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import type { ViewOptions } from '../../src/define/options.js'
import type { AlertChannels, WorkerSettings } from '../../src/define/types.js'
import { view } from '../../src/define/view.js'
import { applyDeployment } from '../../src/deploy/index.js'
import type { Database } from '../../src/engine/database.js'
import type { Alert } from '../../src/protocol/alert.js'
import type { Log, RefreshedEvent } from '../../src/worker/events.js'
import type { ListenSource } from '../../src/worker/standing.js'
import { startWorker, type Worker } from '../../src/worker/worker.js'
import type { TestDatabase } from '../kit/index.js'

/** Deploys exactly these views. */
export async function deploy(database: Database, views: Readonly<Record<string, ViewOptions>>): Promise<void> {
  const definitions = Object.entries(views).map(([name, options]) => view(name, options))
  await applyDeployment(database, normaliseConfig({ views: definitions }).views)
}

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

export interface TestWorkerOptions {
  readonly database: Database
  readonly listen?: ListenSource
  readonly settings?: Partial<WorkerSettings>
  readonly alerts?: Partial<AlertChannels>
  readonly log?: Log
}

export interface TestWorker extends Worker {
  readonly alertsRaised: Alert[]
  readonly refreshed: RefreshedEvent[]
  readonly lines: { readonly level: string; readonly details: object; readonly message: string }[]
  /** Refreshes of a view that had something to do. */
  runsOf(view: string): RefreshedEvent[]
}

export function startTestWorker(options: TestWorkerOptions): TestWorker {
  const lines: TestWorker['lines'] = []
  const line = (level: string) => (details: object, message: string) => void lines.push({ level, details, message })
  const worker = startWorker({
    database: options.database,
    ...(options.listen === undefined ? {} : { listen: options.listen }),
    settings: {
      concurrency: 4,
      pollIntervalMs: 5_000,
      listen: true,
      shutdownTimeoutMs: 10_000,
      name: 'tester',
      ...options.settings,
    },
    alerts: { log: true, webhooks: [], onAlert: null, ...options.alerts },
    log: options.log ?? { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
  })
  const alertsRaised: Alert[] = []
  const refreshed: RefreshedEvent[] = []
  worker.events.on('alert', (alert) => void alertsRaised.push(alert))
  worker.events.on('refreshed', (event) => void refreshed.push(event))
  const runsOf = (name: string): RefreshedEvent[] =>
    refreshed.filter(({ view: viewName, result }) => viewName === name && result.mode !== 'noop')
  return Object.assign(worker, { alertsRaised, refreshed, lines, runsOf })
}

/** Starts workers on the database of a test file. After each test they are stopped, and nothing is deployed. */
export function useWorkers(db: TestDatabase): (options?: Partial<TestWorkerOptions>) => TestWorker {
  const workers: TestWorker[] = []
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()))
    await deploy(db.pool, {})
  })
  return (options) => {
    const worker = startTestWorker({ database: db.pool, listen: db.url, ...options })
    workers.push(worker)
    return worker
  }
}

/** A table of a hundred rows in ten groups, made anew. */
export async function makeTable(db: TestDatabase, name: string): Promise<void> {
  await db.query(`drop table if exists ${name} cascade;
    create table ${name} (id int generated always as identity primary key, grp int, n int);
    insert into ${name} (grp, n) select i % 10, i from generate_series(1, 100) i`)
}

/** Waits for it to become true. The limit is for what never does, on a machine that is busy. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`)
    await sleep(5)
  }
}
