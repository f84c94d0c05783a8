import type { Authorize, HttpAction } from '../../define/http-options.js'
import type { Log } from '../../worker/events.js'
import { Problem } from '../problem.js'
import { type Authorized, authorizationOf } from './authorization.js'

export interface Patience {
  readonly authorizeTimeoutMs: number
  readonly log: Log
}

/**
 * The user's own `authorize`, asked for one request: about one thing, or about many. It may look somewhere that never answers,
 * and a request that waits for it holds its connection and its memory: so none waits longer than the limit.
 */
export class OwnRule {
  #isTold = false

  constructor(
    private readonly authorize: Authorize,
    private readonly request: Request,
    private readonly patience: Patience,
  ) {}

  /** @throws TypeError for an answer that is none; Problem 503 where there is none in time. */
  async ask(action: HttpAction, view: string | null): Promise<Authorized | null | undefined> {
    const said = this.authorize(this.request, action, view)
    return authorizationOf(isPromise(said) ? await this.#inTime(said, action, view) : said)
  }

  #inTime<Said>(said: PromiseLike<Said>, action: HttpAction, view: string | null): Promise<Said> {
    const { authorizeTimeoutMs: waitedMs } = this.patience
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#tell({ action, view, waitedMs })
        reject(new Problem('OVERLOADED', `Whether "${action}" is allowed here could not be found out in time.`))
      }, waitedMs)
      said.then(
        (answer) => {
          clearTimeout(timer)
          resolve(answer)
        },
        (error: unknown) => {
          clearTimeout(timer)
          reject(error)
        },
      )
    })
  }

  /** Who asks about two hundred views waits for two hundred answers at a time. */
  #tell(details: { action: HttpAction; view: string | null; waitedMs: number }): void {
    if (this.#isTold) return
    this.#isTold = true
    this.patience.log.warn(details, 'authorize gave no answer in time')
  }
}

function isPromise(said: unknown): said is PromiseLike<Awaited<ReturnType<Authorize>>> {
  return typeof (said as { then?: unknown } | null | undefined)?.then === 'function'
}
