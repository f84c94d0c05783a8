/** What is to be undone at the end, in whatever way the end comes: the last first. */
export class Cleanup {
  readonly #steps: (() => Promise<unknown>)[] = []
  #running: Promise<void> | undefined

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step)
  }

  /** Undoes everything, once; a step that fails does not keep the others from being done. */
  run(): Promise<void> {
    this.#running ??= this.#undo()
    return this.#running
  }

  async #undo(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      await step().catch((error: unknown) => console.error(`While cleaning up: ${String(error)}`))
    }
  }
}

export class Interrupted extends Error {
  constructor(readonly signal: NodeJS.Signals) {
    super(`stopped by ${signal}`)
  }
}

/**
 * Work that Ctrl-C, or a polite kill, ends at once; what it had begun is then undone by the caller. Asked a second
 * time, the process ends: the server's watchdog still removes the server.
 */
export async function untilInterrupted<Value>(work: () => Promise<Value>): Promise<Value> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  let stop: (signal: NodeJS.Signals) => void = () => {}
  const interrupted = new Promise<never>((_, reject) => {
    let asked = false
    stop = (signal) => {
      if (asked) process.exit(130)
      asked = true
      reject(new Interrupted(signal))
    }
  })
  for (const signal of signals) process.on(signal, stop)
  const done = work()
  // Once interrupted, nobody waits for it: what fails because everything is taken down is no news.
  done.catch(() => {})
  return await Promise.race([done, interrupted])
}
