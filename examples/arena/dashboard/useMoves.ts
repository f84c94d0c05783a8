import { type RefObject, useLayoutEffect, useRef } from 'react'

/** Lets the children of a list glide to where they are now from where they were: those with the same `data-key`. */
export function useMoves<Element extends HTMLElement>(): RefObject<Element | null> {
  const list = useRef<Element>(null)
  const before = useRef(new Map<string, number>())
  useLayoutEffect(() => {
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
    const now = new Map<string, number>()
    for (const child of list.current?.children ?? []) {
      if (!(child instanceof HTMLElement)) continue
      const key = child.dataset.key ?? ''
      const from = before.current.get(key)
      now.set(key, child.offsetTop)
      if (isStill || from === child.offsetTop || before.current.size === 0) continue
      const start = from === undefined ? { opacity: 0 } : { transform: `translateY(${from - child.offsetTop}px)` }
      child.animate([start, {}], { duration: 500, easing: 'cubic-bezier(0.2, 0.8, 0.2, 1)' })
    }
    before.current = now
  })
  return list
}
