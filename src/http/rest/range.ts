import { restError } from './errors.js'

/** Which rows of the result: from `offset` (counted from 0), at most `limit` of them. */
export interface Extent {
  readonly offset: number
  readonly limit: number
}

/** What parameters and the header Range leave together, and at most what the server gives. */
export function readExtent(asked: Partial<Extent>, headers: Headers, maxRows: number): Extent {
  const header = readRangeHeader(headers)
  const offset = Math.max(asked.offset ?? 0, header?.first ?? 0)
  const limits = [maxRows]
  // The parameters' own end does not move when the header starts later.
  if (asked.limit !== undefined) limits.push(Math.max((asked.offset ?? 0) + asked.limit - offset, 0))
  if (header?.last !== undefined) limits.push(Math.max(header.last + 1 - offset, 0))
  const limit = Math.min(...limits)
  if (limit === 0 && asked.limit !== 0) throw unsatisfiable('The header Range and the parameters leave no rows.')
  return { offset, limit }
}

interface RowRange {
  readonly first: number
  readonly last: number | undefined
}

/** Units other than rows are no concern of ours: such a header is passed over, as HTTP has it. */
function readRangeHeader(headers: Headers): RowRange | undefined {
  const unit = headers.get('range-unit')
  if (unit !== null && unit.trim().toLowerCase() !== 'items') return undefined
  const [, first, last] = /^ *(?:items=)?([0-9]{1,15})-([0-9]{1,15})? *$/.exec(headers.get('range') ?? '') ?? []
  if (first === undefined) return undefined
  const range = { first: Number(first), last: last === undefined ? undefined : Number(last) }
  if (range.last !== undefined && range.last < range.first) {
    throw unsatisfiable('The header Range ends before it starts.')
  }
  return range
}

function unsatisfiable(details: string, headers: Readonly<Record<string, string>> = {}): Error {
  return restError(416, 'PGRST103', 'The range that was asked for cannot be given', { details, headers })
}

/** What was given: `0-9/57`; `*` for no rows, and for an unknown total. */
export function contentRange(offset: number, rows: number, total: number | null): string {
  return `${rows === 0 ? '*' : `${offset}-${offset + rows - 1}`}/${total ?? '*'}`
}

/** 206 where there are more rows than were given, as far as they were counted. */
export function statusOf(offset: number, rows: number, total: number | null): 200 | 206 {
  if (total !== null && offset > total) {
    throw unsatisfiable(`The range starts behind row ${offset}, and there are ${total}.`, {
      'content-range': `*/${total}`,
    })
  }
  return total !== null && rows < total ? 206 : 200
}
