import { setTimeout as delay } from 'node:timers/promises'
import { type Queryable, rows } from '../../engine/database.js'
import { databaseError } from '../../engine/databaseError.js'
import type { LiveEvent } from '../../protocol/events.js'
import { Backoff } from '../../worker/backoff.js'
import { catalogVersion } from '../../worker/catalog.js'
import type { Log } from '../../worker/events.js'
import { type PollConnection, pollLockMs } from '../../worker/poll.js'
import { type ListenSource, StandingConnection } from '../../worker/standing.js'
import type { Position } from './cursor.js'
import { eventOf, type StoredEvent } from './stored.js'

/** All that happened since a cursor, at one snapshot. */
export interface Batch {
  /** Where it leaves off. */
  readonly cursor: string
  /** Another one when views came, went, were paused or are defined otherwise. */
  readonly version: string
  /** Nothing is missing. */
  readonly complete: boolean
  readonly events: readonly LiveEvent[]
}

export interface FeedOptions {
  /** For reading where nothing is listened on. */
  readonly database: Queryable
  readonly listen: ListenSource | undefined
  readonly log: Log
  /** What all hear, in order. */
  readonly publish: (batch: Batch, isFirst: boolean) => void
  /** A table was written to, perhaps. */
  readonly onWrite: () => void
}

interface Joiner {
  readonly since: Position | null
  readonly attach: (batch: Batch) => void
}

/** How often it looks where it cannot listen. */
const pollMs = 500
/** Without notifications for so long, it looks by itself: a connection can be lost without a word. */
const quietMs = 30_000
/** Notifications come in crowds. */
const gatherMs = 15
const mostEvents = 1_000
const mostJoiners = 100

/**
 * What is told live, from the database, which is where all servers have it from: each reads on from its own cursor, so that
 * nothing depends on a notification having arrived. Who joins is told the past at the snapshot that the present goes on
 * from, so that it neither misses nor hears anything twice.
 */
export class EventFeed {
  #cursor: string | null = null
  #version = ''
  #joiners: Joiner[] = []
  #wake: () => void = () => undefined
  #isAwake = false
  #running: Promise<void> | undefined
  #reachable = true
  readonly #stop = new AbortController()
  readonly #connection: StandingConnection | undefined
  readonly #backoff = new Backoff(250, 5_000)

  constructor(private readonly options: FeedOptions) {
    const { listen, log } = options
    if (listen === undefined) return
    this.#connection = new StandingConnection({
      source: listen,
      session: sessionSettings,
      lost: 'no connection to listen for events; polling meanwhile',
      onNotification: (channel) => (channel === 'tidemark' ? options.onWrite() : this.#look()),
      onChange: () => {
        this.#look()
        options.onWrite()
      },
      log,
    })
  }

  /** The connection that it listens on, while there is one. */
  get channel(): PollConnection | undefined {
    return this.#connection?.channel
  }

  get listening(): boolean {
    return this.#connection?.connected ?? false
  }

  /**
   * Hands over the events since then; whatever is published afterwards goes on from there. null: from now on.
   * @returns what gives it up before.
   */
  join(since: Position | null, attach: (batch: Batch) => void): () => void {
    const here = this.#cursor === null ? null : { cursor: this.#cursor, version: this.#version }
    const joiner = { since: since ?? here, attach }
    this.#joiners.push(joiner)
    this.start()
    this.#look()
    return () => {
      this.#joiners = this.#joiners.filter((other) => other !== joiner)
    }
  }

  start(): void {
    if (this.#running !== undefined || this.#stop.signal.aborted) return
    this.#connection?.open()
    this.#running = this.#run()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#look()
    await Promise.all([this.#running, this.#connection?.close()])
  }

  #look(): void {
    this.#isAwake = true
    this.#wake()
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#isAwake = false
      await this.#sleep(await this.#round())
    }
  }

  /** @returns how long to sleep, unless something wakes it. */
  async #round(): Promise<number> {
    try {
      await this.#read(this.#joiners.slice(0, mostJoiners))
      this.#backoff.reset()
      this.#reachable = true
      if (this.#joiners.length > 0) return 0
      return this.listening ? quietMs : pollMs
    } catch (error) {
      const { code, message } = databaseError(error)
      const say = this.#reachable ? 'warn' : 'debug'
      this.options.log[say]({ code, error: message }, 'events cannot be read; trying again')
      this.#reachable = false
      // Whoever joins meanwhile does not make the database come back.
      await delay(this.#backoff.next(), undefined, { signal: this.#stop.signal }).catch(() => undefined)
      return 0
    }
  }

  async #read(joiners: readonly Joiner[]): Promise<void> {
    const cursors = [this.#cursor, ...joiners.map(({ since }) => since?.cursor ?? null)]
    const distinct = [...new Set(cursors)]
    const database = this.#connection?.channel ?? this.options.database
    const found = await rows<Stored>(database, readText, [distinct, mostEvents])
    const batches = new Map(distinct.map((cursor, index) => [cursor, batchOf(found[index] as Stored)]))
    const isFirst = this.#cursor === null
    const present = batches.get(this.#cursor) as Batch
    this.#cursor = present.cursor
    this.#version = present.version
    this.options.publish(present, isFirst)
    // Those who went away meanwhile are no longer among them.
    const staying = joiners.filter((joiner) => this.#joiners.includes(joiner))
    this.#joiners = this.#joiners.filter((joiner) => !joiners.includes(joiner))
    for (const { since, attach } of staying) attach(batches.get(since?.cursor ?? null) as Batch)
  }

  async #sleep(ms: number): Promise<void> {
    const { signal } = this.#stop
    if (!this.#isAwake && ms > 0 && !signal.aborted) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms)
        this.#wake = resolve
      })
      clearTimeout(timer)
      this.#wake = () => undefined
    }
    if (ms > 0 && !signal.aborted) await delay(gatherMs)
  }
}

interface Stored extends Omit<Batch, 'events'> {
  readonly events: readonly StoredEvent[]
}

function batchOf({ events, ...rest }: Stored): Batch {
  return { ...rest, events: events.map(eventOf) }
}

/** One statement, and so one snapshot for all cursors. */
const readText = `SELECT e.cursor, e.complete, e.events, left(md5(version.text), 12) AS version
  FROM unnest($1::text[]) WITH ORDINALITY AS given (since, number)
  CROSS JOIN LATERAL tidemark.events_since(given.since, $2) AS e
  CROSS JOIN (SELECT concat(${catalogVersion}, '/', (SELECT string_agg(s.view_id::text, ',' ORDER BY s.view_id)
    FROM tidemark.state s WHERE s.state = 'paused')) AS text) AS version
  ORDER BY given.number`

/** What idles here is not forgotten. */
const sessionSettings = `SET lock_timeout = ${pollLockMs}; SET statement_timeout = '15s'; SET idle_session_timeout = 0; SET jit = off;
  SET application_name = 'tidemark events'; LISTEN tidemark_event; LISTEN tidemark`
