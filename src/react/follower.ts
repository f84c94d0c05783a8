import type { Query, QueryCacheNotifyEvent, QueryClient } from '@tanstack/react-query'
import type { EventConnection } from './connection.js'
import type { ViewRead } from './readView.js'
import { TidemarkRequestError } from './requestError.js'
import type { ViewKey } from './viewKey.js'

/** What was told of a view last: rows that are shown should be those, or newer ones. */
interface Told {
  readonly epoch: string
  readonly asOf: number
  /** When it was told. */
  readonly at: number
}

type ViewQueryState = Query<ViewRead, Error, ViewRead, ViewKey>

const retry = { initialMs: 100, maxMs: 5_000, most: 12 }

/** Keeps the reads in the query cache up to what is told of their views: those that are behind are read again. */
export class Follower {
  readonly #queryClient: QueryClient
  readonly #scope: string
  readonly #connection: EventConnection
  readonly #onRead: (view: string, read: ViewRead) => void
  readonly #told = new Map<string, Told>()
  /** When the read began that a query's rows are from. Rows that came with the page have none. */
  readonly #readAt = new WeakMap<object, number>()
  readonly #fetchingSince = new WeakMap<object, number>()
  #tries = new WeakMap<object, { readonly told: Told | undefined; readonly count: number }>()
  /** Reads that were refused: they are tried again when something is told, and not before. */
  readonly #refused = new WeakMap<object, Told | undefined>()
  readonly #timers = new Map<object, ReturnType<typeof setTimeout>>()

  constructor(
    queryClient: QueryClient,
    scope: string,
    connection: EventConnection,
    onRead: (view: string, read: ViewRead) => void,
  ) {
    this.#queryClient = queryClient
    this.#scope = scope
    this.#connection = connection
    this.#onRead = onRead
  }

  /** Returns how to stop. */
  start(): () => void {
    const unsubscribe = this.#queryClient.getQueryCache().subscribe((event) => this.#notice(event))
    return () => {
      unsubscribe()
      for (const timer of this.#timers.values()) clearTimeout(timer)
      this.#timers.clear()
    }
  }

  /** The view has these rows now. */
  tell(view: string, epoch: string, asOf: string): void {
    const told = { epoch, asOf: Date.parse(asOf), at: performance.now() }
    const before = this.#told.get(view)
    // What is told again after a reconnection may come out of order.
    if (before === undefined || !(told.asOf < before.asOf)) this.#told.set(view, told)
    this.catchUp(view)
  }

  /** Whether rows may be shown without being read again. */
  isCurrent(query: object, view: string, read: ViewRead | undefined): boolean {
    if (read === undefined) return false
    const told = this.#told.get(view)
    const isTold = told !== undefined && told.epoch === read.epoch && this.#connection.covers(view, told.at)
    return isTold || (this.#reaches(view, read) && this.#connection.covers(view, this.#readAt.get(query)))
  }

  /** The connection is open: what was tried in vain before may do better now. */
  catchUpAnew(): void {
    this.#tries = new WeakMap()
    this.catchUp()
  }

  /** Reads again what is behind; of one view, or of all. */
  catchUp(view?: string): void {
    for (const query of this.#queries(view)) this.#catchUp(query)
  }

  /** Reads again what is shown, whatever is known of it, unless that was tried within the last milliseconds. */
  readAgain(within = 0): void {
    for (const query of this.#queries()) {
      const tried = this.#fetchingSince.get(query)
      if (tried === undefined || performance.now() - tried >= within) this.#read(query)
    }
  }

  /** What is there of a view, with when it came by the clock of who read it. */
  reads(view: string): { readonly read: ViewRead; readonly at: number }[] {
    return this.#queries(view).flatMap(({ state: { data, dataUpdatedAt } }) =>
      data === undefined ? [] : [{ read: data, at: dataUpdatedAt }],
    )
  }

  #queries(view?: string): ViewQueryState[] {
    const queryKey = view === undefined ? ['tidemark', this.#scope] : ['tidemark', this.#scope, view]
    return this.#queryClient.getQueryCache().findAll({ queryKey }) as unknown as ViewQueryState[]
  }

  #notice({ type, query: noticed, ...event }: QueryCacheNotifyEvent): void {
    const [name, scope, view] = noticed.queryKey as ViewKey
    if (name !== 'tidemark' || scope !== this.#scope) return
    const query = noticed as unknown as ViewQueryState
    if (type === 'removed') this.#unschedule(query)
    if (type !== 'updated' || !('action' in event)) return
    const { action } = event
    if (action.type === 'fetch') this.#fetchingSince.set(query, performance.now())
    else if (action.type === 'error') this.#failed(query)
    else if (action.type === 'success' && action.manual !== true) {
      const since = this.#fetchingSince.get(query)
      if (since !== undefined) this.#readAt.set(query, since)
      if (query.state.data !== undefined) this.#onRead(view, query.state.data)
      this.#catchUp(query)
    }
  }

  #reaches(view: string, read: ViewRead): boolean {
    const told = this.#told.get(view)
    if (told === undefined || told.epoch === read.epoch) return true
    return read.asOf !== null && Date.parse(read.asOf) >= told.asOf
  }

  #catchUp(query: ViewQueryState): void {
    const [, , view] = query.queryKey
    const { data, fetchStatus } = query.state
    if (this.isCurrent(query, view, data) || this.#isLeftToPolling(view, data) || this.#isRefused(query, view)) {
      this.#tries.delete(query)
      this.#unschedule(query)
    } else if (fetchStatus === 'idle') {
      // A read that goes on comes back here when it ends.
      this.#schedule(query)
    }
  }

  #failed(query: ViewQueryState): void {
    const [, , view] = query.queryKey
    if (isFinal(query.state.error)) this.#refused.set(query, this.#told.get(view))
    this.#catchUp(query)
  }

  #isRefused(query: ViewQueryState, view: string): boolean {
    return isFinal(query.state.error) && this.#refused.get(query) === this.#told.get(view)
  }

  #isLeftToPolling(view: string, data: ViewRead | undefined): boolean {
    return this.#connection.state !== 'live' && (data === undefined || this.#reaches(view, data))
  }

  /** At once the first time; what a cache on the way still holds back is asked for again less and less often. */
  #schedule(query: ViewQueryState): void {
    const [, , view] = query.queryKey
    const told = this.#told.get(view)
    const tries = this.#tries.get(query)
    const count = tries !== undefined && tries.told === told ? tries.count : 0
    if (count > retry.most) return
    this.#tries.set(query, { told, count: count + 1 })
    this.#unschedule(query)
    const isFirst = count === 0 && query.state.status !== 'error'
    if (isFirst) {
      this.#read(query)
      return
    }
    const wait = Math.min(retry.maxMs, retry.initialMs * 2 ** count)
    this.#timers.set(
      query,
      setTimeout(() => this.#read(query), wait),
    )
  }

  #unschedule(query: object): void {
    clearTimeout(this.#timers.get(query))
    this.#timers.delete(query)
  }

  #read(query: ViewQueryState): void {
    this.#timers.delete(query)
    // Nobody looks: it is read when somebody does.
    if (!query.isActive()) return
    const filters = { queryKey: query.queryKey, exact: true, type: 'active' } as const
    void this.#queryClient.refetchQueries(filters, { cancelRefetch: false })
  }
}

/** Refused, and no better for being asked again. */
function isFinal(error: Error | null): boolean {
  return error instanceof TidemarkRequestError && !error.isPassing
}
