/**
 * Errors of reading over HTTP, in the form that clients of PostgREST expect. Where PostgREST has a code for the case, it
 * is that code; `docs/reference/http-reading.md` lists them all, and a test keeps the two in step.
 */
export const restCodes = {
  PGRST000: 'The database does not answer.',
  PGRST100: 'A parameter of the query string was not understood.',
  PGRST103: 'The range that was asked for cannot be given.',
  PGRST107: 'None of the media types that the client accepts can be given.',
  PGRST108: 'A filter, order or limit is for an embedded resource, and there are none.',
  PGRST116: 'One row was asked for, and the result has none or several.',
  PGRST117: 'Views are read with GET and HEAD only.',
  PGRST122: 'A preference cannot be met, and handling=strict was asked for.',
  PGRST123: 'Aggregate functions are not supported.',
  PGRST125: 'There is nothing at this path.',
  PGRST200: 'Embedding of other views is not supported.',
  PGRST202: 'Functions are not called over HTTP.',
  PGRST205: 'There is no view of this name.',
  PGRST301: 'The token is not valid.',
  PGRST302: 'The view is not open to who asks without a token.',
  PGRST003: 'All connections to the database are in use.',
  PGRSTX00: 'Something happened that was not foreseen.',
} as const

export type RestCode = keyof typeof restCodes

/** As it travels. */
export interface RestErrorBody {
  readonly code: string
  readonly message: string
  readonly details: string | null
  readonly hint: string | null
}

export interface RestErrorDetails {
  readonly details?: string | undefined
  readonly hint?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

export class RestError extends Error {
  override readonly name = 'RestError'
  readonly headers: Readonly<Record<string, string>>
  readonly #details: string | null
  readonly #hint: string | null

  constructor(
    readonly status: number,
    /** One of ours, a SQLSTATE, or a code of Tidemark. */
    readonly code: string,
    message: string,
    { details, hint, headers = {}, cause }: RestErrorDetails = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.headers = headers
    this.#details = details ?? null
    this.#hint = hint ?? null
  }

  get body(): RestErrorBody {
    return { code: this.code, message: this.message, details: this.#details, hint: this.#hint }
  }
}

/** An error with one of the codes above. */
export function restError(status: number, code: RestCode, message: string, details: RestErrorDetails = {}): RestError {
  return new RestError(status, code, message, details)
}
