import type { LiveEvent } from '../../protocol/events.js'
import { shownError } from '../visible.js'

/** As `tidemark.events_since` tells it: times are in the zone of the session, and errors have more than travels. */
export type StoredEvent = Exclude<
  LiveEvent,
  { readonly type: 'views' | 'reset' | 'freshness' | 'unwatched' | 'deployment' }
>

export function eventOf(event: StoredEvent): LiveEvent {
  const at = isoTime(event.at)
  switch (event.type) {
    case 'refreshed':
      return { ...event, at, asOf: isoTime(event.asOf) }
    case 'failed':
      return { ...event, at, error: shownError(event.error) }
    default:
      return { ...event, at }
  }
}

function isoTime(text: string): string {
  return new Date(text).toISOString()
}
