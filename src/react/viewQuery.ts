import { columnName, conditionParameters, type Where } from './conditions.js'

/** What is read of a view. Columns and values are those of its row type. */
export interface ViewQuery<Row, Column extends ColumnOf<Row> = ColumnOf<Row>> {
  /** Left out: all columns. */
  readonly select?: readonly Column[]
  readonly where?: Where<Row>
  /** The first decides; left out, the order is open. */
  readonly order?: OrderTerm<Row> | readonly OrderTerm<Row>[]
  readonly limit?: number
  readonly offset?: number
}

export type ColumnOf<Row> = keyof Row & string

export type OrderTerm<Row> =
  | ColumnOf<Row>
  | `${ColumnOf<Row>}.${'asc' | 'desc'}`
  | { readonly column: ColumnOf<Row>; readonly descending?: boolean; readonly nulls?: 'first' | 'last' }

/** The query string, in PostgREST's grammar. Equal queries give equal ones: it is what a read is cached by. */
export function queryString<Row>(query: ViewQuery<Row, ColumnOf<Row>>): string {
  const parameters = new URLSearchParams()
  if (query.select !== undefined) parameters.append('select', query.select.map(columnName).join(','))
  if (query.where !== undefined) {
    for (const [key, value] of conditionParameters(query.where)) parameters.append(key, value)
  }
  const order = orderTerms(query.order)
  if (order.length > 0) parameters.append('order', order.map(orderText).join(','))
  if (query.limit !== undefined) parameters.append('limit', String(query.limit))
  if (query.offset !== undefined) parameters.append('offset', String(query.offset))
  return parameters.toString()
}

function orderTerms<Row>(order: ViewQuery<Row>['order']): readonly OrderTerm<Row>[] {
  if (order === undefined) return []
  return isList(order) ? order : [order]
}

function isList<Item>(value: Item | readonly Item[]): value is readonly Item[] {
  return Array.isArray(value)
}

function orderText<Row>(term: OrderTerm<Row>): string {
  if (typeof term === 'string') {
    const [, column = term, direction = ''] = /^(.*?)(\.asc|\.desc)?$/s.exec(term) ?? []
    return columnName(column) + direction
  }
  const { column, descending = false, nulls } = term
  return `${columnName(column)}.${descending ? 'desc' : 'asc'}${nulls === undefined ? '' : `.nulls${nulls}`}`
}
