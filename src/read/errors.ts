import { databaseError, serverError } from '../engine/databaseError.js'
import { type ErrorCode, TidemarkError } from '../protocol/errors.js'

export function invalidRead(message: string, hint?: string, view?: string): TidemarkError {
  return new TidemarkError('READ_INVALID', message, {
    ...(hint === undefined ? {} : { hint }),
    ...(view === undefined ? {} : { view }),
  })
}

/** What is not there any more: the relation, its schema, a column of it, or a function that reads it. */
const gone = new Set(['42P01', '3F000', '42703', '42883'])

/** The relation or Tidemark's own catalog is missing, or a materialized view has no rows yet. */
export function isMissing(error: unknown): boolean {
  const { code } = serverError(error)
  return code !== undefined && (gone.has(code) || code === '55000')
}

/** Wrong values and what types cannot do: the fault of what was asked for. SQLSTATE decides. */
function codeOf(state: string | undefined): ErrorCode | undefined {
  if (state === undefined) return undefined
  if (state === '57014' || state === '25P03' || state === '55P03') return 'READ_TIMEOUT'
  if (state === '42703') return 'READ_COLUMN_UNKNOWN'
  const asked =
    state.startsWith('22') || state.startsWith('42') || state.startsWith('0A') || state === '54000' || state === '54001'
  return asked && state !== '42501' && state !== '42P01' ? 'READ_INVALID' : undefined
}

/** What went wrong with a read, as one of our errors; what PostgreSQL said of it is its cause. */
export function readError(error: unknown, view: string): TidemarkError {
  if (error instanceof TidemarkError) return error
  const { code, message, detail, hint } = serverError(error)
  const own = codeOf(code)
  if (own === undefined) return databaseError(error)
  const advice = [detail, hint].filter(Boolean).join(' ')
  return new TidemarkError(own, message, { view, cause: error, ...(advice === '' ? {} : { hint: advice }) })
}
