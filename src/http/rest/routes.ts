import { Hono } from 'hono'
import { type Asking, askingOf } from '../asking.js'
import type { Also } from './also.js'
import type { RestContext } from './context.js'
import { restError } from './errors.js'
import { errorResponse, restErrorOf } from './failure.js'
import { RatePerMinute } from './rate.js'
import { readView, recallView } from './readView.js'
import { type Remembered, responseOf } from './remembered.js'
import { Understanding } from './understand.js'

const allowed = { allow: 'GET, HEAD, OPTIONS' }

export interface ReadOne {
  /** Answers GET and HEAD of one view, with an error too. */
  readonly answer: (request: Request, name: string) => Promise<Response>
  /** Answers GET at once, where the answer is remembered. */
  readonly recall: (asking: Asking, name: string, also: Also | undefined) => Remembered | undefined
}

export function readOne(context: RestContext): ReadOne {
  const rate = new RatePerMinute(context.fresh?.perMinute ?? 0)
  const understanding = new Understanding(context.limits.maxRows)
  const reading = { ...context, rate, understanding }
  const failed = (error: unknown, request: Request): Response => errorResponse(restErrorOf(error, request, context.log))
  return {
    answer: (request, name) => readView(reading, request, name).catch((error: unknown) => failed(error, request)),
    recall: (asking, name, also) => {
      try {
        return recallView(reading, asking, name, also)
      } catch {
        // Whoever answers it otherwise finds the same, and tells it.
        return undefined
      }
    },
  }
}

/** Views, read in PostgREST's grammar: to be mounted at `/rest/v1`. */
export function restRoutes(context: RestContext, read: ReadOne = readOne(context)): Hono {
  const app = new Hono()
  app.onError((error, c) => errorResponse(restErrorOf(error, c.req.raw, context.log)))
  app.all('/', () => {
    throw nothing('A view is read at its name.')
  })
  app.all('/rpc/*', () => {
    throw restError(400, 'PGRST202', 'Functions are not called over HTTP', {
      hint: 'Define a view of what the function returns.',
    })
  })
  app.get('/:view', (c) => {
    const request = c.req.raw
    const name = c.req.param('view')
    const remembered = request.method === 'GET' ? read.recall(askingOf(request), name, undefined) : undefined
    return remembered === undefined ? read.answer(request, name) : responseOf(remembered)
  })
  app.options('/:view', () => new Response(null, { status: 204, headers: allowed }))
  app.all('/:view', (c) => {
    throw restError(405, 'PGRST117', `${c.req.method} is not supported`, {
      details: 'Views are read with GET and HEAD only.',
      hint: 'Rows are written to the tables that a view reads. Tidemark brings the view up to date.',
      headers: allowed,
    })
  })
  app.all('*', () => {
    throw nothing('A view is read at its name: there are no paths below it.')
  })
  return app
}

function nothing(details: string): Error {
  return restError(404, 'PGRST125', 'There is nothing at this path', { details })
}
