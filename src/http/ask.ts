import { type Connection, rows, transaction } from '../engine/database.js'
import { serverError } from '../engine/databaseError.js'
import type { HttpContext } from './context.js'
import { Problem } from './problem.js'

export type AskContext = Pick<HttpContext, 'database' | 'limits'>

/** A read of what Tidemark keeps, which ends when it takes too long. */
export async function ask<Row extends object>(
  { database, limits }: AskContext,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const begin = `BEGIN READ ONLY; SET LOCAL statement_timeout = ${limits.statementTimeoutMs}; SET LOCAL jit = off`
  try {
    return await transaction(database, (connection: Connection) => rows<Row>(connection, text, values), begin)
  } catch (error) {
    if (serverError(error).code !== '57014') throw error
    throw new Problem('READ_TIMEOUT', 'The database took too long to answer.', { cause: error })
  }
}
