import type { JsonAnswer, JsonRequest, ViewDescription } from '../../read/index.js'
import type { ViewGrant } from '../access/access.js'
import { restError } from './errors.js'
import { entityTag, names } from './etag.js'
import { type Audience, cacheControl, type Found, freshnessHeaders, shownAge, variesBy } from './headers.js'
import { contentRange, statusOf } from './range.js'
import type { Ready } from './remembered.js'
import type { Representation } from './representation.js'
import type { Asked } from './understand.js'

/** What is asked for, of one view as it is defined at present; the same object as long as both are the same. */
export interface Bound {
  readonly view: ViewDescription
  /** Without a role and claims. */
  readonly request: JsonRequest
  /** Whether equal epochs mean equal answers. */
  readonly isByEpoch: boolean
  /** The last tag that was made. */
  epoch: string | null
  tag: string
  /** The last answer that was made of remembered rows. */
  ready: Ready | undefined
}

export interface Question {
  readonly asked: Asked
  readonly grant: ViewGrant
  readonly view: ViewDescription
  readonly bound: Bound
}

export interface Read extends Question {
  readonly answer: JsonAnswer
}

export function respond(request: Request, read: Read): Response {
  const { asked, answer } = read
  const body = bodyOf(asked.representation, answer)
  const status = statusOf(asked.extent.offset, answer.rows, answer.total)
  const { tag, headers } = tagged(request.method, read)
  if (tag !== undefined && names(request.headers.get('if-none-match'), tag)) {
    return new Response(null, { status: 304, headers })
  }
  return new Response(body, { status, headers: addRows(headers, read) })
}

export function tagged(
  method: string,
  read: Read,
): { readonly tag: string | undefined; headers: Record<string, string> } {
  const tag = tagOf(method, read)
  const headers = headersOf(read, read.answer)
  if (tag !== undefined) headers.ETag = tag
  return { tag, headers }
}

/** What is said of rows whether they are sent or not. */
export function headersOf({ asked, grant, view }: Question, found: Found): Record<string, string> {
  const age = shownAge(found.stalenessSeconds)
  const audience = audienceOf(grant)
  const headers = freshnessHeaders(found, age)
  headers['Cache-Control'] = asked.query.fresh ? 'no-store' : cacheControl(view.settings, audience, age)
  headers.Vary = variesBy(audience)
  return headers
}

/** What `addRows` adds. */
export const ofRows: readonly string[] = ['Content-Type', 'Content-Range', 'Preference-Applied']

export function audienceOf(grant: ViewGrant): Audience {
  return { personal: isPersonal(grant), shared: grant.view.public && grant.shared === true }
}

export function addRows(headers: Record<string, string>, { asked, answer }: Read): Record<string, string> {
  headers['Content-Type'] = asked.representation.contentType
  headers['Content-Range'] = contentRange(asked.extent.offset, answer.rows, answer.total)
  if (asked.applied !== undefined) headers['Preference-Applied'] = asked.applied
  return headers
}

function isPersonal({ role, claims }: ViewGrant): boolean {
  return role !== undefined || claims !== undefined
}

/** The text that PostgreSQL made, never parsed: of a list of one, without its brackets. */
export function bodyOf({ singular }: Representation, { body, rows }: JsonAnswer): string {
  if (!singular) return body
  if (rows === 1) return body.slice(1, -1)
  throw restError(406, 'PGRST116', 'One row was asked for, and there is not exactly one', {
    details: rows === 0 ? 'The result contains 0 rows.' : 'The result contains more than one row.',
  })
}

export function isTaggedByEpoch({ bound, grant }: Question): boolean {
  return bound.isByEpoch && !isPersonal(grant)
}

export function epochTag({ asked, view, bound }: Question, epoch: string): string {
  if (bound.epoch === epoch) return bound.tag
  const { query, extent, representation, count } = asked
  bound.tag = entityTag('epoch', epoch, JSON.stringify([view.revision, query, extent, representation, count]))
  bound.epoch = epoch
  return bound.tag
}

/** Of the epoch, or else of the answer itself, and a HEAD has none. */
function tagOf(method: string, read: Read): string | undefined {
  const { asked, answer } = read
  if (asked.query.fresh) return undefined
  if (answer.epoch !== null && isTaggedByEpoch(read)) return epochTag(read, answer.epoch)
  if (method === 'HEAD') return undefined
  const range = contentRange(asked.extent.offset, answer.rows, answer.total)
  return entityTag('body', range, asked.representation.contentType, answer.body)
}
