'use client'

import { useMutation } from '@tanstack/react-query'
import type { RefreshAnswer } from '../protocol/api.js'
import { useTidemark } from './provider.js'
import type { ViewName } from './register.js'
import { TidemarkRequestError } from './requestError.js'

export interface RefreshOptions {
  /** Recompute it whole. */
  readonly full?: boolean
}

export interface UseRefreshResult {
  /** Joins a refresh that is running. What goes wrong is in `error`. */
  readonly refresh: (options?: RefreshOptions) => void
  readonly isRefreshing: boolean
  readonly error: Error | null
  readonly answer: RefreshAnswer | undefined
}

/** Refreshes a view when somebody asks for it, and then reads what is shown of it. */
export function useRefresh(view: ViewName): UseRefreshResult {
  const { live, queryClient } = useTidemark()
  const { mutate, isPending, error, data } = useMutation<RefreshAnswer, Error, RefreshOptions>(
    {
      mutationKey: ['tidemark', live.scope, view, 'refresh'],
      mutationFn: async ({ full = false }) => succeeded(await live.refresh(view, full)),
      // It says at once that it cannot be reached, rather than to wait for that.
      networkMode: 'always',
    },
    queryClient,
  )
  return { refresh: (options = {}) => mutate(options), isRefreshing: isPending, error, answer: data }
}

/** The request was a success; the refresh may not have been. */
function succeeded(answer: RefreshAnswer): RefreshAnswer {
  if (answer.mode !== 'failed') return answer
  const { code = null, message = 'The refresh failed.', hint = null } = answer.error ?? {}
  throw new TidemarkRequestError(message, { status: 200, code, hint })
}
