/**
 * The server's clock, as far as it can be known: browsers' clocks are wrong by minutes. What the server stamps arrives
 * later than it was stamped, so the least difference that was seen is the nearest to the truth.
 */
export class ServerClock {
  #behind: number | undefined

  constructor(readonly local: () => number = Date.now) {}

  /** Milliseconds since 1970, of a moment that is past by now. */
  note(stamp: number): void {
    if (Number.isNaN(stamp)) return
    const behind = this.local() - stamp
    if (this.#behind === undefined || behind < this.#behind) this.#behind = behind
  }

  /** Anew, from this stamp: a clock may have been set meanwhile. */
  restart(stamp: number): void {
    if (Number.isNaN(stamp)) return
    this.#behind = undefined
    this.note(stamp)
  }

  now(): number {
    return this.local() - (this.#behind ?? 0)
  }
}
