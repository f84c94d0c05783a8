import { readHeaders } from '../../protocol/headers.js'
import type { RecalledAnswer } from '../../read/index.js'
import type { Asking } from '../asking.js'
import type { Also } from './also.js'
import { names } from './etag.js'
import { cacheControl, shownAge } from './headers.js'
import { statusOf } from './range.js'
import { Head, type Ready, type Remembered } from './remembered.js'
import { addRows, audienceOf, bodyOf, ofRows, type Read, tagged } from './respond.js'

interface Recalled extends Read {
  readonly answer: RecalledAnswer
}

/**
 * Answers with remembered rows, and to those who read them as everybody may. Dashboards ask for the same many times between two
 * moments at which anything but the age of its answer changes.
 */
export function respondAgain({ headers }: Asking, read: Recalled, also: Also | undefined): Remembered {
  const body = bodyOf(read.asked.representation, read.answer)
  const { tag, head } = readyFor(read, body, also)
  const known = headers.get('if-none-match')
  return tag !== undefined && names(known, tag) ? { head: head.unchanged(ofRows), body: null } : { head, body }
}

function readyFor(read: Recalled, body: string, also: Also | undefined): Ready {
  const { bound, answer } = read
  const { ready } = bound
  const age = shownAge(answer.stalenessSeconds)
  if (ready !== undefined && isStill(ready, read, also) && (ready.age === null) === (age === null)) {
    if (ready.age !== age) letAge(ready, read, age)
    return ready
  }
  const made = makeReady(read, body, also, age)
  bound.ready = made
  return made
}

/** But for their age. One body is of one epoch. */
function isStill(ready: Ready, { grant, answer }: Recalled, also: Also | undefined): boolean {
  const { served, asOf, kept } = ready
  return served === grant.view && ready.also === also && asOf === answer.asOf && kept === answer.kept
}

function letAge(ready: Ready, { grant, view }: Read, age: number | null): void {
  ready.age = age
  ready.head = ready.head
    .with(readHeaders.staleness, String(age))
    .with('Cache-Control', cacheControl(view.settings, audienceOf(grant), age))
}

function makeReady(read: Recalled, body: string, also: Also | undefined, age: number | null): Ready {
  const { grant, asked, answer } = read
  const { tag, headers } = tagged('GET', read)
  addRows(headers, read)
  if (also !== undefined) add(headers, also)
  const head = Head.of(statusOf(asked.extent.offset, answer.rows, answer.total), headers, body)
  return { also, served: grant.view, asOf: answer.asOf, kept: answer.kept, tag, age, head }
}

function add(headers: Record<string, string>, also: Also): void {
  for (const name in also.headers) headers[name] = also.headers[name] as string
  if (also.vary !== null) headers.Vary = `${headers.Vary}, ${also.vary}`
}
