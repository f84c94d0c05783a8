/** Times as they travel: ISO 8601, UTC. */
export function isoTime(date: Date): string
export function isoTime(date: Date | null): string | null
export function isoTime(date: Date | null): string | null {
  // PostgreSQL's infinite times, and those that JavaScript cannot hold, are no times.
  return date === null || Number.isNaN(date.getTime()) ? null : date.toISOString()
}
