import { invalidRead } from '../errors.js'
import type { ColumnFacts } from '../facts.js'

/** A value of JavaScript as the text of one of the column's type; what `pg` reads of such a column comes back. */
export function encode(column: ColumnFacts, value: unknown): string {
  const json = column.base === 'json' || column.base === 'jsonb'
  if (value === undefined) {
    throw invalidRead(`"${column.name}" is compared with undefined.`, 'Leave the column out, or compare it with null.')
  }
  if (json) return JSON.stringify(value)
  const ofJson = column.base === 'json[]' || column.base === 'jsonb[]'
  return ofJson && Array.isArray(value) ? `{${value.map(jsonElement).join(',')}}` : textOf(value)
}

/** What is an array itself is one of JSON. */
function jsonElement(value: unknown): string {
  return value === null || value === undefined ? 'NULL' : elementText(JSON.stringify(value))
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
  const zone = zoneText(date)
  const day = `${String(year < 1 ? 1 - year : year).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  const era = year < 1 ? ' BC' : ''
  return `${day}T${time}.${String(date.getMilliseconds()).padStart(3, '0')}${zone}${era}`
}

/** To the second, as it was before there were zones: `getTimezoneOffset` has minutes. */
function zoneText(date: Date): string {
  const wall = new Date(0)
  wall.setUTCFullYear(date.getFullYear(), date.getMonth(), date.getDate())
  wall.setUTCHours(date.getHours(), date.getMinutes(), date.getSeconds(), date.getMilliseconds())
  const offset = Math.round((wall.getTime() - date.getTime()) / 1000)
  const ahead = Math.abs(offset)
  const seconds = ahead % 60 === 0 ? '' : `:${two(ahead % 60)}`
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(ahead / 3600))}:${two(Math.floor(ahead / 60) % 60)}${seconds}`
}

function two(part: number): string {
  return String(part).padStart(2, '0')
}
