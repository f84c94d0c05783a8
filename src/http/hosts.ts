/**
 * Names that the server is called by. Whoever owns a name can have it lead to this machine after a browser has loaded a page from
 * it: to the browser that page and this server are of one origin then, and nothing else of a request says that they are not. The
 * header `Host` does, which no page can set. An address in place of a name leads nowhere else, and of `localhost` nobody is owner.
 */
import { isIP } from 'node:net'
import type { MiddlewareHandler } from 'hono'
import type { HostRules } from '../define/http-types.js'
import type { Asking } from './asking.js'
import { Problem } from './problem.js'

/** Of the header `Host`, as it came; null where there was none, which no browser leaves out. */
export type HostCheck = (host: string | null) => Problem | undefined

/** null: it goes by any name. */
export function hostCheck(rules: HostRules): HostCheck | null {
  if (rules === null || rules === '*') return null
  const known = new Set(['localhost', ...rules.map((host) => host.replace(/^\./, ''))])
  const above = ['.localhost', ...rules.filter((host) => host.startsWith('.'))]
  // Most requests call it as the one before did.
  let last: string | undefined
  return (host) => {
    if (host === null || host === '' || host === last) return undefined
    const name = nameOf(host)
    if (isIP(name) !== 0 || known.has(name) || above.some((end) => name.endsWith(end))) {
      last = host
      return undefined
    }
    return new Problem('HOST_UNKNOWN', `This server does not go by the name ${JSON.stringify(name.slice(0, 253))}.`, {
      hint: 'Where the name is yours, list it in `http.hosts` of the configuration.',
    })
  }
}

/** Whether a request says by itself that it calls the server by a name that it goes by. */
export function isKnown(check: HostCheck, { headers }: Asking): boolean {
  const host = headers.get('host')
  return host !== null && check(host) === undefined
}

export function knownHosts(check: HostCheck): MiddlewareHandler {
  return async (c, next) => {
    // With HTTP/2, the name is in the address alone.
    const refused = check(c.req.header('host') ?? new URL(c.req.url).host)
    if (refused !== undefined) throw refused
    await next()
  }
}

/** Without the port, and without the dot that may end a name. */
function nameOf(host: string): string {
  const address = /^\[([^\]]*)\](?::\d*)?$/.exec(host)?.[1]
  return (address ?? host.replace(/:\d*$/, '')).toLowerCase().replace(/\.$/, '')
}
