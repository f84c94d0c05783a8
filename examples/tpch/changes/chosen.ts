/**
 * Of every statement here: $1 is a seed, which no other statement of any round has, and $2 the number of rows.
 * Rows are chosen by a hash of their key, and new keys come of the seed: the same rounds make the same changes.
 */
const draws = {
  region: hashed('r_regionkey'),
  nation: hashed('n_nationkey'),
  part: hashed('p_partkey'),
  supplier: hashed('s_suppkey'),
  // Not of one number made of two: PostgreSQL folds the halves of a bigint, and many pairs would be drawn alike.
  partsupp: hashed('ps_suppkey', hashed('ps_partkey')),
  customer: hashed('c_custkey'),
  orders: hashed('o_orderkey'),
  lineitem: hashed('l_linenumber', hashed('l_orderkey')),
} as const

function hashed(key: string, seed = '$1::bigint'): string {
  return `hashint8extended(${key}, ${seed})`
}

export type Table = keyof typeof draws

/** All rows that are asked for; or one in so many of them, but one at least. */
export function oneIn(divisor: number): string {
  return divisor === 1 ? '$2::int' : `greatest(1, $2::int / ${divisor})`
}

export function atMost(count: number): string {
  return `least(${count}, $2::int)`
}

/** Rows of a table, numbered from 1 by the column `place`. */
export function chosen(table: Table, options: { where?: string; count?: string } = {}): string {
  const { where = 'true', count = oneIn(1) } = options
  return `(select *, row_number() over (order by draw) as place
    from (select *, ${draws[table]} as draw from ${table} where ${where}
          order by draw limit ${count}) as drawn)`
}

/** A key above all that were loaded or made before; `place` counts from 1, and to a thousand at most. */
export const newKey = `(${1_000_000_000} + ($1::bigint * 1000 + place - 1) % 1000000000)::int`

/** One of these values, for the row with that number. */
export function oneOf(topic: string, number: string, values: readonly (string | number)[]): string {
  const list = values.map((value) => (typeof value === 'number' ? value : `'${value}'`)).join(', ')
  return `(array[${list}])[1 + pg_temp.pick('${topic}', $1::bigint, ${number}, ${values.length})]`
}
