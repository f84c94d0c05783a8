import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { CorsRules } from '../define/http-types.js'
import { readHeaders } from '../protocol/headers.js'
import { Problem } from './problem.js'

/** Of every answer; a page sets its own policy for what it loads. */
export const everywhere = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const

export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  const { headers } = c.res
  for (const [name, value] of Object.entries(everywhere)) if (!headers.has(name)) headers.set(name, value)
}

/** Which pages of other origins may call. */
export function crossOrigin({ origins, credentials, maxAgeSeconds }: CorsRules): MiddlewareHandler {
  return cors({
    origin: origins === '*' ? '*' : [...origins],
    credentials,
    maxAge: maxAgeSeconds,
    allowMethods: ['GET', 'HEAD', 'POST', 'OPTIONS'],
    exposeHeaders: [
      ...Object.values(readHeaders),
      'Content-Range',
      'Content-Location',
      'Preference-Applied',
      'Age',
      'ETag',
      'Retry-After',
      'WWW-Authenticate',
    ],
  })
}

/**
 * A page of another origin can have a browser send a POST with the cookies of its user, or to a server on the user's own
 * machine. Browsers say where it comes from; other clients say nothing, and are none.
 */
export function foreignPosts(rules: CorsRules | null): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.method === 'POST' && !isExpected(c.req.raw, rules)) {
      throw new Problem('FORBIDDEN', 'Pages of this origin may not call.')
    }
    await next()
  }
}

function isExpected(request: Request, rules: CorsRules | null): boolean {
  const origin = request.headers.get('origin')
  if (origin === null) return request.headers.get('sec-fetch-site') !== 'cross-site'
  if (rules !== null && (rules.origins === '*' || rules.origins.includes(origin))) return true
  if (request.headers.get('sec-fetch-site') === 'same-origin') return true
  // Behind a proxy, the address of the request is the server's own; the host is what the browser asked for.
  return URL.canParse(origin) && new URL(origin).host === request.headers.get('host')
}
