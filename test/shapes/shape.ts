import type { ReasonCode } from '../../src/compiler/reasons.js'

/** One way to write a view, with what becomes of it. */
export interface CatalogueShape {
  readonly name: string
  readonly query: string
  readonly key?: readonly string[]
  /** How each table that it reads is maintained: by slices, by deltas, or not, for this reason. */
  readonly maintenance: Readonly<Record<string, 'slice' | 'delta' | ReasonCode>>
  /** How many pieces it is taken apart into, besides what is left of it. */
  readonly pieces?: number
  /**
   * Its rows in the end, one a line, worked out by hand from `end`: values as PostgreSQL writes them with ` | ` between
   * them, `∅` for NULL.
   */
  readonly rows: string
}

/** Shapes that are counted together. */
export interface Construct {
  readonly construct: string
  readonly shapes: readonly CatalogueShape[]
}

/** A view that is not taken, and the code that says why. */
export interface RefusedShape {
  readonly name: string
  readonly query: string
  readonly key?: readonly string[]
  readonly code: string
}
