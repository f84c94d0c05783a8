import type { Listener } from './audience.js'

/** What a client may lag behind: beyond that it is given up, and told the rest when it comes again. */
const mostBehindBytes = 256 * 1024

export interface EventStream extends Listener {
  readonly body: ReadableStream<Uint8Array>
}

export interface StreamEvents {
  /** It has ended, whoever ended it. */
  readonly onEnd: () => void
  /** It did not take what it was sent. */
  readonly onDropped: () => void
  /** Ends the connection under it. Closing the stream would wait until the client has taken all of it. */
  readonly destroy: (() => void) | undefined
}

/** A stream of bytes that never waits for its reader. */
export function openStream({ onEnd, onDropped, destroy }: StreamEvents): EventStream {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const finish = (how: (open: ReadableStreamDefaultController<Uint8Array>) => void): void => {
    const open = controller
    if (open === undefined) return
    controller = undefined
    how(open)
    onEnd()
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start: (opened) => {
        controller = opened
      },
      cancel: () => finish(() => undefined),
    },
    { highWaterMark: mostBehindBytes, size: (chunk) => chunk.byteLength },
  )
  return {
    body,
    send: (bytes) => {
      if (controller === undefined) return false
      const room = controller.desiredSize ?? 0
      // What is larger than all it may lag behind is still taken by one who does not.
      if (bytes.byteLength <= room || room === mostBehindBytes) {
        controller.enqueue(bytes)
        return true
      }
      onDropped()
      finish((open) => {
        if (destroy === undefined) open.error(new Error('the client was too slow'))
        else destroy()
      })
      return false
    },
    end: () => finish((open) => open.close()),
  }
}
