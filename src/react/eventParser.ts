export interface StreamMessage {
  readonly type: string
  readonly data: string
}

/** Reads an event stream as the HTML standard has it (9.2.6), from pieces that may be cut anywhere. */
export class EventParser {
  /** The last `id:` of a message that was complete. */
  lastId: string | undefined
  /** What the server says about how long to wait before the next try. */
  retryMs: number | undefined
  #rest = ''
  #id: string | undefined
  #type = ''
  #data: string[] = []

  push(text: string): StreamMessage[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/)
    // A carriage return at the very end may be the first half of a line's end.
    this.#rest = lines.pop() ?? ''
    return lines.flatMap((line) => this.#line(line))
  }

  #line(line: string): StreamMessage[] {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#type = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value)
    return []
  }

  #dispatch(): StreamMessage[] {
    const message = { type: this.#type || 'message', data: this.#data.join('\n') }
    const isEmpty = this.#data.length === 0
    this.lastId = this.#id ?? this.lastId
    this.#id = undefined
    this.#type = ''
    this.#data = []
    return isEmpty ? [] : [message]
  }
}
