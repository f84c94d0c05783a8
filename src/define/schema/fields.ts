/** Single values: lengths of time, clocks, names, addresses. */
import { z } from 'zod'
import { type CronSchedule, cronProblem } from '../cron.js'
import { type Duration, formatDuration, longestDurationMs, parseDuration } from '../duration.js'
import { identifierProblem, schemaProblem } from '../names.js'
import type { CronOptions } from '../options.js'
import { isTimeZone } from '../time-zone.js'
import { byKind, field, parseInto, strict } from './combinators.js'
import { shorten, show } from './wording.js'

const durationForm = "write a number and a unit, such as '500ms', '5s', '2m', '1h' or '1d', or milliseconds as a number"

/** In milliseconds. */
export function duration(leastMs: number, mostMs = longestDurationMs): z.ZodType<number, Duration> {
  return field((value, fail) => {
    const ms = parseDuration(value)
    if (ms !== null && ms > mostMs) {
      fail(`${show(value)} is too long: the most is ${Math.floor(mostMs / 86_400_000)}d`)
      return undefined
    }
    if (ms !== null && ms >= leastMs) return ms
    if (ms !== null) fail(`${show(value)} is too short: the least is '${formatDuration(leastMs)}'`)
    else if (typeof value === 'number' && value > longestDurationMs) fail(`${value} ms is more than a year`)
    else fail(`${show(value)} is not a duration; ${durationForm}`)
    return undefined
  })
}

/** `false`, for what can be turned off, as null. */
export const off: z.ZodType<null, false> = field((value, fail) => {
  if (value === false) return null
  fail(`${show(value)} says nothing here: give a value, or false to turn it off`)
  return undefined
})

export function durationOrOff(leastMs: number): z.ZodType<number | null, Duration | false> {
  const length = duration(leastMs)
  return byKind("a duration such as '5s', or false", { string: length, number: length, boolean: off })
}

export const timeZone: z.ZodType<string, string> = field((value, fail) => {
  if (typeof value === 'string' && isTimeZone(value)) return value
  fail(`${show(value)} is not a time zone; use an IANA name such as 'UTC' or 'Europe/Berlin'`)
  return undefined
})

/** A cron schedule; without a zone it is read by the view's own clock, which is known later. */
export type ZonelessCron = Omit<CronSchedule, 'timeZone'> & { readonly timeZone: string | null }

const expression: z.ZodType<string, string> = field((value, fail) => {
  const problem = typeof value === 'string' ? cronProblem(value) : 'it must be a string'
  if (problem === null) return String(value).trim()
  fail(`${show(value)} is not a cron expression: ${problem}`)
  return undefined
})

const cronText: z.ZodType<ZonelessCron, string> = expression.transform((text) => ({ expression: text, timeZone: null }))

export const cronShape = { cron: expression, timeZone: timeZone.optional() }

const cronObject = strict(cronShape).transform(
  (options): ZonelessCron => ({ expression: options.cron, timeZone: options.timeZone ?? null }),
)

export const cronAlternatives = { string: cronText, object: cronObject } as const

export const cronOrOff: z.ZodType<ZonelessCron | null, CronOptions | false> = byKind(
  "a cron expression such as '0 2 * * *', { cron, timeZone }, or false",
  { ...cronAlternatives, boolean: off },
)

function named(problemOf: (name: string) => string | null): z.ZodType<string, string> {
  return field((value, fail) => {
    const problem = typeof value === 'string' ? problemOf(value) : 'is not a string'
    if (problem === null) return value as string
    fail(`${typeof value === 'string' ? `"${shorten(value)}"` : show(value)} ${problem}`)
    return undefined
  })
}

export const identifier = named(identifierProblem)

export const schemaName = named(schemaProblem)

/** Column names, each once. */
export function columns(least: 0 | 1): z.ZodType<readonly string[], readonly string[]> {
  const list = z.array(identifier).min(least)
  return field((value, fail) => {
    const names = parseInto(list, value, fail)
    const repeated = names?.findIndex((name, index) => names.indexOf(name) < index) ?? -1
    if (repeated === -1) return names
    fail(`${show(names?.[repeated])} is listed twice`, [repeated])
    return undefined
  })
}

/** Text that PostgreSQL is to read. */
export const sqlText: z.ZodType<string, string> = field((value, fail) => {
  if (typeof value !== 'string') fail(`expected a string, got ${show(value)}`)
  else if (value.trim() === '') fail('is empty')
  else if (value.includes('\0')) fail('contains a NUL character, which PostgreSQL cannot hold')
  else return value
  return undefined
})

/** Not shown in messages: such an address is often a secret. */
export const webAddress: z.ZodType<string, string> = field((value, fail) => {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url.href
  fail('is not an http or https address')
  return undefined
})

/** As browsers send it. One that begins with a dot stands for all names below it as well. */
export const hostName: z.ZodType<string, string> = field((value, fail) => {
  const [, dot = '', name = ''] =
    /^(\.?)([^\s/:@?#*\\.][^\s/:@?#*\\]*)$/.exec(typeof value === 'string' ? value : '') ?? []
  if (name !== '' && URL.canParse(`http://${name}`)) return dot + new URL(`http://${name}`).hostname.replace(/\.$/, '')
  fail(`${show(value)} is not a name such as 'data.example.com', or '.example.com' with all below it`)
  return undefined
})

/** Not shown in messages either: it may hold a password. An empty text is what an unset variable leaves. */
export const databaseUrl: z.ZodType<string, string> = field((value, fail) => {
  if (value === '' || (typeof value === 'string' && isDatabaseUrl(value))) return value
  fail('is not a PostgreSQL URL; it starts with postgres:// or postgresql://')
  return undefined
})

/** Not shown in messages either. */
export const redisUrl: z.ZodType<string, string> = field((value, fail) => {
  if (typeof value === 'string' && isRedisUrl(value)) return value
  fail('is not a Redis URL; it starts with redis:// or rediss://')
  return undefined
})

export function isRedisUrl(text: string): boolean {
  return /^rediss?:\/\//.test(text) && URL.canParse(text)
}

export function isDatabaseUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text)
}
