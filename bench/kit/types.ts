/** One comparison. The names are a contract: others read the JSON. */
export interface Result {
  readonly case: string
  readonly ours: number
  readonly peer: string
  readonly peerValue: number
  readonly unit: string
  /** How many times better Tidemark is: above 1 is better, whichever way the unit counts. */
  readonly ratio: number
  /** Of the view that is measured: every table that it reads is followed by slices or deltas. */
  readonly incremental?: boolean
  /** Of the view that is measured: after the last round it was what its query says. */
  readonly verified?: boolean
  /** How its tables are followed, and how the refreshes that were measured went: `slice + full, incremental`. */
  readonly mode?: string
}

/** What could not be measured, and why not. */
export interface Rejected {
  readonly case: string
  readonly code: string
  readonly message: string
}

export interface Outcome {
  readonly results: readonly Result[]
  readonly rejected?: readonly Rejected[]
  /** Figures over all results. */
  readonly summary?: Readonly<Record<string, number>>
  /** What is shown below the results, by name: rows of columns. */
  readonly tables?: Readonly<Record<string, readonly Readonly<Record<string, string | number>>[]>>
  /** What is known of each view, by group and name, where they are too many to be shown. */
  readonly views?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** What a reader of the figures must know: sizes, rounds, the tool that made the load. */
  readonly conditions: Readonly<Record<string, string | number | boolean>>
}

export interface Report extends Outcome {
  readonly name: string
  readonly measuredAt: string
  readonly machine: Readonly<Record<string, string | number>>
  readonly versions: Readonly<Record<string, string>>
}

/** For milliseconds and the like. */
export function lessIsBetter(name: string, ours: number, peer: string, peerValue: number, unit: string): Result {
  return { case: name, ours: digits(ours), peer, peerValue: digits(peerValue), unit, ratio: digits(peerValue / ours) }
}

/** For transactions per second. */
export function moreIsBetter(name: string, ours: number, peer: string, peerValue: number, unit: string): Result {
  return { case: name, ours: digits(ours), peer, peerValue: digits(peerValue), unit, ratio: digits(ours / peerValue) }
}

/** Four digits are more than any of this repeats. */
export function digits(value: number): number {
  return Number(value.toPrecision(4))
}
