import type { ReadSettings, ViewSettings } from '../define/types.js'

export interface ColumnFacts {
  readonly name: string
  /** As `format_type` writes it, without a modifier. */
  readonly type: string
  /** Number in `pg_type` of what `pg` reads it as: of a domain, the type that it is made of. */
  readonly baseOid: number
  /** False only where it is known never to be NULL. */
  readonly nullable: boolean
  readonly kind: 'b' | 'c' | 'e' | 'm' | 'p' | 'r' | 'array' | 'domain'
  /** Of a domain: the type that it is made of. Else the type itself. */
  readonly base: string
  /** Of an enumeration: what it can be. */
  readonly labels: readonly string[] | null
}

/** A view as its readers need to know it. */
export interface ViewFacts {
  /** `view`, or `schema.view` outside of public. */
  readonly shown: string
  /** 0: not deployed, only configured. */
  readonly id: number
  /** Another one whenever the view is defined, set or built otherwise. */
  readonly version: string
  readonly schema: string
  readonly name: string
  readonly storage: 'table' | 'matview'
  readonly key: readonly string[]
  readonly settings: ViewSettings
  readonly read: ReadSettings
  /** Its query. */
  readonly live: string
  readonly timeZone: string
  readonly description: string | null
  readonly bypassed: boolean
  /** Of the cluster, the database and the view: equal numbers elsewhere are of other rows. */
  readonly identity: string
  /** Of the cluster: after a failover or a restore it is another one. */
  readonly history: string
  readonly rowSecurity: boolean
  /** None where the relation is not there. */
  readonly columns: readonly ColumnFacts[]
}
