/** A stream of pseudo-random values: the same seed, the same values. */
export interface Random {
  /** In [0, 1). */
  readonly next: () => number
  /** A point of the range of ids, from which to look for an existing row. Not for new ids: the next run draws it again. */
  readonly uuid: () => string
  /** Six lane scores in quarter points, of about one level; now and then a lane was not judged. */
  readonly laneScores: () => (number | null)[]
  /** A change of scores in quarter points, up to two points up or down. */
  readonly shift: () => number
}

export function seededRandom(seed: number): Random {
  const next = mulberry32(seed)
  const hex = (digits: number) =>
    Math.floor(next() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0')
  return {
    next,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(6)}${hex(6)}`,
    laneScores: () => {
      const level = 45 + 40 * next()
      return Array.from({ length: 6 }, () => (next() < 0.02 ? null : Math.round((level + 14 * next()) * 4) / 4))
    },
    shift: () => (1 + Math.floor(next() * 8)) * (next() < 0.5 ? -0.25 : 0.25),
  }
}

/** Mulberry32, a 32-bit generator in the public domain: small, and even enough to choose rows with. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
