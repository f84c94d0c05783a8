import type { QueryClient } from '@tanstack/react-query'
import type { RefreshAnswer } from '../protocol/api.js'
import type { LiveEvent } from '../protocol/events.js'
import type { ViewFreshness } from '../protocol/freshness.js'
import { type ConnectionState, EventConnection } from './connection.js'
import { Follower } from './follower.js'
import { type Freshness, FreshnessBoard } from './freshnessBoard.js'
import { errorOf } from './requestError.js'
import type { Requests } from './requests.js'
import { ServerClock } from './serverClock.js'

/** A tab that is hidden for less than this keeps its connection. */
const hiddenGraceMs = 5_000

/** Views that come and go together, as a page is shown, make one change of the connection. */
const gatherMs = 10

/** The first events of a connection come together. */
const settleMs = 100

/** Everything that is shown of one handler: what is used, and what keeps it fresh. */
export class Live {
  readonly requests: Requests
  readonly scope: string
  readonly board: FreshnessBoard
  readonly follower: Follower
  readonly #connection: EventConnection
  readonly #clock = new ServerClock()
  readonly #used = new Map<string, { rows: number; freshness: number }>()
  /** Views of which the server tells nothing: reads alone do. */
  readonly #refused = new Set<string>()
  #pollMs: number
  #poll: ReturnType<typeof setInterval> | undefined
  #gather: ReturnType<typeof setTimeout> | undefined
  #settle: ReturnType<typeof setTimeout> | undefined
  #hiding: ReturnType<typeof setTimeout> | undefined
  #unfollow = () => {}
  #started = false

  constructor(requests: Requests, queryClient: QueryClient, scope: string, pollMs: number) {
    this.requests = requests
    this.scope = scope
    this.#pollMs = pollMs
    this.board = new FreshnessBoard(this.#clock, () => this.#connection.heardAgo)
    this.#connection = new EventConnection(requests, {
      onOpen: (response) => this.#opened(response),
      onEvent: (event) => this.#told(event),
      onState: (state) => this.#connectionIs(state),
      onRefused: (views) => void this.#sift(views),
    })
    this.follower = new Follower(queryClient, scope, this.#connection, (view, read) => this.board.noteRead(view, read))
  }

