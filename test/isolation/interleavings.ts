/** Every order in which the steps of several sessions can happen; within a session their order is kept. */
export function* interleavings(lengths: readonly number[]): Generator<number[]> {
  if (lengths.every((length) => length === 0)) {
    yield []
    return
  }
  for (const [session, length] of lengths.entries()) {
    if (length === 0) continue
    const left = lengths.map((other, index) => (index === session ? other - 1 : other))
    for (const rest of interleavings(left)) yield [session, ...rest]
  }
}
