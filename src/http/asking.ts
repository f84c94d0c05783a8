import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'

/** All that is looked at of a request for an answer that is remembered. A `Request` takes longer to make than the answer. */
export interface Asking {
  readonly method: string
  /** The path with the query, as it came. */
  readonly target: string
  readonly headers: Pick<Headers, 'get' | 'has'>
}

export function askingOf({ method, url, headers }: Request): Asking {
  return { method, target: targetOf(url), headers }
}

/** The path with the query, of a whole address. */
export function targetOf(url: string): string {
  return url.slice(url.indexOf('/', url.indexOf('://') + 3))
}

/** The same of a request as Node gives it. */
export class IncomingAsking implements Asking {
  constructor(private readonly incoming: IncomingMessage | Http2ServerRequest) {}

  get method(): string {
    return this.incoming.method ?? ''
  }

  get target(): string {
    return this.incoming.url ?? ''
  }

  get headers(): this {
    return this
  }

  /** @param name in small letters. */
  get(name: string): string | null {
    const value = this.incoming.headers[name]
    if (value === undefined) return null
    // Where credentials are given twice Node keeps the first of them, and a `Request` both, which are none.
    if (name === 'authorization') return valuesOf(this.incoming, name).join(', ')
    return typeof value === 'string' ? value : value.join(', ')
  }

  has(name: string): boolean {
    return this.incoming.headers[name] !== undefined
  }
}

function valuesOf({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>, name: string): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name)
}
