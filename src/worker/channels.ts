import type { AlertChannels, Webhook } from '../define/types.js'
import type { Alert, AlertKind } from '../protocol/alert.js'
import { aborted } from './aborted.js'
import type { Emit, Log } from './events.js'
import { postAlert } from './webhook.js'

const levels: Readonly<Record<AlertKind, 'info' | 'warn' | 'error'>> = {
  failed: 'error',
  quarantined: 'error',
  drift: 'error',
  slow: 'warn',
  stale: 'warn',
  warning: 'warn',
  recovered: 'info',
}

/** Alerts that wait for one webhook. When more come, the oldest are dropped: they would tell an old story. */
const longestQueue = 1_000

/** Where alerts go. Nothing here throws, and nobody waits for it: refreshing must not suffer from a slow webhook. */
export class AlertSender {
  readonly #queues: WebhookQueue[]
  readonly #stop = new AbortController()
  readonly #hooks = new Set<Promise<void>>()
  sent = 0

  constructor(
    private readonly channels: AlertChannels,
    private readonly log: Log,
    private readonly emit: Emit,
    /** Puts it where those look who come later. */
    private readonly keep: (alert: Alert) => Promise<unknown>,
  ) {
    this.#queues = channels.webhooks.map((webhook, index) => new WebhookQueue(webhook, index, log, this.#stop.signal))
  }

  send(alert: Alert): void {
    this.sent++
    if (this.channels.log) this.log[levels[alert.kind]]({ alert }, alert.message)
    for (const queue of this.#queues) queue.push(alert)
    this.#await(this.#callHook(alert))
    this.#await(this.#keep(alert))
    if (alert.kind !== 'failed') this.emit(alert.kind, alert)
    this.emit('alert', alert)
  }

  get undelivered(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.failures, 0)
  }

  /** Lets what is on its way arrive, for a while. */
  async close(patienceMs: number): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), patienceMs)
    await Promise.all([
      ...this.#queues.map((queue) => queue.idle()),
      Promise.race([Promise.all(this.#hooks), aborted(this.#stop.signal)]),
    ])
    clearTimeout(timer)
    this.#stop.abort()
  }

  #await(call: Promise<void>): void {
    const ended = call.finally(() => this.#hooks.delete(ended))
    this.#hooks.add(ended)
  }

  async #keep(alert: Alert): Promise<void> {
    try {
      await this.keep(alert)
    } catch (error) {
      this.log.warn({ error: error instanceof Error ? error.message : String(error) }, 'an alert could not be kept')
    }
  }

  async #callHook(alert: Alert): Promise<void> {
    try {
      await this.channels.onAlert?.(alert)
    } catch (error) {
      this.log.error({ error: error instanceof Error ? error.message : String(error) }, 'onAlert failed')
    }
  }
}

/** One webhook gets its alerts one at a time and in order, so that `recovered` never comes before `failed`. */
class WebhookQueue {
  readonly #waiting: Alert[] = []
  #work: Promise<void> | undefined
  failures = 0

  constructor(
    private readonly webhook: Webhook,
    private readonly index: number,
    private readonly log: Log,
    private readonly signal: AbortSignal,
  ) {}

  push(alert: Alert): void {
    this.#waiting.push(alert)
    if (this.#waiting.length > longestQueue) this.#waiting.shift()
    this.#work ??= this.#deliver().finally(() => {
      this.#work = undefined
    })
  }

  async idle(): Promise<void> {
    await this.#work
  }

  async #deliver(): Promise<void> {
    for (let alert = this.#waiting.shift(); alert !== undefined; alert = this.#waiting.shift()) {
      const why = await postAlert(this.webhook, alert, this.signal)
      if (why === null) continue
      this.failures++
      const details = { webhook: this.index + 1, kind: alert.kind, view: alert.view, reason: why }
      this.log.error(details, 'an alert could not be delivered')
    }
  }
}
