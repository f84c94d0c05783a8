import type { Query, QueryClient, QueryFunctionContext } from '@tanstack/react-query'
import { backoff } from './backoff.js'
import { readView, type ViewRead } from './readView.js'
import { TidemarkRequestError } from './requestError.js'
import type { Requests } from './requests.js'
import { type ViewKey, viewKey } from './viewKey.js'

export type ViewReadQuery = Query<ViewRead, Error, ViewRead, ViewKey>

const retry = { initialMs: 500, maxMs: 10_000, most: 3 }

/** How TanStack Query reads a view, on a server as in a browser. */
export function viewOptions(queryClient: QueryClient, requests: Requests, scope: string, view: string, query: string) {
  const queryKey = viewKey(scope, view, query)
  return {
    queryKey,
    queryFn: ({ signal }: QueryFunctionContext<ViewKey>) =>
      readView(requests, view, query, queryClient.getQueryData<ViewRead>(queryKey), signal),
    retry: (failures: number, error: Error) => failures < retry.most && isPassing(error),
    retryDelay: (failures: number, error: Error) => Math.max(backoff(failures, retry), retryAfter(error)),
  }
}

function isPassing(error: Error): boolean {
  return error instanceof TidemarkRequestError && error.isPassing
}

function retryAfter(error: Error): number {
  return error instanceof TidemarkRequestError ? (error.retryAfterMs ?? 0) : 0
}
