import type { ProblemBody } from '../../protocol/api.js'
import { currentToken, tokenRefused } from './token.js'

/** The server answered, but not with what was asked for. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: string | undefined,
    readonly hint: string | undefined,
  ) {
    super(message)
  }
}

/** The server did not answer. */
export class Unreachable extends Error {}

/** The console stands beside the API, under whatever path both are mounted. */
const base = new URL('../', document.baseURI)

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const token = currentToken()
  const headers = new Headers(init.headers)
  if (token !== null) headers.set('authorization', `Bearer ${token}`)
  let response: Response
  try {
    // What is asked for again has changed: a copy in the browser's cache has to be compared with it first.
    response = await fetch(new URL(path, base), { cache: 'no-cache', ...init, headers })
  } catch (cause) {
    if (init.signal?.aborted) throw cause
    throw new Unreachable('The server does not answer.', { cause })
  }
  if (response.status === 401) tokenRefused(token)
  return response
}

/** The offset of the server's clock from this one, in ms, where it is worth a correction. */
let clockOffset = 0

/** The server's time, in ms. */
export function serverNow(): number {
  return Date.now() + clockOffset
}

export async function getJson<Body>(path: string, signal?: AbortSignal): Promise<Body> {
  const response = await request(path, signal === undefined ? {} : { signal })
  noteClock(response)
  return await answer<Body>(response)
}

export async function postJson<Body>(path: string, body: object = {}): Promise<Body> {
  const response = await request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return await answer<Body>(response)
}

async function answer<Body>(response: Response): Promise<Body> {
  if (!response.ok) throw await errorOf(response)
  return (await response.json()) as Body
}

export async function errorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as Partial<ProblemBody> & { message?: string }
  const message = body.detail ?? body.message ?? body.title ?? `The server answered ${response.status}.`
  return new ApiError(response.status, message, body.code, body.hint ?? undefined)
}

function noteClock(response: Response): void {
  const date = response.headers.get('date')
  if (date === null) return
  const offset = Date.parse(date) - Date.now()
  // The header counts whole seconds, and the answer was on its way.
  if (Math.abs(offset) > 3_000) clockOffset = offset
}

/** A view's name as a part of a path. */
export function segment(name: string): string {
  return encodeURIComponent(name)
}
