import type { Queryable } from '../engine/database.js'
import type { Log } from './events.js'
import { pollLockMs } from './poll.js'
import { type ListenSource, StandingConnection } from './standing.js'

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
  readonly #connection: StandingConnection
  /** The session that holds the lock. */
  #leader: object | undefined

  constructor(source: ListenSource, events: WatchEvents, log: Log) {
    this.#connection = new StandingConnection({
      source,
      session: sessionSettings,
      lost: 'no connection to listen for wake-ups; polling meanwhile',
      onNotification: (channel, payload) => {
        if (channel === 'tidemark') events.onWake(payload === 'request')
      },
      onChange: events.onChange,
      log,
    })
  }

  open(): void {
    this.#connection.open()
  }

  get connected(): boolean {
    return this.#connection.connected
  }

  /** This worker does what one is enough for: it empties logs, looks for altered tables, and tells of stale views. */
  get leads(): boolean {
    const session = this.#connection.channel?.session
    return session !== undefined && session === this.#leader
  }

  /** To run statements on, while it is connected. */
  get channel(): (Queryable & { readonly session: object }) | undefined {
    return this.#connection.channel
  }

  /** Tries to become the one that leads, when no other worker does. */
  async lead(): Promise<boolean> {
    const { channel } = this
    if (this.leads || channel === undefined) return this.leads
    const { rows } = await channel.query<{ leads: boolean }>(`SELECT pg_try_advisory_lock(${leaderLock}) AS leads`)
    if (rows[0]?.leads === true) this.#leader = channel.session
    return this.leads
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}

/** Any number of our own, beside those that deployments and refreshes use. */
const leaderLock = 1953064304

/** What idles here is not forgotten. */
const sessionSettings = `SET lock_timeout = ${pollLockMs}; SET statement_timeout = '15s'; SET idle_session_timeout = 0;
  SET plan_cache_mode = force_generic_plan; SET jit = off; SET application_name = 'tidemark worker'; LISTEN tidemark`
