import { emitStatements, type Statements } from './emit/refresh.js'
import type { QueryFacts } from './facts.js'
import { buildQuery } from './ir/build.js'
import type { Kept } from './keep/kept.js'
import { planView } from './plan/plan.js'
import type { ViewPlan } from './plan/types.js'

export interface CompileRequest {
  readonly facts: QueryFacts
  readonly key: readonly string[] | undefined
  readonly timeZone: string
  readonly storage: string
  /** The materialized view that holds the rows, when they are kept natively. */
  readonly native?: { readonly schema: string; readonly name: string } | undefined
  readonly kept?: Kept | undefined
  /** The query before it was taken apart, when it was. */
  readonly original?: QueryFacts | undefined
}

export interface CompiledView {
  readonly plan: ViewPlan
  readonly statements: Statements
}

/**
 * From a canonical query and what is known of the database: how the view is maintained, and the SQL that does it.
 * `loadParser()` must have been awaited once.
 * @throws TidemarkError KEY_MISSING, KEY_INVALID.
 */
export function compileView(request: CompileRequest): CompiledView {
  const { facts, key, timeZone, storage, kept, native, original } = request
  const root = buildQuery(facts)
  const plan = planView({ facts, root, key, timeZone, kept })
  return { plan, statements: emitStatements({ plan, facts, storage, kept, native, original }) }
}
