/** What is shown of the errors that views have. */
import { type ErrorBody, errorCodes } from '../protocol/errors.js'
import type { ViewFreshness } from '../protocol/freshness.js'

/** The database notes more than is told: when, the SQLSTATE, and the data that PostgreSQL quotes as its detail. */
export function shownError({ code, message, hint }: ErrorBody): ErrorBody {
  return { code, message, ...(hint === undefined ? {} : { hint }) }
}

/** Messages too can quote data, names and queries: those who may not inspect are told the kind alone. */
export function withoutDetails({ code }: ErrorBody): ErrorBody {
  return { code, message: errorCodes[code] ?? errorCodes.INTERNAL }
}

export function withoutErrorDetails(freshness: ViewFreshness): ViewFreshness {
  const { lastError } = freshness
  return lastError === null ? freshness : { ...freshness, lastError: withoutDetails(lastError) }
}
