import { serverError } from '../../engine/databaseError.js'
import { TidemarkError } from '../../protocol/errors.js'
import type { Log } from '../../worker/events.js'
import { problemOf } from '../problem.js'
import { everywhere } from '../security.js'
import { RestError, type RestErrorDetails, restError } from './errors.js'

/** Any error, as what PostgREST's clients understand. What is not the caller's business is logged, and not told. */
export function restErrorOf(error: unknown, request: Request, log: Log): RestError {
  if (error instanceof RestError) return error
  // Nobody is there to read it: what counts is that nothing is logged.
  if (request.signal.aborted) return new RestError(499, '57014', 'The request was given up by the client.')
  const read = error instanceof TidemarkError ? readError(error) : undefined
  if (read !== undefined) return read
  const { code, message, hint, status, headers } = problemOf(error, log)
  const details: RestErrorDetails = { hint, headers, cause: error }
  switch (code) {
    case 'UNKNOWN_VIEW':
      return restError(404, 'PGRST205', message, details)
    case 'UNAUTHENTICATED':
      return restError(401, hasToken(request) ? 'PGRST301' : 'PGRST302', message, details)
    case 'FORBIDDEN':
      return new RestError(403, '42501', message, details)
    case 'PRIVILEGE_MISSING':
      return hasToken(request)
        ? new RestError(403, '42501', 'Permission denied.', details)
        : new RestError(401, '42501', 'Permission denied.', { ...details, headers: { 'www-authenticate': 'Bearer' } })
    case 'OVERLOADED':
      return restError(503, 'PGRST003', message, details)
    case 'DATABASE_UNREACHABLE':
    case 'DATABASE_AUTHENTICATION':
    case 'NOT_DEPLOYED':
      return restError(503, 'PGRST000', message, details)
    case 'INTERNAL':
      return restError(500, 'PGRSTX00', message, details)
    default:
      return new RestError(status, code, message, details)
  }
}

/** Errors that are about what was asked for: they are told in PostgreSQL's words, with its code. */
function readError({ code, message, hint, cause }: TidemarkError): RestError | undefined {
  const server = cause === undefined ? undefined : serverError(cause)
  const details: RestErrorDetails = { details: server?.detail, hint: server === undefined ? hint : server.hint, cause }
  switch (code) {
    case 'READ_INVALID':
      return new RestError(400, server?.code ?? 'PGRST100', message, details)
    case 'READ_COLUMN_UNKNOWN':
      return new RestError(400, server?.code ?? '42703', message, details)
    case 'READ_TIMEOUT':
      return new RestError(504, server?.code ?? '57014', message, {
        ...details,
        hint: 'Ask for fewer rows, or give the view an index for this filter.',
      })
    case 'READ_STALE':
    case 'READ_BEHIND':
      return new RestError(503, code, message, { ...details, headers: { 'retry-after': '1' } })
    case 'LIVE_REFUSED':
      return new RestError(409, code, message, details)
    default:
      return undefined
  }
}

function hasToken(request: Request): boolean {
  return request.headers.has('authorization') || request.headers.has('apikey')
}

export function errorResponse(error: RestError): Response {
  return new Response(JSON.stringify(error.body), {
    status: error.status,
    headers: {
      ...everywhere,
      ...error.headers,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    },
  })
}
