import { databaseError, serverError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import type { ViewTarget } from './target.js'

/**
 * Runs what computes a view's query for the first time. What PostgreSQL says then, such as a division by zero, is about
 * the query and its data.
 * @throws TidemarkError BUILD_FAILED; what has a code of its own keeps it.
 */
export async function computing<Result>({ name }: ViewTarget, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const { code, message, detail, hint } = serverError(error)
    if (code === undefined || databaseError(error).code !== 'INTERNAL') throw error
    throw new TidemarkError('BUILD_FAILED', `${name}: its rows cannot be computed: ${message}`, {
      hint: [detail, hint, 'Running the query by itself fails in the same way. Nothing was changed.']
        .filter(Boolean)
        .join(' '),
      view: name,
      cause: error,
    })
  }
}
