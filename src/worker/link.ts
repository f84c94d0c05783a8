import { type Database, transaction } from '../engine/database.js'
import { databaseError, serverError } from '../engine/databaseError.js'
import type { ErrorBody } from '../protocol/errors.js'
import { Backoff } from './backoff.js'
import type { Board } from './board.js'
import { readCatalog, readStates } from './catalog.js'
import type { DatabaseClock } from './clock.js'
import type { Emit, Log } from './events.js'
import { type PollConnection, Poller, type PollResult, pollLockMs } from './poll.js'
import type { WatchConnection } from './watch.js'
import { idlePollMs, watchFor } from './when.js'

export interface LinkSurroundings {
  readonly board: Board
  readonly clock: DatabaseClock
  readonly log: Log
  readonly emit: Emit
  readonly pollIntervalMs: number
  /** Undefined where no connection for wake-ups is wanted. */
  readonly watch: WatchConnection | undefined
  /** The pool, on which nothing takes longer than this. */
  database(limitMs: number): Database
  /** Some transaction has ended; a captured table was written to. */
  noticed(what: 'something' | 'changes'): void
}

const answerMs = 20_000
/** After a wake-up or a change others are likely, and not all of them send a wake-up: for so long it looks often. */
const activeMs = 1_500
/** Where a poll had to wait for a lock, it looks no more for a while, and takes every view for changed. */
const blindMs = 2_000
const statesMs = 1_000
const notDeployed: ReadonlySet<string> = new Set(['42P01', '3F000', '42703', '42501'])
const waited: ReadonlySet<string> = new Set(['55P03', '57014'])

/**
 * What the worker hears from the database: which views there are, their states, changes and requests. One question at a
 * time. While the database cannot be reached it asks again after growing waits; then everything counts as changed.
 */
export class Link {
  #online = false
  #told = false
  #busy = false
  #retryAt = 0
  #polledAt = 0
  #statesAt = 0
  #statesOld = false
  #activeUntil = 0
  #pollSoon = false
  #woken = false
  #version: string | undefined
  #server: string | undefined
  polls = 0
  wakeUps = 0
  readonly #poller = new Poller()
  readonly #backoff = new Backoff(250, 10_000)

  constructor(private readonly around: LinkSurroundings) {}

  get online(): boolean {
    return this.#online
  }

  /** Something was written, perhaps; or a refresh was asked for, and that is never to wait. */
  wake(requested: boolean): void {
    this.wakeUps++
    this.#woken = true
    this.#pollSoon ||= requested
    this.#activeUntil = this.around.clock.now() + activeMs
  }

  /** Wake-ups may have been missed, or the database may be gone. */
  doubt(): void {
    this.#pollSoon = true
  }

