import type { z } from 'zod'
import { nearest } from '../suggest.js'

/** Says what is wrong with a value; the reader puts the path of the field before it. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  const got = show(issue.input)
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'is required'
        : `expected ${nouns[issue.expected] ?? issue.expected}, got ${got}`
    case 'invalid_value':
      return `${got} is not one of ${issue.values.map(show).join(', ')}${didYouMean(issue.input, issue.values)}`
    case 'too_small':
      return issue.origin === 'array' ? 'is empty' : `${got} is less than ${issue.minimum}`
    case 'too_big':
      return `${got} is more than ${issue.maximum}`
    default:
      return undefined
  }
}

const nouns: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

/** A short rendering of any value, for messages. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value))
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}

/** Names are shown whole when PostgreSQL could hold them. */
export function shorten(text: string, limit = 63): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text
}

/** `; did you mean "x"?`, or nothing. */
export function didYouMean(written: unknown, candidates: readonly unknown[]): string {
  const near = typeof written === 'string' ? nearest(written, candidates.filter(isString)) : undefined
  return near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}
