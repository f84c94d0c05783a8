import { endsWithin } from './endsWithin.js'

/** Work under way that nobody waits for, until the end. None of it may reject. */
export class Tasks {
  readonly #running = new Set<Promise<void>>()

  constructor(private readonly ended: () => void = () => undefined) {}

  start(work: Promise<void>): void {
    const task = work.finally(() => {
      this.#running.delete(task)
      this.ended()
    })
    this.#running.add(task)
  }

  /** @returns whether all of it ended within that time. */
  end(patienceMs: number): Promise<boolean> {
    return endsWithin(Promise.all(this.#running), patienceMs)
  }
}
