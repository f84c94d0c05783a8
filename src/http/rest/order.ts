import type { OrderTerm } from '../../read/query.js'
import { readColumn } from './columns.js'
import { embedded } from './filters.js'
import { Scanner } from './scanner.js'

const mostTerms = 64

export function parseOrder(text: string): OrderTerm[] {
  const scanner = new Scanner(text, 'The parameter "order"')
  const terms: OrderTerm[] = []
  do {
    if (terms.length === mostTerms) scanner.fail(`at most ${mostTerms} columns`)
    terms.push(readTerm(scanner))
  } while (scanner.take(','))
  scanner.end('A column can be followed by ".asc" or ".desc", and that by ".nullsfirst" or ".nullslast".')
  return terms
}

function readTerm(scanner: Scanner): OrderTerm {
  scanner.skipSpace()
  const column = readColumn(scanner)
  if (scanner.sees('(')) throw embedded(`${column.column}(…)`)
  scanner.skipSpace()
  const descending = scanner.take('.desc')
  if (!descending) scanner.take('.asc')
  const nulls = scanner.take('.nullsfirst') ? 'first' : scanner.take('.nullslast') ? 'last' : undefined
  scanner.skipSpace()
  return { column, descending, ...(nulls === undefined ? {} : { nulls }) }
}
