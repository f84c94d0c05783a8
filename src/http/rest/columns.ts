import type { ColumnPath, PathStep } from '../../read/query.js'
import { restError } from './errors.js'
import { excerpt, type Scanner } from './scanner.js'

const bareName = /(?:[\p{L}\p{M}\p{N}_$ ]|-(?!>))+/uy
/** A digit sequence that goes on as a name is one. */
const arrayIndex = /-?[0-9]+(?=->|::|[.,)]|$)/y
const largestIndex = 2 ** 31 - 1
const longestName = 63
const mostSteps = 32

/** A name: letters, digits, spaces, `_`, `$` and `-`, or anything at all in double quotes. */
export function readName(scanner: Scanner): string {
  const start = scanner.at
  const name = scanner.quoted() ?? scanner.match(bareName)?.trim() ?? ''
  if (name === '') {
    scanner.at = start
    scanner.fail(
      'a name',
      'Names with other characters than letters, digits, "_", "$", "-" and spaces go in double quotes.',
    )
  }
  // PostgreSQL would cut it short, and find another column by it.
  if (Buffer.byteLength(name) > longestName) {
    throw restError(400, 'PGRST100', `The name "${excerpt(name)}" is too long`, {
      details: `Names have at most ${longestName} bytes.`,
    })
  }
  return name
}

/** `column`, `column->key`, `column->0->>key`. */
export function readColumn(scanner: Scanner): ColumnPath {
  const column = readName(scanner)
  const steps: PathStep[] = []
  while (scanner.sees('->')) {
    if (steps.at(-1)?.asText) scanner.fail('no more steps behind "->>"', 'Use "->" for all steps but the last one.')
    if (steps.length === mostSteps) scanner.fail(`at most ${mostSteps} steps`)
    const asText = scanner.take('->>')
    if (!asText) scanner.expect('->')
    steps.push({ key: readKey(scanner), asText })
  }
  return { column, steps }
}

/** What is in JSON has names of any length. */
function readKey(scanner: Scanner): string | number {
  const start = scanner.at
  const digits = scanner.match(arrayIndex)
  if (digits === undefined) {
    const key = scanner.quoted() ?? scanner.match(bareName)?.trim()
    return key === undefined ? scanner.fail('a key, or a place in an array', 'Keys can be put in double quotes.') : key
  }
  const index = Number(digits)
  if (Math.abs(index) > largestIndex) {
    scanner.at = start
    scanner.fail('a place in an array', 'Put the key in double quotes if it is one of an object.')
  }
  // -0 is no other place than 0.
  return index === 0 ? 0 : index
}

/** What a selected path is called: the last key in it that is a name, or its column. */
export function nameOf({ column, steps }: ColumnPath): string {
  return steps.findLast((step): step is PathStep & { key: string } => typeof step.key === 'string')?.key ?? column
}
