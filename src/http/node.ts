import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { getRequestListener } from '@hono/node-server'
import { IncomingAsking } from './asking.js'
import type { Handler } from './handler.js'

/** A `Handler`, or what answers requests and remembers nothing. */
export interface Answering {
  readonly fetch: (request: Request, env: object) => Response | Promise<Response>
  readonly recall?: Handler['recall']
  readonly answer?: (request: Request, env: object) => Response | Promise<Response>
}

export interface NodeListenerOptions {
  /** Of requests that name no host, as HTTP/1.0 allows. Default: they are refused. */
  readonly hostname?: string
  /** Has the process use classes of its own as `Request` and `Response`, which are quicker to make. Default `false`. */
  readonly overrideGlobalObjects?: boolean
}

/**
 * Answers the requests of Node's own servers, and of what is built upon them, such as Express and Fastify. What is remembered
 * is written at once, without a `Request` and a `Response` made for it.
 */
export function nodeListener(
  { fetch, recall, answer = fetch }: Answering,
  { hostname, overrideGlobalObjects = false }: NodeListenerOptions = {},
): (incoming: IncomingMessage | Http2ServerRequest, outgoing: ServerResponse | Http2ServerResponse) => void {
  const listener = getRequestListener(recall === undefined ? fetch : answer, {
    overrideGlobalObjects,
    ...(hostname === undefined ? {} : { hostname }),
  })
  return (incoming, outgoing) => {
    const remembered = recall?.(new IncomingAsking(incoming))
    if (remembered === undefined) {
      void listener(incoming, outgoing)
      return
    }
    const { head, body } = remembered
    // Of one signature each: their types do not overlap, what they take does.
    const response = outgoing as ServerResponse
    response.writeHead(head.status, head.written as string[])
    response.end(body ?? '', head.encoding)
  }
}
