import { setTimeout as delay } from 'node:timers/promises'

/** Waits for work for no longer than that: whether it ended by then. What it fails with by then is thrown. */
export async function endsWithin(work: Promise<unknown>, patienceMs: number): Promise<boolean> {
  const patience = new AbortController()
  const late = delay(patienceMs, false, { signal: patience.signal }).catch(() => false)
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    patience.abort()
  }
}
