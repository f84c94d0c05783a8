import { useEffect, useRef } from 'react'

/** Between the two keys of a sequence. */
const sequenceMs = 1000

export type Shortcuts = Readonly<Record<string, () => void>>

/** Single keys (`/`), and sequences of two (`g o`). Not while somebody writes, and not with a modifier. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const current = useRef(shortcuts)
  current.current = shortcuts
  useEffect(() => {
    let first = ''
    let firstAt = 0
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return
      if (document.querySelector('[role="dialog"]') !== null) return
      const sequence = Date.now() - firstAt < sequenceMs ? `${first} ${event.key}` : event.key
      const action = current.current[sequence] ?? current.current[event.key]
      first = event.key
      firstAt = Date.now()
      if (action === undefined) return
      first = ''
      event.preventDefault()
      action()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}
