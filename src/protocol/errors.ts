/**
 * Every error that Tidemark raises on purpose: a stable code, what happened, and what to do about it.
 * `docs/reference/errors.md` lists them all; a test keeps the two in step.
 */
export const errorCodes = {
  // What the user wrote
  USAGE_INVALID: 'The command line was not understood.',
  FILE_EXISTS: '`init` would have to overwrite a file.',
  FILE_UNWRITABLE: 'A file could not be written.',
  CONFIG_INVALID: 'The configuration, or one view in it, has a field that is missing, unknown or malformed.',
  CONFIG_NOT_FOUND: 'There is no configuration file where Tidemark looked.',
  QUERY_FILE_NOT_FOUND: 'A view names a query file that does not exist or cannot be read.',
  QUERY_INVALID: 'PostgreSQL does not accept the query of a view.',
  QUERY_NOT_SELECT: 'The query of a view is not one single SELECT.',
  DUPLICATE_VIEW: 'Two views have the same name.',
  DEPENDENCY_CYCLE: 'Views read each other in a circle.',
  UNKNOWN_VIEW: 'A command names a view that is neither configured nor deployed.',
  KEY_MISSING: 'A view has no key that could be found, and none was given.',
  KEY_INVALID: 'The key of a view names a column that its query does not return, or one that cannot be compared.',
  KEY_NOT_UNIQUE: 'The key of a view does not tell its rows apart.',
  NAME_TAKEN: 'A relation that Tidemark did not make already has the name of a view.',
  INDEX_INVALID: 'PostgreSQL does not accept an index of a view.',
  BUILD_FAILED: 'The rows of a view cannot be computed.',
  // The database
  DATABASE_URL_MISSING: 'No database was named.',
  DATABASE_UNREACHABLE: 'The database does not answer.',
  DATABASE_AUTHENTICATION: 'The database refused the user or the password.',
  POSTGRES_TOO_OLD: 'The server is older than PostgreSQL 15.',
  PRIVILEGE_MISSING: 'The role that runs Tidemark lacks a privilege.',
  LOCK_TIMEOUT: 'A lock on a table was not to be had in time.',
  CATALOG_NEWER: 'The database was prepared by a newer version of Tidemark.',
  // Serving
  REQUEST_INVALID: 'A request has a value, a field or a body that is not understood.',
  UNAUTHENTICATED: 'A request shows no credentials where they are needed, or such as are not valid.',
  FORBIDDEN: 'The credentials of a request do not allow what it asks for.',
  HOST_UNKNOWN: 'A request calls the server by a name that it does not go by.',
  NOT_FOUND: 'There is nothing at the address of a request.',
  METHOD_NOT_ALLOWED: 'An address does not take the method of a request.',
  REQUEST_TOO_LARGE: 'The body or the address of a request is larger than the server takes.',
  TOO_MANY_REQUESTS: 'There were more requests of a kind than the server allows.',
  OVERLOADED: 'The server has no capacity left for a request at this moment.',
  ADDRESS_TAKEN: 'The address to serve at is not to be had.',
  // Keeping a view fresh
  NOT_DEPLOYED: 'The database has no Tidemark catalog yet, or the view is not deployed.',
  SOURCE_CHANGED: 'A table, view or function that a view reads was dropped or altered.',
  STORAGE_CHANGED: 'The role that keeps the rows of a view may not change them, or not all of them.',
  REFRESH_FAILED: 'A refresh failed.',
  REFRESH_TIMEOUT: 'A refresh ran longer than its limit.',
  REFRESH_NEEDS_SNAPSHOT:
    'A view over maintained views, or one that is kept in pieces, was refreshed outside a REPEATABLE READ transaction.',
  DEPENDENT_BLOCKS: 'An object that Tidemark does not manage depends on what would be changed or dropped.',
  // Reading a view
  READ_INVALID: 'A read asks for something that PostgreSQL cannot do with the columns of the view.',
  READ_COLUMN_UNKNOWN: 'A read names a column that the view does not have.',
  READ_TIMEOUT: 'A read ran longer than its limit.',
  READ_STALE: 'The rows of a view are older than a read allows.',
  READ_BEHIND:
    'A view did not pass a write in the time that a read waits for it; or it is failing, and could not be computed either.',
  WRITE_TOKEN_MISSING: 'A token was asked for outside of a transaction that has written something.',
  LIVE_REFUSED: 'A view cannot be computed live in place of its kept rows.',
  // The rest
  EMBEDDED_SERVER: 'The embedded PostgreSQL was not found or did not start.',
  INTERNAL: 'Something happened that Tidemark did not foresee.',
} as const

export type ErrorCode = keyof typeof errorCodes

export interface ErrorDetails {
  /** What to do about it. */
  readonly hint?: string
  /** Name of the view the error is about, as the user wrote it. */
  readonly view?: string
  /** File, line and column (both from 1) in what the user wrote. */
  readonly position?: SourcePosition
  /** Where several things are wrong: each of them. */
  readonly problems?: readonly TidemarkError[]
  readonly cause?: unknown
}

export interface SourcePosition {
  readonly file?: string
  readonly line: number
  readonly column: number
}

/** A piece of a query, from its first character to behind its last. */
export interface SourceRange extends SourcePosition {
  readonly endLine: number
  readonly endColumn: number
  /** Counted from 0 in the text of the query itself, as JavaScript counts: `query.slice(start, end)`. */
  readonly start: number
  readonly end: number
}

/** The JSON form, as `--json` prints it and as the database records it. */
export interface ErrorBody {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
  readonly view?: string
  readonly position?: SourcePosition
  readonly problems?: readonly ErrorBody[]
}

export class TidemarkError extends Error {
  override readonly name = 'TidemarkError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly view: string | undefined
  readonly position: SourcePosition | undefined
  readonly problems: readonly TidemarkError[] | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.view = details.view
    this.position = details.position
    this.problems = details.problems
  }

  toJSON(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.view === undefined ? {} : { view: this.view }),
      ...(this.position === undefined ? {} : { position: this.position }),
      ...(this.problems === undefined ? {} : { problems: this.problems.map((problem) => problem.toJSON()) }),
    }
  }
}

/** Several problems as one error; a single one as it is. */
export function together(problems: readonly [TidemarkError, ...TidemarkError[]]): TidemarkError {
  const [first, ...rest] = problems
  if (rest.length === 0) return first
  const lines = problems.map(({ message }) => `  ${message}`)
  // One code for all of them, where they agree.
  const code = rest.every((problem) => problem.code === first.code) ? first.code : 'CONFIG_INVALID'
  return new TidemarkError(code, `${problems.length} problems:\n${lines.join('\n')}`, { problems })
}
