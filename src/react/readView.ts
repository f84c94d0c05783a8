import { type ReadSource, readHeaders, readSources } from '../protocol/headers.js'
import { errorOf } from './requestError.js'
import type { Requests } from './requests.js'

/** What one read returned. Plain JSON: it travels from a server that rendered to the browser. */
export interface ViewRead {
  readonly rows: readonly unknown[]
  readonly asOf: string | null
  readonly stalenessSeconds: number | null
  readonly source: ReadSource | null
  readonly epoch: string | null
  readonly etag: string | null
}

/** A read that nobody answers is given up, so that the next one can begin. */
const timeLimitMs = 60_000

/** Reads a view; where nothing changed since `previous`, its rows are not sent again. */
export async function readView(
  requests: Requests,
  view: string,
  query: string,
  previous: ViewRead | undefined,
  signal: AbortSignal,
): Promise<ViewRead> {
  const limited = limit(signal)
  try {
    const response = await requests.send(`/rest/v1/${encodeURIComponent(view)}${query === '' ? '' : `?${query}`}`, {
      // The browser's own cache would answer with what `stale-while-revalidate` allows; the copy kept here is the cache.
      cache: 'no-store',
      headers: {
        Accept: 'application/json',
        ...(previous?.etag ? { 'If-None-Match': previous.etag } : {}),
      },
      signal: limited.signal,
    })
    if (response.status === 304 && previous !== undefined) return { ...previous, ...said(response.headers, previous) }
    if (!response.ok) throw await errorOf(response)
    const rows = (await response.json()) as readonly unknown[]
    return { rows, ...said(response.headers) }
  } finally {
    limited.release()
  }
}

/** What the headers say; of an answer without rows, what the rows came with holds where nothing else is said. */
function said(headers: Headers, previous?: ViewRead): Omit<ViewRead, 'rows'> {
  const staleness = headers.get(readHeaders.staleness)
  return {
    asOf: headers.get(readHeaders.asOf) ?? previous?.asOf ?? null,
    stalenessSeconds: staleness === null || Number.isNaN(Number(staleness)) ? null : Number(staleness),
    source: readSources.find((source) => source === headers.get(readHeaders.source)) ?? previous?.source ?? null,
    epoch: headers.get(readHeaders.epoch) ?? previous?.epoch ?? null,
    etag: headers.get('ETag') ?? previous?.etag ?? null,
  }
}

function limit(signal: AbortSignal): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const abort = () => controller.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  const timer = setTimeout(
    () => controller.abort(new DOMException('The read took too long.', 'TimeoutError')),
    timeLimitMs,
  )
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    },
  }
}
