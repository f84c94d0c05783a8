import type { KeysByTable } from '../analyze/reliedKeys.js'
import type { Clock } from '../clock/types.js'
import type { AggregateShape } from '../delta/shape.js'
import type { RelationFacts } from '../facts.js'
import type { Block, SelectBlock } from '../ir/types.js'
import type { Node } from '../parse/ast.js'
import type { Place } from '../places/place.js'
import type { Reason, SliceReason } from '../reasons.js'

/** A column as a query sees it, and its name in the table it is stored in. */
export interface StoredColumn {
  readonly name: string
  readonly stored: string
}

/** Rows of an item that a batch of changes may concern: what was logged, or what a nested query's own keys say. */
export type Changed =
  | { readonly kind: 'table'; readonly relation: RelationFacts; readonly columns: readonly StoredColumn[] }
  | { readonly kind: 'block'; readonly paths: readonly KeyPath[]; readonly columns: readonly string[] }

/** An item joined to the changed rows: as it is now, and as it was where it changed too. */
export type JoinSource =
  | { readonly kind: 'table'; readonly relation: RelationFacts; readonly columns: readonly StoredColumn[] }
  | {
      readonly kind: 'block'
      readonly block: Block
      readonly columns: readonly StoredColumn[]
      readonly before: readonly KeyPath[]
    }
  | { readonly kind: 'function'; readonly ast: Node; readonly columns: readonly string[] }

export interface AliasedColumn {
  readonly alias: string
  readonly column: string
}

export interface JoinStep {
  readonly alias: string
  readonly source: JoinSource
  /** Equalities; the left side is a column of this step, the right side one that stands before it. */
  readonly on: readonly { readonly own: string; readonly other: AliasedColumn }[]
}

/** A condition of the query over the columns of one alias. */
export interface Filter {
  readonly alias: string
  readonly ast: Node
}

/**
 * How the slice keys that a change touches are found: start at the changed rows, join what the key needs and they do
 * not have, and read the key. It is always a weakening of the query: predicates are dropped, none of ours is added.
 */
export interface KeyPath {
  readonly alias: string
  readonly changed: Changed
  readonly joins: readonly JoinStep[]
  /** Joined for their filters alone: a change that finds nothing there touches no key. */
  readonly searches: readonly JoinStep[]
  /**
   * Conditions of the query itself: those that spare keys, and those that keep rows away for which an expression below
   * might fail.
   */
  readonly filters: readonly Filter[]
  /** One expression for each key column, over the aliases above. */
  readonly outputs: readonly Node[]
}

export type Maintenance = 'slice' | 'delta' | 'full'

/** What is decided for one table that the view reads. */
export interface SourcePlan {
  readonly relation: RelationFacts
  readonly maintenance: Maintenance
  readonly why?: Reason
  /** Where it is followed by slices, and could be by deltas. */
  readonly whySlices?: SliceReason | undefined
  /** The key columns of the branch that its changes go to. */
  readonly key: readonly string[]
}

/** An expression over one time column, such as date_trunc('day', ts), whose equality is also a range of that column. */
export interface BucketRange {
  /** The query level at whose WHERE the range can be added. */
  readonly block: SelectBlock
  readonly keyColumn: string
  readonly column: Node
  /** Conditions over `column` and the key's value, with the key's alias filled in by the emitter. */
  readonly low: (key: Node) => Node
  readonly high: (key: Node) => Node
}

/** A table read inside the query whose rows can be restricted to the keys in one go. */
export interface KeyRestriction {
  readonly block: SelectBlock
  readonly columns: readonly { readonly key: string; readonly ast: Node }[]
}

/** Slices that are found by the same key columns. */
export interface Branch {
  readonly key: readonly string[]
  /** For each key column, whether it can be NULL. */
  readonly nullable: readonly boolean[]
  readonly paths: readonly KeyPath[]
  readonly buckets: readonly BucketRange[]
  readonly restrictions: readonly KeyRestriction[]
}

export interface Advice {
  readonly code: string
  readonly message: string
  readonly sql?: string
  /** Of what may be other than its author believes, and not only slower. */
  readonly severity?: 'warning'
  readonly place: Place | undefined
}

export interface ViewPlan {
  readonly root: Block
  /** The columns that tell the view's rows apart. */
  readonly key: readonly string[]
  /** The query's own structure guarantees that the key is unique. */
  readonly keyProved: boolean
  /** The unique keys of tables that this rests on. */
  readonly reliedKeys: KeysByTable
  /** Those by which deltas find the rows of one table that the changes of another lead to. */
  readonly pairKeys: KeysByTable
  readonly keyNullable: readonly boolean[]
  /** The key has to be compared as one record: NULLs count as equal, and each type brings its own equality. */
  readonly keyAsRecord: boolean
  readonly sources: readonly SourcePlan[]
  readonly branches: readonly Branch[]
  /** Present when changes are added to what is kept of each group. */
  readonly delta: AggregateShape | undefined
  /** The result changes with no write at all, in a way that is not followed: each refresh computes all of it. */
  readonly moves: boolean
  /** Present when the result changes with time alone, in a way that is followed. */
  readonly clock: Clock | undefined
  readonly advice: readonly Advice[]
  /** Logged columns of each captured table, by `schema.name`. */
  readonly logged: ReadonlyMap<string, readonly string[]>
}
