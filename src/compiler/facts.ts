/**
 * What the compiler is told about the database. It asks for nothing itself: the engine gathers these facts, tests
 * write them by hand.
 */

export interface ColumnFacts {
  readonly name: string
  /** As `format_type` writes it, e.g. `timestamp with time zone`. */
  readonly type: string
  readonly notNull: boolean
  /** Computed when read and not stored, so a trigger never sees it. */
  readonly virtual: boolean
  /** Under a nondeterministic collation two different texts can be equal. */
  readonly nondeterministic: boolean
  /** Has an equality; else its changes are told by its text. */
  readonly comparable: boolean
}

export interface IndexFacts {
  readonly name: string
  /** Its leading plain columns, up to the first expression. */
  readonly columns: readonly string[]
  readonly unique: boolean
  /** Has a WHERE clause, so it does not serve every row. */
  readonly partial: boolean
  readonly method: string
}

export type RelationKind = 'table' | 'partitioned' | 'foreign' | 'view' | 'matview' | 'maintained' | 'system'

export interface RelationFacts {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: RelationKind
  readonly columns: readonly ColumnFacts[]
  /** Column sets that tell the rows apart: primary keys and unique constraints over NOT NULL columns. */
  readonly keys: readonly (readonly string[])[]
  readonly indexes: readonly IndexFacts[]
  /** The first column of each foreign key. */
  readonly references: readonly string[]
  /** PostgreSQL's own estimates. */
  readonly rows: number
  readonly bytes: number
  /** Of an ordinary view: its canonical query. */
  readonly definition?: string
  /** The public view of a maintained view that finishes its rows when they are read. */
  readonly reading?: boolean
  /** Columns the view's query reads of it, directly or through ordinary views; all, when it reads whole rows. */
  readonly read: ReadonlySet<string> | 'all'
  /** Where its changes are logged: the table that holds its rows. For a maintained view, the storage table. */
  readonly capture: { readonly schema: string; readonly name: string; readonly log: string }
  /** Rows are kept in child tables by inheritance, each of which is written to by itself. */
  readonly hasChildren: boolean
  /** Ordinary views through which it is read, by number. */
  readonly through?: readonly number[]
  /** It has row-level security: whether that applies to a role as which its rows are read. */
  readonly rowSecurity?: {
    readonly applies: boolean
    readonly role: string
    /** The ordinary view whose owner that role is. */
    readonly through?: string
  }
}

export interface OutputColumn {
  readonly name: string
  /** As `format_type` writes it, with its modifier. */
  readonly type: string
  /** Has a default equality, so it can be part of a key. */
  readonly comparable: boolean
  /** That equality is PostgreSQL's own `=`, found whatever the search path: it can cut slices and join. */
  readonly builtinEquality: boolean
  /** What is equal by it is the same to the bit, as far as the type goes: not 1.0 and 1.00. A collation can say otherwise. */
  readonly image: boolean
  readonly nondeterministic: boolean
}

export interface FunctionFacts {
  readonly schema: string
  readonly name: string
  readonly volatility: 'immutable' | 'stable' | 'volatile'
  readonly aggregate: boolean
  readonly returnsSet: boolean
  /** Tells when the function itself was replaced; null for PostgreSQL's own. */
  readonly body: string | null
}

export interface QueryFacts {
  /** The query as PostgreSQL writes it back: stars expanded, columns and tables qualified. */
  readonly canonical: string
  readonly output: readonly OutputColumn[]
  /** By `schema.name`, both as they are. Ordinary views and what stands behind them are all here. */
  readonly relations: ReadonlyMap<string, RelationFacts>
  /** Every function of these names, by plain name; several when overloaded. */
  readonly functions: ReadonlyMap<string, readonly FunctionFacts[]>
  /** Functions not of PostgreSQL's own that it applies, also through operators, casts and aggregates. */
  readonly applied: readonly FunctionFacts[]
  /** Our deparser's text means the same to PostgreSQL as the canonical one, so variants of it can be trusted. */
  readonly faithful: boolean
}

export function relationKey(schema: string, name: string): string {
  return `${schema}.${name}`
}

/** A hidden part of a view that was taken apart, or the rows that are kept of one whose readers finish them. */
export function isPiece({ kind, schema }: Pick<RelationFacts, 'kind' | 'schema'>): boolean {
  return kind === 'maintained' && schema === 'tidemark_data'
}
