/** Reads server-sent events over fetch: `EventSource` cannot send a token. */

export interface StreamEvent {
  /** The event's name. */
  readonly type: string
  readonly data: string
  /** Where to go on from after a break. */
  readonly id: string | undefined
}

/** Takes pieces of a stream as they come, cut anywhere, and gives the events that are complete. */
export class EventParser {
  #rest = ''
  #type = ''
  #data: string[] = []
  #id: string | undefined

  push(piece: string): StreamEvent[] {
    const events: StreamEvent[] = []
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line !== '') this.#field(line)
      else if (this.#data.length > 0 || this.#id !== undefined) events.push(this.#take())
    }
    return events
  }

  #take(): StreamEvent {
    const event = { type: this.#type || 'message', data: this.#data.join('\n'), id: this.#id }
    this.#type = ''
    this.#data = []
    this.#id = undefined
    return event
  }

  #field(line: string): void {
    const colon = line.indexOf(':')
    if (colon === 0) return
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') this.#type = value
    else if (name === 'data') this.#data.push(value)
    else if (name === 'id') this.#id = value
  }
}
