import { databaseError, serverError } from '../engine/databaseError.js'
import { type ErrorCode, TidemarkError } from '../protocol/errors.js'
import type { Condition, ReadQuery } from './query.js'

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

/** What is asked for does not go with the view, as far as it is known. */
export function isOfRequest(error: unknown): boolean {
  return error instanceof TidemarkError && (error.code === 'READ_COLUMN_UNKNOWN' || error.code === 'READ_INVALID')
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

/** A value that was sent, and that its place in the statement cannot take. */
const ofParameter = /^unnamed portal parameter \$\d/m

/**
 * What went wrong with computing a view. A value that fails can be one of the tables', which is nobody's business who asks,
 * and no fault of his either.
 */
export function computingError(error: unknown, view: string, query: ReadQuery): TidemarkError {
  const { code = '' } = serverError(error)
  const { where } = error as { where?: unknown }
  if (!code.startsWith('22') || (typeof where === 'string' && ofParameter.test(where))) return readError(error, view)
  if (!canFailOnRows(query)) return databaseError(error)
  return invalidRead('The view, or what was asked of it, fails on a value.', `SQLSTATE ${code}.`, view)
}

function canFailOnRows({ select, where }: ReadQuery): boolean {
  return (select ?? []).some(({ cast }) => cast !== undefined) || (where !== undefined && hasPattern(where))
}

function hasPattern(condition: Condition): boolean {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.conditions.some(hasPattern)
    case 'not':
      return hasPattern(condition.condition)
    case 'compare':
      return condition.operator === 'match' || condition.operator === 'imatch'
    default:
      return condition.kind === 'search'
  }
}
