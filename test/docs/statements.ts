/** SQL of the pages, one statement after the other, as psql sends it: procedures that end transactions need that. */
import { loadModule, parseSync } from 'libpg-query'
import type { ClientBase } from 'pg'

await loadModule()

/** What PostgreSQL says against it; undefined when all of it ran. */
export async function runSql(client: ClientBase, sql: string): Promise<string | undefined> {
  let statement = sql
  try {
    for (statement of statementsOf(sql)) await client.query(statement)
    return undefined
  } catch (error) {
    await client.query('ROLLBACK')
    return `${(error as Error).message}, in: ${statement}`
  }
}

function statementsOf(sql: string): string[] {
  // Places are counted in bytes.
  const bytes = Buffer.from(sql)
  const { stmts = [] } = parseSync(sql) as { stmts?: { stmt_location?: number; stmt_len?: number }[] }
  return stmts.map(({ stmt_location: start = 0, stmt_len: length = bytes.length - start }) =>
    bytes
      .subarray(start, start + length)
      .toString()
      .trim(),
  )
}
