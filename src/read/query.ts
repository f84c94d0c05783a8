/** A read of one view, as the typed API and HTTP both ask for it. Values are text or JSON: PostgreSQL gives them their type. */

/** A column, or what is in it: `data->a->>0`. */
export interface ColumnPath {
  readonly column: string
  readonly steps: readonly PathStep[]
}

export interface PathStep {
  /** A key of an object, or a place in an array (negative: from its end). */
  readonly key: string | number
  /** `->>`: as text; only the last step can be. */
  readonly asText: boolean
}

/** Types that a column can be cast to, and how PostgreSQL calls them. */
export const castTypes = {
  text: 'text',
  varchar: 'text',
  bool: 'boolean',
  boolean: 'boolean',
  int2: 'smallint',
  smallint: 'smallint',
  int: 'integer',
  int4: 'integer',
  integer: 'integer',
  int8: 'bigint',
  bigint: 'bigint',
  numeric: 'numeric',
  decimal: 'numeric',
  float4: 'real',
  real: 'real',
  float8: 'double precision',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  interval: 'interval',
  json: 'json',
  jsonb: 'jsonb',
  uuid: 'uuid',
} as const

export type CastType = keyof typeof castTypes

export interface SelectedColumn {
  readonly source: ColumnPath
  /** What it is called; left out: the last key of the path, or the column's name. */
  readonly alias?: string
  readonly cast?: CastType
}

export const comparisons = {
  eq: '=',
  neq: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'LIKE',
  ilike: 'ILIKE',
  match: '~',
  imatch: '~*',
  isdistinct: 'IS DISTINCT FROM',
  cs: '@>',
  cd: '<@',
  ov: '&&',
  sl: '<<',
  sr: '>>',
  nxr: '&<',
  nxl: '&>',
  adj: '-|-',
} as const

export type Comparison = keyof typeof comparisons

/** Full text search, by the function that reads the words. */
export const textSearches = {
  fts: 'to_tsquery',
  plfts: 'plainto_tsquery',
  phfts: 'phraseto_tsquery',
  wfts: 'websearch_to_tsquery',
} as const

export type TextSearch = keyof typeof textSearches

export type Truth = 'null' | 'not_null' | 'true' | 'false' | 'unknown'

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'not'; readonly condition: Condition }
  | {
      readonly kind: 'compare'
      readonly column: ColumnPath
      readonly operator: Comparison
      /** With `quantifier`: any of them, or all of them. */
      readonly values: readonly string[]
      readonly quantifier?: 'any' | 'all'
    }
  | { readonly kind: 'in'; readonly column: ColumnPath; readonly values: readonly string[] }
  | { readonly kind: 'is'; readonly column: ColumnPath; readonly truth: Truth }
  | {
      readonly kind: 'search'
      readonly column: ColumnPath
      readonly search: TextSearch
      readonly words: string
      /** Name of a text search configuration. */
      readonly language?: string
    }

export interface OrderTerm {
  readonly column: ColumnPath
  readonly descending: boolean
  readonly nulls?: 'first' | 'last'
}

export interface ReadQuery {
  /** Left out: all columns. */
  readonly select?: readonly SelectedColumn[]
  readonly where?: Condition
  readonly order?: readonly OrderTerm[]
  readonly limit?: number
  readonly offset?: number
}
