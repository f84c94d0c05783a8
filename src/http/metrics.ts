import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { LiveEvent } from '../protocol/events.js'
import { readFreshness } from './api/freshness.js'
import type { HttpContext } from './context.js'
import type { EventHub } from './events/hub.js'

/** Seconds, from what a small change takes to what recomputing a large view does. */
const refreshBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

/** For Prometheus. What views are is read when it asks; what happens to them is counted as it is told, whoever does it. */
export class Metrics {
  readonly #registry = new Registry()
  /** Every request counts, and hardly anybody asks. */
  readonly #statuses = new Map<number, number>()
  readonly #requests = this.#counter('tidemark_http_requests_total', 'Requests answered, by status.', ['status'])
  readonly #refreshes = this.#counter('tidemark_refreshes_total', 'Refreshes that this server was told of.', [
    'view',
    'mode',
  ])
  readonly #durations = new Histogram({
    name: 'tidemark_refresh_duration_seconds',
    help: 'How long those refreshes took.',
    labelNames: ['view'],
    buckets: refreshBuckets,
    registers: [this.#registry],
  })
  readonly #staleness = this.#gauge(
    'tidemark_view_staleness_seconds',
    'How old the contents of a view are; 0 where nothing is pending.',
    ['view'],
  )
  readonly #pending = this.#gauge(
    'tidemark_view_pending_changes',
    'Changes that wait for a view, counted up to 10,000.',
    ['view'],
  )
  readonly #rows = this.#gauge('tidemark_view_rows', 'Rows of a view.', ['view'])
  readonly #state = this.#gauge('tidemark_view_state', '1 for the state that a view is in.', ['view', 'state'])
  readonly #clients = this.#gauge('tidemark_event_clients', 'Clients that listen for events.', [])
  readonly #dropped = this.#gauge(
    'tidemark_event_clients_dropped',
    'Clients that were given up for being too slow.',
    [],
  )
  readonly #busy = this.#gauge('tidemark_pool_connections_busy', 'Connections that requests hold.', [])
  readonly #waiting = this.#gauge('tidemark_pool_requests_waiting', 'Requests that wait for a connection.', [])
  readonly #refused = this.#gauge(
    'tidemark_pool_requests_refused',
    'Requests that were turned away for want of one.',
    [],
  )

  readonly #cacheReads = this.#counter('tidemark_cache_reads_total', 'Looks into a cache, by what came of them.', [
    'tier',
    'outcome',
  ])
  readonly #cacheErrors = this.#counter('tidemark_cache_errors_total', 'Times that a cache was of no use.', ['tier'])
  readonly #joined = this.#counter(
    'tidemark_reads_joined_total',
    'Reads that waited for the same one, which was under way.',
    [],
  )

  constructor(
    private readonly context: HttpContext,
    private readonly hub: EventHub,
  ) {}

  noteRequest(status: number): void {
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
  }

  noteEvents(events: readonly LiveEvent[]): void {
    for (const event of events) {
      if (event.type !== 'refreshed' && event.type !== 'failed') continue
      this.#refreshes.inc({ view: event.view, mode: event.type === 'failed' ? 'failed' : event.mode })
      this.#durations.observe({ view: event.view }, event.durationMs / 1000)
    }
  }

  /** In Prometheus' text form. */
  async read(): Promise<{ readonly type: string; readonly text: string }> {
    await this.#readViews()
    const { clients, dropped } = this.hub.use
    const { busy, waiting, refused } = this.context.database.use
    this.#clients.set(clients)
    this.#dropped.set(dropped)
    this.#busy.set(busy)
    this.#waiting.set(waiting)
    this.#refused.set(refused)
    this.#requests.reset()
    for (const [status, count] of this.#statuses) this.#requests.inc({ status: String(status) }, count)
    this.#countCache()
    return { type: this.#registry.contentType, text: await this.#registry.metrics() }
  }

  /** The reader counts: its counts are taken over as they are. */
  #countCache(): void {
    const { statistics } = this.context.reader
    if (statistics === null) return
    this.#joined.reset()
    this.#joined.inc(statistics.joined)
    this.#cacheReads.reset()
    this.#cacheErrors.reset()
    for (const tier of ['memory', 'redis'] as const) {
      const counted = statistics[tier]
      if (counted === null) continue
      this.#cacheReads.inc({ tier, outcome: 'hit' }, counted.hits)
      this.#cacheReads.inc({ tier, outcome: 'miss' }, counted.misses)
      this.#cacheErrors.inc({ tier }, counted.errors)
    }
  }

  async #readViews(): Promise<void> {
    const views = await this.context.views.all()
    const found = await readFreshness(
      this.context,
      views.map(({ id }) => id),
    )
    // Views that are gone are told no more.
    for (const gauge of [this.#staleness, this.#pending, this.#rows, this.#state]) gauge.reset()
    for (const { view, state, stalenessSeconds, pendingChanges, rows } of found) {
      this.#state.set({ view, state }, 1)
      if (stalenessSeconds !== null) this.#staleness.set({ view }, stalenessSeconds)
      if (pendingChanges !== null) this.#pending.set({ view }, pendingChanges)
      if (rows !== null) this.#rows.set({ view }, rows)
    }
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] })
  }
}
