import type { ViewColumn } from '../../protocol/api.js'

/** What the filters of the page can say, in the grammar of `/rest/v1`. */
export const operators = {
  eq: { label: 'is', text: (value: string) => `eq.${value}` },
  neq: { label: 'is not', text: (value: string) => `neq.${value}` },
  gt: { label: 'is more than', text: (value: string) => `gt.${value}` },
  gte: { label: 'is at least', text: (value: string) => `gte.${value}` },
  lt: { label: 'is less than', text: (value: string) => `lt.${value}` },
  lte: { label: 'is at most', text: (value: string) => `lte.${value}` },
  contains: { label: 'contains', text: (value: string) => `ilike.*${escaped(value)}*` },
  null: { label: 'is null', text: () => 'is.null' },
  some: { label: 'is not null', text: () => 'not.is.null' },
} as const satisfies Record<string, { readonly label: string; readonly text: (value: string) => string }>

export type Operator = keyof typeof operators

export interface Filter {
  readonly column: string
  readonly operator: Operator
  readonly value: string
}

export interface RowsQuery {
  readonly filters: readonly Filter[]
  readonly order: { readonly column: string; readonly descending: boolean } | null
  readonly page: number
}

export const pageLength = 50

/** What stands for itself in a pattern. */
function escaped(value: string): string {
  return value.replace(/[\\%_]/g, '\\$&')
}

const texts = /^(text|character|varchar|char|citext|name|uuid|json)/
const ordered = /^(smallint|integer|bigint|numeric|real|double|date|time|interval|money|oid)/

/** What can be asked of a column of this type. */
export function operatorsFor({ type, nullable }: ViewColumn): Operator[] {
  const comparing: Operator[] = ordered.test(type) ? ['eq', 'neq', 'gt', 'gte', 'lt', 'lte'] : ['eq', 'neq']
  const containing: Operator[] = texts.test(type) && !/^(uuid|json)/.test(type) ? ['contains'] : []
  return [...containing, ...comparing, ...(nullable ? (['null', 'some'] as const) : [])]
}

export function isNumeric({ type }: ViewColumn): boolean {
  return /^(smallint|integer|bigint|numeric|real|double|money|oid)/.test(type) && !type.endsWith('[]')
}

/** The path and parameters; `key` makes the order of equal rows a steady one, so that pages neither repeat nor miss any. */
export function rowsPath(view: string, { filters, order, page }: RowsQuery, key: readonly string[]): string {
  const parameters = new URLSearchParams()
  for (const { column, operator, value } of filters) parameters.append(name(column), operators[operator].text(value))
  const terms = order === null ? [] : [`${quoted(order.column)}.${order.descending ? 'desc' : 'asc'}.nullslast`]
  for (const column of key) if (column !== order?.column) terms.push(`${quoted(column)}.asc`)
  if (terms.length > 0) parameters.append('order', terms.join(','))
  parameters.append('limit', String(pageLength))
  parameters.append('offset', String(page * pageLength))
  return `rest/v1/${encodeURIComponent(view)}?${parameters}`
}

/** Names with other characters than these have to stand between quotes. */
function quoted(column: string): string {
  return /^\w+$/.test(column) ? column : `"${column.replace(/["\\]/g, '\\$&')}"`
}

/** As a parameter's own name. Quoted also where it would otherwise be taken for a parameter of the grammar. */
function name(column: string): string {
  return /^(select|order|limit|offset|and|or|not|columns|on_conflict|fresh)$/.test(column)
    ? `"${column}"`
    : quoted(column)
}

/** The number of all rows, from `Content-Range: 0-49/1234`. */
export function totalOf(contentRange: string | null): number | null {
  const total = contentRange?.split('/')[1]
  return total === undefined || !/^\d+$/.test(total) ? null : Number(total)
}