  /** In a browser only. Returns how to stop; it can be started again. */
  start(): () => void {
    const visibility = () => this.#visibilityChanged()
    const online = () => this.#connection.retry()
    document.addEventListener('visibilitychange', visibility)
    window.addEventListener('online', online)
    this.#started = true
    this.#connect()
    return () => {
      this.#started = false
      document.removeEventListener('visibilitychange', visibility)
      window.removeEventListener('online', online)
      clearTimeout(this.#gather)
      clearTimeout(this.#settle)
      clearTimeout(this.#hiding)
      this.#hiding = undefined
      this.#connection.stop()
    }
  }

  set pollInterval(milliseconds: number) {
    if (milliseconds === this.#pollMs) return
    this.#pollMs = milliseconds
    if (this.#poll !== undefined) this.#startPolling()
  }

  /**
   * Somebody shows a view, its rows or how fresh it is. Has to be called before the view is read: that is noticed too.
   * Returns how to say that they no longer do.
   */
  use(view: string, what: 'rows' | 'freshness'): () => void {
    if (this.#used.size === 0) this.#unfollow = this.follower.start()
    const used = this.#used.get(view) ?? { rows: 0, freshness: 0 }
    used[what]++
    this.#used.set(view, used)
    if (what === 'freshness' && used.freshness === 1 && this.#isPolling) void this.#askFreshness(view)
    this.#connectSoon()
    return () => {
      used[what]--
      if (used.rows + used.freshness === 0) this.#used.delete(view)
      if (this.#used.size === 0) this.#unfollow()
      this.#connectSoon()
    }
  }

  /** Joins a refresh that is running. Rejects with what went wrong, also where the refresh itself failed. */
  async refresh(view: string, full: boolean): Promise<RefreshAnswer> {
    const response = await this.requests.send(`/api/views/${encodeURIComponent(view)}/refresh`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ full }),
    })
    if (!response.ok) throw await errorOf(response)
    const answer = (await response.json()) as RefreshAnswer
    if (answer.epoch !== null && answer.asOf !== null) this.follower.tell(view, answer.epoch, answer.asOf)
    if (this.#isPolling && this.#used.get(view)?.freshness) await this.#askFreshness(view)
    return answer
  }

  /** The same object until something of it changes. */
  freshnessOf(view: string): Freshness {
    // What came with the page is known at once.
    if (!this.board.knows(view)) {
      for (const { read, at } of this.follower.reads(view)) this.board.noteRead(view, read, at)
    }
    return this.board.show(view)
  }

  #connectSoon(): void {
    clearTimeout(this.#gather)
    if (this.#started) this.#gather = setTimeout(() => this.#connect(), gatherMs)
  }

  #connect(): void {
    if (document.visibilityState === 'hidden' && this.#hiding === undefined) return
    const views = [...this.#used.keys()].sort()
    const told = views.filter((view) => !this.#refused.has(view))
    if (views.length === 0) this.#connection.stop()
    else this.#connection.start(told.length === 0 ? views : told)
  }

  #visibilityChanged(): void {
    clearTimeout(this.#hiding)
    this.#hiding = undefined
    if (document.visibilityState === 'visible') {
      this.#connect()
      this.#connection.retry()
    } else {
      this.#hiding = setTimeout(() => {
        this.#hiding = undefined
        this.#connection.stop()
      }, hiddenGraceMs)
    }
  }

  #opened(response: Response): void {
    this.#clock.restart(Date.parse(response.headers.get('Date') ?? ''))
    // Where the server tells how fresh the views are, what is shown may turn out to be current.
    clearTimeout(this.#settle)
    this.#settle = setTimeout(() => this.follower.catchUpAnew(), settleMs)
  }

  #told(event: LiveEvent): void {
    this.board.note(event)
    if (event.type === 'refreshed') this.follower.tell(event.view, event.epoch, event.asOf)
    if (event.type === 'freshness' && event.freshness.asOf !== null) {
      this.follower.tell(event.view, event.freshness.epoch, event.freshness.asOf)
    }
    if (event.type !== 'views' && event.type !== 'reset') return
    // A view may have other columns now, or be another one.
    this.#refused.clear()
    this.#connection.forget()
    this.follower.readAgain()
    this.#connectSoon()
  }

  #connectionIs(state: ConnectionState): void {
    this.board.connectionIs(state)
    if (this.#isPolling && this.#poll === undefined) {
      this.follower.readAgain(this.#pollMs)
      this.#askAll()
      this.#startPolling()
    }
    if (this.#isPolling) return
    clearInterval(this.#poll)
    this.#poll = undefined
  }

  /** What is not told has to be asked for. */
  get #isPolling(): boolean {
    const { state } = this.#connection
    return state === 'polling' || state === 'offline'
  }

  #startPolling(): void {
    clearInterval(this.#poll)
    this.#poll = setInterval(() => {
      this.follower.readAgain()
      this.#askAll()
    }, this.#pollMs)
  }

  #askAll(): void {
    for (const [view, { freshness }] of this.#used) if (freshness > 0) void this.#askFreshness(view)
  }

  /** One view that is not there, or may not be seen, is no reason for the others to be silent. */
  async #sift(views: readonly string[]): Promise<void> {
    if (views.length < 2) return
    await Promise.all(views.map((view) => this.#askFreshness(view)))
    if (this.#started && views.some((view) => !this.#refused.has(view))) {
      this.#connect()
      this.#connection.retry()
    }
  }

  async #askFreshness(view: string): Promise<void> {
    if (this.#refused.has(view)) return
    try {
      const response = await this.requests.send(`/api/views/${encodeURIComponent(view)}/freshness`, {
        cache: 'no-store',
        headers: { Accept: 'application/json' },
      })
      if (response.ok) this.board.noteFreshness({ ...((await response.json()) as ViewFreshness), view })
      else if (!(await errorOf(response)).isPassing) this.#refused.add(view)
    } catch {
      // What the connection's state says is what can be said.
    }
  }
}
