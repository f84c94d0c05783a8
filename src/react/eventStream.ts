import { EventParser, type StreamMessage } from './eventParser.js'

export interface EventStreamOptions {
  /** Called at least with each heartbeat; the first time, the stream is known to come through. */
  readonly onBytes: () => void
  readonly onMessage: (message: StreamMessage) => void
  /** Where to resume: whatever came before was handled. */
  readonly onCursor: (id: string) => void
  /** How long the server would have its clients wait before they come again, in milliseconds. */
  readonly onRetry: (milliseconds: number) => void
  /** The stream counts as broken when nothing came for so long. */
  readonly silenceMs: number
}

/**
 * Reads an answer to its end. Not an `EventSource`: that one cannot send an `Authorization` header. Rejects when the
 * stream breaks, or is silent; whoever aborts the request ends it too.
 */
export async function readEventStream(response: Response, options: EventStreamOptions): Promise<void> {
  const reader = response.body?.getReader()
  const parser = new EventParser()
  if (reader === undefined) return
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await withinSilence(reader, options.silenceMs)
      if (done) return
      options.onBytes()
      for (const message of parser.push(decoder.decode(value, { stream: true }))) options.onMessage(message)
      if (parser.retryMs !== undefined) options.onRetry(parser.retryMs)
      if (parser.lastId) options.onCursor(parser.lastId)
    }
  } finally {
    // It may be broken already, and is not read on in any case.
    reader.cancel().catch(() => {})
  }
}

async function withinSilence(reader: ReadableStreamDefaultReader<Uint8Array>, silenceMs: number) {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('The event stream fell silent.')), silenceMs)
  })
  try {
    return await Promise.race([reader.read(), silence])
  } finally {
    clearTimeout(timer)
  }
}
