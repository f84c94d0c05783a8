/** Errors as answers: RFC 9457, and nothing in them that is not the caller's business. */
import { randomUUID } from 'node:crypto'
import { databaseError } from '../engine/databaseError.js'
import type { ProblemBody } from '../protocol/api.js'
import { type ErrorCode, type ErrorDetails, errorCodes, TidemarkError } from '../protocol/errors.js'
import type { Log } from '../worker/events.js'

/** The status that an error of each code is answered with. */
export const statuses: Readonly<Record<ErrorCode, number>> = {
  USAGE_INVALID: 400,
  FILE_EXISTS: 500,
  FILE_UNWRITABLE: 500,
  CONFIG_INVALID: 500,
  CONFIG_NOT_FOUND: 500,
  QUERY_FILE_NOT_FOUND: 500,
  QUERY_INVALID: 500,
  QUERY_NOT_SELECT: 500,
  DUPLICATE_VIEW: 500,
  DEPENDENCY_CYCLE: 500,
  UNKNOWN_VIEW: 404,
  KEY_MISSING: 500,
  KEY_INVALID: 500,
  KEY_NOT_UNIQUE: 500,
  NAME_TAKEN: 500,
  INDEX_INVALID: 500,
  BUILD_FAILED: 500,
  DATABASE_URL_MISSING: 500,
  DATABASE_UNREACHABLE: 503,
  DATABASE_AUTHENTICATION: 503,
  POSTGRES_TOO_OLD: 500,
  PRIVILEGE_MISSING: 403,
  LOCK_TIMEOUT: 503,
  CATALOG_NEWER: 500,
  REQUEST_INVALID: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  HOST_UNKNOWN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TOO_LARGE: 413,
  TOO_MANY_REQUESTS: 429,
  OVERLOADED: 503,
  ADDRESS_TAKEN: 500,
  NOT_DEPLOYED: 503,
  SOURCE_CHANGED: 500,
  STORAGE_CHANGED: 500,
  REFRESH_FAILED: 500,
  REFRESH_TIMEOUT: 504,
  REFRESH_NEEDS_SNAPSHOT: 500,
  DEPENDENT_BLOCKS: 500,
  READ_INVALID: 400,
  READ_COLUMN_UNKNOWN: 400,
  READ_TIMEOUT: 504,
  READ_STALE: 503,
  READ_BEHIND: 503,
  WRITE_TOKEN_MISSING: 500,
  LIVE_REFUSED: 409,
  EMBEDDED_SERVER: 500,
  INTERNAL: 500,
}

/** Codes whose messages are our own words about the request. Others may quote PostgreSQL, and with it data or queries. */
const spoken: ReadonlySet<ErrorCode> = new Set([
  'UNKNOWN_VIEW',
  'REQUEST_INVALID',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'REQUEST_TOO_LARGE',
  'TOO_MANY_REQUESTS',
  'OVERLOADED',
])

interface ProblemDetails extends ErrorDetails {
  readonly headers?: Readonly<Record<string, string>>
  /** Where it is not that of the code. */
  readonly status?: number
}

/** An error that was made to be answered: its message may be seen by whoever asked. */
export class Problem extends TidemarkError {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, message: string, details: ProblemDetails = {}) {
    super(code, message, details)
    this.status = details.status ?? statuses[code]
    this.headers = details.headers ?? (this.status === 503 ? retryLater : {})
  }
}

const retryLater = { 'retry-after': '1' }

export function notDeployed(): Problem {
  return new Problem('NOT_DEPLOYED', 'The database has no Tidemark catalog yet.', { hint: 'Run: tidemark apply' })
}

/** Any error as one that may be seen. What stays hidden is written to the log, with the mark that the answer has. */
export function problemOf(error: unknown, log: Log): Problem {
  if (error instanceof Problem) return error
  const known = databaseError(error)
  const { code, message, hint, view } = known
  if (spoken.has(code)) {
    return new Problem(code, message, {
      ...(hint === undefined ? {} : { hint }),
      ...(view === undefined ? {} : { view }),
    })
  }
  const mark = randomUUID()
  const level = statuses[code] === 500 ? 'error' : 'warn'
  log[level]({ mark, code, error: message, ...stackOf(known) }, 'a request could not be answered')
  return new Problem(code, errorCodes[code], { hint: `The server's log has more of it: ${mark}` })
}

function stackOf(error: TidemarkError): { stack?: string } {
  const cause = error.code === 'INTERNAL' ? error.cause : undefined
  return cause instanceof Error && cause.stack !== undefined ? { stack: cause.stack } : {}
}

export function problemResponse(problem: Problem): Response {
  const body: ProblemBody = {
    type: `urn:tidemark:error:${problem.code}`,
    title: errorCodes[problem.code],
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
  }
  return new Response(JSON.stringify(body), {
    status: problem.status,
    headers: { ...problem.headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  })
}
