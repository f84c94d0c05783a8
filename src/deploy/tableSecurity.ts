import type { QueryFacts } from '../compiler/facts.js'

/** How row-level security of a table was found when a view was compiled: what is other since then can be told. */
export interface TableSecurity {
  readonly relation: number
  /** Ordinary views through which it is read. */
  readonly views: readonly number[]
  /** `ignored`: it does not apply to those as whom the table is read. */
  readonly judged: 'none' | 'ignored' | 'applies'
}

export function tableSecurity({ relations }: QueryFacts): TableSecurity[] {
  const tables = [...relations.values()].filter(({ kind }) => kind === 'table' || kind === 'partitioned')
  return tables
    .map(({ oid, through = [], rowSecurity }): TableSecurity => {
      const judged = rowSecurity === undefined ? 'none' : rowSecurity.applies ? 'applies' : 'ignored'
      return { relation: oid, views: through, judged }
    })
    .sort((left, right) => left.relation - right.relation)
}
