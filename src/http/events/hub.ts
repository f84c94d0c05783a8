import type { LiveEvent } from '../../protocol/events.js'
import type { AskContext } from '../ask.js'
import { Problem } from '../problem.js'
import { Audience, type Interest, keyOf, type Listener } from './audience.js'
import { type Position, writePosition } from './cursor.js'
import { type Batch, EventFeed, type FeedOptions } from './feed.js'
import { greeting, heartbeat, silence } from './frames.js'
import { FreshnessWatch, type Gathering, type WatchAudience } from './watch.js'

export interface HubOptions extends Omit<FeedOptions, 'publish' | 'onWrite' | 'database'> {
  readonly context: AskContext
  readonly maxClients: number
  /** Told of everything first: what was remembered of views can be out of date. */
  readonly onEvents: (events: readonly LiveEvent[]) => void
}

export interface HubUse {
  readonly clients: number
  readonly listening: boolean
  /** Clients that were given up because they did not take what they were sent. */
  readonly dropped: number
}

/** Where a client left off; null: from now on; 'lost': somewhere that nothing can be told from. */
export type Since = Position | null | 'lost'

export interface ClientOptions {
  readonly listener: Listener
  readonly interest: Interest
  readonly since: Since
  /** Asked again when views have changed; null: nothing is allowed any more. */
  readonly ask: () => Promise<Interest | null>
}

interface Client extends ClientOptions {
  /** None while it waits to be told the past. */
  audience: Audience | undefined
  interest: Interest
}

/** Clients that hear nothing for longer do not take the last that they heard for the present. */
const heartbeatMs = 5_000

