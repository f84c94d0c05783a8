import type { Queryable } from '../engine/database.js'
import { Tasks } from '../worker/tasks.js'
import { Problem } from './problem.js'

/** How work is ended before its time. */
export interface Ending {
  readonly signal: AbortSignal
  readonly cancelBy?: Queryable | undefined
}

/**
 * What requests have the database do that may take longer than a server that ends can wait: refreshes and verifications. The
 * database would go on with them when nobody waits any more, and keep their connections, and so the process.
 */
export class LongWork {
  readonly #end = new AbortController()
  readonly #running = new Tasks()

  /** @param cancelBy a connection that no such work can take: all that there are for requests may be at it. */
  constructor(private readonly cancelBy?: Queryable) {}

  /**
   * @param work ends soon after its signal, with all that it did undone.
   * @throws Problem 503 where it was ended.
   */
  async run<Result>(work: (ending: Ending) => Promise<Result>): Promise<Result> {
    const { signal } = this.#end
    if (signal.aborted) throw ended()
    const running = work({ signal, cancelBy: this.cancelBy }).catch((error: unknown) => {
      throw signal.aborted ? ended() : error
    })
    const settled = (): void => undefined
    this.#running.start(running.then(settled, settled))
    return running
  }

  /** Cancels all of it. Fulfilled when it has ended, or after so long. */
  async end(patienceMs: number): Promise<void> {
    this.#end.abort()
    await this.#running.end(patienceMs)
  }
}

function ended(): Problem {
  return new Problem('OVERLOADED', 'The server ends. What was begun for this request is undone.')
}
