import type { LiveEvent } from '../../../src/protocol/events.js'
import type { ViewFreshness } from '../../../src/protocol/freshness.js'
import { readHeaders } from '../../../src/protocol/headers.js'

interface FakeView {
  rows: readonly object[]
  epoch: number
  asOf: number
  pending: number
  state: ViewFreshness['state']
  targetSeconds: number | null
}

export interface Logged {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Headers
  readonly status: number
}

interface Stream {
  readonly views: readonly string[]
  send(text: string): void
  end(): void
  fail(): void
}

type Answer = (request: Request) => Response | undefined | Promise<Response | undefined>

const encoder = new TextEncoder()

/** What the handler does, as far as a page can tell, without a database: it is given to the provider as its `fetch`. */
export class FakeServer {
  readonly log: Logged[] = []
  readonly views = new Map<string, FakeView>()
  /** Answers that come instead of the usual ones. */
  readonly instead: Answer[] = []
  /** Nothing answers at all. */
  down = false
  /** Events that are remembered for those who resume. */
  #past: { readonly id: number; readonly event: LiveEvent }[] = []
  #streams = new Set<Stream>()
  #epoch = 0

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(new URL(String(input), 'http://fake'), init)
    if (this.down) throw new TypeError('fetch failed')
    const response = await this.#answer(request)
    const { pathname: path, search: query } = new URL(request.url)
    const decoded = decodeURIComponent(query.slice(1))
    this.log.push({ method: request.method, path, query: decoded, headers: request.headers, status: response.status })
    return response
  }

  get streams(): readonly Stream[] {
    return [...this.#streams]
  }

  /** Requests for a path, oldest first. */
  asked(path: string): Logged[] {
    return this.log.filter((logged) => logged.path === path)
  }

  reads(view: string): Logged[] {
    return this.asked(`/rest/v1/${view}`)
  }

  /** A refresh that changed rows. */
  put(view: string, rows: readonly object[], tell = true): void {
    const known = this.#of(view)
    Object.assign(known, { rows, epoch: ++this.#epoch, asOf: Date.now(), pending: 0 })
    if (tell) this.tell(this.refreshed(view))
  }

  /** A refresh that changed none. */
  touch(view: string): void {
    this.#of(view).asOf = Date.now()
    this.tell(this.refreshed(view))
  }

  refreshed(view: string): LiveEvent {
    const { asOf } = this.#of(view)
    return {
      type: 'refreshed',
      view,
      epoch: this.epoch(view),
      asOf: new Date(asOf).toISOString(),
      mode: 'incremental',
      slices: 1,
      inserted: 1,
      updated: 0,
      deleted: 0,
      durationMs: 3,
      at: new Date().toISOString(),
    }
  }

  epoch(view: string): string {
    return `7-${this.#of(view).epoch}`
  }

  freshness(view: string): ViewFreshness {
    const { state, asOf, pending, targetSeconds, rows } = this.#of(view)
    return {
      view,
      state,
      epoch: this.epoch(view),
      asOf: new Date(asOf).toISOString(),
      stalenessSeconds: pending === 0 ? 0 : Math.max(1, Date.now() - asOf) / 1_000,
      pendingChanges: pending,
      morePending: false,
      targetSeconds,
      rows: rows.length,
      lastRun: null,
      lastError: state === 'error' ? { code: 'REFRESH_FAILED', message: 'division by zero' } : null,
    }
  }

  tellFreshness(view: string): void {
    this.tell({ type: 'freshness', view, freshness: this.freshness(view), at: new Date().toISOString() })
  }

  tell(event: LiveEvent): void {
    const id = (this.#past.at(-1)?.id ?? 0) + 1
    this.#past.push({ id, event })
    for (const stream of this.#streams) this.#send(stream, id, event)
  }

  /** What happened so far is told to nobody who comes later. */
  forgetPast(): void {
    this.#past = this.#past.slice(-1).map(({ id, event }) => ({ id: id + 1, event }))
  }

  dropStreams(): void {
    for (const stream of this.#streams) stream.fail()
  }

  #of(view: string): FakeView {
    const known = this.views.get(view)
    if (known !== undefined) return known
    const made: FakeView = { rows: [], epoch: 0, asOf: Date.now(), pending: 0, state: 'ready', targetSeconds: null }
    this.views.set(view, made)
    return made
  }

  async #answer(request: Request): Promise<Response> {
    for (const answer of this.instead) {
      const response = await answer(request)
      if (response !== undefined) return response
    }
    const { pathname, searchParams } = new URL(request.url)
    const [, first = '', second = '', name = '', action = ''] = pathname.split('/').map(decodeURIComponent)
    if (first === 'rest') return this.#read(request, name)
    if (second === 'events') return this.#events(request, (searchParams.get('views') ?? '').split(','))
    if (action === 'refresh') return this.#refresh(name)
    return this.views.has(name) ? Response.json(this.freshness(name)) : new Response(null, { status: 404 })
  }

  #read(request: Request, view: string): Response {
    const found = this.views.get(view)
    if (found === undefined) {
      return Response.json(
        { code: 'PGRST205', message: `There is no view "${view}"`, hint: 'Ask for another.' },
        { status: 404 },
      )
    }
    const etag = `W/"${this.epoch(view)}"`
    const headers = {
      ETag: etag,
      [readHeaders.asOf]: new Date(found.asOf).toISOString(),
      [readHeaders.epoch]: this.epoch(view),
      [readHeaders.source]: 'view',
      [readHeaders.staleness]: '0',
    }
    if (request.headers.get('If-None-Match') === etag) return new Response(null, { status: 304, headers })
    return Response.json(found.rows, { headers })
  }

  #refresh(view: string): Response {
    this.put(
      view,
      this.#of(view).rows.map((row) => ({ ...row, refreshed: true })),
    )
    const { asOf, epoch } = this.refreshed(view) as { asOf: string; epoch: string }
    return Response.json({ view, mode: 'incremental', joined: false, durationMs: 3, asOf, epoch, error: null })
  }

  #events(request: Request, views: readonly string[]): Response {
    const unknown = views.find((view) => !this.views.has(view))
    if (unknown !== undefined) return Response.json({ title: 'No such view', detail: unknown }, { status: 404 })
    let stream: Stream | undefined
    const end = () => stream !== undefined && this.#streams.delete(stream)
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        stream = {
          views,
          send: (text) => controller.enqueue(encoder.encode(text)),
          end: () => end() && controller.close(),
          fail: () => end() && controller.error(new TypeError('terminated')),
        }
        request.signal.addEventListener('abort', () => stream?.fail())
      },
      cancel: () => void end(),
    })
    if (stream === undefined) throw new Error('a stream starts at once')
    this.#streams.add(stream)
    this.#greet(stream, request.headers.get('Last-Event-ID'))
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } })
  }

  #greet(stream: Stream, since: string | null): void {
    const last = this.#past.at(-1)?.id ?? 0
    stream.send('retry: 1000\n\n')
    if (since !== null && Number(since) < (this.#past[0]?.id ?? 1) - 1) {
      stream.send(`id: ${last}\nevent: reset\ndata: {"at":"${new Date().toISOString()}"}\n\n`)
    } else if (since !== null) {
      for (const { id, event } of this.#past) if (id > Number(since)) this.#send(stream, id, event)
    }
    for (const view of stream.views) {
      const event = { type: 'freshness', view, freshness: this.freshness(view), at: new Date().toISOString() } as const
      this.#send(stream, last, event)
    }
    stream.send(`id: ${last}\n\n`)
  }

  #send(stream: Stream, id: number, event: LiveEvent): void {
    if ('view' in event && !stream.views.includes(event.view)) return
    stream.send(`id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  }
}
