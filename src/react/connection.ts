import type { LiveEvent } from '../protocol/events.js'
import { backoff } from './backoff.js'
import { readEventStream } from './eventStream.js'
import { errorOf, TidemarkRequestError } from './requestError.js'
import type { Requests } from './requests.js'

/**
 * `idle`: nothing is shown, or the tab is hidden. `polling`: the server answers, but not with events. `offline`: it does
 * not answer.
 */
export type ConnectionState = 'idle' | 'connecting' | 'live' | 'polling' | 'offline'

export interface ConnectionListener {
  /** The stream is open, and has told its first. `goesOn`: from where the last one broke off, so that nothing is missed. */
  onOpen(response: Response, goesOn: boolean): void
  onEvent(event: LiveEvent): void
  onState(state: ConnectionState): void
  /** The server does not tell of these views, or of one of them. */
  onRefused(views: readonly string[], error: TidemarkRequestError): void
}

const timing = {
  /** Reconnecting. */
  initialMs: 500,
  maxMs: 30_000,
  /** Heartbeats come every 5 s. */
  silenceMs: 20_000,
  /** A stream of which nothing comes for so long is held back by something on its way. */
  firstBytesMs: 10_000,
  /** A stream that held for so long was a success. */
  settledMs: 5_000,
}

/** One event stream for all views that are shown, kept open while there are any; or for every view there is. */
export class EventConnection {
  /** Views of the stream that is open, each with since when none of its events can have been missed. */
  readonly #covered = new Map<string, number>()
  readonly #requests: Requests
  readonly #listener: ConnectionListener
  #views: readonly string[] | 'all' = []
  /** Those of the connection that is open or being opened. */
  #asked: readonly string[] | 'all' = []
  #cursor: { readonly id: string; readonly at: number } | undefined
  #running: AbortController | undefined
  #attempt: AbortController | undefined
  #wake: (() => void) | undefined
  #state: ConnectionState = 'idle'
  #heardAt = 0
  #initialMs: number = timing.initialMs

  constructor(requests: Requests, listener: ConnectionListener) {
    this.#requests = requests
    this.#listener = listener
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** How long ago something came from the stream, in milliseconds. */
  get heardAgo(): number {
    return performance.now() - this.#heardAt
  }

  /** Whether every event of a view since then was told, up to now. Times are `performance.now()`. */
  covers(view: string, since: number | undefined): boolean {
    const from = this.#covered.get(view)
    return this.#state === 'live' && from !== undefined && since !== undefined && since >= from
  }

  /** Whatever was read before now counts as missed. */
  forget(): void {
    for (const view of this.#covered.keys()) this.#covered.set(view, performance.now())
  }

  /** Goes on where it was. Views that nobody shows any more are left out with the next connection. */
  start(views: readonly string[] | 'all'): void {
    this.#views = views
    if (this.#running === undefined) {
      this.#running = new AbortController()
      void this.#run(this.#running.signal)
    } else if (views !== 'all' && views.some((view) => !this.#asked.includes(view))) {
      this.#attempt?.abort()
      this.retry()
    }
  }

  stop(): void {
    this.#running?.abort()
    this.#attempt?.abort()
    this.#wake?.()
    this.#running = undefined
    this.#become('idle')
  }

  /** There is reason to believe that the next try will do better. */
  retry(): void {
    this.#wake?.()
  }

  async #run(stopped: AbortSignal): Promise<void> {
    let failures = 0
    while (!stopped.aborted) {
      const attempt = new AbortController()
      this.#attempt = attempt
      const began = performance.now()
      const error = await this.#connect(attempt).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (stopped.aborted) return
      // Aborted: other views are shown now.
      if (attempt.signal.aborted && error !== undefined && !isSilence(attempt.signal)) continue
      const held = this.#state === 'live' && performance.now() - began >= timing.settledMs
      failures = held ? 0 : failures + 1
      this.#become(this.#afterFailure(failures))
      if (error instanceof TidemarkRequestError && !error.isPassing) {
        this.#listener.onRefused(this.#asked === 'all' ? [] : this.#asked, error)
      }
      await this.#sleep(waitAfter(error, failures, this.#initialMs))
    }
  }

  /** One that was cut off is tried again at once, and nobody has to know. */
  #afterFailure(failures: number): ConnectionState {
    if (!this.#requests.reached) return 'offline'
    return failures <= 1 && this.#cursor !== undefined ? 'connecting' : 'polling'
  }

  async #connect(attempt: AbortController): Promise<void> {
    if (this.#state === 'idle') this.#become('connecting')
    const views = this.#views
    this.#asked = views
    const resumed = this.#cursor
    let isOpen = false
    const late = setTimeout(() => attempt.abort(silence), timing.firstBytesMs)
    try {
      const response = await this.#requests.send(`/api/events${queryOf(views)}`, {
        cache: 'no-store',
        headers: {
          Accept: 'text/event-stream',
          ...(resumed === undefined ? {} : { 'Last-Event-ID': resumed.id }),
        },
        signal: attempt.signal,
      })
      if (!response.ok) throw await errorOf(response)
      if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) throw new Error('No event stream.')
      await readEventStream(response, {
        silenceMs: timing.silenceMs,
        onBytes: () => {
          this.#heardAt = performance.now()
          if (isOpen) return
          isOpen = true
          clearTimeout(late)
          this.#opened(views === 'all' ? [] : views, resumed?.at, response)
        },
        onMessage: ({ type, data }) => this.#handle(type, data),
        onRetry: (milliseconds) => {
          this.#initialMs = Math.min(milliseconds, timing.maxMs)
        },
        onCursor: (id) => {
          this.#cursor = { id, at: performance.now() }
        },
      })
    } finally {
      clearTimeout(late)
    }
  }

  /** `resumedAt`: when the cursor was received from which the stream goes on. */
  #opened(views: readonly string[], resumedAt: number | undefined, response: Response): void {
    const before = resumedAt === undefined ? new Map<string, number>() : new Map(this.#covered)
    this.#covered.clear()
    for (const view of views) this.#covered.set(view, before.get(view) ?? resumedAt ?? performance.now())
    this.#become('live')
    this.#listener.onOpen(response, resumedAt !== undefined)
  }

  #handle(type: string, data: string): void {
    const event = eventOf(type, data)
    if (event === undefined) return
    if (event.type === 'reset') this.forget()
    this.#listener.onEvent(event)
  }

  #become(state: ConnectionState): void {
    if (state === this.#state) return
    this.#state = state
    this.#listener.onState(state)
  }

  async #sleep(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }
}

function queryOf(views: readonly string[] | 'all'): string {
  return views === 'all' ? '' : `?views=${encodeURIComponent(views.map(listed).join(','))}`
}

/** As one of several names with commas between them. */
function listed(view: string): string {
  return /[",]/.test(view) ? `"${view.replaceAll('"', '""')}"` : view
}

/** What is no JSON is none of ours. */
function eventOf(type: string, data: string): LiveEvent | undefined {
  try {
    return { ...(JSON.parse(data) as object), type } as LiveEvent
  } catch {
    return undefined
  }
}

const silence = new Error('The event stream did not begin.')

function isSilence(signal: AbortSignal): boolean {
  return signal.reason === silence
}

function waitAfter(error: unknown, failures: number, initialMs: number): number {
  const options = { initialMs, maxMs: timing.maxMs }
  if (!(error instanceof TidemarkRequestError)) return backoff(failures - 1, options)
  const wait = backoff(error.isPassing ? failures - 1 : Number.POSITIVE_INFINITY, options)
  return Math.max(wait, error.retryAfterMs ?? 0)
}
