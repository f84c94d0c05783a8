/** A query is written in the configuration, or named there as a file. */
import { readFileSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'

export interface QueryText {
  readonly text: string
  /** Absolute path, when it came from a file. */
  readonly file?: string
}

export type QueryReading =
  | { readonly query: QueryText }
  | { readonly code: 'QUERY_FILE_NOT_FOUND' | 'CONFIG_INVALID'; readonly problem: string }

/** Reads the file that a view names. */
export type QueryFileReader = (path: string) => QueryReading

/** Whether the option is a path: one line that ends in `.sql`, and no SELECT from a table called "sql". */
export function isQueryFile(query: string): boolean {
  const text = query.trim()
  return /^[^\n\r]+\.sql$/i.test(text) && !/^(\(|(select|with|values|table)\s)/i.test(text)
}

export function queryFileReader(directory: string): QueryFileReader {
  return (path) => readQueryFile(path.trim(), directory)
}

function readQueryFile(path: string, directory: string): QueryReading {
  const file = isAbsolute(path) ? path : resolve(directory, path)
  const seen = file === path ? '' : ` (looked at ${file})`
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    return { code: 'QUERY_FILE_NOT_FOUND', problem: `${reason(error, path)}${seen}` }
  }
  const text = decode(bytes)
  if (text === null) return { code: 'CONFIG_INVALID', problem: `the file ${path} is not UTF-8 text${seen}` }
  if (text.trim() === '') return { code: 'CONFIG_INVALID', problem: `the file ${path} is empty${seen}` }
  return { query: { text, file } }
}

/** Without a byte order mark, which is no part of the text; null when it is not text that PostgreSQL could read. */
function decode(bytes: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? null : text
  } catch {
    return null
  }
}

function reason(error: unknown, path: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `there is no file ${path}`
    case 'EISDIR':
      return `${path} is a directory`
    case 'EACCES':
    case 'EPERM':
      return `the file ${path} may not be read`
    default:
      return `the file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}
