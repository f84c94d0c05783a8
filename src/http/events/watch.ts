import { type Queryable, transaction } from '../../engine/database.js'
import { databaseError } from '../../engine/databaseError.js'
import type { FreshnessTold, LiveEvent } from '../../protocol/events.js'
import { Backoff } from '../../worker/backoff.js'
import type { Log } from '../../worker/events.js'
import { type PollConnection, Poller, pollLockMs } from '../../worker/poll.js'
import type { AskContext } from '../ask.js'
import { Pace } from './pace.js'
import { readQuiet, readTold } from './told.js'
import { Watched, type WatchedView } from './watched.js'

/** Those who are told. */
export interface WatchAudience {
  isEmpty(): boolean
  /** Those who hear at this moment. */
  gather(): Gathering
  /** Since then, by the database's clock, nobody knows how fresh anything is. */
  lost(since: string): void
}

export interface Gathering {
  /** Whether anybody hears of the view. */
  hears(view: string): boolean
  /** Whether somebody does who was not told yet how fresh it is. */
  awaits(view: string): boolean
  /** `all`: what is new to all; `newcomers`: what those are told besides who were told nothing yet. */
  tell(all: readonly FreshnessTold[], newcomers: readonly FreshnessTold[]): void
}

export interface WatchOptions {
  readonly context: AskContext
  /** Where nothing else takes long, if there is such a connection. */
  readonly channel: () => PollConnection | undefined
  readonly audience: WatchAudience
  readonly log: Log
}

/** A wake-up can be held back, by the transaction that was to send it: so it looks by itself. */
const lookEveryMs = 1_000
/** Of writes in a row, not each sends a wake-up: after one it looks again. */
const lookAgainMs = 150
/** How much waits is told again now and then. */
const recountMs = 5_000
const recountShareOfTime = 20
/** Whoever has not looked for so long does not know. */
const lostMs = 4_000
const rowsAtOnce = 50

/**
 * Finds out when changes begin to wait for a view that somebody hears of. One statement for all logs says which tables were
 * written to since the last; only views over those are looked at, and only where nothing was known to wait. What is found
 * is told to all who hear of the view.
 */
export class FreshnessWatch {
  readonly #poller = new Poller()
  readonly #pace = new Pace()
  readonly #backoff = new Backoff(250, 2_000)
  readonly #stop = new AbortController()
  #views = Watched.none()
  #running: Promise<void> | undefined
  /** By this process's steady clock, and by the database's. */
  #lookedAt: { readonly steady: number; readonly server: number } | undefined
  #isLost = false
  #readingMs = 0

  constructor(private readonly options: WatchOptions) {}

