import type { SelectStmt } from '@pgsql/types'
import type { QueryFacts } from '../facts.js'
import type { Node } from '../parse/ast.js'
import type { Place } from '../places/place.js'
import type { Block, FromItem, OpaqueBlock } from './types.js'

export interface CteBinding {
  readonly select: SelectStmt | undefined
  readonly columns: readonly string[]
  readonly scope: BuildScope
  readonly recursive: boolean
  readonly place: Place
  /** Reads columns of a query around the one that it belongs to. */
  readonly open: boolean
}

export interface BuildScope {
  readonly facts: QueryFacts
  readonly ctes: ReadonlyMap<string, CteBinding>
  /** The WITH queries that text of this scope may name, outermost first. */
  readonly with: readonly Node[]
  /** Ordinary views that are being expanded, to stop at a circle. */
  readonly expanding: readonly string[]
  /** FROM items of the queries around, outermost first: their columns can be named here. */
  readonly enclosing: readonly (readonly FromItem[])[]
  /** Builds a nested query. */
  readonly build: (ast: SelectStmt, scope: BuildScope) => Block
}

/** Thrown inside the builder for a shape it does not know; it becomes an opaque block, never an error for the user. */
export class Unresolved extends Error {
  constructor(
    readonly code: OpaqueBlock['code'],
    message: string,
    /** What in the query it is; all of it, when not given. */
    readonly place?: Place,
  ) {
    super(message)
  }
}
