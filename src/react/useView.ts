'use client'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { ReadSource } from '../protocol/headers.js'
import { useTidemark } from './provider.js'
import type { RowOf, ViewName } from './register.js'
import { type ViewReadQuery, viewOptions } from './viewOptions.js'
import { type ColumnOf, queryString, type ViewQuery } from './viewQuery.js'

export interface UseViewOptions {
  /** False: nothing is read yet. */
  readonly enabled?: boolean
  /** While another query is read for the first time, the rows of the last one stay. */
  readonly keepPrevious?: boolean
}

export interface ViewResult<Row> {
  /** Until they are read for the first time there are none. A read that fails leaves those that were there. */
  readonly rows: readonly Row[] | undefined
  /** The rows equal the view's query as of then. */
  readonly asOf: Date | undefined
  /** How old they were at most when they were read. How old they are now, `useFreshness` tells. */
  readonly stalenessSeconds: number | undefined
  readonly source: ReadSource | undefined
  /** Of the last read: a `TidemarkRequestError` where the server answered, or could not be reached. */
  readonly error: Error | null
  readonly isPending: boolean
  readonly isFetching: boolean
  /** The rows are those of the query before (`keepPrevious`). */
  readonly isPrevious: boolean
  readonly refetch: () => Promise<void>
}

/** Reads a view, and reads it again when it has changed. */
export function useView<View extends ViewName, Column extends ColumnOf<RowOf<View>> = ColumnOf<RowOf<View>>>(
  view: View,
  query: ViewQuery<RowOf<View>, Column> = {},
  options: UseViewOptions = {},
): ViewResult<Pick<RowOf<View>, Column>> {
  const { live, queryClient } = useTidemark()
  const { enabled = true, keepPrevious = false } = options
  // Before the query, whose first read is to be noticed.
  useEffect(() => (enabled ? live.use(view, 'rows') : undefined), [live, view, enabled])
  const result = useQuery(
    {
      ...viewOptions(queryClient, live.requests, live.scope, view, queryString(query)),
      enabled,
      ...(keepPrevious ? { placeholderData: keepPreviousData } : {}),
      // What is current is known, and read again when it is not: nothing is gained by trying now and then.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnMount: (shown) =>
        live.follower.isCurrent(shown, view, (shown as ViewReadQuery).state.data) ? false : 'always',
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      refetchInterval: false,
    },
    queryClient,
  )
  // Each is looked up when it is asked for: a component is rendered again for what it uses, and for nothing else.
  return {
    get rows() {
      return result.data?.rows as readonly Pick<RowOf<View>, Column>[] | undefined
    },
    get asOf() {
      const asOf = result.data?.asOf
      return asOf == null ? undefined : new Date(asOf)
    },
    get stalenessSeconds() {
      return result.data?.stalenessSeconds ?? undefined
    },
    get source() {
      return result.data?.source ?? undefined
    },
    get error() {
      return result.error
    },
    get isPending() {
      return result.isPending
    },
    get isFetching() {
      return result.isFetching
    },
    get isPrevious() {
      return result.isPlaceholderData
    },
    refetch: async () => {
      await result.refetch()
    },
  }
}