  /** Somebody has begun to hear. */
  start(): void {
    if (this.#stop.signal.aborted) return
    this.#running ??= this.#run()
    this.#pace.wake()
  }

  /** Something was written, perhaps. */
  wake(): void {
    this.#pace.wake()
  }

  /** All have been told of these: what they are told from here on has to be newer. */
  note(events: readonly LiveEvent[]): void {
    for (const event of events) {
      if (event.type === 'views' || event.type === 'reset') this.#views.forget()
      else if (event.type === 'refreshed' || event.type === 'failed') this.#views.of(event.view)?.happened(event.type)
    }
    if (events.length > 0) this.#pace.wake()
  }

  /** Says so where it has not looked for too long: that nothing waits does not hold any more. */
  check(): void {
    const looked = this.#lookedAt
    if (looked === undefined || this.#isLost || performance.now() - looked.steady < lostMs) return
    this.#isLost = true
    this.options.audience.lost(new Date(looked.server).toISOString())
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#pace.wake()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) await this.#pace.rest(await this.#look(), signal)
  }

  /** @returns how long to rest, unless something is written. */
  async #look(): Promise<number> {
    if (this.options.audience.isEmpty()) {
      this.#lookedAt = undefined
      this.#isLost = false
      return Number.POSITIVE_INFINITY
    }
    const began = performance.now()
    const wasLost = this.#isLost
    try {
      const { now, isNews } = await this.#poll()
      await this.#tell(now, wasLost)
      // Lost while it looked: they are told all of it at the next look.
      if (this.#isLost === wasLost) this.#isLost = false
      this.#lookedAt = { steady: began, server: now }
      this.#views.looked(now)
      this.#pace.took(performance.now() - began)
      this.#backoff.reset()
      return isNews || this.#isLost ? lookAgainMs : lookEveryMs
    } catch (error) {
      const { code, message } = databaseError(error)
      this.options.log.debug({ code, error: message }, 'how fresh views are cannot be seen; trying again')
      this.#poller.forget()
      this.#views = Watched.none()
      this.check()
      return this.#backoff.next()
    }
  }

  /** `now`: by the database's clock. */
  async #poll(): Promise<{ now: number; isNews: boolean }> {
    const { database } = this.options.context
    const channel = this.options.channel()
    const { now, seen } = await (channel === undefined
      ? transaction(database, (connection) => this.#poller.poll(withoutSession(connection), false), begin)
      : this.#poller.poll(channel, false))
    if (seen === undefined) return { now, isNews: false }
    if (this.#views.isOld(seen)) {
      this.#views = await Watched.load(database, seen.server)
      this.#poller.watch(this.#views.sources)
    }
    this.#views.written(seen.sources)
    return { now, isNews: seen.sources === null || seen.sources.length > 0 }
  }

  async #tell(now: number, wasLost: boolean): Promise<void> {
    const audience = this.options.audience.gather()
    const heard = this.#views.filter(({ name }) => audience.hears(name))
    await this.#lookAt(heard.filter(({ isSuspect }) => isSuspect))
    const apart = Math.max(recountMs, this.#readingMs * recountShareOfTime)
    const isDue = (readAt: number): boolean => performance.now() - readAt > apart
    const news = await this.#read(
      heard.filter((view) => {
        const isMissing = view.row === undefined && (wasLost || audience.awaits(view.name))
        return view.told === null || isMissing || view.recounts(isDue)
      }),
    )
    const at = new Date(now).toISOString()
    const others = heard.filter((view) => !news.has(view)).flatMap((view) => view.present(at) ?? [])
    // What is older than an event that was told meanwhile is told no more.
    const all = [...news].flatMap(({ row }) => row ?? [])
    if (wasLost) audience.tell([...all, ...others], [])
    else {
      const awaited = others.filter(({ view }) => audience.awaits(view))
      audience.tell(all, awaited)
    }
  }

  /** Of these nothing waited when they were looked at last. */
  async #lookAt(suspects: readonly WatchedView[]): Promise<void> {
    if (suspects.length === 0) return
    const turns = suspects.map(({ turn }) => turn)
    for (const view of suspects) view.isSuspect = false
    const quiet = await readQuiet(
      this.options.context,
      suspects.map(({ id }) => id),
    )
    suspects.forEach((view, index) => {
      if (view.turn === turns[index] && !quiet.has(view.id)) view.told = null
    })
  }

  /** @returns those of which something is new to all. */
  async #read(views: readonly WatchedView[]): Promise<ReadonlySet<WatchedView>> {
    const began = performance.now()
    const news = new Set<WatchedView>()
    for (let from = 0; from < views.length; from += rowsAtOnce) {
      const some = views.slice(from, from + rowsAtOnce)
      const turns = some.map(({ turn }) => turn)
      const rows = await readTold(
        this.options.context,
        some.map(({ id }) => id),
      )
      some.forEach((view, index) => {
        const row = rows.get(view.id)
        // What was told meanwhile may be newer than what was read.
        if (view.turn !== turns[index]) this.#pace.wake()
        else if (row !== undefined && view.take(row)) news.add(view)
      })
    }
    if (views.length > 0) this.#readingMs = performance.now() - began
    return news
  }
}

const begin = `BEGIN READ ONLY; SET LOCAL lock_timeout = ${pollLockMs}; SET LOCAL statement_timeout = '15s'; SET LOCAL jit = off`

/** Of a pool, on which nothing is prepared. */
function withoutSession(connection: Queryable): PollConnection {
  return { query: (text, values) => connection.query(text, values) }
}
