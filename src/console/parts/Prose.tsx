import { Fragment, type ReactNode } from 'react'
import classes from './parts.module.css'

/** A sentence in which code stands between backticks. */
export function Prose({ text }: { readonly text: string }): ReactNode {
  const parts = text.split('`')
  // Parts of one text: their place is what they are.
  return parts.map((part, index) => {
    const key = `${index} ${part}`
    return index % 2 === 1 ? (
      <code key={key} className={classes.code}>
        {part}
      </code>
    ) : (
      <Fragment key={key}>{part}</Fragment>
    )
  })
}
