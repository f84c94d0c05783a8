import { type RefObject, useLayoutEffect, useRef } from 'react'

/**
 * For what may go away by itself while the keyboard is in it, such as a trouble that is mended: the keyboard is led to the
 * first of these elements that is there, instead of back to the beginning of the page.
 */
export function useKeptFocus<Box extends HTMLElement>(...selectors: readonly string[]): RefObject<Box | null> {
  const box = useRef<Box>(null)
  const places = selectors.join('\n')
  useLayoutEffect(() => {
    const element = box.current
    // Before it is taken off the page: after that nobody knows any more where the keyboard was.
    return () => {
      if (element?.contains(document.activeElement) !== true) return
      queueMicrotask(() => {
        if (document.activeElement !== document.body) return
        const found = places.split('\n').map((place) => document.querySelector<HTMLElement>(place))
        found.find((one) => one !== null)?.focus()
      })
    }
  }, [places])
  return box
}
