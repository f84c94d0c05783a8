'use client'

import { type ComponentPropsWithoutRef, type MouseEvent, type ReactNode, useId } from 'react'
import type { ViewName } from './register.js'
import { useRefresh } from './useRefresh.js'

export interface RefreshButtonProps extends ComponentPropsWithoutRef<'button'> {
  readonly view: ViewName
  /** Recompute it whole. */
  readonly full?: boolean
  /** While it runs, in place of `children`. */
  readonly running?: ReactNode
  /** How an error is shown; it is announced in any case. */
  readonly renderError?: (error: Error) => ReactNode
}

/** Refreshes a view now. It waits for a refresh that is running already. */
export function RefreshButton(props: RefreshButtonProps): ReactNode {
  const { view, full = false, running = 'Refreshing…', renderError = messageOf, children = 'Refresh', ...rest } = props
  const { refresh, isRefreshing, error } = useRefresh(view)
  const errorId = useId()
  const onClick = (event: MouseEvent<HTMLButtonElement>) => {
    rest.onClick?.(event)
    if (!event.defaultPrevented) refresh({ full })
  }
  return (
    <>
      <button
        type="button"
        {...rest}
        disabled={isRefreshing || rest.disabled === true}
        aria-busy={isRefreshing}
        aria-describedby={error === null ? rest['aria-describedby'] : errorId}
        onClick={onClick}
      >
        {isRefreshing ? running : children}
      </button>
      <span id={errorId} role="alert">
        {error === null ? null : renderError(error)}
      </span>
    </>
  )
}

function messageOf({ message }: Error): string {
  return message
}