  /** When the next question is due. */
  get at(): number {
    if (this.#busy) return Number.POSITIVE_INFINITY
    if (!this.#online) return this.#retryAt
    if (this.#pollSoon) return this.#polledAt + 10
    const { board, clock, pollIntervalMs } = this.around
    const active = clock.now() < this.#activeUntil
    let at = this.#polledAt + idlePollMs(board.entries, pollIntervalMs)
    if (this.#statesOld) at = Math.min(at, this.#statesAt + statesMs)
    for (const entry of active ? board.entries : []) {
      const watch = entry.run === null ? watchFor(entry) : null
      if (watch !== null) at = Math.min(at, Math.max(watch.from, this.#polledAt + watch.everyMs))
    }
    return at
  }

  /** Asks what is due. Never throws. */
  async ask(): Promise<void> {
    this.#busy = true
    try {
      if (this.#online) await this.#poll()
      else await this.#connect()
    } catch (error) {
      this.#goOffline(error)
    } finally {
      this.#busy = false
    }
  }

  async #connect(): Promise<void> {
    const { clock, board, emit, log } = this.around
    this.#poller.forget()
    // On the pool, since that is what refreshes need.
    const { now, seen } = await this.#onPool((connection) => this.#poller.poll(connection, false))
    clock.set(now)
    this.#polledAt = now
    await this.#load(now)
    board.reconnected(now)
    this.#server = seen?.server
    this.#online = true
    if (this.#backoff.failures > 0) log.info({ attempts: this.#backoff.failures }, 'the database is reached again')
    this.#backoff.reset()
    this.#told = false
    this.#pollSoon = true
    emit('online')
  }

  async #load(now: number): Promise<void> {
    const { board, database, emit, log } = this.around
    const catalog = await readCatalog(database(answerMs))
    board.load(catalog, await readStates(database(answerMs)), now)
    this.#poller.watch(catalog.sources)
    this.#version = catalog.version
    this.#statesAt = now
    this.#statesOld = false
    const names = catalog.views.map(({ name }) => name)
    log.info({ views: names.length }, 'views loaded')
    emit('loaded', names)
  }

  /** What other workers did, and what people did by hand. */
  async #readStates(now: number): Promise<void> {
    this.around.board.update(await readStates(this.around.database(answerMs)))
    this.#statesAt = now
    this.#statesOld = false
  }

  async #poll(): Promise<void> {
    const number = ++this.polls
    const expectsNews = this.#woken
    this.#woken = false
    this.#pollSoon = false
    let result: PollResult
    try {
      result = await this.#anywhere((connection) => this.#poller.poll(connection, expectsNews))
    } catch (error) {
      await this.#pollFailed(error, number)
      return
    }
    this.around.clock.set(result.now)
    this.#polledAt = result.now
    await this.#take(result, number)
  }

  async #take({ now, seen }: PollResult, number: number): Promise<void> {
    const { board, noticed } = this.around
    this.#statesOld ||= seen !== undefined
    const needsStates = now - this.#statesAt >= statesMs || board.holdsViews(seen?.sources ?? [])
    if (seen !== undefined && seen.version !== this.#version) await this.#load(now)
    else if (this.#statesOld && needsStates) await this.#readStates(now)
    if (seen === undefined) return
    noticed('something')
    if (board.requested(seen.requests, number)) this.#pollSoon = true
    const sameServer = seen.server === this.#server
    this.#server = seen.server
    const sources = sameServer ? seen.sources : null
    if (sources?.length === 0) return
    board.changed(sources, now)
    noticed('changes')
    this.#activeUntil = now + activeMs
  }

  /** A log that is locked must not hide the others; a log that is gone was dropped with its views. */
  async #pollFailed(error: unknown, number: number): Promise<void> {
    const { clock, log } = this.around
    const { code, message } = serverError(error)
    if (code !== undefined && waited.has(code)) {
      log.debug({ error: message }, 'a change log is locked: every view is taken for changed')
      // What was asked for, deployed, paused or resumed meanwhile is in no log.
      const result = await this.#anywhere((connection) => this.#poller.pollPastLogs(connection))
      clock.set(result.now)
      this.#polledAt = result.now + blindMs
      await this.#take(result, number)
    } else if (code === '42P01') {
      await this.#load(clock.now())
      this.#polledAt = clock.now()
      this.#pollSoon = true
    } else {
      throw error
    }
  }

  async #anywhere(poll: (connection: PollConnection) => Promise<PollResult>): Promise<PollResult> {
    const channel = this.around.watch?.channel
    if (channel === undefined) return this.#onPool(poll)
    try {
      return await poll(channel)
    } catch (error) {
      if (databaseError(error).code !== 'DATABASE_UNREACHABLE') throw error
      return this.#onPool(poll)
    }
  }

  async #onPool(poll: (connection: PollConnection) => Promise<PollResult>): Promise<PollResult> {
    return transaction(
      this.around.database(answerMs),
      // Without the session: it is anybody's, and nothing is to be prepared there.
      (connection) => poll({ query: (text, values) => connection.query(text, values) }),
      `BEGIN READ ONLY; SET LOCAL lock_timeout = ${pollLockMs}; SET LOCAL statement_timeout = '15s'; SET LOCAL jit = off`,
    )
  }

  #goOffline(error: unknown): void {
    const { clock, emit, log } = this.around
    this.#online = false
    const { code } = serverError(error)
    const missing = code !== undefined && notDeployed.has(code)
    const waitMs = missing ? Math.min(this.#backoff.next(), 2_000) : this.#backoff.next()
    this.#retryAt = clock.now() + waitMs
    const body: ErrorBody = missing
      ? { code: 'NOT_DEPLOYED', message: databaseError(error).message, hint: 'Run: tidemark apply' }
      : databaseError(error).toJSON()
    // The first time and then one in a while: an outage of a night is not thousands of lines.
    const say = !this.#told || this.#backoff.failures % 20 === 0 ? 'warn' : 'debug'
    log[say]({ error: body, attempt: this.#backoff.failures, waitMs: Math.round(waitMs) }, 'waiting for the database')
    if (!this.#told) emit('offline', body)
    this.#told = true
  }
}
