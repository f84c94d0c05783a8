interface Flight<Result> {
  readonly startedAt: number
  readonly result: Promise<Result>
}

/** One computation for all who wait for the same. */
export class Flights<Result> {
  readonly #flying = new Map<string, Flight<Result>>()
  joined = 0

  /** What `work` gives, and how long it had been under way when it was asked for: 0 for who began it. */
  async join(key: string, work: () => Promise<Result>): Promise<{ result: Result; beforeMs: number }> {
    const found = this.#flying.get(key)
    if (found !== undefined) {
      this.joined++
      const beforeMs = performance.now() - found.startedAt
      return { result: await found.result, beforeMs }
    }
    const flight = { startedAt: performance.now(), result: work() }
    this.#flying.set(key, flight)
    try {
      return { result: await flight.result, beforeMs: 0 }
    } finally {
      this.#flying.delete(key)
    }
  }
}
