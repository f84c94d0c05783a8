'use client'

import type { QueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react'
import type { Freshness } from './freshnessBoard.js'
import { useTidemark } from './provider.js'
import type { ViewRead } from './readView.js'
import type { ViewName } from './register.js'

/** How fresh a view is, by the second. Only components that use it are rendered again, and only when a figure changes. */
export function useFreshness(view: ViewName): Freshness {
  const { live, queryClient } = useTidemark()
  useEffect(() => live.use(view, 'freshness'), [live, view])
  const subscribe = useCallback((listener: () => void) => live.board.subscribe(view, listener), [live, view])
  const rendered = useRef<Freshness>(undefined)
  return useSyncExternalStore(
    subscribe,
    () => live.freshnessOf(view),
    () => {
      rendered.current ??= asRendered(queryClient, live.scope, view)
      return rendered.current
    },
  )
}

/**
 * What a server renders, and a browser before it takes over: what came with the rows. No clock is asked, so that both
 * say the same.
 */
function asRendered(queryClient: QueryClient, scope: string, view: string): Freshness {
  const reads = queryClient.getQueriesData<ViewRead>({ queryKey: ['tidemark', scope, view] })
  const newest = reads
    .flatMap(([, read]) => (read === undefined ? [] : [read]))
    .sort((one, other) => Date.parse(other.asOf ?? '') - Date.parse(one.asOf ?? ''))[0]
  const seconds = newest?.stalenessSeconds ?? null
  return {
    state: 'live',
    ageSeconds: seconds === null ? null : Math.floor(seconds),
    asOf: newest?.asOf ?? null,
    pending: null,
    targetSeconds: null,
    viewState: null,
    error: null,
    connection: 'idle',
  }
}
