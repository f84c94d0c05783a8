import type { CompiledView } from '../compiler/compile.js'
import type { Statements } from '../compiler/emit/refresh.js'
import type { QueryFacts, RelationFacts } from '../compiler/facts.js'
import type { Kept } from '../compiler/keep/kept.js'
import type { Maintenance } from '../compiler/plan/types.js'
import type { NormalisedView, ViewSettings } from '../define/types.js'
import type { Explanation } from '../protocol/explanation.js'
import type { TableSecurity } from './tableSecurity.js'

/** What one captured table must give a view. */
export interface SourceNeed {
  readonly relation: RelationFacts
  readonly maintenance: Maintenance
  readonly read: readonly string[]
  readonly logged: readonly string[]
}

/** A view ready to be deployed. */
export interface ViewTarget {
  readonly view: NormalisedView
  readonly name: string
  readonly storage: string
  /** Of the query whose rows are kept. */
  readonly facts: QueryFacts
  /** What is kept, where that is not just the query's result. */
  readonly kept: Kept | undefined
  /** The view's columns, as its readers see them. */
  readonly columns: readonly string[]
  /** Those of them that are known never to be NULL. */
  readonly notNull: readonly string[]
  /** The user's query as PostgreSQL writes it back, whatever is kept of it. */
  readonly live: string
  readonly compiled: CompiledView
  readonly sources: readonly SourceNeed[]
  /** The tables behind the query, as row-level security was found on them. */
  readonly rowSecurity: readonly TableSecurity[]
  /** How it is kept while it is being built, under another name. */
  readonly building: () => Statements
  /** A piece of another view, without a public view of its own. */
  readonly hidden: boolean
  /** Configured views that it reads, and its own pieces. */
  readonly upstream: readonly NormalisedView[]
  readonly settings: ViewSettings
  readonly explanation: Explanation
  /** Of all that would make the kept rows others: another hash means building anew. */
  readonly definitionHash: string
}
