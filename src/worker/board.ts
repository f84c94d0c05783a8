import type { Catalog, CatalogSource, CatalogView, ViewStatusRow } from './catalog.js'
import { Entry } from './entry.js'
import { type Due, type NextCron, nextRefresh, type RefreshRequest } from './when.js'

/** All views that are deployed, and what is known of each. */
export class Board {
  readonly #entries = new Map<number, Entry>()
  #sources = new Map<number, CatalogSource>()

  constructor(private readonly nextCron: NextCron) {}

  get entries(): Iterable<Entry> {
    return this.#entries.values()
  }

  get(id: number): Entry | undefined {
    return this.#entries.get(id)
  }

  /** Takes over what is deployed now. What is new or was deployed again starts with a clean slate. */
  load(catalog: Catalog, states: readonly ViewStatusRow[], now: number): void {
    this.#sources = new Map(catalog.sources.map((source) => [source.id, source]))
    const present = new Set(catalog.views.map(({ id }) => id))
    for (const id of this.#entries.keys()) if (!present.has(id)) this.#entries.delete(id)
    const byId = new Map(states.map((state) => [state.id, state]))
    for (const view of catalog.views) {
      const status = byId.get(view.id)
      if (status !== undefined) this.#loadView(view, status, now)
    }
  }

  #loadView(view: CatalogView, status: ViewStatusRow, now: number): void {
    const known = this.#entries.get(view.id)
    if (known === undefined) {
      const entry = new Entry(view, status, (id) => this.#entries.get(id))
      entry.changed(now)
      this.#entries.set(view.id, entry)
      return
    }
    const deployed = known.view.changedAt !== view.changedAt
    known.view = view
    known.update(status)
    if (!deployed) return
    known.changed(now)
    known.heldUntil = 0
    known.unrecorded.reset()
  }

  update(states: readonly ViewStatusRow[]): void {
    for (const state of states) this.#entries.get(state.id)?.update(state)
  }

  /** Log rows of these sources appeared; null: of any, for all that is known. */
  changed(sources: readonly number[] | null, now: number): void {
    if (sources === null) {
      for (const entry of this.#entries.values()) entry.changed(now)
      return
    }
    for (const source of sources) {
      for (const entry of this.#entries.values()) {
        if (entry.view.sources.has(source) && !this.#hasSeen(entry, source)) entry.changed(now)
      }
    }
  }

  /**
   * Whether a view has read what was last written to the storage of a view that it reads. A refresh brings those up to
   * date in its own transaction, which is what their having the same as-of tells. Takes states no older than the poll.
   */
  #hasSeen(entry: Entry, source: number): boolean {
    const keeper = this.#sources.get(source)?.keptBy ?? null
    if (keeper === null) return false
    const written = this.#entries.get(keeper)?.status.asOf ?? null
    return written !== null && entry.status.asOf === written
  }

  /** Whether one of these is the storage of a view. */
  holdsViews(sources: readonly number[]): boolean {
    return sources.some((source) => (this.#sources.get(source)?.keptBy ?? null) !== null)
  }

  /** For when it is not known what happened meanwhile, nor whether what was in the way is still there. */
  reconnected(now: number): void {
    for (const entry of this.#entries.values()) {
      entry.heldUntil = 0
      entry.changed(now)
    }
  }

  /**
   * All requests there are, as a poll saw them.
   * @returns whether some were passed over, since a refresh ended while the poll was under way: it has perhaps answered them.
   */
  requested(requests: ReadonlyMap<number, RefreshRequest>, poll: number): boolean {
    let unsure = false
    for (const [id, entry] of this.#entries) {
      const request = requests.get(id) ?? null
      if (request !== null && entry.finishedAtPoll >= poll) unsure = true
      else entry.request = request
    }
    return unsure
  }

  /** When it is next to be refreshed; null while it is being refreshed, or nothing calls for it. */
  due(entry: Entry): Due | null {
    return nextRefresh(entry, this.nextCron)
  }
}