/** All streams of one server, and the one feed that they are told from. */
export class EventHub {
  readonly #feed: EventFeed
  readonly #watch: FreshnessWatch
  readonly #clients = new Set<Client>()
  readonly #audiences = new Map<string, Audience>()
  #position = ''
  #version = ''
  #dropped = 0
  #closed = false
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly options: HubOptions) {
    const { context, listen, log } = options
    this.#feed = new EventFeed({
      database: context.database,
      listen,
      log,
      publish: (batch, isFirst) => this.#publish(batch, isFirst),
      onWrite: () => this.#watch.wake(),
    })
    this.#watch = new FreshnessWatch({ context, log, channel: () => this.#feed.channel, audience: this.#watching() })
  }

  get use(): HubUse {
    return { clients: this.#clients.size, listening: this.#feed.listening, dropped: this.#dropped }
  }

  /** From here on it hears, whether or not somebody listens. */
  start(): void {
    this.#feed.start()
  }

  /**
   * @returns what takes the client out again.
   * @throws Problem 503 where there are too many.
   */
  add(options: ClientOptions): () => void {
    if (this.#closed) throw new Problem('OVERLOADED', 'The server is stopping.')
    if (this.#clients.size >= this.options.maxClients) {
      throw new Problem('OVERLOADED', 'Too many clients listen for events.', { headers: { 'retry-after': '5' } })
    }
    const client: Client = { ...options, audience: undefined }
    this.#clients.add(client)
    this.#timer ??= setInterval(() => this.#beat(), heartbeatMs)
    client.listener.send(greeting)
    const leave = this.#feed.join(client.since === 'lost' ? null : client.since, (batch) =>
      this.#welcome(client, batch),
    )
    return () => {
      leave()
      this.#leaveAudience(client)
      this.#clients.delete(client)
      if (this.#clients.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  /** Tells what is no part of the history: who comes later does not hear of it. */
  tellAside(event: LiveEvent): void {
    for (const audience of [...this.#audiences.values()]) {
      const bytes = audience.composeAside([event])
      if (bytes !== null) audience.send(bytes)
    }
  }

  noteDropped(): void {
    this.#dropped++
  }

  /** Ends all streams: their clients go on elsewhere, from where they left off. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { listener } of [...this.#clients]) listener.end()
    await Promise.all([this.#watch.close(), this.#feed.close()])
  }

  #welcome(client: Client, batch: Batch): void {
    const { since, listener } = client
    const before = since === null || since === 'lost' ? null : since.version
    const viewsChanged = before !== null && before !== batch.version
    const events = since === 'lost' ? [resetNow()] : told(batch, viewsChanged)
    const audience = this.#audienceOf(client.interest)
    if (listener.send(audience.composePast(events, writePosition(batch.cursor, batch.version)))) {
      this.#enter(client, audience)
    }
  }

  #publish(batch: Batch, isFirst: boolean): void {
    const viewsChanged = !isFirst && batch.version !== this.#version
    this.#position = writePosition(batch.cursor, batch.version)
    this.#version = batch.version
    const events = told(batch, viewsChanged)
    if (events.length === 0) return
    this.options.onEvents(events)
    this.#watch.note(events)
    for (const audience of [...this.#audiences.values()]) {
      const bytes = audience.compose(events, this.#position)
      if (bytes !== null) audience.send(bytes)
    }
    if (viewsChanged || !batch.complete) for (const client of [...this.#clients]) void this.#askAgain(client)
  }

  /** What a client may hear of can have changed with the views. */
  async #askAgain(client: Client): Promise<void> {
    const interest = await client.ask().catch(() => null)
    if (!this.#clients.has(client)) return
    if (interest === null) {
      client.listener.end()
      return
    }
    const isHearing = client.audience !== undefined
    this.#leaveAudience(client)
    client.interest = interest
    if (isHearing) this.#enter(client, this.#audienceOf(interest))
  }

  #beat(): void {
    this.#watch.check()
    const bytes = heartbeat(this.#position)
    // Of those who wait for the database, nobody knows where they are.
    for (const { audience, listener } of [...this.#clients]) listener.send(audience === undefined ? silence : bytes)
  }

  #watching(): WatchAudience {
    return {
      isEmpty: () => this.#audiences.size === 0,
      gather: () => this.#gather(),
      lost: (since) => this.tellAside({ type: 'unwatched', at: since }),
    }
  }

  /** Who comes while they are being told is told with the next. */
  #gather(): Gathering {
    const newcomers = new Map<Audience, readonly Listener[]>()
    for (const audience of this.#audiences.values()) {
      if (audience.newcomers.size > 0) newcomers.set(audience, [...audience.newcomers])
      audience.newcomers.clear()
    }
    const heard = unionOf(this.#audiences.values())
    const awaited = unionOf(newcomers.keys())
    return {
      hears: (view) => heard === null || heard.has(view),
      awaits: (view) => awaited === null || awaited.has(view),
      tell: (all, others) => {
        for (const audience of [...this.#audiences.values()]) {
          const forAll = audience.composeAside(all)
          if (forAll !== null) audience.send(forAll)
          const those = newcomers.get(audience) ?? []
          const forThem = those.length === 0 ? null : audience.composeAside(others)
          if (forThem !== null) audience.send(forThem, those)
        }
      },
    }
  }

  #audienceOf(interest: Interest): Audience {
    const key = keyOf(interest)
    const audience = this.#audiences.get(key) ?? new Audience(interest)
    this.#audiences.set(key, audience)
    return audience
  }

  #enter(client: Client, audience: Audience): void {
    client.audience = audience
    audience.listeners.add(client.listener)
    audience.newcomers.add(client.listener)
    this.#watch.start()
  }

  #leaveAudience(client: Client): void {
    const { audience } = client
    client.audience = undefined
    audience?.leave(client.listener)
    if (audience?.listeners.size === 0) this.#audiences.delete(keyOf(client.interest))
  }
}

/** All views that one of them hears of; null: every view. */
function unionOf(audiences: Iterable<Audience>): ReadonlySet<string> | null {
  const names = new Set<string>()
  for (const { interest } of audiences) {
    if (interest.views === null) return null
    for (const name of interest.views.keys()) names.add(name)
  }
  return names
}

/** Where some are missing, all has to be read again, and single events are nothing to go by. */
function told({ events, complete }: Batch, viewsChanged: boolean): readonly LiveEvent[] {
  if (!complete) return [resetNow()]
  return viewsChanged ? [...events, { type: 'views', at: new Date().toISOString() }] : events
}

function resetNow(): LiveEvent {
  return { type: 'reset', at: new Date().toISOString() }
}
