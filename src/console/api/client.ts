import { errorOf } from '../../react/requestError.js'
import { Requests } from '../../react/requests.js'
import { currentToken, tokenRefused } from './token.js'

/** The console stands beside the API, under whatever path both are mounted. */
const base = new URL('../', document.baseURI)

const send: typeof fetch = async (input, init) => {
  const token = currentToken()
  // What is asked for again has changed: a copy in the browser's cache has to be compared with it first.
  const response = await fetch(input, { cache: 'no-cache', ...init })
  if (response.status === 401) tokenRefused(token)
  return response
}

export const requests = new Requests({ url: base.href, getToken: currentToken, fetch: send })

export function request(path: string, init: RequestInit = {}): Promise<Response> {
  return requests.send(`/${path}`, init)
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
