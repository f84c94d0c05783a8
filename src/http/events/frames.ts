/** Server-sent events as bytes: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import type { LiveEvent } from '../../protocol/events.js'

const encoder = new TextEncoder()

/** How long clients wait before they come again. */
const retryMs = 1_000

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}

export function frame(event: LiveEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

/**
 * The events with the position behind them, which stands with the last one alone: a client that is cut off before is told
 * all of them again. A position without an event is remembered, and dispatches none.
 */
export function framesAt(frames: readonly string[], position: string): string {
  const last = frames.at(-1) ?? '\n'
  return `${frames.slice(0, -1).join('')}id: ${position}\n${last}`
}

/** What a stream begins with: proxies and browsers pass it on at once. */
export const greeting = bytesOf(`retry: ${retryMs}\n\n`)

export const silence = bytesOf(':\n\n')

export function heartbeat(position: string): Uint8Array {
  return bytesOf(`:\nid: ${position}\n\n`)
}
