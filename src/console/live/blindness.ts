import type { QueryCacheNotifyEvent } from '@tanstack/react-query'
import type { LiveEvent } from '../../protocol/events.js'
import { TidemarkRequestError } from '../../react/requestError.js'

/** Answered without the database, or out of a cache. */
const answeredWithout: readonly unknown[] = ['deployment', 'rows']

/** Since when the server has not heard from its database, after an event; null: it hears. */
export function blindAfter(since: string | null, event: LiveEvent): string | null {
  switch (event.type) {
    case 'unwatched':
      return since ?? event.at
    case 'freshness':
    case 'refreshed':
    case 'failed':
    case 'reset':
      return null
    default:
      return since
  }
}

/** The same, after an answer: before a stream has told anything, only those say. */
export function blindAfterAnswer(since: string | null, event: QueryCacheNotifyEvent): string | null {
  if (event.type !== 'updated') return since
  const { action, query } = event
  if (action.type === 'error') {
    const { error } = action
    const isAway = error instanceof TidemarkRequestError && error.code === 'DATABASE_UNREACHABLE'
    return isAway ? (since ?? new Date().toISOString()) : since
  }
  const isNews = action.type === 'success' && action.manual !== true && !answeredWithout.includes(query.queryKey[0])
  return isNews ? null : since
}
