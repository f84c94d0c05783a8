import { type Connection, rows, transaction } from '../engine/database.js'
import { serverError } from '../engine/databaseError.js'
import type { HttpContext } from './context.js'
import { notDeployed, Problem } from './problem.js'

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
    const { code } = serverError(error)
    if (code === '57014') throw new Problem('READ_TIMEOUT', 'The database took too long to answer.', { cause: error })
    if ((code === '42P01' || code === '3F000') && !(await hasCatalog(database))) throw notDeployed()
    throw error
  }
}

/** Before the first `tidemark apply` there is nothing to read from. */
async function hasCatalog(database: HttpContext['database']): Promise<boolean> {
  const [row] = await rows<{ found: boolean }>(database, `SELECT to_regclass('tidemark.view') IS NOT NULL AS found`)
  return row?.found === true
}
