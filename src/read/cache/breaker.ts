const firstPauseMs = 500
const longestPauseMs = 30_000

/**
 * Keeps away from something that fails: after a failure nobody tries it for a while, then one does, and only when that goes
 * well do the others. So a server that is gone, or hangs, costs hardly anybody anything.
 */
export class Breaker {
  #failures = 0
  #closedUntil = 0
  #trying = false

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Failures in a row. */
  get failures(): number {
    return this.#failures
  }

  /** Whether to try; who is told so must say how it went. */
  admits(): boolean {
    if (this.#failures === 0) return true
    if (this.#trying || this.now() < this.#closedUntil) return false
    this.#trying = true
    return true
  }

  succeeded(): void {
    this.#failures = 0
    this.#trying = false
  }

  failed(): void {
    // What was on its way when the first one failed says nothing new.
    if (!this.#trying && this.#failures > 0) return
    this.#failures++
    this.#trying = false
    this.#closedUntil = this.now() + Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#failures - 1))
  }
}
