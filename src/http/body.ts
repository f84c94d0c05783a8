import type { HttpLimits } from '../define/http-types.js'
import { Problem } from './problem.js'

/**
 * The JSON object in the body of a request; an empty body is an empty object. It is read no further than it may be long.
 * @throws Problem 400, 413 or 415.
 */
export async function jsonBody(request: Request, { maxBody }: HttpLimits): Promise<Readonly<Record<string, unknown>>> {
  const text = await textOf(request, maxBody)
  if (text.trim() === '') return {}
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new Problem('REQUEST_INVALID', 'The body has to be JSON: Content-Type: application/json.', { status: 415 })
  }
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem('REQUEST_INVALID', 'The body has to be a JSON object.')
  }
  return value as Record<string, unknown>
}

async function textOf(request: Request, most: number): Promise<string> {
  const tooLarge = new Problem('REQUEST_TOO_LARGE', `The body may have ${most} bytes.`)
  if (Number(request.headers.get('content-length') ?? 0) > most) throw tooLarge
  if (request.body === null) return ''
  const decoder = new TextDecoder()
  let bytes = 0
  let text = ''
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > most) throw tooLarge
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem('REQUEST_INVALID', 'The body is not JSON.')
  }
}

/** A field that is true, false or left out. */
export function flag(body: Readonly<Record<string, unknown>>, name: string): boolean | undefined {
  const value = Object.hasOwn(body, name) ? body[name] : undefined
  if (value === undefined || typeof value === 'boolean') return value
  throw new Problem('REQUEST_INVALID', `"${name}" is true or false.`)
}

export function onlyFields(body: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const unknown = Object.keys(body).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new Problem('REQUEST_INVALID', `The body has an unknown field "${unknown.slice(0, 100)}".`)
}
