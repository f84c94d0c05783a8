import type { ReadSource, StalenessRules } from '../options.js'

/** Rows of views by the names of these, as `tidemark generate` writes them. */
export type ViewRows = Readonly<Record<string, object>>

type Single<Value> = Value extends readonly (infer Element)[] ? readonly Element[] : Value

/** What a column can be compared with. */
export interface Comparing<Value> {
  readonly eq?: Single<Value>
  readonly ne?: Single<Value>
  readonly gt?: Single<Value>
  readonly gte?: Single<Value>
  readonly lt?: Single<Value>
  readonly lte?: Single<Value>
  readonly in?: readonly Single<Value>[]
  readonly notIn?: readonly Single<Value>[]
  readonly like?: string
  readonly ilike?: string
  /** A regular expression of PostgreSQL's. */
  readonly match?: string
  readonly imatch?: string
  /** Of arrays, ranges and JSON: `@>`, `<@`, `&&`. */
  readonly contains?: unknown
  readonly containedBy?: unknown
  readonly overlaps?: unknown
  readonly isNull?: boolean
}

/**
 * Columns and what they have to be, all of it. A plain value means equal; `null` means IS NULL. `undefined` is an error, not
 * left out: it is what a mistake leaves where a customer's number should be.
 */
export type Filter<Row> = {
  readonly [Column in keyof Row]?: NonNullable<Row[Column]> | Comparing<NonNullable<Row[Column]>> | null
} & {
  readonly $and?: readonly Filter<Row>[]
  readonly $or?: readonly Filter<Row>[]
  readonly $not?: Filter<Row>
}

export type Order<Row> =
  | (keyof Row & string)
  | { readonly column: keyof Row & string; readonly descending?: boolean; readonly nulls?: 'first' | 'last' }

export interface ReadRequest<Row, Column extends keyof Row & string = keyof Row & string> extends StalenessRules {
  /** Default: all columns. */
  readonly select?: readonly Column[]
  readonly where?: Filter<Row>
  readonly order?: readonly Order<Row>[]
  readonly limit?: number
  /** `next` of the page before, asked for by the same order: the rows that come after it. */
  readonly after?: string
  /** `false`: without the view's default filter. Its guard holds always. */
  readonly defaults?: boolean
  /** Compute the query. */
  readonly live?: boolean
  /** A token of `writeToken`: the view has passed that write before it is read. */
  readonly afterWrite?: string
  /** How long to wait for that. Default 5 s. */
  readonly afterWriteTimeoutMs?: number
  /** Read as this role, under these claims. */
  readonly role?: string
  readonly claims?: object
  readonly statementTimeoutMs?: number
  readonly signal?: AbortSignal
}

export interface ReadResult<Row> {
  readonly rows: Row[]
  /** The rows equal the view's query as of this time, and, where nothing is pending, later. null: nobody knows. */
  readonly asOf: Date | null
  /** By how much they can be older than now, at most; null: nobody knows. */
  readonly stalenessSeconds: number | null
  readonly source: ReadSource
  /** Of a read with a limit that was reached: where the next one goes on. */
  readonly next: string | null
}
