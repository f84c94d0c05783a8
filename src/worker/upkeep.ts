import type { Database } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'
import { type Alarm, warned } from './alarms.js'
import type { Board } from './board.js'
import { readNewWarnings, readSuspects } from './catalog.js'
import type { DatabaseClock } from './clock.js'
import type { Log } from './events.js'

/** Logs are emptied this often while views change, and else, for what others did. */
const maintainBusyMs = 10_000
const maintainQuietMs = 300_000
const checkMs = 60_000
const leadMs = 10_000
const limitMs = 120_000

export interface UpkeepSurroundings {
  readonly board: Board
  readonly clock: DatabaseClock
  readonly log: Log
  database(limitMs: number): Database
  /** Whether this worker does what one is enough for; null when it could try to become the one. */
  leads(): boolean | null
  lead(): Promise<boolean>
  raise(alarm: Alarm): void
}

/**
 * What has to be done now and then: emptying logs, and looking whether tables under views were altered. Of several
 * workers one does it. Where no transaction has ended since the last time there is nothing to do, and nothing is done.
 */
export class Upkeep {
  #maintained = 0
  #checked = 0
  #triedToLead = 0
  #wrote = true
  #unmaintained = true
  #unchecked = true
  #busy = false

  constructor(private readonly around: UpkeepSurroundings) {}

  /** A view was refreshed, or a captured table was written to. */
  noteWrites(): void {
    this.#wrote = true
  }

  /** Some transaction has ended. */
  noteSomething(): void {
    this.#unmaintained = true
    this.#unchecked = true
  }

  /** When there is next something to do. */
  get at(): number {
    if (this.#busy) return Number.POSITIVE_INFINITY
    const leads = this.around.leads()
    if (leads === null) return this.#triedToLead + leadMs
    return leads ? Math.min(this.#maintainAt, this.#checkAt) : Number.POSITIVE_INFINITY
  }

  get #maintainAt(): number {
    if (this.#wrote) return this.#maintained + maintainBusyMs
    return this.#unmaintained ? this.#maintained + maintainQuietMs : Number.POSITIVE_INFINITY
  }

  get #checkAt(): number {
    return this.#unchecked ? this.#checked + checkMs : Number.POSITIVE_INFINITY
  }

  /** Does what is due. Never throws. */
  async run(): Promise<void> {
    this.#busy = true
    try {
      if (this.around.leads() === null) {
        this.#triedToLead = this.around.clock.now()
        await this.around.lead()
      } else {
        await this.#work()
      }
    } catch (error) {
      const { code, message } = databaseError(error)
      this.around.log.warn({ code, error: message }, 'maintenance failed; it is tried again')
    } finally {
      this.#busy = false
    }
  }

  async #work(): Promise<void> {
    const now = this.around.clock.now()
    if (this.#maintained === 0) {
      // The start has enough to do: the first time comes a moment later.
      this.#maintained = now
      this.#checked = now - checkMs + maintainBusyMs
    }
    if (this.#maintainAt <= now) await this.#maintain(now)
    if (this.#checkAt <= now) await this.#check(now)
  }

  async #maintain(now: number): Promise<void> {
    this.#maintained = now
    this.#wrote = false
    this.#unmaintained = false
    await this.around.database(limitMs).query('CALL tidemark.maintain()')
  }

  async #check(now: number): Promise<void> {
    this.#checked = now
    this.#unchecked = false
    for (const id of await readSuspects(this.around.database(limitMs))) {
      const entry = this.around.board.get(id)
      if (entry === undefined) continue
      this.around.log.info({ view: entry.view.name }, 'a table under the view is not what it was')
      entry.suspect = true
    }
    for (const { id, ...warning } of await readNewWarnings(this.around.database(limitMs))) {
      const entry = this.around.board.get(id)
      if (entry?.settings.alerts.onFailure) this.around.raise(warned(entry.view.name, warning))
    }
  }
}
