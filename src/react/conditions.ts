/** Conditions on rows, and how PostgREST's grammar writes them. */

/** All of them hold. `or` and `not` are no columns here; a column of such a name is compared through `and`. */
export type Where<Row> = { readonly [Column in keyof Row]?: Filter<Row[Column]> } & {
  /** At least one of these. */
  readonly or?: readonly Where<Row>[]
  /** All of these: for two conditions on one column, and within `or`. */
  readonly and?: readonly Where<Row>[]
  readonly not?: Where<Row>
}

/** A value: equal to it. A list: one of it. `null`: IS NULL. Otherwise each operator has to hold. */
export type Filter<Value> = Scalar<Value> | Operators<Value>

type Scalar<Value> = Value extends readonly unknown[]
  ? null
  : Value extends object
    ? null
    : Value | readonly Value[] | null

type Given<Value> = Exclude<Value, null | undefined> | (Exclude<Value, null | undefined> extends string ? Date : never)

export interface Operators<Value> {
  readonly eq?: Given<Value>
  readonly neq?: Given<Value>
  readonly gt?: Given<Value>
  readonly gte?: Given<Value>
  readonly lt?: Given<Value>
  readonly lte?: Given<Value>
  readonly in?: readonly Given<Value>[]
  readonly is?: null | boolean | 'not_null' | 'unknown'
  readonly isdistinct?: Given<Value>
  /** `%` or `*` for any text, `_` for any one character. */
  readonly like?: string
  readonly ilike?: string
  /** Regular expressions. */
  readonly match?: string
  readonly imatch?: string
  /** Contains (`@>`), is contained by (`<@`), overlaps (`&&`): arrays, ranges, JSON. */
  readonly cs?: Structure
  readonly cd?: Structure
  readonly ov?: Structure
  /** Full text search: to_tsquery, plainto_tsquery, phraseto_tsquery, websearch_to_tsquery. */
  readonly fts?: string
  readonly plfts?: string
  readonly phfts?: string
  readonly wfts?: string
  readonly not?: Operators<Value>
}

/** A text is taken as PostgreSQL writes such a value: a range is `[1,5)`. */
type Structure = string | readonly unknown[] | Readonly<Record<string, unknown>>

type Tree =
  | { readonly kind: 'and' | 'or'; readonly negated: boolean; readonly conditions: readonly Tree[] }
  | {
      readonly kind: 'filter'
      readonly column: string
      readonly negated: boolean
      readonly operator: string
      readonly value: FilterValue
    }

type FilterValue = { readonly text: string } | { readonly list: readonly string[] }

/** Pairs for a query string. */
export function conditionParameters(where: object): [key: string, value: string][] {
  return conditionsOf(where).map((tree) => {
    if (tree.kind !== 'filter')
      return [`${tree.negated ? 'not.' : ''}${tree.kind}`, `(${tree.conditions.map(treeText).join(',')})`]
    return [columnName(tree.column), operation(tree, tree.value, (text) => text)]
  })
}

function conditionsOf(where: object): Tree[] {
  return Object.entries(where).flatMap(([key, value]): Tree[] => {
    if (value === undefined) return []
    if (key === 'or') return [{ kind: 'or', negated: false, conditions: some(key, (value as object[]).map(together)) }]
    if (key === 'and') return (value as object[]).flatMap(conditionsOf)
    if (key === 'not') return [{ kind: 'and', negated: true, conditions: some(key, conditionsOf(value as object)) }]
    return filtersOf(key, value, false)
  })
}

function together(where: object): Tree {
  const conditions = some('or', conditionsOf(where))
  return conditions.length === 1 ? conditions[0] : { kind: 'and', negated: false, conditions }
}

/** None of nothing, and anything: the grammar can say neither, and leaving it out would return other rows. */
function some(key: string, conditions: readonly Tree[]): readonly [Tree, ...Tree[]] {
  const [first, ...rest] = conditions
  if (first === undefined) throw new TypeError(`"${key}" was given without a condition.`)
  return [first, ...rest]
}

function filtersOf(column: string, filter: unknown, negated: boolean): Tree[] {
  const leaf = (operator: string, value: FilterValue): Tree => ({ kind: 'filter', column, negated, operator, value })
  if (filter === null) return [leaf('is', { text: 'null' })]
  if (Array.isArray(filter)) return [leaf('in', { list: filter.map(scalarText) })]
  if (typeof filter !== 'object' || filter instanceof Date) return [leaf('eq', { text: scalarText(filter) })]
  return Object.entries(filter).flatMap(([operator, value]): Tree[] => {
    if (value === undefined) return []
    if (operator === 'not') return [negatedFilters(column, value as object, negated)]
    if (operator === 'in') return [leaf('in', { list: (value as unknown[]).map(scalarText) })]
    return [leaf(operator, { text: valueText(value) })]
  })
}

/** Not all of them: one at a time only where there is just one. */
function negatedFilters(column: string, operators: object, negated: boolean): Tree {
  const conditions = filtersOf(column, operators, false)
  const [only] = conditions
  if (only?.kind === 'filter' && conditions.length === 1) return { ...only, negated: only.negated === negated }
  return { kind: 'and', negated: !negated, conditions }
}

function treeText(tree: Tree): string {
  if (tree.kind === 'filter') return `${columnName(tree.column)}.${operation(tree, tree.value, delimited)}`
  return `${tree.negated ? 'not.' : ''}${tree.kind}(${tree.conditions.map(treeText).join(',')})`
}

function operation(
  { negated, operator }: { readonly negated: boolean; readonly operator: string },
  value: FilterValue,
  write: (text: string) => string,
): string {
  const text = 'list' in value ? `(${value.list.map(delimited).join(',')})` : write(value.text)
  return `${negated ? 'not.' : ''}${operator}.${text}`
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return arrayLiteral(value)
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) return JSON.stringify(value)
  return scalarText(value)
}

function scalarText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value)
}

/** PostgreSQL's way to write an array. */
function arrayLiteral(items: readonly unknown[]): string {
  const texts = items.map((item) => {
    if (item === null) return 'NULL'
    return Array.isArray(item) ? arrayLiteral(item) : quoted(valueText(item))
  })
  return `{${texts.join(',')}}`
}

/** A value that ends where a comma or a parenthesis comes. */
function delimited(text: string): string {
  return /^[\w.:+-]+$/.test(text) ? text : quoted(text)
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Names of parameters, which a column can have as well. */
const reserved = new Set(['select', 'order', 'limit', 'offset', 'and', 'or', 'not', 'fresh', 'defaults'])

export function columnName(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) && !reserved.has(name) ? name : quoted(name)
}
