export interface BackoffOptions {
  readonly initialMs: number
  readonly maxMs: number
}

/** Twice as long with each failure, half of it at random: those whom one failure met do not come back as one. */
export function backoff(failures: number, { initialMs, maxMs }: BackoffOptions, random = Math.random): number {
  const most = Math.min(maxMs, initialMs * 2 ** Math.min(failures, 30))
  return most / 2 + random() * (most / 2)
}
