import { type CastType, castTypes, type SelectedColumn } from '../../read/query.js'
import { nameOf, readColumn, readName } from './columns.js'
import { restError } from './errors.js'
import { Scanner } from './scanner.js'

/** All columns of the view, in its order. */
export const everyColumn = '*'

export type Selected = SelectedColumn | typeof everyColumn

const typeNames = Object.keys(castTypes) as CastType[]

const casts: ReadonlyMap<string, CastType> = new Map([
  ...typeNames.map((type): [string, CastType] => [type, type]),
  ['double precision', 'float8'],
  ['character varying', 'varchar'],
  ['time without time zone', 'time'],
  ['timestamp without time zone', 'timestamp'],
  ['timestamp with time zone', 'timestamptz'],
])

const mostColumns = 1000

export function parseSelect(text: string): Selected[] {
  const scanner = new Scanner(text, 'The parameter "select"')
  const selected: Selected[] = []
  do {
    if (selected.length === mostColumns) scanner.fail(`at most ${mostColumns} columns`)
    selected.push(readItem(scanner))
  } while (scanner.take(','))
  scanner.end('Columns are separated by commas, and names with other characters go in double quotes.')
  return selected
}

function readItem(scanner: Scanner): Selected {
  scanner.skipSpace()
  if (scanner.sees('...')) throw embedding('A spread ("...")')
  if (scanner.take('*')) {
    scanner.skipSpace()
    return everyColumn
  }
  const start = scanner.at
  let alias: string | undefined = readName(scanner)
  if (scanner.sees('::') || !scanner.take(':')) {
    alias = undefined
    scanner.at = start
  }
  const source = readColumn(scanner)
  refuseCalls(scanner, source.column)
  const cast = scanner.take('::') ? readCast(scanner) : undefined
  refuseCalls(scanner, source.column)
  scanner.skipSpace()
  const name = alias ?? (source.steps.length === 0 ? undefined : nameOf(source))
  return {
    source,
    ...(name === undefined ? {} : { alias: checked(scanner, name) }),
    ...(cast === undefined ? {} : { cast }),
  }
}

/** A key of an object can be longer than a column's name. */
function checked(scanner: Scanner, name: string): string {
  if (name !== '' && Buffer.byteLength(name) <= 63) return name
  return scanner.fail('a shorter name', 'Give the column a name of at most 63 bytes: "name:column->key".')
}

function readCast(scanner: Scanner): CastType {
  const start = scanner.at
  const name = scanner.match(/[\p{L}\p{N}_$ ]+/uy) ?? ''
  const type = casts.get(name.trim().toLowerCase())
  if (type !== undefined) return type
  scanner.at = start
  return scanner.fail('a type', `Columns can be cast to ${typeNames.join(', ')}.`)
}

function refuseCalls(scanner: Scanner, name: string): void {
  if (scanner.sees('.') || (name === 'count' && scanner.sees('()'))) {
    throw restError(400, 'PGRST123', 'Aggregate functions are not supported', {
      hint: 'Define a view that has the totals: Tidemark keeps it fresh.',
    })
  }
  if (scanner.sees('(') || scanner.sees('!')) throw embedding(`"${name}(…)"`)
}

function embedding(what: string): Error {
  return restError(400, 'PGRST200', 'Embedding is not supported', {
    details: `${what} in the parameter "select" embeds another view.`,
    hint: 'Define a view that joins the two: Tidemark keeps it fresh.',
  })
}
