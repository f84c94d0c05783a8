import { useMemo } from 'react'
import classes from './parts.module.css'
import { sqlTokens } from './sqlTokens.js'

/** SQL in colours. A region that can be scrolled can be reached by the keyboard. */
export function Sql({ text, label, wrap = false }: SqlProps) {
  const tokens = useMemo(() => {
    let at = 0
    return sqlTokens(text).map((token) => {
      const start = at
      at += token.text.length
      return { ...token, start }
    })
  }, [text])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by the keyboard.
    <figure className={classes.sql} aria-label={label} tabIndex={0} data-wrap={wrap || undefined}>
      <pre>
        {tokens.map(({ kind, text: piece, start }) =>
          kind === 'other' || kind === 'name' ? (
            piece
          ) : (
            <span key={start} data-kind={kind}>
              {piece}
            </span>
          ),
        )}
      </pre>
    </figure>
  )
}

interface SqlProps {
  readonly text: string
  readonly label: string
  /** Of one statement without a layout of its own. */
  readonly wrap?: boolean
}
