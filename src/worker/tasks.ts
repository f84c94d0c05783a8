import { setTimeout as delay } from 'node:timers/promises'

/** Work under way that nobody waits for, until the end. None of it may reject. */
export class Tasks {
  readonly #running = new Set<Promise<void>>()

  constructor(private readonly ended: () => void) {}

  start(work: Promise<void>): void {
    const task = work.finally(() => {
      this.#running.delete(task)
      this.ended()
    })
    this.#running.add(task)
  }

  /** @returns whether all of it ended within that time. */
  async end(patienceMs: number): Promise<boolean> {
    const all = Promise.all(this.#running).then(() => true)
    const patience = new AbortController()
    const late = delay(patienceMs, false, { signal: patience.signal }).catch(() => false)
    const result = await Promise.race([all, late])
    patience.abort()
    return result
  }
}
