import { Client } from 'pg'
import type { Queryable } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'
import { Backoff } from './backoff.js'
import type { Log } from './events.js'
import { limited } from './guard.js'

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

export interface StandingOptions {
  readonly source: ListenSource
  /** Statements that make its session what it is to be. */
  readonly session: string
  /** What the log says when it is lost. */
  readonly lost: string
  readonly onNotification: (channel: string, payload: string) => void
  /** Connected, and so notifications may have been missed before; or no longer connected. */
  readonly onChange: () => void
  readonly log: Log
}

/** A connection of one's own to listen on. It is remade for ever when it is lost. */
export class StandingConnection {
  #client: ListenClient | undefined
  #closed = false
  #retry: NodeJS.Timeout | undefined
  #opening: Promise<void> | undefined
  readonly #backoff = new Backoff(200, 30_000)

  constructor(private readonly options: StandingOptions) {}

  open(): void {
    this.#opening = this.#connect().finally(() => {
      this.#opening = undefined
    })
  }

  get connected(): boolean {
    return this.#client !== undefined
  }

  /** To run statements on, while it is connected. */
  get channel(): (Queryable & { readonly session: object }) | undefined {
    const client = this.#client
    if (client === undefined) return undefined
    return { session: client, query: (text, values) => this.#query(client, text, values) }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    const client = this.#client
    this.#client = undefined
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
    const { source, session, onNotification, onChange } = this.options
    let client: ListenClient | undefined
    try {
      client = typeof source === 'string' ? await openClient(source) : await source()
      const opened = client
      opened.on('error', (error) => this.#lose(opened, error))
      opened.on('end', () => this.#lose(opened, undefined))
      opened.on('notification', ({ channel, payload }) => onNotification(channel, payload ?? ''))
      await limited(opened.query(session), { limitMs: answerLimitMs })
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
    onChange()
  }

  #lose(client: ListenClient, error: unknown): void {
    if (this.#client !== client) return
    this.#client = undefined
    // Ends a socket that is still open as well. Its answer does not matter.
    client.end().catch(() => undefined)
    this.#later(error)
    this.options.onChange()
  }

  #later(error: unknown): void {
    if (this.#closed) return
    const waitMs = this.#backoff.next()
    const { code, message } = databaseError(error ?? new Error('Connection terminated'))
    const details = { code, error: message, attempt: this.#backoff.failures, waitMs: Math.round(waitMs) }
    // The first loss and then one in a while: an outage of a night is not thousands of lines.
    const say = this.#backoff.failures === 1 || this.#backoff.failures % 20 === 0 ? 'warn' : 'debug'
    this.options.log[say](details, this.options.lost)
    this.#retry = setTimeout(() => this.open(), waitMs)
  }
}

const answerLimitMs = 20_000

async function openClient(url: string): Promise<ListenClient> {
  const client = new Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 10_000 })
  // Without a listener, an error that comes while it connects would end the process.
  client.on('error', () => undefined)
  await client.connect()
  return client as unknown as ListenClient
}
