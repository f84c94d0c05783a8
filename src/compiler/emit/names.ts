import type { RelationFacts } from '../facts.js'
import { type Fragment, ident, join, sql } from '../fragment.js'
import type { SourcePlan, ViewPlan } from '../plan/types.js'
import { crossedColumn, crossedRows, stepped } from './clock.js'

/** Names of the parts of a refresh statement that stand for the pending changes of each source. */
export interface SourceNames {
  delta(relation: RelationFacts): Fragment
}

/**
 * Parameters of every statement of a plan: $1 the cursor, $2 the transaction of the last refresh, $3 the view, $4 the
 * as-of.
 */
const cursor = sql`$1::pg_catalog.pg_snapshot`
const consumed = sql`$2::pg_catalog.xid8`

/**
 * Log rows that this statement sees and the cursor could not. For a log that only refreshes write to, those of the
 * refresh that stored the cursor are left out: it has seen its own rows, though no snapshot says so.
 */
export function pendingIn(relation: RelationFacts, alias: string): Fragment {
  const xid = ident(alias, 'tidemark_xid')
  // As IS NOT NULL, which the planner takes to be nearly always so, as it is: of a bare call it expects a third, and then
  // joins what it thinks is little in ways that much does not bear.
  const visible = sql`(CASE WHEN NOT pg_catalog.pg_visible_in_snapshot(${xid}, ${cursor}) THEN true END) IS NOT NULL`
  const own = relation.kind === 'maintained' ? sql` AND ${xid} IS DISTINCT FROM ${consumed}` : sql``
  return sql`${xid} >= pg_catalog.pg_snapshot_xmin(${cursor}) AND ${visible}${own}`
}

export function logTable(relation: RelationFacts): Fragment {
  return ident('tidemark_log', relation.capture.log)
}

/** Tables whose changes are logged for the view: none when only recomputing everything can be right. */
export function capturedSources(plan: ViewPlan): readonly SourcePlan[] {
  return plan.moves ? [] : plan.sources
}

/** The captured sources of a plan, each with a number that its names are made of. */
export class PlanNames implements SourceNames {
  private readonly numbers: Map<number, number>

  constructor(private readonly plan: ViewPlan) {
    this.numbers = new Map(plan.sources.map((source, index) => [source.relation.oid, index]))
  }

  delta(relation: RelationFacts): Fragment {
    return ident(`tidemark_delta_${this.numbers.get(relation.oid) ?? 0}`)
  }

  /** One WITH query for the pending changes of each source: what was logged, and the rows that time has moved. */
  deltas(): Fragment[] {
    return this.plan.sources.map(({ relation }) => {
      const logged = this.plan.logged.get(`${relation.schema}.${relation.name}`) ?? []
      const columns = join(['tidemark_sign', ...logged].map((column) => ident('l', column)))
      const rows = sql`SELECT ${columns} FROM ${logTable(relation)} AS l WHERE ${pendingIn(relation, 'l')}`
      const moved = crossedRows(this.plan.clock, relation, [sql`0`, ...logged.map(crossedColumn)])
      const all = moved === undefined ? rows : sql`${rows} UNION ALL ${moved}`
      return sql`${this.delta(relation)} AS MATERIALIZED (${all})`
    })
  }

  /** True when a change can only be answered by computing everything. */
  blocked(): Fragment {
    const conditions = this.plan.sources.map(({ relation, maintenance }) => {
      const lost = maintenance === 'full' ? sql`` : sql` WHERE tidemark_sign IS NULL`
      return sql`EXISTS (SELECT FROM ${this.delta(relation)}${lost})`
    })
    conditions.push(...stepped(this.plan.clock))
    return conditions.length === 0 ? sql`false` : join(conditions, ' OR ')
  }
}
