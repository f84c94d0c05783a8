import { Client } from 'pg'
import type { Queryable } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'
import { Backoff } from './backoff.js'
import type { Log } from './events.js'
import { limited } from './guard.js'
import { pollLockMs } from './poll.js'

interface Notification {
  readonly channel: string
  readonly payload?: string | undefined
}

/** The part of `pg.Client` that is used: a connected one, which nobody else uses. */
export interface ListenClient extends Queryable {
  on(event: 'notification', listener: (message: Notification) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
  end(): Promise<void>
}

/** A connection URL, or a function that opens a connection. Not through a pooler that shares connections. */
export type ListenSource = string | (() => Promise<ListenClient>)

export interface WatchEvents {
  /** Something was written, perhaps; or a refresh was asked for. */
  readonly onWake: (requested: boolean) => void
  /** Connected, and so wake-ups may have been missed before; or no longer connected. */
  readonly onChange: () => void
}

/**
 * The worker's own connection. Wake-ups come in on it, polls run on it with a prepared statement, and its session holds
 * the lock that makes one worker the first among several. It is remade for ever when it is lost; without it the worker
 * goes on by polling through the pool.
 */
export class WatchConnection {
  #client: ListenClient | undefined
  #closed = false
  #leads = false
  #retry: NodeJS.Timeout | undefined
  #opening: Promise<void> | undefined
  readonly #backoff = new Backoff(200, 30_000)

  constructor(
    private readonly source: ListenSource,
    private readonly events: WatchEvents,
    private readonly log: Log,
  ) {}

  open(): void {
    this.#opening = this.#connect().finally(() => {
      this.#opening = undefined
    })
  }

  get connected(): boolean {
    return this.#client !== undefined
  }

  /** This worker does what one is enough for: it empties logs, looks for altered tables, and tells of stale views. */
  get leads(): boolean {
    return this.#leads
  }

  /** To run statements on, while it is connected. */
  get channel(): (Queryable & { readonly session: object }) | undefined {
    const client = this.#client
    if (client === undefined) return undefined
    return { session: client, query: (text, values) => this.#query(client, text, values) }
  }

  /** Tries to become the one that leads, when no other worker does. */
  async lead(): Promise<boolean> {
    if (this.#leads || this.channel === undefined) return this.#leads
    const { rows } = await this.channel.query<{ leads: boolean }>(`SELECT pg_try_advisory_lock(${leaderLock}) AS leads`)
    this.#leads = this.connected && rows[0]?.leads === true
    return this.#leads
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    const client = this.#client
    this.#client = undefined
    this.#leads = false
    await client?.end().catch(() => undefined)
    await this.#opening
  }

  async #query<Row extends object>(client: ListenClient, text: string, values?: readonly unknown[]) {
    try {
      return await limited(client.query<Row>(text, values), { limitMs: answerLimitMs })
    } catch (error) {
      if (databaseError(error).code === 'DATABASE_UNREACHABLE') this.#lose(client, error)
      throw error
    }
  }

  async #connect(): Promise<void> {
    let client: ListenClient | undefined
    try {
      client = typeof this.source === 'string' ? await openClient(this.source) : await this.source()
      const opened = client
      opened.on('error', (error) => this.#lose(opened, error))
      opened.on('end', () => this.#lose(opened, undefined))
      opened.on('notification', ({ channel, payload }) => {
        if (channel === 'tidemark') this.events.onWake(payload === 'request')
      })
      await limited(opened.query(sessionSettings), { limitMs: answerLimitMs })
    } catch (error) {
      client?.end().catch(() => undefined)
      this.#later(error)
      return
    }
    if (this.#closed) {
      await client.end().catch(() => undefined)
      return
    }
    this.#backoff.reset()
    this.#client = client
    this.log.debug({}, 'listening for wake-ups')
    this.events.onChange()
  }

  #lose(client: ListenClient, error: unknown): void {
    if (this.#client !== client) return
    this.#client = undefined
    this.#leads = false
    // Ends a socket that is still open as well. Its answer does not matter.
    client.end().catch(() => undefined)
    this.#later(error)
    this.events.onChange()
  }

  #later(error: unknown): void {
    if (this.#closed) return
    const waitMs = this.#backoff.next()
    const { code, message } = databaseError(error ?? new Error('Connection terminated'))
    const details = { code, error: message, attempt: this.#backoff.failures, waitMs: Math.round(waitMs) }
    // The first loss and then one in a while: an outage of a night is not thousands of lines.
    const say = this.#backoff.failures === 1 || this.#backoff.failures % 20 === 0 ? 'warn' : 'debug'
    this.log[say](details, 'no connection to listen for wake-ups; polling meanwhile')
    this.#retry = setTimeout(() => this.open(), waitMs)
  }
}

/** Any number of our own, beside those that deployments and refreshes use. */
const leaderLock = 1953064304
const answerLimitMs = 20_000

/** What idles here is not forgotten. */
const sessionSettings = `SET lock_timeout = ${pollLockMs}; SET statement_timeout = '15s'; SET idle_session_timeout = 0;
  SET plan_cache_mode = force_generic_plan; SET jit = off; SET application_name = 'tidemark worker'; LISTEN tidemark`

async function openClient(url: string): Promise<ListenClient> {
  const client = new Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 10_000 })
  // Without a listener, an error that comes while it connects would end the process.
  client.on('error', () => undefined)
  await client.connect()
  return client as unknown as ListenClient
}
