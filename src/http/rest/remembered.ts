import type { JsonAnswer } from '../../read/index.js'
import type { ServedView } from '../views.js'
import type { Also } from './also.js'

const length = 'Content-Length'

/** A whole answer, to be given many times: nothing of it ever changes. */
export class Remembered {
  #headers: Readonly<Record<string, string>> | undefined

  private constructor(
    readonly status: number,
    /** Its headers, with its length: names and values by turns, as Node takes them with the least ado. */
    readonly written: readonly string[],
    readonly body: string | null,
    /** What its body is written in: where letters are bytes, nothing has to be encoded. */
    readonly encoding: 'latin1' | 'utf8',
  ) {}

  static of(status: number, headers: Readonly<Record<string, string>>, body: string): Remembered {
    const bytes = Buffer.byteLength(body)
    const written = [...Object.entries(headers).flat(), length, String(bytes)]
    return new Remembered(status, written, body, bytes === body.length ? 'latin1' : 'utf8')
  }

  toResponse(): Response {
    // Whoever takes a Response may yet send its body otherwise, and finds out its length.
    this.#headers ??= Object.fromEntries(pairsOf(this.written).filter(([name]) => name !== length))
    return new Response(this.body, { status: this.status, headers: this.#headers })
  }

  /** With another value of a header that it has. */
  with(name: string, value: string): Remembered {
    const at = this.written.indexOf(name) + 1
    if (this.written[at] === value) return this
    const written = this.written.slice()
    written[at] = value
    return new Remembered(this.status, written, this.body, this.encoding)
  }

  /** For somebody who has the rows. `ofRows`: headers that belong to them. */
  unchanged(ofRows: readonly string[]): Remembered {
    const kept = pairsOf(this.written).filter(([name]) => name !== length && !ofRows.includes(name))
    return new Remembered(304, kept.flat(), null, 'latin1')
  }
}

function pairsOf(written: readonly string[]): [name: string, value: string][] {
  return written.flatMap((name, at) => (at % 2 === 0 ? [[name, written[at + 1] ?? '']] : []))
}

/** An answer of remembered rows, and all that decides it besides what is asked for: while that is the same, so is the answer. */
export interface Ready {
  readonly also: Also | undefined
  readonly served: ServedView
  readonly answer: JsonAnswer
  readonly tag: string | undefined
  /** All but how old the rows are, which is written into it as time goes by. */
  age: number | null
  remembered: Remembered
}
