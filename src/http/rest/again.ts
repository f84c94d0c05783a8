import { readHeaders } from '../../protocol/headers.js'
import type { JsonAnswer } from '../../read/index.js'
import type { Asking } from '../asking.js'
import type { Also } from './also.js'
import { names } from './etag.js'
import { cacheControl, shownAge } from './headers.js'
import { statusOf } from './range.js'
import { type Ready, Remembered } from './remembered.js'
import { addRows, audienceOf, bodyOf, ofRows, type Read, tagged } from './respond.js'

/**
 * Answers with remembered rows, and to those who read them as everybody may. Dashboards ask for the same many times between two
 * moments at which anything but the age of its answer changes.
 */
export function respondAgain({ headers }: Asking, read: Read, also: Also | undefined): Remembered {
  const { tag, remembered } = readyFor(read, also)
  const known = headers.get('if-none-match')
  return tag !== undefined && names(known, tag) ? remembered.unchanged(ofRows) : remembered
}

function readyFor(read: Read, also: Also | undefined): Ready {
  const { bound, grant, answer } = read
  const { ready } = bound
  const age = shownAge(answer.stalenessSeconds)
  const isSame = ready !== undefined && ready.served === grant.view && ready.also === also
  if (isSame && isAlike(ready.answer, answer) && (ready.age === null) === (age === null)) {
    if (ready.age !== age) letAge(ready, read, age)
    return ready
  }
  const made = makeReady(read, also, age)
  bound.ready = made
  return made
}

function letAge(ready: Ready, { grant, view }: Read, age: number | null): void {
  ready.age = age
  ready.remembered = ready.remembered
    .with(readHeaders.staleness, String(age))
    .with('Cache-Control', cacheControl(view.settings, audienceOf(grant), age))
}

function makeReady(read: Read, also: Also | undefined, age: number | null): Ready {
  const { grant, asked, answer } = read
  const { tag, headers } = tagged('GET', read)
  addRows(headers, read)
  if (also !== undefined) add(headers, also)
  const status = statusOf(asked.extent.offset, answer.rows, answer.total)
  const remembered = Remembered.of(status, headers, bodyOf(asked.representation, answer))
  return { also, served: grant.view, answer, age, tag, remembered }
}

function add(headers: Record<string, string>, also: Also): void {
  for (const name in also.headers) headers[name] = also.headers[name] as string
  if (also.vary !== null) headers.Vary = `${headers.Vary}, ${also.vary}`
}

/** But for their age. */
function isAlike(one: JsonAnswer, other: JsonAnswer): boolean {
  return (
    one.epoch === other.epoch &&
    one.asOf === other.asOf &&
    one.rows === other.rows &&
    one.total === other.total &&
    one.source === other.source &&
    one.body === other.body
  )
}
