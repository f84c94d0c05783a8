/** Lengths of time as people write them: a number and a unit, or milliseconds. */

export type DurationUnit = 'ms' | 's' | 'm' | 'h' | 'd'

/** `'100ms'`, `'5s'`, `'2m'`, `'1.5h'`, `'1d'`, or a number of milliseconds. */
export type Duration = number | `${number}${DurationUnit}` | `${number} ${DurationUnit}`

const unitMs: Readonly<Record<DurationUnit, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** From the longest, for writing a duration with the longest unit that divides it. */
const unitsByLength = ['d', 'h', 'm', 's', 'ms'] as const

export const longestDurationMs = 365 * unitMs.d

/** Timers of JavaScript, and PostgreSQL's, count in 32 bits. What is longer ends at once, or is refused: 24 days and a bit. */
export const longestTimerMs = 2 ** 31 - 1

const shape = /^(\d+(?:\.\d{1,3})?) ?(ms|s|m|h|d)$/

/** Whole milliseconds from 0 to a year, or null when the value is not such a duration. */
export function parseDuration(value: unknown): number | null {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? parseText(value.trim()) : null
  if (ms === null || !Number.isInteger(ms) || ms < 0 || ms > longestDurationMs) return null
  return ms
}

function parseText(text: string): number | null {
  const [, amount, unit] = shape.exec(text) ?? []
  if (amount === undefined || unit === undefined) return null
  // 1.1s is 1100.0000000000002 ms in binary: the nearest thousandth of a millisecond is what was meant.
  return Math.round(Number(amount) * unitMs[unit as DurationUnit] * 1_000) / 1_000
}

/** The shortest exact text: 90000 is `'90s'`, 7200000 is `'2h'`. */
export function formatDuration(ms: number): Duration {
  for (const unit of unitsByLength) {
    if (ms >= unitMs[unit] && ms % unitMs[unit] === 0) return `${ms / unitMs[unit]}${unit}`
  }
  return `${ms}ms`
}
