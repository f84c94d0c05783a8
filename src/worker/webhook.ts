import { setTimeout as delay } from 'node:timers/promises'
import type { Webhook } from '../define/types.js'
import type { Alert } from '../protocol/alert.js'
import { Backoff } from './backoff.js'

/** Tries in all, and the waits between them. */
const attempts = 4
const firstWaitMs = 500
const longestWaitMs = 30_000

/**
 * Posts one alert, again when it does not arrive.
 * @returns null when it was taken, else why not, in words that hold neither the address nor a header: both are secrets.
 */
export async function postAlert(webhook: Webhook, alert: Alert, signal: AbortSignal): Promise<string | null> {
  const backoff = new Backoff(firstWaitMs, longestWaitMs)
  for (let attempt = 1; ; attempt++) {
    const outcome = await post(webhook, alert, signal)
    if (outcome.delivered) return null
    if (!outcome.again || attempt === attempts || signal.aborted) return outcome.why
    await delay(backoff.next(), undefined, { signal }).catch(() => undefined)
  }
}

type Outcome =
  | { readonly delivered: true }
  | { readonly delivered: false; readonly why: string; readonly again: boolean }

async function post(webhook: Webhook, alert: Alert, signal: AbortSignal): Promise<Outcome> {
  try {
    const response = await fetch(webhook.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'tidemark', ...webhook.headers },
      body: JSON.stringify(alert),
      signal: AbortSignal.any([signal, AbortSignal.timeout(webhook.timeoutMs)]),
    })
    // What it says is of no use, and must not keep the connection.
    await response.body?.cancel()
    if (response.ok) return { delivered: true }
    const again = response.status >= 500 || response.status === 429 || response.status === 408
    return { delivered: false, why: `it answered ${response.status}`, again }
  } catch (error) {
    return { delivered: false, why: reason(error, webhook), again: true }
  }
}

/** The code alone, such as ECONNREFUSED: messages of fetch can repeat the address. */
function reason(error: unknown, webhook: Webhook): string {
  if (!(error instanceof Error)) return 'it could not be reached'
  if (error.name === 'TimeoutError') return `it did not answer within ${webhook.timeoutMs} ms`
  if (error.name === 'AbortError') return 'the worker stopped'
  const { code } = (error.cause ?? error) as { code?: unknown }
  return typeof code === 'string' ? code : 'it could not be reached'
}
