import type { Database } from '../engine/database.js'
import { stateSql } from './session.js'
import { type ReadState, type StateRow, stateOf } from './state.js'

/** For so long the last look at a view is good enough: how much older its rows may be by now is added to their age. */
export const lookEveryMs = 250
/** Then the next look is made beside whoever reads, so that nobody waits for it where somebody always reads. */
const lookAheadMs = 200

interface Entry {
  known: ReadState | undefined
  looking: Promise<ReadState> | undefined
  /** Statements under way that read and look. */
  lookers: number
  /** Moves when what was known is known to be over: what was asked before that says nothing. */
  turn: number
}

/** How each view was found when somebody last looked, shared by all who read it. */
export class Board {
  readonly #entries = new Map<number, Entry>()

  constructor(private readonly database: Database) {}

  /** What is known and recent enough; nothing where somebody has to look. */
  recent(id: number): ReadState | undefined {
    const entry = this.#entries.get(id)
    if (entry?.known === undefined) return undefined
    const age = performance.now() - entry.known.askedAt
    if (age > lookEveryMs) return undefined
    // What it fails with is for who waits for it.
    if (age > lookAheadMs && entry.looking === undefined) this.#begin(id, entry).catch(() => undefined)
    return entry.known
  }

  /**
   * A statement that reads, and looks too where nothing recent is known. Of many that come at once after a while only the
   * first does: the others share one look before they read.
   */
  async reading<Result>(id: number, read: (recent: ReadState | undefined) => Promise<Result>): Promise<Result> {
    const recent = this.recent(id)
    if (recent !== undefined) return read(recent)
    const entry = this.#entry(id)
    if (entry.looking !== undefined || entry.lookers > 0) return read(await this.look(id))
    entry.lookers++
    try {
      return await read(undefined)
    } finally {
      entry.lookers--
    }
  }

  /** Changes whenever what was read before is not to be handed out any more. */
  turn(id: number): number {
    return this.#entry(id).turn
  }

  async look(id: number): Promise<ReadState> {
    const recent = this.recent(id)
    if (recent !== undefined) return recent
    const entry = this.#entry(id)
    const { turn } = entry
    const found = await (entry.looking ?? this.#begin(id, entry))
    return entry.turn === turn ? found : this.look(id)
  }

  /** A statement looked too. `turn` is that of its beginning. */
  note(id: number, found: ReadState, turn: number): void {
    const entry = this.#entry(id)
    if (entry.turn !== turn || found.fresh === null) return
    if (entry.known === undefined || entry.known.askedAt <= found.askedAt) entry.known = found
  }

  /** The rows of a view changed, or may have. */
  forget(id: number): void {
    const entry = this.#entry(id)
    entry.turn++
    entry.known = undefined
    entry.looking = undefined
  }

  forgetAll(): void {
    for (const id of this.#entries.keys()) this.forget(id)
  }

  epoch(id: number): string | undefined {
    return this.#entries.get(id)?.known?.epoch ?? undefined
  }

  #entry(id: number): Entry {
    const found = this.#entries.get(id)
    if (found !== undefined) return found
    const made: Entry = { known: undefined, looking: undefined, lookers: 0, turn: 0 }
    this.#entries.set(id, made)
    return made
  }

  #begin(id: number, entry: Entry): Promise<ReadState> {
    entry.looking = this.#ask(id, entry)
    return entry.looking
  }

  async #ask(id: number, entry: Entry): Promise<ReadState> {
    const { turn } = entry
    const askedAt = performance.now()
    try {
      const { rows } = await this.database.query<StateRow>(
        `SELECT * FROM ${stateSql({ id, look: true, live: false }).text} AS state`,
      )
      const [row] = rows
      if (row === undefined) throw new Error('the state of a view could not be read')
      const found = stateOf(row, askedAt)
      this.note(id, found, turn)
      return found
    } finally {
      if (entry.turn === turn) entry.looking = undefined
    }
  }
}
