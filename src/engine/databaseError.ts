import { type ErrorCode, TidemarkError } from '../protocol/errors.js'

interface ServerError {
  readonly code?: string
  readonly message: string
  readonly detail?: string
  readonly hint?: string
  readonly position?: string
}

/** What a SQLSTATE, or a network error's code, means to us. SQLSTATE decides, never a message's text. */
const codes: Readonly<Record<string, ErrorCode>> = {
  TM001: 'UNKNOWN_VIEW',
  TM002: 'SOURCE_CHANGED',
  TM003: 'REFRESH_NEEDS_SNAPSHOT',
  TM004: 'LIVE_REFUSED',
  TM005: 'STORAGE_CHANGED',
  '28000': 'DATABASE_AUTHENTICATION',
  '28P01': 'DATABASE_AUTHENTICATION',
  '3D000': 'DATABASE_UNREACHABLE',
  '42501': 'PRIVILEGE_MISSING',
  '55P03': 'LOCK_TIMEOUT',
  '57014': 'REFRESH_TIMEOUT',
  '57P01': 'DATABASE_UNREACHABLE',
  '57P02': 'DATABASE_UNREACHABLE',
  '57P03': 'DATABASE_UNREACHABLE',
  '53300': 'DATABASE_UNREACHABLE',
  '2BP01': 'DEPENDENT_BLOCKS',
  '23505': 'KEY_NOT_UNIQUE',
  '21000': 'KEY_NOT_UNIQUE',
  ECONNREFUSED: 'DATABASE_UNREACHABLE',
  ECONNRESET: 'DATABASE_UNREACHABLE',
  ENOTFOUND: 'DATABASE_UNREACHABLE',
  EAI_AGAIN: 'DATABASE_UNREACHABLE',
  ETIMEDOUT: 'DATABASE_UNREACHABLE',
  EPIPE: 'DATABASE_UNREACHABLE',
  ENOENT: 'DATABASE_UNREACHABLE',
}

const hints: Partial<Record<ErrorCode, string>> = {
  DATABASE_UNREACHABLE: 'Check that the server runs, and the host, port and database name in the URL.',
  DATABASE_AUTHENTICATION: 'Check the user and the password in the database URL.',
  PRIVILEGE_MISSING: 'Grant the privilege that is named to the role that runs Tidemark, then try again.',
  LOCK_TIMEOUT: 'Another session holds the lock. Try again; pg_stat_activity shows who waits and who holds.',
  DEPENDENT_BLOCKS: 'Drop or change the dependent object first.',
}

/** Any error of the driver as one of ours. */
export function databaseError(error: unknown): TidemarkError {
  if (error instanceof TidemarkError) return error
  const { code, message, detail, hint } = serverError(error)
  const known = code === undefined || isFileError(error) ? undefined : (codes[code] ?? classOf(code))
  const chosen = known ?? (code === undefined && isConnectionLoss(error) ? 'DATABASE_UNREACHABLE' : 'INTERNAL')
  const advice = [detail, hint ?? hints[chosen]].filter(Boolean).join(' ')
  return new TidemarkError(chosen, message, { ...(advice === '' ? {} : { hint: advice }), cause: error })
}

/** ENOENT is a socket that is not there, and also a file: of this package, say, which is no fault of the database. */
function isFileError(error: unknown): boolean {
  const { syscall } = error as NodeJS.ErrnoException
  return error instanceof Error && syscall !== undefined && !/^(connect|getaddrinfo|read|write)$/.test(syscall)
}

/** Class 08 is every kind of lost connection. */
function classOf(code: string): ErrorCode | undefined {
  return code.startsWith('08') ? 'DATABASE_UNREACHABLE' : undefined
}

/** `pg` reports a connection that ended under a query as a plain Error, without any code. */
function isConnectionLoss(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/.test(
      error.message,
    )
  )
}

export function serverError(error: unknown): ServerError {
  if (error instanceof AggregateError && error.errors.length > 0) return serverError(error.errors[0])
  if (!(error instanceof Error)) return { message: String(error) }
  const details = error as Error & Partial<ServerError>
  return {
    message: error.message,
    // Others than PostgreSQL and Node number theirs.
    ...(typeof details.code !== 'string' ? {} : { code: details.code }),
    ...(details.detail === undefined ? {} : { detail: details.detail }),
    ...(details.hint === undefined ? {} : { hint: details.hint }),
    ...(details.position === undefined ? {} : { position: details.position }),
  }
}
