import { errorCodes } from '../../protocol/errors.js'
import type { LiveEvent } from '../../protocol/events.js'
import { withoutDetails, withoutErrorDetails } from '../visible.js'
import { bytesOf, frame, framesAt } from './frames.js'

/** One stream: it takes bytes, and says whether it still can. */
export interface Listener {
  /** @returns false when it has been given up: it did not take what it was sent before. */
  send(bytes: Uint8Array): boolean
  end(): void
}

/** Which events somebody is told, and how much of them. */
export interface Interest {
  /** Names of views, each with the names that it was asked for by, which it is told by; null: all. */
  readonly views: ReadonlyMap<string, readonly string[]> | null
  /** Errors in full. */
  readonly detailed: boolean
}

export function keyOf({ views, detailed }: Interest): string {
  return JSON.stringify([detailed, views === null ? null : [...views].sort(([one], [other]) => (one < other ? -1 : 1))])
}

/** Those who are told the same: what they hear is made once, and they share its bytes. */
export class Audience {
  readonly listeners = new Set<Listener>()
  /** Those of them who were not told yet how fresh their views are. */
  readonly newcomers = new Set<Listener>()

  constructor(readonly interest: Interest) {}

  /** The events that are for them; null where there are none. */
  compose(events: readonly LiveEvent[], position: string): Uint8Array | null {
    const frames = this.#framesOf(events)
    return frames.length === 0 ? null : bytesOf(framesAt(frames, position))
  }

  /** The same for one who was away: where it goes on from is said in any case. */
  composePast(events: readonly LiveEvent[], position: string): Uint8Array {
    return bytesOf(framesAt(this.#framesOf(events), position))
  }

  /** The same without a position, of what is not part of the history. */
  composeAside(events: readonly LiveEvent[]): Uint8Array | null {
    const frames = this.#framesOf(events)
    return frames.length === 0 ? null : bytesOf(frames.join(''))
  }

  send(bytes: Uint8Array, to: Iterable<Listener> = this.listeners): void {
    for (const listener of to) if (!listener.send(bytes)) this.leave(listener)
  }

  leave(listener: Listener): void {
    this.listeners.delete(listener)
    this.newcomers.delete(listener)
  }

  #framesOf(events: readonly LiveEvent[]): string[] {
    return events.flatMap((event) => this.#named(event)).map((event) => frame(this.#shown(event)))
  }

  /** As those call the view who asked for it; nothing where nobody did. */
  #named(event: LiveEvent): readonly LiveEvent[] {
    if (event.type === 'deployment' && !this.interest.detailed) return []
    // Who may read what is nobody's business but theirs who run it.
    if (event.type === 'alert' && event.alert.kind === 'warning' && !this.interest.detailed) return []
    if (!('view' in event) || this.interest.views === null) return [event]
    return (this.interest.views.get(event.view) ?? []).map((view) => ({ ...event, view }))
  }

  #shown(event: LiveEvent): LiveEvent {
    if (this.interest.detailed) return event
    if (event.type === 'failed') return { ...event, error: withoutDetails(event.error) }
    if (event.type === 'freshness') return { ...event, freshness: withoutErrorDetails(event.freshness) }
    if (event.type !== 'stale' && event.type !== 'alert') return event
    const { error } = event.alert
    if (error === undefined) return event
    // Its message quotes the error.
    return { ...event, alert: { ...event.alert, error: withoutDetails(error), message: errorCodes[error.code] } }
  }
}
