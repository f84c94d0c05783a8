import { restError } from './errors.js'
import { excerpt } from './scanner.js'

export interface Parameter {
  readonly key: string
  readonly value: string
}

/** The parameters of a query string, decoded once. Text that is not UTF-8, or that PostgreSQL has no room for, is refused. */
export function readParameters(queryString: string): Parameter[] {
  const parameters: Parameter[] = []
  for (const part of queryString.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    if (equals < 0) {
      throw restError(400, 'PGRST100', `The parameter "${excerpt(part)}" has no value`, {
        hint: 'A filter is written "column=operator.value".',
      })
    }
    parameters.push({ key: decode(part.slice(0, equals)), value: decode(part.slice(equals + 1)) })
  }
  return parameters
}

function decode(text: string): string {
  const decoded = decodeStrictly(text.replaceAll('+', ' '))
  if (decoded?.includes('\0') === false) return decoded
  throw restError(400, 'PGRST100', `The query string cannot be decoded at "${excerpt(text)}"`, {
    details:
      decoded === undefined
        ? 'It is not percent-encoded UTF-8. A percent sign is written "%25".'
        : 'It has a NUL character in it, which no value in PostgreSQL has.',
  })
}

function decodeStrictly(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
