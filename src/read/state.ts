import type { ViewState } from '../protocol/freshness.js'
import type { ViewFacts } from './facts.js'

/** What `tidemark.read_state` answers, and `tidemark.reading` for a view. */
export interface StateRow {
  readonly version: string | null
  readonly state: ViewState | null
  readonly epoch: string | null
  /** Milliseconds since 1970. */
  readonly as_of: number | null
  readonly fresh: boolean | null
  readonly age: number | null
  readonly history: string | null
}

/** How a view was found, at one snapshot. */
export interface ReadState {
  /** null: it is not deployed, or not any more. */
  readonly version: string | null
  readonly state: ViewState | null
  readonly epoch: string | null
  readonly asOf: Date | null
  /** Known to equal its query then; null: not asked. */
  readonly fresh: boolean | null
  /** How old its rows were then, in seconds; 0 where it was fresh, null where nobody knows. */
  readonly ageSeconds: number | null
  /** Of which history of which cluster; null: not asked. */
  readonly history: string | null
  /** By this process's own steady clock, at the latest when the snapshot was taken. */
  readonly askedAt: number
}

export function stateOf(row: StateRow, askedAt: number): ReadState {
  return {
    version: row.version,
    state: row.state,
    epoch: row.epoch,
    asOf: row.as_of === null ? null : new Date(row.as_of),
    fresh: row.fresh,
    ageSeconds: row.age === null ? null : Math.max(0, row.age),
    history: row.history,
    askedAt,
  }
}

/** Equal ones mean equal rows, of whatever view. */
export function epochOf(id: number, { epoch }: ReadState): string {
  return `${id}-${epoch}`
}

/** How old rows can be by now that were found so. The time since then counts in full: anything may have been written. */
export function ageNow({ ageSeconds, askedAt }: ReadState, now = performance.now()): number | null {
  return ageSeconds === null ? null : ageSeconds + (now - askedAt) / 1000
}

/** Whether it was found as it is remembered: the same version of it, in the same history of the same cluster. */
export function isOf({ version, history }: ReadState, view: Pick<ViewFacts, 'version' | 'history'>): boolean {
  return version === view.version && (history === null || history === view.history)
}

/** Rows that cannot be trusted to be those of the query, nor to become so by themselves. */
export function isBroken({ state }: Pick<ReadState, 'state'>): boolean {
  return state === 'error' || state === 'quarantined' || state === 'building'
}
