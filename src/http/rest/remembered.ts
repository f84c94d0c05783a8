import type { ServedView } from '../views.js'
import type { Also } from './also.js'

const length = 'Content-Length'

/** All of an answer but its body. It is given many times: nothing of it ever changes. */
export class Head {
  #headers: Readonly<Record<string, string>> | undefined

  private constructor(
    readonly status: number,
    /** The headers, with the length of the body: names and values by turns, as Node takes them with the least ado. */
    readonly written: readonly string[],
    /** What the body is written in: where letters are bytes, nothing has to be encoded. */
    readonly encoding: 'latin1' | 'utf8',
  ) {}

  static of(status: number, headers: Readonly<Record<string, string>>, body: string): Head {
    const bytes = Buffer.byteLength(body)
    const written = [...Object.entries(headers).flat(), length, String(bytes)]
    return new Head(status, written, bytes === body.length ? 'latin1' : 'utf8')
  }

  /** Without the length: whoever takes a Response may yet send its body otherwise, and finds that out. */
  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= Object.fromEntries(pairsOf(this.written).filter(([name]) => name !== length))
    return this.#headers
  }

  /** With another value of a header that it has. */
  with(name: string, value: string): Head {
    const at = this.written.indexOf(name) + 1
    if (this.written[at] === value) return this
    const written = this.written.slice()
    written[at] = value
    return new Head(this.status, written, this.encoding)
  }

  /** For somebody who has the rows. `ofRows`: headers that belong to them. */
  unchanged(ofRows: readonly string[]): Head {
    const kept = pairsOf(this.written).filter(([name]) => name !== length && !ofRows.includes(name))
    return new Head(304, kept.flat(), 'latin1')
  }
}

function pairsOf(written: readonly string[]): [name: string, value: string][] {
  return written.flatMap((name, at) => (at % 2 === 0 ? [[name, written[at + 1] ?? '']] : []))
}

/** An answer that is given at once. */
export interface Remembered {
  readonly head: Head
  readonly body: string | null
}

export function responseOf({ head, body }: Remembered): Response {
  return new Response(body, { status: head.status, headers: head.headers })
}

/** What was said of remembered rows, and all that decides it besides what is asked for: while that is the same, so is it. */
export interface Ready {
  readonly also: Also | undefined
  readonly served: ServedView
  readonly asOf: Date | null
  /** Of the body, which is the cache's to keep or to give up. */
  readonly kept: number
  readonly tag: string | undefined
  /** All but how old the rows are, which is written into it as time goes by. */
  age: number | null
  head: Head
}
