import { restError } from './errors.js'

/** Reads one parameter from left to right. What it does not understand is an error that says where. */
export class Scanner {
  at = 0

  constructor(
    readonly text: string,
    /** What is read, for messages: `the filter on "price"`. */
    readonly what: string,
  ) {}

  get done(): boolean {
    return this.at >= this.text.length
  }

  next(): string {
    return this.text.charAt(this.at)
  }

  sees(text: string): boolean {
    return this.text.startsWith(text, this.at)
  }

  take(text: string): boolean {
    if (!this.sees(text)) return false
    this.at += text.length
    return true
  }

  /** The pattern is sticky (`y`), and matches the empty text only where that is meant. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }

  rest(): string {
    const rest = this.text.slice(this.at)
    this.at = this.text.length
    return rest
  }

  skipSpace(): void {
    this.match(/[ \t]*/y)
  }

  expect(text: string, hint?: string): void {
    if (!this.take(text)) this.fail(`"${text}"`, hint)
  }

  end(hint?: string): void {
    if (!this.done) this.fail('the end', hint)
  }

  fail(expected: string, hint?: string): never {
    const found = this.done ? 'the end' : `"${excerpt(this.text.slice(this.at))}"`
    throw restError(400, 'PGRST100', `${this.what} was not understood`, {
      details: `At character ${this.at + 1}, expected ${expected}, found ${found}.`,
      hint,
    })
  }

  /** A text in double quotes, in which a backslash makes the next character mean itself. Nothing where there is none. */
  quoted(): string | undefined {
    if (this.next() !== '"') return undefined
    let value = ''
    let from = this.at + 1
    for (let at = from; at < this.text.length; at++) {
      const character = this.text[at]
      if (character === '"') {
        value += this.text.slice(from, at)
        this.at = at + 1
        return value
      }
      if (character === '\\') {
        value += this.text.slice(from, at)
        from = ++at
      }
    }
    return undefined
  }
}

/** A piece of what a client sent, short enough for a message. */
export function excerpt(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`
}
