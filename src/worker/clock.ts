/**
 * The database's clock, as seen from here: everything that decides when a view is refreshed is told by that one clock.
 * Between two answers of the database it runs with a local clock that nobody sets.
 */
export class DatabaseClock {
  #ahead: number

  constructor(private readonly local: () => number = () => performance.now()) {
    this.#ahead = Date.now() - local()
  }

  /** Milliseconds since 1970. Behind the true time by as long as an answer travels; never ahead of it. */
  now(): number {
    return this.local() + this.#ahead
  }

  /** Takes over what the database's clock showed in an answer that came just now. */
  set(shown: number): void {
    this.#ahead = shown - this.local()
  }
}
