import { EventParser, type StreamEvent } from './eventStream.js'

/** `away`: the server does not answer, and is tried again by itself; `denied`: it wants another token. */
export type ConnectionState = 'connecting' | 'live' | 'away' | 'denied'

export interface ConnectionOptions {
  /** Opens the stream; `since` is the id of the last event that was seen. */
  readonly open: (since: string | undefined, signal: AbortSignal) => Promise<Response>
  readonly onEvent: (event: StreamEvent) => void
  readonly onState: (state: ConnectionState) => void
  /** It is open, and where it goes on from is not known: what was shown before may be out of date. */
  readonly onFreshStart: () => void
}

const firstWaitMs = 500
const longestWaitMs = 10_000
/** The server says something every 15 s. */
const silenceMs = 40_000

/** A stream of events that opens itself again, from where it broke off. */
export class Connection {
  #lastId: string | undefined
  #abort = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #closed = false

  constructor(private readonly options: ConnectionOptions) {}

  /** Now, instead of after the present wait: a token was given, the network is back, somebody looks again. */
  restart(): void {
    this.#stop()
    this.#closed = false
    this.#failures = 0
    void this.#run()
  }

  close(): void {
    this.#closed = true
    this.#stop()
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#abort.abort()
    this.#abort = new AbortController()
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort
    if (this.#failures === 0) this.options.onState('connecting')
    try {
      const response = await this.options.open(this.#lastId, signal)
      if (response.status === 401 || response.status === 403) {
        this.options.onState('denied')
        return
      }
      if (!response.ok || response.body === null) throw new Error(`The stream answered ${response.status}.`)
      this.options.onState('live')
      this.#failures = 0
      if (this.#lastId === undefined) this.options.onFreshStart()
      await this.#read(response.body, signal)
    } catch {
      // Said by the state; the reason is the browser's own text, which helps nobody.
    }
    if (!signal.aborted && !this.#closed) this.#again()
  }

  async #read(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
    const parser = new EventParser()
    const decoder = new TextDecoder()
    const reader = body.getReader()
    const cancel = (): void => void reader.cancel().catch(() => undefined)
    signal.addEventListener('abort', cancel)
    let watchdog = setTimeout(cancel, silenceMs)
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done || signal.aborted) return
        clearTimeout(watchdog)
        watchdog = setTimeout(cancel, silenceMs)
        for (const event of parser.push(decoder.decode(value, { stream: true }))) {
          if (event.id !== undefined) this.#lastId = event.id
          if (event.data !== '') this.options.onEvent(event)
        }
      }
    } finally {
      clearTimeout(watchdog)
      signal.removeEventListener('abort', cancel)
    }
  }

  #again(): void {
    this.#failures += 1
    this.options.onState('away')
    const longest = Math.min(longestWaitMs, firstWaitMs * 2 ** (this.#failures - 1))
    this.#timer = setTimeout(() => void this.#run(), longest * (0.5 + Math.random() / 2))
  }
}
