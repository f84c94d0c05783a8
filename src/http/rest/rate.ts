/** Allows so many of each name in a minute, all at once or spread out. */
export class RatePerMinute {
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(
    private readonly perMinute: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes one: 0. Where there is none left: after how many seconds there will be. */
  take(name: string): number {
    const at = this.now()
    const known = this.#buckets.get(name) ?? { tokens: this.perMinute, at }
    const tokens = Math.min(this.perMinute, known.tokens + ((at - known.at) * this.perMinute) / 60_000)
    const allowed = tokens >= 1
    this.#buckets.set(name, { tokens: allowed ? tokens - 1 : tokens, at })
    return allowed ? 0 : Math.max(1, Math.ceil(((1 - tokens) * 60) / this.perMinute))
  }
}
