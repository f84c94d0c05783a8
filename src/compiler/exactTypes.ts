import type { OutputColumn } from './facts.js'

const exact = /^(uuid|smallint|integer|bigint|boolean|date|text|character varying.*|timestamp.*)$/

/** Whether equal values of a type are the same to the bit, unlike 1.0 and 1.00, or a day and 24 hours. */
export function isExactType({ type, nondeterministic }: { type: string; nondeterministic: boolean }): boolean {
  return !nondeterministic && exact.test(type)
}

/**
 * Whether equal values of an output column look the same, so that any of them can stand for all: as for `isExactType`,
 * and of other types too, of which PostgreSQL has been asked. A declared scale makes numbers look the same.
 */
export function looksExact({
  type,
  image,
  nondeterministic,
}: Pick<OutputColumn, 'type' | 'image' | 'nondeterministic'>) {
  if (nondeterministic || type === 'bpchar') return false
  return image || /^numeric\(/.test(type)
}

/** The same of a table's column, where a number that is kept to a fixed number of places is always written alike. */
export function isExactColumn(column: { type: string; nondeterministic: boolean }): boolean {
  return isExactType(column) || /^numeric\(\d+,-?\d+\)$/.test(column.type)
}
