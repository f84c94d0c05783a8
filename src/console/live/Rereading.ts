import type { QueryKey } from '@tanstack/react-query'

/** Many events in a row make for one reading in this time, the last one included. */
const apartMs = 1500

/** Reads again what events say has changed: at once, and then not again for a moment. */
export class Rereading {
  #waiting = new Map<string, QueryKey>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly reread: (key: QueryKey) => void) {}

  add(keys: readonly QueryKey[]): void {
    for (const key of keys) this.#waiting.set(JSON.stringify(key), key)
    if (this.#timer === undefined) this.#go()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting.clear()
  }

  #go(): void {
    this.#timer = undefined
    if (this.#waiting.size === 0) return
    for (const key of this.#waiting.values()) this.reread(key)
    this.#waiting.clear()
    this.#timer = setTimeout(() => this.#go(), apartMs)
  }
}
