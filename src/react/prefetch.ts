import type { QueryClient } from '@tanstack/react-query'
import type { RowOf, ViewName } from './register.js'
import { type RequestOptions, Requests } from './requests.js'
import { viewOptions } from './viewOptions.js'
import { type ColumnOf, queryString, type ViewQuery } from './viewQuery.js'

export interface PrefetchOptions extends RequestOptions {
  /** The same as the provider's. */
  readonly scope?: string
}

/**
 * Reads a view on the server, into the QueryClient that is dehydrated for the page. It is the same read where the query
 * is equal. What fails is left to the browser, which reads it again.
 */
export async function prefetchView<View extends ViewName>(
  queryClient: QueryClient,
  options: PrefetchOptions,
  view: View,
  query: ViewQuery<RowOf<View>, ColumnOf<RowOf<View>>> = {},
): Promise<void> {
  const { scope = '', ...request } = options
  await queryClient.prefetchQuery({
    ...viewOptions(queryClient, new Requests(request), scope, view, queryString(query)),
    // A page that waits for its data is late; the browser tries again.
    retry: false,
  })
}
