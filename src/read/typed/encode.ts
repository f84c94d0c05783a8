import { invalidRead } from '../errors.js'
import type { ColumnFacts } from '../facts.js'

/** A value of JavaScript as the text of one of the column's type; what `pg` reads of such a column comes back. */
export function encode(column: ColumnFacts, value: unknown): string {
  const json = column.base === 'json' || column.base === 'jsonb'
  if (value === undefined) {
    throw invalidRead(`"${column.name}" is compared with undefined.`, 'Leave the column out, or compare it with null.')
  }
  return json ? JSON.stringify(value) : textOf(value)
}

export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Date) return dateText(value)
  if (Array.isArray(value)) return `{${value.map(elementText).join(',')}}`
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  if (typeof value === 'object' && value !== null) {
    const { toPostgres } = value as { toPostgres?: unknown }
    return typeof toPostgres === 'function' ? String(toPostgres.call(value)) : JSON.stringify(value)
  }
  return String(value)
}

function elementText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (Array.isArray(value)) return textOf(value)
  return `"${textOf(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/**
 * By the clock of this process, with its offset. `pg` reads a `timestamp` and a `date`, which have no zone, by that clock
 * too, and PostgreSQL leaves the offset out where the column has none.
 */
function dateText(date: Date): string {
  const year = date.getFullYear()
  if (Number.isNaN(year)) throw invalidRead('A date is none.')
  const two = (part: number): string => String(part).padStart(2, '0')
  const offset = -date.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
  const day = `${String(year < 1 ? 1 - year : year).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  const era = year < 1 ? ' BC' : ''
  return `${day}T${time}.${String(date.getMilliseconds()).padStart(3, '0')}${zone}${era}`
}
