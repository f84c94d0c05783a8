import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { CorsRules } from '../define/http-types.js'
import { readHeaders } from '../protocol/headers.js'
import type { Asking } from './asking.js'
import { Problem } from './problem.js'
import type { Also } from './rest/also.js'

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
    exposeHeaders: exposed,
  })
}

const exposed = [
  ...Object.values(readHeaders),
  'Content-Range',
  'Content-Location',
  'Preference-Applied',
  'Age',
  'ETag',
  'Retry-After',
  'WWW-Authenticate',
]

/**
 * What `crossOrigin` has an answer say, known before there is one: a header that is added to an answer costs a server more than
 * all else of a read that is answered from memory.
 */
export function crossOriginSayings({ origins, credentials }: CorsRules): (request: Pick<Asking, 'headers'>) => Also {
  const saying = (allowed: string | null): Also => ({
    headers: {
      ...(allowed === null ? {} : { 'Access-Control-Allow-Origin': allowed }),
      ...(credentials ? { 'Access-Control-Allow-Credentials': 'true' } : {}),
      'Access-Control-Expose-Headers': exposed.join(','),
    },
    vary: origins === '*' ? null : 'Origin',
  })
  const toOthers = saying(origins === '*' ? '*' : null)
  if (origins === '*') return () => toOthers
  const known = new Map(origins.map((origin) => [origin, saying(origin)]))
  return (request) => known.get(request.headers.get('origin') ?? '') ?? toOthers
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

function isExpected({ headers }: Request, rules: CorsRules | null): boolean {
  const site = headers.get('sec-fetch-site')
  if (site === 'same-origin') return true
  const origin = headers.get('origin')
  // What the browser says of itself counts for more than two names that look alike: one may be without encryption.
  const unsaid = site === null || site === 'none'
  if (origin === null) return unsaid
  // Behind a proxy, the address of the request is the server's own; the host is what the browser asked for.
  if (unsaid && URL.canParse(origin) && new URL(origin).host === headers.get('host')) return true
  if (rules === null || (rules.origins !== '*' && !rules.origins.includes(origin))) return false
  return rules.credentials || !isByBrowser(headers)
}

/**
 * Credentials that a browser sends by itself. A page needs no leave to have them sent with a form: only to read the answer,
 * which is too late where it is the request that matters.
 */
function isByBrowser(headers: Headers): boolean {
  const cookie = headers.get('cookie')
  if (cookie !== null && cookie !== '') return true
  return /^(?:basic|digest|negotiate|ntlm)\b/i.test(headers.get('authorization') ?? '')
}
