/** Waits after failures in a row: doubled each time up to a limit, and half of each left to chance. */
export class Backoff {
  #failures = 0

  constructor(
    private readonly initialMs: number,
    private readonly maxMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  get failures(): number {
    return this.#failures
  }

  /** How long to wait after one more failure. */
  next(): number {
    const whole = Math.min(this.initialMs * 2 ** Math.min(this.#failures, 30), this.maxMs)
    this.#failures++
    return whole * (0.5 + this.random() / 2)
  }

  reset(): void {
    this.#failures = 0
  }
}
