import { useSyncExternalStore } from 'react'

/** One clock for all that ticks, running while something is shown that does. */
const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now()
    timer = setInterval(tick, 1000)
  }
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) clearInterval(timer)
  }
}

function tick(): void {
  now = Date.now()
  for (const listener of listeners) listener()
}

/** This machine's time in ms, a new one each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}
