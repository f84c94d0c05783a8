import { errorCodes } from '../../protocol/errors.js'
import type { LiveEvent } from '../../protocol/events.js'
import { withoutDetails } from '../visible.js'
import { bytesOf, frame, framesAt } from './frames.js'

/** One stream: it takes bytes, and says whether it still can. */
export interface Listener {
  /** @returns false when it has been given up: it did not take what it was sent before. */
  send(bytes: Uint8Array): boolean
  end(): void
}

/** Which events somebody is told, and how much of them. */
export interface Interest {
  /** Names of views; null: all. */
  readonly views: ReadonlySet<string> | null
  /** Errors in full. */
  readonly detailed: boolean
}

export function keyOf({ views, detailed }: Interest): string {
  return JSON.stringify([detailed, views === null ? null : [...views].sort()])
}

/** Those who are told the same: what they hear is made once, and they share its bytes. */
export class Audience {
  readonly listeners = new Set<Listener>()

  constructor(private readonly interest: Interest) {}

  /** The events that are for them; null where there are none. */
  compose(events: readonly LiveEvent[], position: string): Uint8Array | null {
    const frames = this.#framesOf(events)
    return frames.length === 0 ? null : bytesOf(framesAt(frames, position))
  }

  /** The same for one who was away: where it goes on from is said in any case. */
  composePast(events: readonly LiveEvent[], position: string): Uint8Array {
    return bytesOf(framesAt(this.#framesOf(events), position))
  }

  send(bytes: Uint8Array): void {
    for (const listener of this.listeners) if (!listener.send(bytes)) this.listeners.delete(listener)
  }

  #framesOf(events: readonly LiveEvent[]): string[] {
    return events.filter((event) => this.#concerns(event)).map((event) => frame(this.#shown(event)))
  }

  #concerns(event: LiveEvent): boolean {
    return !('view' in event) || this.interest.views === null || this.interest.views.has(event.view)
  }

  #shown(event: LiveEvent): LiveEvent {
    if (this.interest.detailed) return event
    if (event.type === 'failed') return { ...event, error: withoutDetails(event.error) }
    if (event.type !== 'stale' && event.type !== 'alert') return event
    const { error } = event.alert
    if (error === undefined) return event
    // Its message quotes the error.
    return { ...event, alert: { ...event.alert, error: withoutDetails(error), message: errorCodes[error.code] } }
  }
}
