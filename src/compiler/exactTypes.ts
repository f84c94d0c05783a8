const exact = /^(uuid|smallint|integer|bigint|boolean|date|text|character varying.*|timestamp.*)$/

/** Whether equal values of a type are the same to the bit, unlike 1.0 and 1.00, or a day and 24 hours. */
export function isExactType({ type, nondeterministic }: { type: string; nondeterministic: boolean }): boolean {
  return !nondeterministic && exact.test(type)
}
