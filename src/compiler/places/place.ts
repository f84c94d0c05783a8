import type { SelectStmt } from '@pgsql/types'

/** The clauses of a SELECT that something can be said about as a whole. */
export type Clause = 'targets' | 'group' | 'order' | 'limit'

/** A piece of a query's tree that something is said about; where it stands in the user's own text is found later. */
export interface Place {
  /** A SELECT, or what is inside a wrapped node: the body of `{ FuncCall: … }`. */
  readonly node: object
  /** Of a SELECT, this clause alone. */
  readonly clause?: Clause
}

export function clauseOf(node: SelectStmt, clause: Clause): Place {
  return { node, clause }
}

/** The place of a wrapped node. */
export function placeOf(node: object | undefined): Place | undefined {
  const [body] = node === undefined ? [] : Object.values(node)
  return typeof body === 'object' && body !== null ? { node: body as object } : undefined
}
