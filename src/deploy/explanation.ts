import type { ViewPlan } from '../compiler/plan/types.js'
import type { NormalisedView } from '../define/types.js'
import { shownName } from './names.js'

/** How a view is maintained, and why not better. */
export interface Explanation {
  readonly view: string
  /** Every table it reads is followed by slices (or deltas). */
  readonly incremental: boolean
  readonly key: readonly string[]
  readonly nodes: readonly {
    readonly id: string
    readonly kind: 'slice' | 'delta' | 'full'
    readonly key: readonly string[]
  }[]
  readonly sources: readonly SourceExplanation[]
  readonly advice: readonly { readonly code: string; readonly message: string; readonly sql?: string }[]
}

export interface SourceExplanation {
  readonly table: string
  readonly maintenance: 'slice' | 'delta' | 'full'
  readonly key?: readonly string[]
  readonly code?: string
  readonly reason?: string
}

export function explain(name: string, view: NormalisedView, plan: ViewPlan): Explanation {
  const native = view.storage === 'matview'
  const sources = plan.sources.map(({ relation, maintenance, why, key }): SourceExplanation => {
    const table = shownName(relation.schema, relation.name)
    if (native) {
      const reason = 'It is kept as a native materialized view, which PostgreSQL can only recompute.'
      return { table, maintenance: 'full', code: 'native_matview', reason }
    }
    if (maintenance === 'full') {
      return { table, maintenance, ...(why === undefined ? {} : { code: why.code, reason: why.reason }) }
    }
    return { table, maintenance, key }
  })
  const incremental = !native && !plan.moves && sources.every((source) => source.maintenance !== 'full')
  const slices = plan.branches.map((branch) => ({ id: name, kind: 'slice' as const, key: branch.key }))
  const delta = plan.delta && { id: name, kind: 'delta' as const, key: plan.delta.groups.map(({ column }) => column) }
  const nodes = native ? [] : [...(delta === undefined ? [] : [delta]), ...slices]
  return {
    view: name,
    incremental,
    key: plan.key,
    nodes: nodes.length > 0 ? nodes : [{ id: name, kind: 'full', key: [] }],
    sources,
    advice: native ? [] : plan.advice,
  }
}
