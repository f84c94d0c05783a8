/** A request that failed, or was refused. */
export class TidemarkRequestError extends Error {
  override readonly name = 'TidemarkRequestError'
  /** The HTTP status; null: there was no answer at all. */
  readonly status: number | null
  /** Of Tidemark, of PostgREST's grammar (`PGRST…`) or of PostgreSQL. */
  readonly code: string | null
  /** What to do about it, where the server says. */
  readonly hint: string | null
  /** When to try again, where the server says. */
  readonly retryAfterMs: number | null

  constructor(
    message: string,
    details: Partial<Pick<TidemarkRequestError, 'status' | 'code' | 'hint' | 'retryAfterMs' | 'cause'>>,
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.status = details.status ?? null
    this.code = details.code ?? null
    this.hint = details.hint ?? null
    this.retryAfterMs = details.retryAfterMs ?? null
  }

  /** Whether the same request may do better later. */
  get isPassing(): boolean {
    return this.status === null || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

/** From an answer that is no success: problem details, PostgREST's form, or anything else. */
export async function errorOf(response: Response): Promise<TidemarkRequestError> {
  const body = await response.json().then(asRecord, () => ({}) as Readonly<Record<string, unknown>>)
  const text = (key: string) => (typeof body[key] === 'string' && body[key] !== '' ? body[key] : null)
  const message =
    text('message') ??
    text('detail') ??
    text('title') ??
    (`${response.status} ${response.statusText}`.trim() || 'refused')
  return new TidemarkRequestError(message, {
    status: response.status,
    code: text('code'),
    hint: text('hint'),
    retryAfterMs: retryAfter(response.headers.get('Retry-After')),
  })
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** Seconds; the other form, a date, would need a clock that agrees with the server's. */
function retryAfter(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : null
}
