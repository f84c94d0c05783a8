export type { Filter, Operators, Where } from './conditions.js'
export type { Register, RowOf, UnknownRow, ViewName } from './register.js'
export type { ColumnOf, OrderTerm, ViewQuery } from './viewQuery.js'
export { queryString } from './viewQuery.js'
