import type { Queryable } from '../../engine/database.js'
import type { FreshnessTold } from '../../protocol/events.js'
import { type CatalogSource, type CatalogView, readCatalog } from '../../worker/catalog.js'
import type { Seen } from '../../worker/poll.js'

/** What those who hear of a view were told, and so take it for. */
export class WatchedView {
  /** That nothing waits; null: nothing, or nothing that holds. */
  told: boolean | null = null
  /** Something may wait by now. */
  isSuspect = false
  /** Moves with each event: what was read before is not told after it. */
  turn = 0
  /** As it was read last; none where it is another one by now. */
  row: FreshnessTold | undefined
  #count: number | null = null
  /** By the database's clock: it was known then that nothing waited. */
  #quietAt = Number.NEGATIVE_INFINITY
  #readAt = Number.NEGATIVE_INFINITY

  constructor(private readonly view: CatalogView) {}

  get id(): number {
    return this.view.id
  }

  get name(): string {
    return this.view.name
  }

  reads(source: number): boolean {
    return this.view.sources.has(source)
  }

  written(): void {
    this.isSuspect = this.told === true
  }

  /** A refresh takes in all that waited when it began, and perhaps not what was written since. */
  happened(type: 'refreshed' | 'failed'): void {
    this.turn++
    this.row = undefined
    if (type === 'refreshed') this.#quietAt = Number.NEGATIVE_INFINITY
    if (type === 'refreshed' && this.told !== null) {
      this.told = true
      this.#count = 0
    }
    this.written()
  }

  forget(): void {
    this.turn++
    this.told = null
    this.row = undefined
    this.#quietAt = Number.NEGATIVE_INFINITY
  }

  /** All tables were looked at, as of then. */
  looked(now: number): void {
    if (this.told === true && !this.isSuspect) this.#quietAt = now
  }

  /** Whether it is to be read again how much waits. */
  recounts(isDue: (readAt: number) => boolean): boolean {
    return this.told === false && isDue(this.#readAt)
  }

  /** @returns whether it is anything new to those who hear of the view. */
  take(row: FreshnessTold): boolean {
    const isQuiet = row.freshness.stalenessSeconds === 0
    const isNews = this.told !== isQuiet || (!isQuiet && this.#count !== row.freshness.pendingChanges)
    this.told = isQuiet
    this.row = { ...row, freshness: this.#dated(row) }
    this.#count = row.freshness.pendingChanges
    this.#readAt = performance.now()
    return isNews
  }

  /** Its rows may have been computed long before the first change that waits was written. */
  #dated({ freshness, at }: FreshnessTold): FreshnessTold['freshness'] {
    const { stalenessSeconds } = freshness
    if (stalenessSeconds === null || stalenessSeconds === 0) return freshness
    // 0 would say that nothing waits.
    const sinceQuiet = Math.max(1, Date.parse(at) - this.#quietAt) / 1_000
    return { ...freshness, stalenessSeconds: Math.min(stalenessSeconds, sinceQuiet) }
  }

  /** For somebody who has not heard yet. That nothing waits is so until now. */
  present(now: string): FreshnessTold | undefined {
    return this.row !== undefined && this.told === true && !this.isSuspect && this.row.at < now
      ? { ...this.row, at: now }
      : this.row
  }
}

/** All views that are deployed, and the tables that they are over. */
export class Watched {
  readonly #byName: ReadonlyMap<string, WatchedView>

  private constructor(
    views: readonly CatalogView[],
    readonly sources: readonly CatalogSource[],
    private readonly version: string | undefined,
    private readonly server: string | undefined,
  ) {
    this.#byName = new Map(views.map((view) => [view.name, new WatchedView(view)]))
  }

  static none(): Watched {
    return new Watched([], [], undefined, undefined)
  }

  static async load(database: Queryable, server: string): Promise<Watched> {
    const { views, sources, version } = await readCatalog(database)
    return new Watched(views, sources, version, server)
  }

  /** Views are other ones by now; or the server was started anew, and what it said before it was stopped may be lost. */
  isOld({ version, server }: Seen): boolean {
    return this.version !== version || this.server !== server
  }

  of(name: string): WatchedView | undefined {
    return this.#byName.get(name)
  }

  filter(wanted: (view: WatchedView) => boolean): WatchedView[] {
    return [...this.#byName.values()].filter(wanted)
  }

  /** Tables were written to; null: any of them. */
  written(sources: readonly number[] | null): void {
    for (const view of this.#byName.values()) {
      if (sources === null || sources.some((source) => view.reads(source))) view.written()
    }
  }

  looked(now: number): void {
    for (const view of this.#byName.values()) view.looked(now)
  }

  forget(): void {
    for (const view of this.#byName.values()) view.forget()
  }
}
