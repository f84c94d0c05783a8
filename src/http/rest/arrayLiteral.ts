import type { Scanner } from './scanner.js'

/** The values of an array as PostgreSQL writes it: `{a,"b,c"}`. One dimension, and no NULLs. */
export function readArray(scanner: Scanner, most: number): string[] {
  scanner.expect('{', 'The values go in braces: {a,b}.')
  const values: string[] = []
  scanner.skipSpace()
  if (scanner.take('}')) return values
  do {
    if (values.length === most) scanner.fail(`at most ${most} values`)
    scanner.skipSpace()
    values.push(readElement(scanner))
    scanner.skipSpace()
  } while (scanner.take(','))
  scanner.expect('}')
  return values
}

function readElement(scanner: Scanner): string {
  if (scanner.next() === '"') return scanner.quoted() ?? scanner.fail('a closing quote')
  const start = scanner.at
  let value = ''
  let kept = 0
  for (let part = scanner.match(/[^{}",\\]+|\\./suy); part !== undefined; part = scanner.match(/[^{}",\\]+|\\./suy)) {
    const escaped = part.startsWith('\\')
    value += escaped ? part.slice(1) : part
    // Blanks at the end are none of the value, unless escaped.
    if (escaped) kept = value.length
  }
  value = value.slice(0, kept) + value.slice(kept).trimEnd()
  if (value === '' || scanner.text.slice(start, scanner.at).trim().toLowerCase() === 'null') {
    scanner.at = start
    scanner.fail('a value', 'Empty texts go in double quotes; for NULL there is "is.null".')
  }
  return value
}
