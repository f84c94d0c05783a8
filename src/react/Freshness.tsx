'use client'

import type { ComponentPropsWithoutRef, ReactNode } from 'react'
import { duration } from './ago.js'
import type { Freshness as FreshnessOfView } from './freshnessBoard.js'
import type { ViewName } from './register.js'
import { useFreshness } from './useFreshness.js'
import { hidden } from './visuallyHidden.js'

export interface FreshnessProps extends Omit<ComponentPropsWithoutRef<'span'>, 'children'> {
  readonly view: ViewName
  /** Another wording. What it returns stands inside of the `<time>`. */
  readonly format?: (freshness: FreshnessOfView) => ReactNode
  /** What is announced, once, when it becomes so. */
  readonly announce?: Partial<Readonly<Record<FreshnessOfView['state'], string>>>
}

const announcements = {
  live: '',
  stale: 'The data is older than it should be.',
  failed: 'The last refresh failed. The data is as it was before.',
  offline: 'No connection. The data may be out of date.',
}

/** "Updated 22 s ago". Its state is in `data-state`, for styling. */
export function Freshness({ view, format = wording, announce, ...rest }: FreshnessProps): ReactNode {
  const freshness = useFreshness(view)
  const { state, asOf } = freshness
  return (
    <span {...rest} data-state={state}>
      <time suppressHydrationWarning dateTime={asOf ?? undefined} title={asOf ?? undefined}>
        {format(freshness)}
      </time>
      {/* The seconds are not read out; what changes for the worse is. */}
      <span role="status" style={hidden}>
        {{ ...announcements, ...announce }[state]}
      </span>
    </span>
  )
}

function wording({ state, ageSeconds }: FreshnessOfView): string {
  const updated = ageSeconds === null ? 'Not updated yet' : `Updated ${duration(ageSeconds)} ago`
  if (state === 'failed') return `${updated}, refresh failed`
  return state === 'offline' ? `${updated}, offline` : updated
}
