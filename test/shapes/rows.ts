import type { Pool, QueryArrayConfig } from 'pg'
import { identifier } from '../oracle/library.js'

/** Rows as the catalogue writes them, in the order of their text. */
export async function rowsOf(pool: Pool, schema: string, name: string): Promise<string[]> {
  const query: QueryArrayConfig = {
    text: `SELECT * FROM ${schema}.${identifier(name)}`,
    rowMode: 'array',
    types: { getTypeParser: () => (value: string | Buffer) => String(value) },
  }
  const { rows } = await pool.query<(string | null)[]>(query)
  return rows.map((values) => values.map((value) => value ?? '∅').join(' | ')).sort()
}

export function written(rows: string): string[] {
  return rows
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .sort()
}
